"""Evidence on D4's local connection and weight sharing, and what they are for."""

from __future__ import annotations

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.documents.absent import asks_torch, if_found
from parity.documents.asking import integers, layer, rationals, value
from parity.documents.checks.d4_convolution import as_integers
from parity.documents.evidence import (
    COUNTING,
    TORCH,
    Evidence,
    evidence,
    same,
    small_integers,
    smallest,
)
from parity.documents.printed import d4_architecture as printed
from parity.documents.printed import d4_convolution

SIZES = ((7, 3), (9, 2), (12, 5))  # neurons in front of a layer, weights of its kernel


# --- local connection ---------------------------------------------------------------------


@evidence("D4.12")
def local_connection(evidence: Evidence) -> None:
    """z comes from the activation in front, and the layer whose neurons count is the one behind."""
    for n, m in SIZES:
        a, w, b = integers(f"D4.12 a {n}", n), integers(f"D4.12 w {m}", m), integers("D4.12 b", 1)
        z = weighted_input(a, w, b)
        behind = if_found(d4_convolution.relu)(z)
        found = if_found(printed.convolved)(w, behind, b[0])
        evidence.refuted(TORCH, f"z from a^(l), n {n}", found, z)
        evidence.corrected(TORCH, f"z from a^(l−1), n {n}", printed.convolved(w, a, b[0]), z)
        ours = refimpl.conv1d(a[None, None], w[None, None], b)[0, 0]
        evidence.implemented(TORCH, f"conv1d, n {n}", ours, z)
        count_connections(evidence, n, m, n - m + 1)
    (a, w, b), wrong, right = smallest(
        small_integers((1,), (1,), (1,)),
        from_its_own_activation,
        weighted_input,
    )
    n, m = 2, 2
    evidence.false_at(
        f"a^(0) {as_integers(a)}, w {as_integers(w)}, b {as_integers(b)}, ReLU: printed z^(1) = "
        f"{as_integers(wrong)}, right {as_integers(right)}; n^(l) = {n}, n^(l+1) = {n - m + 1}, "
        f"m = {m}: {printed.local_connections(n, m)} connections printed, "
        f"{connections(n, rationals(np.ones(m, int)))} counted"
    )


@asks_torch
def from_its_own_activation(a: Array, w: Array, b: Array) -> Array:
    """The printed z^l, from a^l."""
    return printed.convolved(w, d4_convolution.relu(weighted_input(a, w, b)), b[0])


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
    full, local = if_found(int)((dense != 0).sum()), connections(n, w)
    evidence.printed(COUNTING, f"full, n {n}", printed.full_connections(n, n_next), full)
    evidence.refuted(COUNTING, f"local, n {n}", printed.local_connections(n, m), local)
    evidence.corrected(COUNTING, f"local, n {n}", printed.local_connections(n_next, m), local)
    evidence.implemented(
        COUNTING, f"dense_connections, n {n}", refimpl.dense_connections(n, n_next), full
    )
    evidence.implemented(
        COUNTING, f"local_connections, n {n}", refimpl.local_connections(n, m), local
    )


def weighted_input(a: Array, w: Array, b: Array) -> Array:
    """torch's w ⊗ a + b of vectors."""
    z: Array = value("conv1d", {"x": a[None, None], "weight": w[None, None], "bias": b})[0, 0]
    return z


def connections(n: int, w: Array) -> int:
    """How many of n inputs move each output of a convolution with w, summed over the outputs."""
    n_next = n - len(w) + 1
    each_output = rationals(np.eye(n_next, dtype=int))[:, None]
    x = rationals(np.zeros((n_next, 1, n), int))
    gradients = layer("conv1d", each_output, {"x": x, "weight": w[None, None]}).gradients["x"]
    return if_found(int)((gradients != 0).sum())


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
        count = printed.shared_parameters(m)
        evidence.printed(COUNTING, f"parameters, n {n}, m {m}", count, learnt)
        ours = refimpl.conv_parameters(1, 1, m).total
        evidence.implemented(COUNTING, f"conv_parameters, m {m}", ours, learnt)
        n_next = judged.y.size
        found = printed.size_of_layer(n_next, m)
        evidence.refuted(TORCH, f"n^(l), l+1 behind l, n {n}", found, n)
        found = printed.size_of_layer(n, m)
        evidence.refuted(TORCH, f"n^(l), l+1 in front of l, n {n}", found, n_next)
        evidence.corrected(TORCH, f"n^(l) = n^(l+1) + m − 1, n {n}", n_next + m - 1, n)
        ours = refimpl.conv_output_size(n, m)
        evidence.implemented(TORCH, f"conv_output_size, n {n}", ours, n_next)
    evidence.false_at(
        f"m = 1, n^(l+1) = 1: printed n^(l) = {printed.size_of_layer(1, 1)}, "
        f"but a kernel of one weight leaves n^(l) = {weighted_input(*integers('one', 3, 1)).size}"
    )


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
    pattern = integers("D4.19 pattern", 3, low=1)
    for function, weight, invariant in (
        ("conv1d", integers("D4.19 kernel", 1, 1, 2, low=1), True),
        ("linear", integers("D4.19 dense", 11, 12), False),
    ):
        images = [placed(pattern, start) for start in range(2, 8)]
        found = [value(function, {"x": x, "weight": weight}).max() for x in images]
        alike = if_found(same)(found, [found[0]] * len(found))
        evidence.printed(TORCH, f"{function}, maximum: alike wherever", invariant, alike)


def placed(pattern: Array, start: int) -> Array:
    """The pattern among twelve places of zeros."""
    x = rationals(np.zeros((1, 1, 12), int))
    x[0, 0, start : start + len(pattern)] = pattern
    return x
