"""D4's formulas as printed: connections and sizes of layers, residual and Inception networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.documents.printed.d4_convolution import slide
from parity.documents.printed.notation import Array, total

# --- local connection and weight sharing --------------------------------------------------


def convolved(w: Array, a: Array, b: Any) -> Array:
    """D4.12: w ⊗ a + b of vectors: w ∈ Rᵐ, one b."""
    sums: Array = slide(a[None], w[None])[0] + b
    return sums


def full_connections(n_l: int, n_l_plus_1: int) -> int:
    """D4.12, before: n^(l) × n^(l+1)."""
    return n_l * n_l_plus_1


def local_connections(n_l: int, m: int) -> int:
    """D4.12, after: n^(l) × m."""
    return n_l * m


def shared_parameters(m: int) -> int:
    """D4.13: m + 1."""
    return m + 1


def size_of_layer(n_l_plus_1: int, m: int) -> int:
    """D4.13: n^(l) = n^(l+1) + m + 1."""
    return n_l_plus_1 + m + 1


# --- residual network ---------------------------------------------------------------------


def residual(x: Array, h: Array) -> Array:
    """D4.16: x + (h − x)."""
    sums: Array = x + (h - x)
    return sums


def residual_unit(x: Array, theta: Any, f: Callable[[Any, Array], Array]) -> Array:
    """D4.16: x + f(θ, x)."""
    sums: Array = x + f(theta, x)
    return sums


# --- Inception ----------------------------------------------------------------------------


def side_by_side(X: Array, kernels: list[Array]) -> Array:
    """D4.18: kernels (maps, D, k, k) of several sizes on X, all maps stacked along the depth.

    Each is of equal width: (k − 1)/2 zeros around X.
    """
    stacked: list[Array] = []
    for W in kernels:
        p = (W.shape[-1] - 1) // 2
        frame = np.pad(X, ((0, 0), (p, p), (p, p)))
        stacked.extend(total(map(slide, frame, kernel)) for kernel in W)
    return np.stack(stacked)
