"""Evidence on D4's derivatives of Y = W ⊗ X by indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.asking import autograd, derivative, expanded, integers, layer, value
from parity.documents.evidence import COUNTING, RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d4_backward, notation
from parity.documents.printed import d4_convolution as sliding
from parity.documents.printed import d4_derivatives as printed
from parity.witnesses.symbols import symbols

M, N, m, n = 5, 8, 2, 3  # so that Y is 4×6


@evidence("D4.9")
def two_dimensions(evidence: Evidence) -> None:
    """The size and every term of Y = W ⊗ X, indices from 1."""
    X, W = integers("D4.9 X", M, N), integers("D4.9 W", m, n)
    right = value("conv2d", {"x": X[None, None], "weight": W[None, None]})[0, 0]
    evidence.printed(TORCH, "size of Y", printed.size_of_Y(X, W), right.shape)
    size = refimpl.conv_output_size(X.shape, W.shape)
    evidence.implemented(TORCH, "conv_output_size", size, right.shape)
    evidence.printed(TORCH, "Y", printed.correlate(W, X), right)
    evidence.printed(RATIONALS, "Y", printed.correlate(W, X), plain(W, X))
    x, w = symbols("x", M, N), symbols("w", m, n)
    terms = expanded(printed.correlate(w, x))
    ours = expanded(refimpl.correlate2d(x, w, "valid"))
    evidence.printed(SYMPY, "Y, term by term", terms, plain(w, x))
    evidence.implemented(SYMPY, "correlate2d, term by term", ours, terms)
    ours = expanded(refimpl.conv2d(x[None, None], w[None, None])[0, 0])
    evidence.implemented(SYMPY, "conv2d, term by term", ours, terms)


def plain(W: Array, X: Array) -> Array:
    """The definition without indices from 1: each window of X times W, summed."""
    (rows, columns), (h, w) = X.shape, W.shape
    return np.array(
        [
            [(W * X[i : i + h, j : j + w]).sum() for j in range(columns - w + 1)]
            for i in range(rows - h + 1)
        ],
        object,
    )


def of_squares(weights: Array) -> Callable[..., Any]:
    """f(Y) = Σ c_ij y_ij², of Y = W ⊗ X."""

    def f(X: Array, W: Array) -> Any:
        Y = printed.correlate(W, X)
        f_of_Y = sum(int(weights[i, j]) * Y[i, j] ** 2 for i, j in np.ndindex(*Y.shape))
        return notation.build((1,), lambda _: f_of_Y)

    return f


@evidence("D4.10")
def by_the_kernel(evidence: Evidence) -> None:
    """∂f/∂W is the correlation of X with ∂f/∂Y: the kernel is not turned."""
    X, W, dY = integers("D4.10 X", M, N), integers("D4.10 W", m, n), integers("D4.10 dY", 4, 6)
    right = layer("conv2d", dY[None, None], {"x": X[None, None], "weight": W[None, None]})
    dW = right.gradients["weight"][0, 0]
    elements = notation.build((m, n), lambda u, v: printed.df_dw(dY, X, W.shape, u, v))
    evidence.printed(TORCH, "∂f/∂w_uv", elements, dW)
    evidence.printed(TORCH, "∂f/∂Y ⊗ X", printed.df_dW(dY, X), dW)
    c = integers("D4.10 c", 4, 6, low=1)
    df = integers("D4.10 df", 1, low=2)
    squares = autograd(of_squares(c), df, X=X, W=W).gradients["W"]
    df_dY = 2 * df * c * printed.correlate(W, X)
    evidence.printed(TORCH, "f(Y) = Σ c y²", printed.df_dW(df_dY, X), squares)
    x, w, g = symbols("x", M, N), symbols("w", m, n), symbols("g", 4, 6)
    terms = derivative(printed.correlate(w, x), w, g)
    evidence.printed(SYMPY, "∂f/∂Y ⊗ X, term by term", expanded(printed.df_dW(g, x)), terms)
    chain = notation.build(
        (m, n), lambda u, v: chained(printed.correlate(w, x), w[u - 1, v - 1], g)
    )
    evidence.printed(SYMPY, "Σ ∂y_ij/∂w_uv ∂f/∂y_ij", chain, terms)
    ours = expanded(refimpl.correlate2d_backward(g, x, w, "valid").dkernel)
    evidence.implemented(SYMPY, "correlate2d_backward, term by term", ours, terms)
    ours = refimpl.conv2d_backward(dY[None, None], X[None, None], W[None, None]).dweight
    evidence.implemented(TORCH, "conv2d_backward", ours[0, 0], dW)


def chained(Y: Array, variable: Any, df_dY: Array) -> Any:
    """Σ_ij ∂y_ij/∂variable · ∂f/∂y_ij."""
    pairs = zip(Y.ravel(), df_dY.ravel(), strict=True)
    return sympy.expand(sum(sympy.diff(y, variable) * g for y, g in pairs))


@evidence("D4.11")
def by_the_input(evidence: Evidence) -> None:
    """By indices as printed; the ⊗ of D4.9 is too narrow for ∂f/∂X, a wide one is needed."""
    X, W, dY = integers("D4.11 X", M, N), integers("D4.11 W", m, n), integers("D4.11 dY", 4, 6)
    right = layer("conv2d", dY[None, None], {"x": X[None, None], "weight": W[None, None]})
    dX = right.gradients["x"][0, 0]
    elements = notation.build((M, N), lambda s, t: printed.df_dx(dY, W, X.shape, s, t))
    evidence.printed(TORCH, "∂f/∂x_st, w = 0 outside", elements, dX)
    evidence.refuted(TORCH, "rot180(∂f/∂Y) ⊗ W", printed.df_dX(dY, W), dX)
    evidence.corrected(TORCH, "wide, ∂f/∂Y turned", wide_over_the_kernel(dY, W), dX)
    evidence.corrected(TORCH, "wide, W turned", wide_over_the_gradient(dY, W), dX)
    c = integers("D4.11 c", 4, 6, low=1)
    df = integers("D4.11 df", 1, low=2)
    squares = autograd(of_squares(c), df, X=X, W=W).gradients["X"]
    df_dY = 2 * df * c * printed.correlate(W, X)
    evidence.corrected(TORCH, "f(Y) = Σ c y²", wide_over_the_kernel(df_dY, W), squares)
    x, w, g = symbols("x", M, N), symbols("w", m, n), symbols("g", 4, 6)
    terms = derivative(printed.correlate(w, x), x, g)
    elements = notation.build((M, N), lambda s, t: printed.df_dx(g, w, x.shape, s, t))
    evidence.printed(SYMPY, "∂f/∂x_st, term by term", expanded(elements), terms)
    chain = notation.build(
        (M, N), lambda s, t: chained(printed.correlate(w, x), x[s - 1, t - 1], g)
    )
    evidence.printed(SYMPY, "Σ ∂y_ij/∂x_st ∂f/∂y_ij", chain, terms)
    corrected = expanded(wide_over_the_kernel(g, w))
    evidence.corrected(SYMPY, "wide, term by term", corrected, terms)
    for name, ours in (
        ("correlate2d_backward", refimpl.correlate2d_backward(g, x, w, "valid").da),
        ("correlate2d, full", refimpl.correlate2d(w, refimpl.rot180(g), "full")),
        ("convolve2d, full", refimpl.convolve2d(g, w, "full")),
        (
            "conv2d_backward",
            refimpl.conv2d_backward(g[None, None], x[None, None], w[None, None]).dx[0, 0],
        ),
    ):
        evidence.implemented(SYMPY, f"{name}, term by term", expanded(ours), terms)
    narrowest(evidence)


def narrowest(evidence: Evidence) -> None:
    """The smallest X and W for which ⊗ gives another size, by the numbers of their elements."""
    sizes = sorted(
        ((M, N, m, n) for M, N, m, n in np.ndindex(3, 3, 3, 3) if 0 < m <= M and 0 < n <= N),
        key=lambda s: (s[0] * s[1] + s[2] * s[3], s),
    )
    for M, N, m, n in sizes:
        dY, W = np.ones((M - m + 1, N - n + 1), int), np.ones((m, n), int)
        found = printed.df_dX(dY, W).shape
        if found != (M, N):
            evidence.refuted(COUNTING, "size of ∂f/∂X", found, (M, N))
            evidence.false_at(
                f"X {M}×{N}, W {m}×{n}, so that ∂f/∂Y is {dY.shape[0]}×{dY.shape[1]}: "
                f"rot180(∂f/∂Y) ⊗ W has size {found[0]}×{found[1]}, ∂f/∂X has {M}×{N}"
            )
            return


def wide_over_the_kernel(dY: Array, W: Array) -> Array:
    """The correction: rot180(∂f/∂Y) slides over W in a frame of zeros as wide as it can reach."""
    return printed.correlate(d4_backward.rot180(dY), d4_backward.framed(W, dY))


def wide_over_the_gradient(dY: Array, W: Array) -> Array:
    """The same with the roles changed: rot180(W) slides over ∂f/∂Y in a frame of zeros."""
    return sliding.slide(d4_backward.framed(dY, W), d4_backward.rot180(W))
