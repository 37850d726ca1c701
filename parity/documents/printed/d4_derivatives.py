"""D4's formulas as printed: Y = W ⊗ X and its derivatives, by indices counted from 1."""

from __future__ import annotations

from typing import Any

from parity.documents.printed.d4_backward import rot180
from parity.documents.printed.notation import Array, at, build, inside, total


def size_of_Y(X: Array, W: Array) -> tuple[int, int]:  # noqa: N802 (its name in the notes)
    """D4.9: (M − m + 1) × (N − n + 1) for X (M × N) and W (m × n); 0 where W does not fit."""
    (M, N), (m, n) = X.shape, W.shape
    return max(0, M - m + 1), max(0, N - n + 1)


def y(W: Array, X: Array, i: int, j: int) -> Any:
    """D4.9: y_ij = Σ_{u,v} w_uv x_{i+u−1, j+v−1}."""
    m, n = W.shape
    return total(
        inside(W, u, v) * inside(X, i + u - 1, j + v - 1)
        for u in range(1, m + 1)
        for v in range(1, n + 1)
    )


def correlate(W: Array, X: Array) -> Array:
    """D4.9: Y = W ⊗ X."""
    return build(size_of_Y(X, W), lambda i, j: y(W, X, i, j))


def df_dw(df_dY: Array, X: Array, size_of_W: tuple[int, int], u: int, v: int) -> Any:
    """D4.10: ∂f/∂w_uv = Σ_{i=1}^{M−m+1} Σ_{j=1}^{N−n+1} ∂f/∂y_ij x_{i+u−1, j+v−1}."""
    (M, N), (m, n) = X.shape, size_of_W
    return total(
        inside(df_dY, i, j) * inside(X, i + u - 1, j + v - 1)
        for i in range(1, M - m + 1 + 1)
        for j in range(1, N - n + 1 + 1)
    )


def df_dW(df_dY: Array, X: Array) -> Array:  # noqa: N802 (its name in the notes)
    """D4.10: ∂f/∂W = ∂f/∂Y ⊗ X."""
    return correlate(df_dY, X)


def df_dx(df_dY: Array, W: Array, size_of_X: tuple[int, int], s: int, t: int) -> Any:
    """D4.11: ∂f/∂x_st = Σ_{i=1}^{M−m+1} Σ_{j=1}^{N−n+1} w_{s−i+1, t−j+1} ∂f/∂y_ij; w 0 outside."""
    (M, N), (m, n) = size_of_X, W.shape
    return total(
        at(W, s - i + 1, t - j + 1) * inside(df_dY, i, j)
        for i in range(1, M - m + 1 + 1)
        for j in range(1, N - n + 1 + 1)
    )


def df_dX(df_dY: Array, W: Array) -> Array:  # noqa: N802 (its name in the notes)
    """D4.11: ∂f/∂X = rot180(∂f/∂Y) ⊗ W, ⊗ being that of D4.9."""
    return correlate(rot180(df_dY), W)
