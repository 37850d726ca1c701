"""Evidence on D4's forward pass: ReLU, pooling, the layer formula, padding."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array, generator
from parity.documents.asking import SEED, distinct, integers, value
from parity.documents.evidence import COUNTING, TORCH, Evidence, evidence
from parity.documents.printed import d4_convolution as printed

WINDOW = (2, 4)  # 8 places, so that averages of integers are float64 numbers
OPTIONS = {"kernel_size": WINDOW}


@evidence("D4.4")
def relu_and_pooling(evidence: Evidence) -> None:
    """max(0, x) for both signs and 0; maximum and average of each window."""
    x = integers("D4.4 x", 3, 11, low=-5, high=5)
    x[0, 0] = 0
    right = value("relu", {"x": x})
    evidence.printed(TORCH, "ReLU", printed.relu(x), right)
    evidence.implemented(TORCH, "relu", refimpl.relu(x), right)
    evidence.implemented(TORCH, "ReLU", refimpl.ReLU().forward(x), right)
    pooling(evidence, distinct("D4.4 X", 6, 20))


def pooling(evidence: Evidence, X: Array) -> None:
    """The printed maximum and average of windows, and refimpl's, beside torch's."""
    layers: tuple[tuple[refimpl.Layer, Callable[[list[Any]], Any]], ...] = (
        (refimpl.MaxPool2d(WINDOW), max),
        (refimpl.AvgPool2d(WINDOW), printed.average),
    )
    for layer, kernel_function in layers:
        name = layer.function
        right = value(name, {"x": X[None, None]}, OPTIONS)
        evidence.printed(TORCH, name, printed.pool(X, WINDOW, kernel_function), right[0, 0])
        ours = getattr(refimpl, name)(X[None, None], WINDOW)
        evidence.implemented(TORCH, name, ours, right)
        ours = layer.forward(X[None, None])
        evidence.implemented(TORCH, f"the layer of {name}", ours, right)
        of_a_row, rows = name.replace("2d", "1d"), X[None]
        right = value(of_a_row, {"x": rows}, {"kernel_size": WINDOW[1]})
        ours = getattr(refimpl, of_a_row)(rows, WINDOW[1])
        evidence.implemented(TORCH, of_a_row, ours, right)


# --- a² = σ(a¹ * W² + b²), padding --------------------------------------------------------


@evidence("D4.5")
def forward(evidence: Evidence) -> None:
    """The layer formula, k maps for the layer behind, edges that padding lets more windows read."""
    D, k, K = 2, 3, 4  # maps in front, kernels of this layer, of the next
    a1, W2, b2 = (
        integers("D4.5 a1", D, 9, 7),
        integers("D4.5 W2", k, D, 2, 3),
        integers("D4.5 b2", k),
    )
    z2 = value("conv2d", {"x": a1[None], "weight": W2, "bias": b2})
    a2 = value("relu", {"x": z2})
    evidence.printed(TORCH, "z²", printed.weighted_input(a1, W2, b2), z2[0])
    found = printed.forward(a1, W2, b2, printed.relu)
    evidence.printed(TORCH, "a² = σ(z²), σ = ReLU", found, a2[0])
    evidence.printed(TORCH, "k kernels, k maps", k, a2.shape[1])
    W3, b3 = integers("D4.5 W3", K, k, 4, 1), integers("D4.5 b3", K)
    z3 = value("conv2d", {"x": a2, "weight": W3, "bias": b3})
    evidence.printed(TORCH, "k inputs to the next", printed.weighted_input(found, W3, b3), z3[0])
    layers = {"conv2": refimpl.Conv2d(W2, b2), "relu2": refimpl.ReLU()}
    ours = refimpl.Sequential({**layers, "conv3": refimpl.Conv2d(W3, b3)}).forward(a1[None])
    evidence.implemented(TORCH, "Conv2d, ReLU, Conv2d", ours, z3)
    padding(evidence)


def padding(evidence: Evidence) -> None:
    """How many windows read each of n places: at the edge few, with padding more."""
    for n, m in ((5, 2), (7, 3), (8, 5)):
        bare = windows_reading(n, m, 0)
        evidence.printed(
            COUNTING, f"n {n}, m {m}: edge behind the middle", True, bare[0] < bare[n // 2]
        )
        for p in range(1, m):
            padded = windows_reading(n, m, p)
            evidence.printed(
                COUNTING, f"n {n}, m {m}, p {p}: edge gains", True, padded[0] > bare[0]
            )
            ours = refimpl.window_counts(n, m, padding=p)
            evidence.implemented(COUNTING, f"window_counts, n {n}, m {m}, p {p}", ours, padded)
        evidence.printed(COUNTING, f"n {n}, m {m}, p {m - 1}: all alike", [m] * n, padded)


def windows_reading(n: int, m: int, p: int) -> list[int]:
    """How many windows of m read each of n places between p zeros at both ends.

    >>> windows_reading(5, 3, 0), windows_reading(5, 3, 1)
    ([1, 2, 3, 2, 1], [2, 3, 3, 3, 2])
    """
    starts = range(-p, n + p - m + 1)
    return [sum(start <= place < start + m for start in starts) for place in range(n)]


# --- what pooling is and what it is for ---------------------------------------------------


@evidence("D4.15")
def pooling_as_convolution(evidence: Evidence) -> None:
    """A window with another kernel function; fewer neurons that see more, and mind moves less."""
    X = distinct("D4.15 X", 6, 20)
    pooling(evidence, X)
    right = value("avg_pool2d", {"x": X[None, None]}, OPTIONS)
    W = np.array([[[[0.125] * 4] * 2]])
    as_convolution = value("conv2d", {"x": X[None, None], "weight": W}, {"stride": WINDOW})
    evidence.printed(TORCH, "mean: a convolution with weights 1/8", as_convolution, right)
    ours = refimpl.weighted_pool2d(X[None, None], W[0].astype(object))
    evidence.implemented(TORCH, "weighted_pool2d, weights 1/8", ours, right)
    evidence.printed(TORCH, "fewer neurons", True, right.size < X.size)
    moved = moved_in_windows(X)
    for name in ("max_pool2d", "avg_pool2d"):
        same_windows = value(name, {"x": moved[None, None]}, OPTIONS)
        right = value(name, {"x": X[None, None]}, OPTIONS)
        evidence.printed(TORCH, f"{name}: moves inside windows", same_windows, right)
    for m, k in ((2, 2), (3, 2), (5, 3)):
        direct, pooled = [(m, 1), (m, 1)], [(m, 1), (k, k), (m, 1)]
        larger = places_seen(pooled) > places_seen(direct)
        evidence.printed(COUNTING, f"kernels {m}, pooling {k}: a neuron sees more", True, larger)
        field = refimpl.receptive_field(pooled).size
        evidence.implemented(COUNTING, f"receptive_field, {m}, {k}", field, places_seen(pooled))


def moved_in_windows(X: Array) -> Array:
    """The values of every window at other places of that window."""
    (h, w), moved = WINDOW, X.copy()
    rng = generator(SEED, "moves inside windows")
    for i, j in np.ndindex(X.shape[0] // h, X.shape[1] // w):
        window = (slice(h * i, h * (i + 1)), slice(w * j, w * (j + 1)))
        moved[window] = rng.permutation(X[window].ravel()).reshape(h, w)
    return moved


def places_seen(layers: list[tuple[int, int]]) -> int:
    """How many inputs one neuron depends on, behind layers of (window, stride).

    >>> places_seen([(3, 1), (2, 2), (3, 1)])
    8
    """
    seen = {0}
    for k, s in reversed(layers):
        seen = {s * place + i for place in seen for i in range(k)}
    return len(seen)
