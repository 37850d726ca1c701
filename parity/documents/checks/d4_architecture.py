"""Evidence on D4's connections and sizes of layers, residual and Inception networks."""

from __future__ import annotations

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.checks.d4_convolution import as_integers
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
from parity.documents.judges import autograd, integers, layer, rationals, value
from parity.documents.printed import d4_architecture as printed
from parity.documents.printed import d4_convolution, notation

SIZES = ((7, 3), (9, 2), (12, 5))  # neurons in front of a layer, weights of its kernel


# --- local connection ---------------------------------------------------------------------


@evidence("D4.12")
def local_connection(evidence: Evidence) -> None:
    """z comes from the activation in front, and the layer whose neurons count is the one behind."""
    for n, m in SIZES:
        a, w, b = integers(f"D4.12 a {n}", n), integers(f"D4.12 w {m}", m), integers("D4.12 b", 1)
        z = weighted_input(a, w, b)
        behind = d4_convolution.relu(z)
        evidence.printed(TORCH, f"z from a^(l), n {n}", printed.convolved(w, behind, b[0]), z)
        evidence.corrected(TORCH, f"z from a^(l−1), n {n}", printed.convolved(w, a, b[0]), z)
        ours = refimpl.conv1d(a[None, None], w[None, None], b)[0, 0]
        evidence.implemented(TORCH, f"conv1d, n {n}", ours, z)
        count_connections(evidence, n, m, len(z))
    (a, w, b), wrong, right = smallest(
        small_integers((1,), (1,), (1,)),
        lambda a, w, b: printed.convolved(w, d4_convolution.relu(weighted_input(a, w, b)), b[0]),
        weighted_input,
    )
    n, m = 2, 2
    evidence.false_at(
        f"a^(0) {as_integers(a)}, w {as_integers(w)}, b {as_integers(b)}, ReLU: printed z^(1) = "
        f"{as_integers(wrong)}, right {as_integers(right)}; n^(l) = {n}, n^(l+1) = {n - m + 1}, "
        f"m = {m}: {printed.local_connections(n, m)} connections printed, "
        f"{connections(n, rationals(np.ones(m, int)))} counted"
    )


def count_connections(evidence: Evidence, n: int, m: int, n_next: int) -> None:
    """n neurons in front, n_next behind: pairs of which one moves the other."""
    w = integers(f"D4.12 positive w {m}", m, low=1)
    dense = layer(
        "linear",
        rationals(np.eye(n_next, dtype=int)),
        {
            "x": rationals(np.zeros((n_next, n), int)),
            "weight": integers(f"D4.12 dense {n}", n_next, n, low=1),
        },
    ).gradients["x"]
    full, local = int((dense != 0).sum()), connections(n, w)
    evidence.printed(COUNTING, f"full, n {n}", printed.full_connections(n, n_next), full)
    evidence.printed(COUNTING, f"local, n {n}", printed.local_connections(n, m), local)
    evidence.corrected(COUNTING, f"local, n {n}", printed.local_connections(n_next, m), local)
    evidence.implemented(
        COUNTING, f"dense_connections, n {n}", refimpl.dense_connections(n, n_next), full
    )
    evidence.implemented(
        COUNTING, f"local_connections, n {n}", refimpl.local_connections(n, m), local
    )


def weighted_input(a: Array, w: Array, b: Array) -> Array:
    """torch's w ⊗ a + b of vectors."""
    return value("conv1d", {"x": a[None, None], "weight": w[None, None], "bias": b})[0, 0]


def connections(n: int, w: Array) -> int:
    """How many of n inputs move each output of a convolution with w, summed over the outputs."""
    n_next = n - len(w) + 1
    each_output = rationals(np.eye(n_next, dtype=int))[:, None]
    x = rationals(np.zeros((n_next, 1, n), int))
    gradients = layer("conv1d", each_output, {"x": x, "weight": w[None, None]}).gradients["x"]
    return int((gradients != 0).sum())


# --- weight sharing -----------------------------------------------------------------------


@evidence("D4.13")
def weight_sharing(evidence: Evidence) -> None:
    """m + 1 parameters for any number of neurons; the sizes differ by m − 1, not by m + 1."""
    for n, m in (*SIZES, (30, 5)):
        w, b = integers(f"D4.13 w {m}", m), integers("D4.13 b", 1)
        x = integers(f"D4.13 x {n}", 1, 1, n)
        dz = integers(f"D4.13 dz {n}", 1, 1, n - m + 1)
        judged = layer("conv1d", dz, {"x": x, "weight": w[None, None], "bias": b})
        learnt = judged.gradients["weight"].size + judged.gradients["bias"].size
        evidence.printed(
            COUNTING, f"parameters, n {n}, m {m}", printed.shared_parameters(m), learnt
        )
        ours = refimpl.conv_parameters(1, 1, m).total
        evidence.implemented(COUNTING, f"conv_parameters, m {m}", ours, learnt)
        n_next = judged.y.size
        found = printed.size_of_layer(n_next, m)
        evidence.printed(TORCH, f"n^(l), l+1 behind l, n {n}", found, n)
        found = printed.size_of_layer(n, m)
        evidence.printed(TORCH, f"n^(l), l+1 in front of l, n {n}", found, n_next)
        evidence.corrected(TORCH, f"n^(l) = n^(l−1) − m + 1, n {n}", n - m + 1, n_next)
        ours = refimpl.conv_output_size(n, m)
        evidence.implemented(TORCH, f"conv_output_size, n {n}", ours, n_next)
    evidence.false_at(
        f"m = 1, n^(l+1) = 1: printed n^(l) = {printed.size_of_layer(1, 1)}, "
        f"but a kernel of one weight leaves n^(l) = {weighted_input(*rationals(np.ones((3, 1), int))).size}"
    )


# --- residual network ---------------------------------------------------------------------


@evidence("D4.16")
def residual(evidence: Evidence) -> None:
    """h = x + (h − x); a unit x + f(θ, x) with f = h − x gives the same h."""
    x, h = integers("D4.16 x", 3, 5, 4), integers("D4.16 h", 3, 5, 4)
    evidence.printed(RATIONALS, "x + (h − x)", printed.residual(x, h), h)
    x_, h_ = np.array(sympy.symbols("x h"), object)[:, None]
    evidence.printed(SYMPY, "x + (h − x)", printed.residual(x_, h_), h_)
    W, dh = integers("D4.16 W", 3, 3, 3, 5), integers("D4.16 dh", 3, 5, 4)
    right = equal_width(W, x)
    less_x = W.copy()
    for c in range(3):
        less_x[c, c, 1, 2] -= 1  # the kernel of x itself is taken off
    found = printed.residual_unit(x, less_x, equal_width)
    evidence.printed(TORCH, "x + f(θ, x) where f = h − x", found, right)
    judged = autograd(
        lambda x, theta: printed.residual_unit(x, theta, same_width), dh, x=x, theta=W
    )
    options = {"padding": "same"}
    dx, dW, _ = refimpl.conv2d_backward(dh[None], x[None], W, **options)
    branch = refimpl.conv2d(x[None], W, **options)
    ours = refimpl.add_backward(dh[None], x[None], branch)
    evidence.implemented(TORCH, "add", refimpl.add(x[None], branch)[0], judged.y)
    evidence.implemented(TORCH, "add_backward dx", (ours.dx + dx)[0], judged.gradients["x"])
    evidence.implemented(TORCH, "add_backward dbranch", dW, judged.gradients["theta"])


def equal_width(W: Array, x: Array) -> Array:
    """torch's convolution of maps x whose width stays."""
    return value("conv2d", {"x": x[None], "weight": W}, {"padding": "same"})[0]


def same_width(W: Array, x: Array) -> Array:
    """The same, element by element: a printed forward that autograd can take."""
    return printed.side_by_side(x, [W])


# --- Inception ----------------------------------------------------------------------------


@evidence("D4.18")
def inception(evidence: Evidence) -> None:
    """Maps of three kernel sizes fit on each other; 1×1 kernels make the depth smaller."""
    D, X = 6, integers("D4.18 X", 6, 7, 8)
    kernels = [integers(f"D4.18 W {k}", maps, D, k, k) for maps, k in ((2, 1), (3, 3), (4, 5))]
    branches = [value("conv2d", {"x": X[None], "weight": W}, {"padding": "same"}) for W in kernels]
    right = np.concatenate(branches, axis=1)
    found = printed.side_by_side(X, kernels)
    evidence.printed(TORCH, "1×1, 3×3, 5×5, stacked", found, right[0])
    evidence.printed(COUNTING, "depths add up", len(found), sum(map(len, kernels)))
    ours = [refimpl.conv2d(X[None], W, padding="same") for W in kernels]
    evidence.implemented(TORCH, "concatenate", refimpl.concatenate(*ours), right)
    reduction(evidence, X, kernels[0], kernels[2])
    restored(evidence)


def reduction(evidence: Evidence, X: Array, small: Array, large: Array) -> None:
    """1×1 kernels in front of 5×5 ones: fewer maps, and so fewer weights."""
    (few, D, *_), maps = small.shape, len(large)
    reduced = value("conv2d", {"x": X[None], "weight": small})
    evidence.printed(TORCH, "1×1: fewer maps", True, reduced.shape[1] < D)
    evidence.printed(TORCH, "1×1: the same size", X.shape[1:], reduced.shape[2:])
    behind = integers("D4.18 behind", maps, few, 5, 5)
    evidence.printed(COUNTING, "fewer weights", True, small.size + behind.size < large.size)
    value("conv2d", {"x": reduced, "weight": behind})  # torch takes them for the reduced maps
    pixels = X.reshape(D, -1)
    mixed = (small.reshape(few, D) @ pixels).reshape(reduced.shape)
    evidence.implemented(RATIONALS, "conv2d 1×1", refimpl.conv2d(X[None], small), mixed)


def restored(evidence: Evidence) -> None:
    """A map that is a sum of two others is redundant: two maps of 1×1 kernels keep all three."""
    a, b = integers("D4.18 a", 4, 3), integers("D4.18 b", 4, 3)
    X = np.stack([a, b, a + b])
    reduce = np.array([[1, 1, 1], [1, -1, 0]], object)[:, :, None, None]
    back = np.array([[1, 1], [1, -2], [2, -1]], object)[:, :, None, None] / rationals(3)
    kept = refimpl.conv2d(refimpl.conv2d(X[None], reduce), back)
    evidence.printed(RATIONALS, "redundant maps survive", kept[0], X)


# --- what a fully connected layer cannot do -----------------------------------------------


@evidence("D4.19")
def fully_connected(evidence: Evidence) -> None:
    """Parameters that grow with the image, and answers that depend on where a pattern is."""
    m = 3
    for n in (4, 6, 8):
        x, inputs, outputs = integers(f"D4.19 x {n}", 1, n * n), n * n, (n - m + 1) ** 2
        arrays = {"x": x, "weight": integers(f"D4.19 {n}", outputs, inputs), "bias": x[0, :outputs]}
        dense = learnt(layer("linear", x[:, :outputs], arrays).gradients)
        arrays = {
            "x": x.reshape(1, 1, n, n),
            "weight": x[:, : m * m].reshape(1, 1, m, m),
            "bias": x[0, :1],
        }
        dy = x[:, :outputs].reshape(1, 1, n - m + 1, n - m + 1)
        shared = learnt(layer("conv2d", dy, arrays).gradients)
        evidence.printed(COUNTING, f"{n}×{n} pixels: more parameters", True, dense > shared)
        ours = refimpl.dense_parameters(inputs, outputs).total
        evidence.implemented(COUNTING, f"dense_parameters, {n}×{n}", ours, dense)
        ours = refimpl.conv_parameters(1, 1, (m, m)).total
        evidence.implemented(COUNTING, f"conv_parameters, {n}×{n}", ours, shared)
    invariance(evidence)


def learnt(gradients: dict[str, Array]) -> int:
    """How many parameters a layer learns."""
    return gradients["weight"].size + gradients["bias"].size


def invariance(evidence: Evidence) -> None:
    """The largest answer to a pattern, wherever it stands: of a convolution, of a dense layer."""
    pattern, w, W = (
        integers("D4.19 p", 3, low=1),
        integers("D4.19 w", 2),
        integers("D4.19 W", 11, 12),
    )
    for convolution, answers in (
        (True, lambda x: value("conv1d", {"x": x[None], "weight": w[None, None]}).max()),
        (False, lambda x: value("linear", {"x": x, "weight": W}).max()),
    ):
        found = [answers(placed(pattern, start)) for start in range(2, 8)]
        alike = same(found, [found[0]] * len(found))
        name = "convolution, maximum" if convolution else "fully connected, maximum"
        evidence.printed(TORCH, f"{name}: alike wherever", convolution, alike)


def placed(pattern: Array, start: int) -> Array:
    """The pattern among twelve places of zeros."""
    x = rationals(np.zeros((1, 12), int))
    x[0, start : start + len(pattern)] = pattern
    return x
