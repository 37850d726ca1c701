"""D2's formulas as printed: softmax, cross-entropy and their gradients."""

from __future__ import annotations

from parity.documents.printed.notation import Array, build, exp, total


def softmax(z: Array) -> Array:
    """D2.8: e^{z_i} / Σ_{j=1}^K e^{z_j}."""
    (K,) = z.shape
    return build((K,), lambda i: exp(z[i - 1]) / total(exp(z[j - 1]) for j in range(1, K + 1)))
