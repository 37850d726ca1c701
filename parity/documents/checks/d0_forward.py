"""Evidence on D0: convolution, pooling and the layers' forward pass (§2 to §7)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.asking import distinct, expanded, integers, rationals, value
from parity.documents.evidence import COUNTING, RATIONALS, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d0_forward as printed

# --- §2, §3: what a convolution is --------------------------------------------------------


@evidence("D0.1")
def small_example(evidence: Evidence) -> None:
    """The six entries of S, on numbers by torch and on the letters by sympy."""
    x, w = integers("D0.1 x", 3, 4), integers("D0.1 w", 2, 2)
    right = value("conv2d", {"x": x[None, None], "weight": w[None, None]})[0, 0]
    evidence.printed(TORCH, "S, 2×3", printed.small_example(x, w), right)
    X = np.array(sympy.symbols("a:l"), object).reshape(3, 4)
    W = np.array(sympy.symbols("w x y z"), object).reshape(2, 2)
    ours = refimpl.conv2d(X[None, None], W[None, None])[0, 0]
    evidence.implemented(SYMPY, "conv2d on letters", expanded(ours), printed.small_example(X, W))


@evidence("D0.2")
def size_of_the_second_example(evidence: Evidence) -> None:
    """Three places along each axis."""
    x, w = integers("D0.2 x", 1, 1, 5, 5), integers("D0.2 w", 1, 1, 3, 3)
    places = windows(5, 3, 1)
    evidence.printed(COUNTING, "5×5, kernel 3×3", (3, 3), (places, places))
    evidence.printed(
        TORCH, "5×5, kernel 3×3", (3, 3), value("conv2d", {"x": x, "weight": w}).shape[2:]
    )
    size = refimpl.conv_output_size((5, 5), 3)
    evidence.implemented(COUNTING, "conv_output_size", size, (places, places))


def windows(n: int, f: int, stride: int, padding: int = 0) -> int:
    """How many windows of f fit along n pixels, counted one by one."""
    start, count = -padding, 0
    while start + f <= n + padding:
        count, start = count + 1, start + stride
    return count


@evidence("D0.3")
def demonstration(evidence: Evidence) -> None:
    """The sizes 5×5×3 → 7×7×3 → 3×3×2, and the numbers."""
    x = integers("D0.3 x", 5, 5, 3)
    w, b = integers("D0.3 w", 2, 3, 3, 3), integers("D0.3 b", 2)
    found = printed.demonstration(x, list(w), b)
    evidence.printed(COUNTING, "padded", (7, 7, 3), printed.with_zeros(x, 1).shape)
    places = windows(5, 3, stride=2, padding=1)
    evidence.printed(COUNTING, "3×3×2", (3, 3, 2), (places, places, len(w)))
    arrays = {"x": maps_first(x), "weight": kernels_first(w), "bias": b}
    right = value("conv2d", arrays, {"stride": 2, "padding": 1})
    evidence.printed(TORCH, "two maps", found, maps_last(right))
    ours = refimpl.conv2d(maps_first(x), kernels_first(w), b, stride=2, padding=1)
    evidence.implemented(RATIONALS, "conv2d", maps_last(ours), found)


def maps_first(x: Array) -> Array:
    """(*sizes, C) -> (1, C, *sizes)."""
    return np.moveaxis(x, -1, 0)[None]


def maps_last(y: Array) -> Array:
    """(1, K, *sizes) -> (*sizes, K)."""
    return np.moveaxis(y[0], 0, -1)


def kernels_first(w: Array) -> Array:
    """(K, *sizes, C) -> (K, C, *sizes)."""
    return np.moveaxis(w, -1, 1)


@evidence("D0.16")
def two_definitions(evidence: Evidence) -> None:
    """The one of mathematics turns the kernel, the one of networks does not."""
    x, w = integers("D0.16 x", 5, 4), integers("D0.16 w", 2, 3)
    arrays = {"x": x[None, None], "weight": w[None, None]}
    plain = value("conv2d", arrays)[0, 0]
    evidence.printed(TORCH, "x(i + m, j + n)", printed.convolve(x, w), plain)
    arrays["weight"] = w[::-1, ::-1][None, None]
    turned = value("conv2d", arrays, {"padding": "full"})[0, 0]
    evidence.printed(TORCH, "x(i − m, j − n)", printed.convolution_of_mathematics(x, w), turned)
    ours = refimpl.correlate2d(x, w, "valid"), refimpl.convolve2d(x, w, "full")
    evidence.implemented(TORCH, "correlate2d", ours[0], plain)
    evidence.implemented(TORCH, "convolve2d", ours[1], turned)


# --- §4: pooling --------------------------------------------------------------------------

POOLINGS = {"MAX": "max_pool2d", "Average": "avg_pool2d"}
EXAMPLE = ((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4))  # as in CS231n


@evidence("D0.4")
def pooling(evidence: Evidence) -> None:
    """Maximum and average of 2×2 and 3×3 regions, and the example that gives 6 and 8."""
    for n, shape in ((2, (4, 6)), (3, (6, 9))):
        x = n**2 * integers(f"D0.4 {n}", *shape)
        for how, function in POOLINGS.items():
            right = value(function, {"x": x[None, None]}, {"kernel_size": n})[0, 0]
            evidence.printed(TORCH, f"{how} {n}×{n}", printed.pool(x, n, how), right)
            ours = getattr(refimpl, function)(x[None, None], n)[0, 0]
            evidence.implemented(TORCH, function, ours, right)
    pooling_along_other_axes(evidence)
    x = rationals(EXAMPLE)
    right = value("max_pool2d", {"x": x[None, None]}, {"kernel_size": 2})[0, 0]
    evidence.printed(TORCH, "4×4 → 2×2", (2, 2), right.shape)
    evidence.printed(TORCH, "first 6, then 8", (6, 8), right[0])


def pooling_along_other_axes(evidence: Evidence) -> None:
    """The same rule for vectors and volumes, and where each maximum was."""
    for axes, shape in ((1, (8,)), (2, (4, 6)), (3, (4, 2, 6))):
        x = 2**axes * distinct(f"D0.4 {axes} axes", 1, 3, *shape)
        for name in ("max_pool{}d", "max_pool{}d_with_indices", "avg_pool{}d"):
            function = name.format(axes)
            right = value(function, {"x": x}, {"kernel_size": 2})
            ours = getattr(refimpl, function)(x, 2)
            ours = ours[1] if function.endswith("indices") else ours
            evidence.implemented(TORCH, f"{function}, 3 maps", ours, right)


# --- §5 to §7: layers ---------------------------------------------------------------------


@evidence("D0.5")
def first_conv_layer(evidence: Evidence) -> None:
    """Inputs of two to five axes; K kernels give K maps; F, P and S give their size."""
    K = 2
    for label, sizes, kernel, options in (
        ("matrix", (5, 6), (3, 2), {}),
        ("RGB", (5, 6, 3), (3, 2, 3), {}),
        ("RGB, P = 1, S = 2", (5, 7, 3), (3, 3, 3), {"padding": 1, "stride": 2}),
        ("4 axes", (3, 5, 4, 3), (2, 3, 2, 3), {}),
        ("5 axes", (3, 4, 3, 5, 2), (2, 3, 2, 4, 2), {}),
    ):
        a = integers(f"D0.5 {label} a", *sizes)
        W, b = integers(f"D0.5 {label} W", K, *kernel), integers(f"D0.5 {label} b", K)
        P, S = options.get("padding", 0), options.get("stride", 1)
        found = printed.conv_layer(a, list(W), b, printed.relu, P, S)
        evidence.printed(TORCH, label, found, by_torch(a, W, b, options))
        evidence.printed(TORCH, f"{label}: K maps", found.shape[-1], K)
        if a.ndim < 5:
            evidence.implemented(TORCH, label, by_refimpl(a, W, b, options), found)


def with_channel(a: Array, W: Array) -> tuple[Array, Array]:
    """A matrix becomes a tensor of one channel."""
    return (a[..., None], W[..., None]) if a.ndim == 2 else (a, W)


def by_torch(a: Array, W: Array, b: Array, options: dict[str, int]) -> Array:
    """relu(conv) of torch; four spatial axes as volumes of the first axis' slices."""
    a, W = with_channel(a, W)
    if a.ndim < 5:
        arrays = {"x": maps_first(a), "weight": kernels_first(W), "bias": b}
        return maps_last(value("relu", {"x": value(f"conv{a.ndim - 1}d", arrays, options)}))
    T = W.shape[1]
    weight = kernels_first(np.concatenate([W[:, t] for t in range(T)], axis=-1))
    slices = []
    for start in range(len(a) - T + 1):
        x = maps_first(np.concatenate([a[start + t] for t in range(T)], axis=-1))
        slices.append(maps_last(value("conv3d", {"x": x, "weight": weight, "bias": b})))
    return value("relu", {"x": np.stack(slices)})


def by_refimpl(a: Array, W: Array, b: Array, options: dict[str, Any]) -> Array:
    """relu(conv) of refimpl."""
    a, W = with_channel(a, W)
    convolution = {3: refimpl.conv2d, 4: refimpl.conv3d}[a.ndim]
    z = convolution(maps_first(a), kernels_first(W), b, **options)
    return maps_last(refimpl.relu(z))


@evidence("D0.6")
def hidden_conv_layer(evidence: Evidence) -> None:
    """The sum over the M input maps, and one output map for each kernel."""
    a, W = integers("D0.6 a", 4, 6, 5), integers("D0.6 W", 3, 4, 2, 2)
    b = integers("D0.6 b", 3)
    z = value("conv2d", {"x": a[None], "weight": W, "bias": b})
    right = value("relu", {"x": z})[0]
    evidence.printed(TORCH, "a", printed.hidden_conv_layer(a, W, b, printed.relu), right)
    ours = refimpl.relu(refimpl.conv2d(a[None], W, b))[0]
    evidence.implemented(TORCH, "relu(conv2d)", ours, right)


@evidence("D0.7")
def hidden_pool_layer(evidence: Evidence) -> None:
    """N/k × N/k where k divides N; the number of maps stays."""
    for M, N, k in ((3, 4, 2), (2, 9, 3), (5, 8, 4)):
        a = k**2 * distinct(f"D0.7 {N} {k}", M, N, N)
        for how, function in POOLINGS.items():
            right = value(function, {"x": a[None]}, {"kernel_size": k})[0]
            size = M, Fraction(N, k), Fraction(N, k)
            evidence.printed(TORCH, f"{how} N/k × N/k", size, right.shape)
            evidence.printed(TORCH, f"{how}, N = {N}", printed.pool_layer(a, k, how), right)
            ours = getattr(refimpl, function)(a[None], k)[0]
            evidence.implemented(TORCH, function, ours, right)
        evidence.printed(COUNTING, "N/k", Fraction(N, k), windows(N, k, stride=k))
        ours = refimpl.pool_output_size(N, k)
        evidence.implemented(COUNTING, "pool_output_size", ours, windows(N, k, stride=k))


@evidence("D0.15")
def number_of_weights(evidence: Evidence) -> None:
    """On the same maps it is the other way round; map for neuron, it is as worded."""
    layers = ((1, 28, 6, 5), (3, 32, 16, 3), (6, 14, 16, 5), (2, 7, 3, 2))  # C, N, K, F
    said = [printed.more_weights_than_a_dnn()] * len(layers)
    same_maps, same_nodes = [], []
    for C, N, K, F in layers:
        inputs, outputs = C * N**2, K * windows(N, F, stride=1) ** 2
        weights = K * C * F**2
        same_maps.append(weights > inputs * outputs)
        ours = refimpl.conv_parameters(C, K, (F, F)), refimpl.dense_parameters(inputs, outputs)
        found = weights, inputs * outputs
        evidence.implemented(COUNTING, "weights", [p.weights for p in ours], found)
        same_nodes.append(weights > C * K)
    evidence.refuted(COUNTING, "more than between the same maps, fully connected", said, same_maps)
    evidence.under_convention(
        COUNTING, "more than between C and K neurons, fully connected", said, same_nodes
    )
