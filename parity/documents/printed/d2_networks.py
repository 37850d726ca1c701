"""D2's second part as printed: activations, the pipeline, LeNet, AlexNet, sizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from parity.documents.printed.d2_terms import correlate
from parity.documents.printed.notation import Array, build, exp

# --- D2.9: activations ----------------------------------------------------------------------


def relu(x: Any) -> Any:
    """max(0, x)."""
    return max(0, x)


def leaky_relu(x: Any) -> Any:
    """max(0.1x, x)."""
    return max(Fraction(1, 10) * x, x)


def sigmoid(x: Any) -> Any:
    """σ(x) = 1/(1 + e^{−x})."""
    return 1 / (1 + exp(-x))


# --- D2.10: ⊗ → σ → μ, repeated ---------------------------------------------------------------


def pipeline(image: Array, kernels: Sequence[Array]) -> Array:
    """Convolution, activation, downsampling, and again; one kernel each time.

    The activation is ReLU, the downsampling the maximum of 2×2, as on the next slides.
    """
    for kernel in kernels:
        image = downsampled(activated(correlate(image, kernel)))
    return image


def pipeline_of_many(image: Array, kernels: Sequence[Array]) -> list[Array]:
    """Several kernels, each (channels, K_h, K_w): each gives a map, and the next sees all maps."""
    maps = [image]
    for layer in kernels:
        maps = [downsampled(activated(over_maps(maps, kernel))) for kernel in layer]
    return maps


def over_maps(maps: Sequence[Array], kernel: Array) -> Array:
    """One kernel over all maps, its slice of each, summed (D2.2)."""
    first, *others = (correlate(m, k) for m, k in zip(maps, kernel, strict=True))
    return sum(others, first)


def activated(Z: Array) -> Array:
    """σ of every element."""
    return build(Z.shape, lambda i, j: relu(Z[i - 1, j - 1]))


def downsampled(A: Array) -> Array:
    """μ, the maximum of every 2×2."""
    return build(
        (A.shape[0] // 2, A.shape[1] // 2),
        lambda i, j: max(A[2 * i - 2 : 2 * i, 2 * j - 2 : 2 * j].ravel()),
    )


# --- D2.12: sizes ---------------------------------------------------------------------------


def valid(W: int, w: int, stride: int) -> int:
    """w_o = ceil((|W| − w + 1)/stride), without padding."""
    return ceil(Fraction(W - w + 1, stride))


def same(W: int, stride: int) -> int:
    """w_o = ceil(|W|/stride), with padding."""
    return ceil(Fraction(W, stride))


# --- D2.11, D2.13: the two networks ---------------------------------------------------------

# The words of the slides: kinds in order, windows, neurons. "conv" has its window's size,
# "full" its neurons. How the kinds alternate, the maps and the strides stood in the pictures.
LENET = ("conv 5", "average", "conv 5", "average", "full 120", "full 84", "output")
ALEXNET = (
    *("conv 11", "maximum", "conv 5", "maximum", "conv 3", "conv 3", "conv 3", "maximum"),
    *("full 4096", "full 4096", "output"),
)
LENET_COUNTS = {"conv": 2, "average": 2, "full": 2, "output": 1}
ALEXNET_COUNTS = {"conv": 5, "maximum": 3, "full": 2, "output": 1}


def dropped(h: Array, chosen: Array) -> Array:
    """D2.13: the hidden nodes that were chosen at random, half of them, have the value 0."""
    return build(h.shape, lambda i: 0 if chosen[i - 1] else h[i - 1])
