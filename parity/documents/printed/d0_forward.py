"""D0's formulas as printed: convolution, pooling and the layers' forward pass (§2 to §7)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.documents.printed.notation import Array, at, build, total

Activation = Callable[[Array], Array]


def relu(z: Array) -> Array:
    """σ, here usually ReLU (§5)."""
    return build(z.shape, lambda *place: max(0 * at(z, *place), at(z, *place)))


# --- §2, §3: what a convolution is --------------------------------------------------------


def convolution_of_mathematics(X: Array, W: Array) -> Array:
    """D0.16: s(i, j) = Σ_m Σ_n x(i − m, j − n) w(m, n), indices from 0, x = 0 outside."""
    (H, V), (F, G) = X.shape, W.shape
    s = np.empty((H + F - 1, V + G - 1), object)
    for i, j in np.ndindex(*s.shape):
        s[i, j] = total(at(X, i - m + 1, j - n + 1) * W[m, n] for m in range(F) for n in range(G))
    return s


def convolve(X: Array, W: Array, S: int = 1) -> Array:
    """D0.16: s(i, j) = Σ_m Σ_n x(i + m, j + n) w(m, n), moved by S pixels each time.

    For tensors with as many sums as axes; on an axis where both have the same size there is one
    place only.
    """
    s = np.empty(tuple((n - f) // S + 1 for n, f in zip(X.shape, W.shape, strict=True)), object)
    for place in np.ndindex(*s.shape):
        s[place] = total(
            X[tuple(S * i + m for i, m in zip(place, offset, strict=True))] * W[offset]
            for offset in np.ndindex(*W.shape)
        )
    return s


def plus(s: Array, b: object) -> Array:
    """s + b: the same b, a scalar, to every element."""
    return build(s.shape, lambda *place: at(s, *place) + b)


def small_example(X: Array, W: Array) -> Array:
    """D0.1: S₀₀ = aw + bx + ey + fz; S₀₁ from (b, c, f, g); the other four in the same way."""
    (a, b, c, d), (e, f, g, h), (i, j, k, last) = X
    (w, x), (y, z) = W

    def element(p: object, q: object, r: object, s: object) -> object:
        return p * w + q * x + r * y + s * z

    S = np.empty((2, 3), object)
    S[0, 0], S[0, 1], S[0, 2] = element(a, b, e, f), element(b, c, f, g), element(c, d, g, h)
    S[1, 0], S[1, 1], S[1, 2] = element(e, f, i, j), element(f, g, j, k), element(g, h, k, last)
    return S


def with_zeros(X: Array, P: int) -> Array:
    """P rings of zeros around a matrix, or around every matrix of a tensor (last axis: which)."""
    rings = [P] * X.ndim if X.ndim == 2 else [*[P] * (X.ndim - 1), 0]
    size = tuple(n + 2 * p for n, p in zip(X.shape, rings, strict=True))
    return build(size, lambda *i: at(X, *(u - p for u, p in zip(i, rings, strict=True))))


def demonstration(X: Array, kernels: list[Array], b: Array) -> Array:
    """D0.3: per channel convolve, add the channels, add b; one ring of zeros, step 2.

    X is 5×5×3, each kernel 3×3×3.
    """
    padded = with_zeros(X, 1)
    maps = [
        plus(total(convolve(padded[..., k], W[..., k], 2) for k in range(X.shape[-1])), b[which])
        for which, W in enumerate(kernels)
    ]
    return np.stack(maps, axis=-1)


# --- §4: pooling --------------------------------------------------------------------------


def pool(X: Array, n: int, how: str) -> Array:
    """D0.4: each n×n elements become one, their maximum or their average."""
    (H, V) = X.shape

    def one(i: int, j: int) -> object:
        region = [X[n * (i - 1) + u, n * (j - 1) + v] for u in range(n) for v in range(n)]
        return max(region) if how == "MAX" else total(region) / n**2

    return build((H // n, V // n), one)


# --- §5 to §7: layers ---------------------------------------------------------------------


def conv_layer(
    a: Array, W: list[Array], b: Array, sigma: Activation, P: int = 0, S: int = 1
) -> Array:
    """D0.5: a² = σ(z²) = σ(a¹ ∗ W² + b²) with K kernels, P rings of zeros, step S.

    a¹ is a matrix and the kernels are matrices, or both are tensors of any number of axes with
    the channels as the last. The K outputs are stacked along a new last axis.
    """
    padded = with_zeros(a, P)
    maps = [plus(convolve(padded, kernel, S), b[k]) for k, kernel in enumerate(W)]
    if a.ndim > 2:
        maps = [z[..., 0] for z in maps]
    return sigma(np.stack(maps, axis=-1))


def hidden_conv_layer(a: Array, W: Array, b: Array, sigma: Activation) -> Array:
    """D0.6: aˡ = σ(zˡ) = σ(Σ_{k=1}^M a_kˡ⁻¹ ∗ W_kˡ + bˡ) for each kernel.

    a: M matrices (M, H, V); W: for each kernel M matrices (K, M, F, F); b (K,).
    """
    return sigma(sums_of_convolutions(a, W, b))


def sums_of_convolutions(a: Array, W: Array, b: Array) -> Array:
    """D0.6: zˡ, the K matrices before σ."""
    (M, *_) = a.shape
    return np.stack(
        [plus(total(convolve(a[k], kernel[k]) for k in range(M)), b[which])
         for which, kernel in enumerate(W)]
    )  # fmt: skip


def pool_layer(a: Array, k: int, how: str) -> Array:
    """D0.7: aˡ = pool(aˡ⁻¹), every N×N matrix becomes N/k × N/k."""
    return np.stack([pool(matrix, k, how) for matrix in a])


def more_weights_than_a_dnn() -> bool:
    """D0.15: as W is a tensor, it has many more parameters at the same place than a DNN's."""
    return True
