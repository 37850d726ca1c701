"""D1's formulas as printed: convolution, pooling, their backward passes."""

from __future__ import annotations

from parity.documents.printed.notation import Array, build


def upsample_max(delta: Array) -> Array:
    """D1.23: one point's residual is copied to the four points that were pooled."""
    m, n = delta.shape
    return build((2 * m, 2 * n), lambda i, j: delta[(i - 1) // 2, (j - 1) // 2])


def upsample_mean(delta: Array) -> Array:
    """D1.23: one point's residual is shared equally by the four points that were pooled."""
    m, n = delta.shape
    return build((2 * m, 2 * n), lambda i, j: delta[(i - 1) // 2, (j - 1) // 2] / 4)
