"""D4's formulas as printed: convolution and correlation, channels, pooling, the forward pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.documents.printed.notation import Array, at, build, total


def at_zero(array: Array, *indices: int) -> Any:
    """The element at indices counted from 0; 0 outside.

    >>> A = np.array([[5, 6], [7, 8]], dtype=object)
    >>> at_zero(A, 0, 1), at_zero(A, 2, 0)
    (6, 0)
    """
    return at(array, *(i + 1 for i in indices))


# --- at the start -------------------------------------------------------------------------


def correlation(X: Array, W: Array, i: int, j: int) -> Any:
    """D4.1, for CNNs: S(i, j) = (X * W)(i, j) = Σ_m Σ_n X(i+m, j+n) W(m, n)."""
    return total(at_zero(X, i + m, j + n) * W[m, n] for m in range(len(W)) for n in range(len(W.T)))


def mathematical_convolution(X: Array, W: Array, i: int, j: int) -> Any:
    """D4.2, for mathematics: S(i, j) = (X * W)(i, j) = Σ_m Σ_n X(i+m, j+n) W(m, n), again."""
    return total(at_zero(X, i + m, j + n) * W[m, n] for m in range(len(W)) for n in range(len(W.T)))


def everywhere(S: Callable[..., Any], X: Array, W: Array) -> Array:
    """S(i, j) for all i, j from 0 for which a sum over i − m or i + m can have terms."""
    shape = tuple(a + b - 1 for a, b in zip(X.shape, W.shape, strict=True))
    return build(shape, lambda i, j: S(X, W, i - 1, j - 1))


def slide(X: Array, W: Array) -> Array:
    """X * W of the CNN where W lies inside X; without elements where it does not fit.

    >>> slide(np.array([[1, 2, 4]], dtype=object), np.array([[1, 1]], dtype=object))
    array([[3, 6]], dtype=object)
    """
    shape = tuple(max(0, a - b + 1) for a, b in zip(X.shape, W.shape, strict=True))
    return build(shape, lambda i, j: correlation(X, W, i - 1, j - 1))


def several_channels(X: Array, W: Array, channels: int) -> Array:
    """D4.3: multiply and sum channel by channel, then sum over the last dimension.

    channels: the dimension of X and W that counts the channels.
    """
    slices = zip(np.moveaxis(X, channels, 0), np.moveaxis(W, channels, 0), strict=True)
    sums = np.stack([slide(x, w) for x, w in slices], axis=channels)
    return build(sums.shape[:-1], lambda i, j: total(sums[i - 1, j - 1]))


def relu(x: Array) -> Array:
    """D4.4: ReLU(x) = max(0, x)."""
    return build(x.shape, lambda *index: max(0, at(x, *index)))


def pool(X: Array, size: tuple[int, int], kernel_function: Callable[[list[Any]], Any]) -> Array:
    """D4.4, D4.15: the kernel function (max or average) of each window, windows side by side."""
    h, w = size
    return build(
        (X.shape[0] // h, X.shape[1] // w),
        lambda i, j: kernel_function(X[h * (i - 1) : h * i, w * (j - 1) : w * j].ravel().tolist()),
    )


def average(values: list[Any]) -> Any:
    """The mean of a window."""
    return total(values) / len(values)


# --- forward ------------------------------------------------------------------------------


def weighted_input(a: Array, W: Array, b: Array) -> Array:
    """D4.5: z² = a¹ * W² + b², a¹ of several maps, W² of as many for each of its k kernels."""
    return np.stack([total(map(slide, a, kernel)) + b_k for kernel, b_k in zip(W, b, strict=True)])


def forward(a: Array, W: Array, b: Array, sigma: Callable[[Array], Array]) -> Array:
    """D4.5: a² = σ(z²) = σ(a¹ * W² + b²)."""
    return sigma(weighted_input(a, W, b))


# --- feature maps of a convolution layer --------------------------------------------------


def feature_maps(X: Array, W: Array, b: Array, maps: int) -> Array:
    """D4.14: z^p = Σ_{d=1}^p W^{p,d} ⊗ X^d + b^p for p = 1 … maps; the sum ends at p."""
    return np.stack(
        [
            total(slide(X[d - 1], W[p - 1, d - 1]) for d in range(1, p + 1)) + b[p - 1]
            for p in range(1, maps + 1)
        ]
    )


def feature_map_parameters(p: int, D: int, m: int, n: int) -> int:
    """D4.14: p × D × (m × n) + p."""
    return p * D * (m * n) + p


# --- three widths -------------------------------------------------------------------------


def narrow_length(n: int, m: int) -> tuple[int, int]:
    """D4.17: zeros at each end, and the length: 0, n − m + 1."""
    return 0, n - m + 1


def wide_length(n: int, m: int) -> tuple[int, int]:
    """D4.17: p = m − 1, length n + m − 1."""
    return m - 1, n + m - 1


def equal_length(n: int, m: int) -> tuple[Any, int]:
    """D4.17: p = (m − 1)/2, length n."""
    return (m - 1) / 2, n
