"""D0's formulas as printed: the backward pass of each layer (§10 to §14)."""

from __future__ import annotations

import numpy as np

from parity.documents.printed.d0_forward import convolve
from parity.documents.printed.notation import Array, at, build, total


def relu_derivative(z: Array) -> Array:
    """σ'(z) of ReLU, away from 0."""
    return build(z.shape, lambda *place: 1 if at(z, *place) > 0 else 0)


def hadamard(a: Array, b: Array) -> Array:
    """a ⊙ b, element by element."""
    if a.shape != b.shape:
        raise ValueError(f"⊙ of {a.shape} and {b.shape}")
    return a * b


# --- §10: the fully connected network -----------------------------------------------------


def output_delta(dJ_da: Array, sigma_derivative: Array) -> Array:
    """D0.10: δᴸ = ∂J/∂zᴸ = ∂J/∂aᴸ ⊙ σ'(zᴸ)."""
    return hadamard(dJ_da, sigma_derivative)


def hidden_delta(W_next: Array, delta_next: Array, sigma_derivative: Array) -> Array:
    """D0.10: δˡ = (Wˡ⁺¹)ᵀ δˡ⁺¹ ⊙ σ'(zˡ)."""
    outputs, inputs = W_next.shape
    back = build(
        (inputs,), lambda i: total(W_next[j, i - 1] * delta_next[j] for j in range(outputs))
    )
    return hadamard(back, sigma_derivative)


def weight_gradient(delta: Array, a_before: Array) -> Array:
    """D0.10: ∂J/∂Wˡ = δˡ (aˡ⁻¹)ᵀ."""
    return build((len(delta), len(a_before)), lambda j, i: delta[j - 1] * a_before[i - 1])


def bias_gradient(delta: Array) -> Array:
    """D0.10: ∂J/∂bˡ = δˡ."""
    return delta


# --- §11, §12: pooling --------------------------------------------------------------------


def no_activation(z: Array) -> Array:
    """D0.17: σ'(z) of a pooling layer: it has no activation, σ(z) = z, the derivative is 1."""
    return np.full(z.shape, 1, dtype=object)


def upsample(delta: Array, k: int, how: str, before: Array) -> Array:
    """D0.11: each δ back to the k×k region that it came from.

    MAX: to the place where the maximum was on the way forward, the others 0. Average: an equal
    share to all. before: aˡ⁻¹, whose maxima were noted.
    """
    back = np.full(before.shape, 0, dtype=object)
    for i, j in np.ndindex(*delta.shape):
        region = [(k * i + u, k * j + v) for u in range(k) for v in range(k)]
        if how == "MAX":
            back[max(region, key=lambda place: before[place])] = delta[i, j]
        else:
            for place in region:
                back[place] = delta[i, j] / k**2
    return back


def delta_before_pooling(
    delta: Array, k: int, how: str, before: Array, sigma_derivative: Array
) -> Array:
    """D0.11: δˡ⁻¹ = upsample(δˡ) ⊙ σ'(zˡ⁻¹)."""
    return hadamard(upsample(delta, k, how, before), sigma_derivative)


# --- §13, §14: convolution ----------------------------------------------------------------


def rot180(W: Array) -> Array:
    """Turned by 180°: once upside down, then once left to right."""
    upside_down = W[::-1, :]
    return upside_down[:, ::-1]


def framed(delta: Array, F: int, G: int) -> Array:
    """δ inside a frame of zeros, so wide that the kernel meets every element everywhere."""
    H, V = delta.shape
    return build(
        (H + 2 * (F - 1), V + 2 * (G - 1)), lambda i, j: at(delta, i - (F - 1), j - (G - 1))
    )


def delta_before_convolution(delta: Array, W: Array, sigma_derivative: Array) -> Array:
    """D0.12: δˡ⁻¹ = δˡ ∗ rot180(Wˡ) ⊙ σ'(zˡ⁻¹), ∗ as in §3: the second factor as it stands."""
    return hadamard(convolve(framed(delta, *W.shape), rot180(W)), sigma_derivative)


def kernel_gradient(a_before: Array, delta: Array) -> Array:
    """D0.13: ∂J/∂Wˡ = aˡ⁻¹ ∗ δˡ."""
    return convolve(a_before, delta)


def bias_gradient_of_kernel(delta: Array) -> object:
    """D0.13: ∂J/∂bˡ = Σ_{u,v} (δˡ)_{u,v}."""
    H, V = delta.shape
    return total(delta[u, v] for u in range(H) for v in range(V))
