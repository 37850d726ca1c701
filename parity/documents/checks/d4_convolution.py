"""Evidence on D4's convolution and correlation, channels, feature maps and widths."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import expanded, integers, layer, rationals, value
from parity.documents.evidence import (
    COUNTING,
    RATIONALS,
    SYMPY,
    TORCH,
    Evidence,
    evidence,
    same,
    small_integers,
    smallest,
)
from parity.documents.printed import d4_backward, notation
from parity.documents.printed import d4_convolution as printed
from parity.witnesses.symbols import symbols


@evidence("D4.1")
def correlation(evidence: Evidence) -> None:
    """What a CNN slides is the correlation, and it is another function than the convolution."""
    X, W = integers("D4.1 X", 5, 7), integers("D4.1 W", 2, 4)
    right = value("conv2d", {"x": X[None, None], "weight": W[None, None]})
    evidence.printed(TORCH, "S(i, j), W inside X", printed.slide(X, W), right[0, 0])
    full = value("conv2d", {"x": X[None, None], "weight": W[None, None]}, {"padding": "full"})
    # Output (0, 0) is S(−1, −3): W's last element on X's first.
    i, j = np.indices((X.shape[0] + W.shape[0] - 1, X.shape[1] + W.shape[1] - 1))
    sums = np.vectorize(lambda i, j: printed.correlation(X, W, i - 1, j - 3), otypes=[object])
    evidence.printed(TORCH, "S(i, j), frame of zeros", sums(i, j), full[0, 0])
    x, w = symbols("X", 3, 5, first=0), symbols("W", 2, 3, first=0)
    terms = expanded(printed.slide(x, w))
    evidence.printed(SYMPY, "no convolution", True, not same(terms, turned_over(x, w)[1:3, 2:5]))
    ours = expanded(refimpl.correlate2d(x, w, "valid"))
    evidence.implemented(SYMPY, "correlate2d, term by term", ours, terms)
    ours = refimpl.correlate2d(X, W, "full")
    evidence.implemented(TORCH, "correlate2d, frame of zeros", ours, full[0, 0])
    ours = refimpl.conv2d(X[None, None], W[None, None])
    evidence.implemented(TORCH, "conv2d", ours, right)
    no_bias = integers("D4.1 b", 1, low=0, high=0)
    ours = refimpl.Conv2d(W[None, None], no_bias).forward(X[None, None])
    evidence.implemented(TORCH, "Conv2d", ours, right)
    row = value("conv1d", {"x": X[None, :1], "weight": W[None, :1]})
    ours = refimpl.conv1d(X[None, :1], W[None, :1])
    evidence.implemented(TORCH, "conv1d", ours, row)


@evidence("D4.2")
def mathematical_convolution(evidence: Evidence) -> None:
    """The correlation is printed again; the convolution has X(i − m, j − n)."""
    X, W = integers("D4.2 X", 3, 5), integers("D4.2 W", 2, 4)
    right = convolution_by_autograd(X, W)
    printed_sum = printed.everywhere(printed.mathematical_convolution, X, W)
    evidence.refuted(TORCH, "S(i, j)", printed_sum, right)
    inside = printed_sum[: 3 - 2 + 1, : 5 - 4 + 1]
    found = value("conv2d", {"x": X[None, None], "weight": W[None, None]})[0, 0]
    evidence.printed(TORCH, "what is printed is the correlation", inside, found)
    flipped = printed.slide(d4_backward.framed(X, W), d4_backward.rot180(W))
    evidence.corrected(TORCH, "turned over, multiplied, summed", flipped, right)
    corrected = printed.everywhere(corrected_convolution, X, W)
    evidence.corrected(TORCH, "with X(i − m, j − n)", corrected, right)
    x, w = symbols("X", 3, 5, first=0), symbols("W", 2, 4, first=0)
    product = turned_over(x, w)
    corrected = expanded(printed.everywhere(corrected_convolution, x, w))
    evidence.corrected(SYMPY, "product of polynomials", corrected, product)
    ours = expanded(refimpl.convolve2d(x, w, "full"))
    evidence.implemented(SYMPY, "convolve2d, term by term", ours, product)
    evidence.implemented(TORCH, "rot180", refimpl.correlate2d(X, refimpl.rot180(W)), right)
    (X, W), wrong, right = smallest(
        small_integers((1, 1), (1, 2)),
        lambda X, W: printed.everywhere(printed.mathematical_convolution, X, W),
        convolution_by_autograd,
    )
    evidence.false_at(
        f"X {as_integers(X)}, W {as_integers(W)}: S(0, 0…1) is printed as {as_integers(wrong)}, "
        f"but the convolution is {as_integers(right)}"
    )


def corrected_convolution(X: Array, W: Array, i: int, j: int) -> Any:
    """The correction: S(i, j) = Σ_m Σ_n X(i−m, j−n) W(m, n)."""
    return notation.total(
        printed.at_zero(X, i - m, j - n) * W[m, n] for m, n in np.ndindex(*W.shape)
    )


def convolution_by_autograd(X: Array, W: Array) -> Array:
    """torch's gradient of a correlation with W, for the upstream gradient X: X convolved with W."""
    shape = tuple(a + b - 1 for a, b in zip(X.shape, W.shape, strict=True))
    zeros = rationals(np.zeros((1, 1, *shape), int))
    judged = layer("conv2d", X[None, None], {"x": zeros, "weight": W[None, None]})
    convolution: Array = judged.gradients["x"][0, 0]
    return convolution


def turned_over(X: Array, W: Array) -> Array:
    """The convolution, as the coefficients of the product of two polynomials in s and t."""
    s, t = sympy.symbols("s t")

    def polynomial(A: Array) -> Any:
        return sum(A[i, j] * s**i * t**j for i, j in np.ndindex(*A.shape))

    product = sympy.Poly(polynomial(X) * polynomial(W), s, t)
    shape = tuple(a + b - 1 for a, b in zip(X.shape, W.shape, strict=True))
    return notation.build(shape, lambda i, j: product.coeff_monomial(s ** (i - 1) * t ** (j - 1)))


@evidence("D4.3")
def several_channels(evidence: Evidence) -> None:
    """The last dimension holds the channels in the notes' layout; in torch's it is the width."""
    X, W = integers("D4.3 X", 3, 6, 5), integers("D4.3 W", 3, 2, 4)
    right = value("conv2d", {"x": X[None], "weight": W[None]})[0, 0]
    in_torch = printed.several_channels(X, W, channels=0)
    evidence.refuted(TORCH, "last dimension, (C, H, W)", in_torch, right)
    X_last, W_last = np.moveaxis(X, 0, -1), np.moveaxis(W, 0, -1)
    last = printed.several_channels(X_last, W_last, channels=2)
    evidence.under_convention(TORCH, "last dimension, (H, W, C)", last, right)
    ours = refimpl.conv2d(X[None], W[None])[0, 0]
    evidence.implemented(TORCH, "conv2d", ours, right)


# --- feature maps of a convolution layer --------------------------------------------------


@evidence("D4.14")
def feature_maps(evidence: Evidence) -> None:
    """All D maps are summed, not the first p; the count of the parameters is right."""
    (P, D, m, n), M, N = (4, 3, 2, 1), 6, 5
    X, W, b = (
        integers(f"D4.14 {a}", *s) for a, s in (("X", (D, M, N)), ("W", (P, D, m, n)), ("b", (P,)))
    )
    z = value("conv2d", {"x": X[None], "weight": W, "bias": b})
    Z = printed.feature_maps(X, W, b, maps=D)
    evidence.refuted(TORCH, "Z^p, sum up to p", Z, z[0, :D])
    evidence.printed(TORCH, "Z^D, sum up to p = D", Z[D - 1], z[0, D - 1])
    corrected = corrected_maps(X, W, b)
    evidence.corrected(TORCH, "Z^p, sum up to D", corrected, z[0])
    y = value("relu", {"x": z})
    evidence.printed(TORCH, "Y^p = ReLU(Z^p)", printed.relu(corrected), y[0])
    count = printed.feature_map_parameters(P, D, m, n)
    evidence.printed(COUNTING, "parameters", count, W.size + b.size)
    ours = refimpl.conv2d(X[None], W, b)
    evidence.implemented(RATIONALS, "conv2d", ours[0], corrected)
    evidence.implemented(TORCH, "relu", refimpl.relu(ours), y)
    given = refimpl.Conv2d(W, b).parameters.values()
    evidence.implemented(COUNTING, "Conv2d", sum(p.size for p in given), W.size + b.size)
    total = refimpl.conv_parameters(D, P, (m, n)).total
    evidence.implemented(COUNTING, "conv_parameters", total, W.size + b.size)
    (X, W), wrong, right = smallest(
        small_integers((2, 1, 1), (1, 2, 1, 1)),
        lambda X, W: printed.feature_maps(X, W, np.array([0]), maps=1),
        lambda X, W: value("conv2d", {"x": X[None], "weight": W})[0],
    )
    evidence.false_at(
        f"D = 2 maps X {as_integers(X.ravel())}, W {as_integers(W.ravel())}, b 0, p = 1: printed "
        f"z¹ = {as_integers(wrong[0, 0, 0])}, right {as_integers(right[0, 0, 0])}"
    )


def corrected_maps(X: Array, W: Array, b: Array) -> Array:
    """The correction: Z^p = Σ_{d=1}^D W^{p,d} ⊗ X^d + b^p."""
    maps = [notation.total(map(printed.slide, X, kernel)) for kernel in W]
    return np.stack([z + b_p for z, b_p in zip(maps, b, strict=True)])


# --- three widths -------------------------------------------------------------------------


@evidence("D4.17")
def widths(evidence: Evidence) -> None:
    """The three paddings and the lengths that follow; a whole number of zeros needs an odd m."""
    n = 7
    for name, mode, rule, kernels in (
        ("narrow", "valid", printed.narrow_length, range(1, 7)),
        ("wide", "full", printed.wide_length, range(1, 7)),
        ("equal", "same", printed.equal_length, range(1, 7, 2)),
    ):
        for m in kernels:
            p, length = rule(n, m)
            found = length_in_torch(n, m, int(p))
            evidence.printed(TORCH, f"{name}, m = {m}", length, found)
            evidence.printed(COUNTING, f"{name}, m = {m}", length, positions(n, m, int(p)))
            ours = refimpl.conv1d(np.ones((1, 1, n)), np.ones((1, 1, m)), padding=mode).shape[2]
            evidence.implemented(TORCH, f"conv1d {mode}, m = {m}", ours, found)
            ours = refimpl.conv_output_size(n, m, padding=mode)
            evidence.implemented(TORCH, f"conv_output_size {mode}, m = {m}", ours, found)
    n_, m_ = sympy.symbols("n m")
    for name, rule in (("wide", printed.wide_length), ("equal", printed.equal_length)):
        p, length = rule(n_, m_)
        evidence.printed(SYMPY, f"{name}: n + 2p − m + 1", length, n_ + 2 * p - m_ + 1)


def length_in_torch(n: int, m: int, p: int) -> int:
    """How long torch's output is for n inputs, m weights and p zeros at each end."""
    arrays = {"x": rationals(np.ones((1, 1, n))), "weight": rationals(np.ones((1, 1, m)))}
    length: int = value("conv1d", arrays, {"padding": p}).size
    return length


def positions(n: int, m: int, p: int) -> int:
    """The places of a window of m, from the first zero in front of n inputs to the last behind.

    >>> positions(5, 3, 0), positions(5, 3, 2)
    (3, 7)
    """
    places = range(-p, n + p)
    return sum(start + m - 1 in places for start in places)


@if_found
def as_integers(array: Any) -> Any:
    """Whole numbers, as an integer or a nested list.

    >>> as_integers(rationals([[1, 2]]))
    [[1, 2]]
    """
    return np.asarray(array).astype(int).tolist()
