"""D4's formulas as printed: δ through a pooling layer and a convolution layer, and W's gradient.

L and L+1 stand for whatever the caller takes them for: the notes call the layer in front of L
L+1 here, but count from the input in their forward pass.
"""

from __future__ import annotations

from typing import Any

from parity.documents.printed.d4_convolution import at_zero, slide
from parity.documents.printed.notation import Array, at, build, inside, total

UNDEFINED = "undefined"  # an element-by-element or matrix product of sizes that do not fit


def times_each(A: Array, B: Array) -> Any:
    """A ⊙ B."""
    if A.shape != B.shape:
        return UNDEFINED
    return build(A.shape, lambda *index: at(A, *index) * at(B, *index))


# --- 1. through a pooling layer -----------------------------------------------------------


def upsample_max(delta: Array, a: Array, size: tuple[int, int]) -> Array:
    """D4.6 ①: each value of δ at the place where the forward pass found the maximum."""
    h, w = size

    def element(u: int, v: int) -> Any:
        i, j = (u - 1) // h, (v - 1) // w
        window = [(k, n) for k in range(h * i, h * (i + 1)) for n in range(w * j, w * (j + 1))]
        place = max(window, key=lambda index: a[index])
        return delta[i, j] if place == (u - 1, v - 1) else 0

    return build(a.shape, element)


def upsample_average(delta: Array, size: tuple[int, int]) -> Array:
    """D4.6 ②: each value of δ averaged over the places of its submatrix."""
    h, w = size
    shape = (h * delta.shape[0], w * delta.shape[1])
    return build(shape, lambda u, v: delta[(u - 1) // h, (v - 1) // w] / (h * w))


def delta_through_pooling(upsampled: Array, derivative: Array) -> Any:
    """D4.6: upsample(δ_k^L) ⊙ σ'(z_k^L)."""
    return times_each(upsampled, derivative)


# --- 2. through a convolution layer -------------------------------------------------------


def delta_by_jacobian(jacobian: Array, delta: Array) -> Any:
    """D4.7: δ^{L+1} = (∂z^{L+1}/∂z^L) δ^L."""
    rows, columns = jacobian.shape
    if columns != len(delta):
        return UNDEFINED
    return build((rows,), lambda p: total(jacobian[p - 1, q] * delta[q] for q in range(columns)))


def delta_by_transposed_jacobian(jacobian: Array, delta: Array) -> Any:
    """D4.7: δ^{L+1} = (∂z^{L+1}/∂z^L)ᵀ δ^L."""
    return delta_by_jacobian(jacobian.T, delta)


def rot180(W: Array) -> Array:
    """D4.7: W turned by 180°: upside down, and left to right."""
    m, n = W.shape
    return build((m, n), lambda i, j: at(W, m + 1 - i, n + 1 - j))


def framed(delta: Array, W: Array) -> Array:
    """δ in a frame of zeros so wide that W covers one of its corners at the first place."""
    (M, N), (m, n) = delta.shape, W.shape
    shape = (M + 2 * (m - 1), N + 2 * (n - 1))
    return build(shape, lambda i, j: at_zero(delta, i - m, j - n))


def delta_through_convolution(delta: Array, W: Array, derivative: Array) -> Any:
    """D4.7: δ^L rot180(W^L) ⊙ σ'(z^L), with the * that is not printed between δ^L and rot180."""
    return times_each(slide(framed(delta, W), rot180(W)), derivative)


# --- 3. the gradients of W and b ----------------------------------------------------------


def weight_gradient(a: Array, delta: Array) -> Array:
    """D4.8: ∂J/∂W^L = a^{L+1} * δ^L."""
    return slide(a, delta)


def bias_gradient(delta: Array) -> Any:
    """D4.8: ∂J/∂b^L = Σ_{k,v} (δ^L)_{k,v}."""
    rows, columns = delta.shape
    return total(inside(delta, k, v) for k in range(1, rows + 1) for v in range(1, columns + 1))
