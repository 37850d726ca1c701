"""D1's formulas as printed: convolution, pooling, rasterisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from parity.documents.printed.notation import Array, at, build, exp, total

Function = Callable[[Any], Any]


# --- convolution --------------------------------------------------------------------------


def neuron(theta: Array, x: Array, b: Any, n: int, lower: int, theta_from: int, x_from: int) -> Any:
    """D1.13: Σ_{i,j}^n θ_{(n−i)(n−j)} x_ij + b, in front of act.

    The lower limit, and from where θ and x are counted, are not printed. What is not in a matrix
    is 0.
    """
    one, two = 1 - theta_from, 1 - x_from  # to indices from 1
    return b + total(
        at(theta, n - i + one, n - j + one) * at(x, i + two, j + two)
        for i, j in neuron_places(n, lower)
    )


def neuron_places(n: int, lower: int) -> list[tuple[int, int]]:
    """D1.13: what i, j run over, up to n."""
    return [(i, j) for i in range(lower, n + 1) for j in range(lower, n + 1)]


def convolution(f: Array, g: Array, m: int, n: int, f_from: int = 0) -> Any:
    """D1.14: Σ_u^∞ Σ_v^∞ f(u, v) g(m − u, n − v), f counted from f_from, g from 0, 0 elsewhere.

    The lower limits are not printed; here −∞, which are all places of f.
    """
    M, N = f.shape
    return total(
        at(f, u - f_from + 1, v - f_from + 1) * at(g, m - u + 1, n - v + 1)
        for u in range(f_from, f_from + M)
        for v in range(f_from, f_from + N)
    )


def valid_size(m: int, n: int, p: int, q: int) -> tuple[int, int]:
    """D1.15: m×n with p×q, m ≥ p, n ≥ q."""
    return m - p + 1, n - q + 1


def full_size(m: int, n: int, p: int, q: int) -> tuple[int, int]:
    """D1.15: m×n with p×q."""
    return m + p - 1, n + q - 1


def valid(X: Array, Theta: Array) -> Array:
    """D1.15: X ∗_v Θ, where the convolution reads nothing outside X."""
    (m, n), (p, q) = X.shape, Theta.shape
    return build(valid_size(m, n, p, q), lambda i, j: convolution(X, Theta, i + p - 2, j + q - 2))


def full(X: Array, Theta: Array) -> Array:
    """D1.15: X ∗_f Θ, the convolution of D1.14."""
    return build(
        full_size(*X.shape, *Theta.shape), lambda i, j: convolution(X, Theta, i - 1, j - 1)
    )


def conv_layer(X: Array, Theta: Array, b: Array, phi: Function) -> Array:
    """D1.16: O_j = φ(Σ_i X_i ∗_v Θ_j + b_j): X_1 … X_i, and one Θ_j for all of them."""
    maps = [total(valid(X_i, Theta_j) for X_i in X) for Theta_j in Theta]
    return build(
        (len(Theta), *maps[0].shape),
        lambda j, u, v: phi(maps[j - 1][u - 1, v - 1] + b[j - 1]),
    )


# --- downsampling -------------------------------------------------------------------------


def pooled(x: Array, f: Callable[[list[Any]], Any]) -> Array:
    """D1.17: f of the 4 points of each square of 2×2."""
    m, n = x.shape
    return build(
        (m // 2, n // 2),
        lambda i, j: f([at(x, 2 * i - 1 + u, 2 * j - 1 + v) for u in (0, 1) for v in (0, 1)]),
    )


def mean(points: list[Any]) -> Any:
    """D1.17: the mean of the points."""
    return total(points) / len(points)


def gaussian_mean(x: Array, sigma: Any) -> Any:
    """D1.17: the mean of a window, weighted by a Gaussian about its centre."""
    m, n = x.shape

    def weight(i: int, j: int) -> Any:
        squares = (2 * i - m - 1) ** 2 + (2 * j - n - 1) ** 2  # 4 r²
        return exp(-squares / (8 * sigma**2))

    places = [(i, j) for i in range(1, m + 1) for j in range(1, n + 1)]
    return total(weight(*ij) * at(x, *ij) for ij in places) / total(weight(*ij) for ij in places)


def without_edge(x: Array, size: int = 2) -> Array:
    """D1.18: what is left over at the edge is dropped."""
    m, n = x.shape
    return build((m // size * size, n // size * size), lambda i, j: at(x, i, j))


def filled_edge(x: Array, size: int = 2) -> Array:
    """D1.18: the side lengths are filled with 0 to multiples of the size."""
    m, n = x.shape
    return build((m + -m % size, n + -n % size), lambda i, j: at(x, i, j))


# --- rasterisation ------------------------------------------------------------------------


def raster_indices(j: int, m: int, n: int) -> Iterator[tuple[int, int, int]]:
    """D1.19: 111, 112, … 11n, 121, 122, … 12n, … 1mn, … 2mn, … jmn."""
    for a in range(1, j + 1):
        for u in range(1, m + 1):
            for v in range(1, n + 1):
                yield a, u, v


def rasterised(X: Array) -> Array:
    """D1.19: o_k = [x_111, x_112, … x_jmn]ᵀ."""
    entries = [at(X, *index) for index in raster_indices(*X.shape)]
    return build((len(entries),), lambda k: entries[k - 1])
