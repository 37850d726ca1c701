"""D1's formulas as printed: the backward pass of the convolutional network, softmax."""

from __future__ import annotations

from typing import Any

from parity.documents.printed.d1_cnn import full, raster_indices, valid
from parity.documents.printed.d1_mlp import each, product, transposed
from parity.documents.printed.notation import Array, at, build, exp, total

# --- MLP and rasterisation ----------------------------------------------------------------


def unit_vector(size: int) -> Array:
    """D1.21: what the derivative of the identity is said to be; of the unit vectors the first."""
    return build((size,), lambda i: int(i == 1))


def delta_r(Theta_s: Array, delta_s: Array) -> Array:
    """D1.21: Θ_sᵀ δ_s, columns."""
    return product(transposed(Theta_s), delta_s)


def cut_back(delta: Array, q: int, m: int, n: int) -> Array:
    """D1.22: δ_r = [δ_111, δ_112, …]ᵀ set together again as the matrices Δ_1 … Δ_q."""
    place = {index: k for k, index in enumerate(raster_indices(q, m, n))}
    return build((q, m, n), lambda a, u, v: delta[place[a, u, v]])


# --- pooling ------------------------------------------------------------------------------


def upsample_max(delta: Array) -> Array:
    """D1.23: one point's residual is copied to the four points that were pooled."""
    m, n = delta.shape
    return build((2 * m, 2 * n), lambda i, j: delta[(i - 1) // 2, (j - 1) // 2])


def upsample_mean(delta: Array) -> Array:
    """D1.23: one point's residual is shared equally by the four points that were pooled."""
    m, n = delta.shape
    return build((2 * m, 2 * n), lambda i, j: delta[(i - 1) // 2, (j - 1) // 2] / 4)


# --- convolution --------------------------------------------------------------------------


def first_neuron(delta: Array, o: Array) -> Array:
    """D1.24: ∂E/∂θ_11, ∂E/∂θ_12, ∂E/∂θ_21, ∂E/∂θ_22 of the first neuron."""
    d11 = at(delta, 1, 1)
    four = [[d11 * at(o, 2, 2), d11 * at(o, 2, 1)], [d11 * at(o, 1, 2), d11 * at(o, 1, 1)]]
    return build((2, 2), lambda i, j: four[i - 1][j - 1])


def dtheta_11(delta: Array, o: Array) -> Any:
    """D1.34: the residuals on the region in the lower right corner, place by place, not turned."""
    (m, n), (M, N) = delta.shape, o.shape
    return total(
        at(delta, u, v) * at(o, M - m + u, N - n + v)
        for u in range(1, m + 1)
        for v in range(1, n + 1)
    )


def rot180(A: Array) -> Array:
    """D1.25: A turned by 180°."""
    m, n = A.shape
    return build((m, n), lambda i, j: at(A, m + 1 - i, n + 1 - j))


def dtheta(O_q: Array, Delta_p: Array) -> Array:
    """D1.25: rot180((Σ_{q'} O_{q'}) ∗_v rot180(Δ_p))."""
    return rot180(valid(total(O_q), rot180(Delta_p)))


def db(delta_p: Array) -> Any:
    """D1.26: Σ_{u,v} (δ_p)_{uv}."""
    m, n = delta_p.shape
    return total(at(delta_p, u, v) for u in range(1, m + 1) for v in range(1, n + 1))


def sum_over_kernels(Delta: Array, Theta: Array) -> Array:
    """D1.27, the parenthesis: Σ_{p∈C} Δ_p ∗_f rot180(Θ_p)."""
    summed: Array = total(full(D, rot180(T)) for D, T in zip(Delta, Theta, strict=True))
    return summed


def delta_q(Delta: Array, Theta: Array, O_q: Array) -> Array:
    """D1.27: (Σ_{p∈C} Δ_p ∗_f rot180(Θ_p)) ∘ O_{q'}."""
    summed = sum_over_kernels(Delta, Theta)
    return build(O_q.shape, lambda u, v: at(summed, u, v) * at(O_q, u, v))


def neurons_reading(image: tuple[int, int], kernel: tuple[int, int]) -> Array:
    """D1.35: how many neurons each pixel has an influence on."""
    (M, N), (p, q) = image, kernel
    return build(
        image,
        lambda u, v: sum(
            1
            for i in range(1, M - p + 2)
            for j in range(1, N - q + 2)
            if i <= u < i + p and j <= v < j + q
        ),
    )


# --- softmax ------------------------------------------------------------------------------


def softmax(n: Array) -> Array:
    """D1.28, D1.29: y_j = e^{n_j} / Σ_k e^{n_k}."""
    powers = each(exp, n)
    return build(n.shape, lambda j: powers[j - 1] / total(powers))


def classes_of_softmax(k: int) -> int:
    """D1.29: k output nodes, and a hidden class "other" beside them."""
    return k + 1
