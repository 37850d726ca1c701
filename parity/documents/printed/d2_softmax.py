"""D2's formulas as printed: softmax, cross-entropy and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.documents.printed.notation import Array, build, exp, log, total

CLASSES = 10  # numbered 0 … 9


def softmax(z: Array) -> Array:
    """D2.8: e^{z_i} / Σ_{j=1}^K e^{z_j}."""
    (K,) = z.shape
    return build((K,), lambda i: exp(z[i - 1]) / total(exp(z[j - 1]) for j in range(1, K + 1)))


def softmax_loss(O: Array, t: int) -> Any:  # noqa: E741 (the slides' letter)
    """D2.14: L = −log(O_t), t counted from 0."""
    return -log(O[t])


def cross_entropy(O: Array, P: Array) -> Any:  # noqa: E741
    """D2.15: L = Σ_{i=0}^9 (−O_i · log(P_i)); O_i is the expected probability."""
    return total(-O[i] * log(P[i]) for i in range(CLASSES))


def loss_by_prediction(O: Array, t: int) -> Array:  # noqa: E741
    """D2.16: dL/dO_t = −1/O_t, and L has nothing to do with O_k, k ≠ t."""
    dO = np.zeros(O.shape, dtype=object)
    dO[t] = -1 / O[t]
    return dO


# --- D2.17: the derivative by z_i, step by step ----------------------------------------------


def quotient_rule(u: Any, v: Any, du: Any, dv: Any) -> Any:
    """(u/v)' = (u'v − uv')/v²."""
    return (du * v - u * dv) / v**2


def denominator(z: Array) -> Any:
    """Σ_{j=0}^9 e^{z_j}."""
    return total(exp(z[j]) for j in range(CLASSES))


def what_is_differentiated(z: Array, i: int) -> Any:
    """What stands for O_t behind d/dz_i in the line before the cases: e^{z_i}/Σ_{j=1}^K e^{z_j}."""
    return softmax(z)[i]


def has_to_do_with(t: int, i: int) -> bool:
    """The labels beside the cases: O_t has to do with z_i for i = t, and not for i ≠ t."""
    return i == t


def steps_of_the_class(dL_dO: Any, z: Array, t: int) -> list[Any]:
    """The two lines for i = t, an entry for each equals sign; dL_dO is dL/dO_t."""
    S = denominator(z)
    O_t = exp(z[t]) / S
    return [
        dL_dO * ((exp(z[t]) * S - exp(z[t]) * exp(z[t])) / S**2),
        dL_dO * (exp(z[t]) / S - exp(z[t]) * exp(z[t]) / S**2),
        -1 / O_t * (O_t - O_t**2),
        O_t - 1,
    ]


def steps_of_another(dL_dO: Any, z: Array, t: int, i: int, slope: Any) -> list[Any]:
    """The three lines for i ≠ t; slope is d/dz_i(1/Σ_j e^{z_j}), still to be differentiated."""
    S = denominator(z)
    O_t, O_i = exp(z[t]) / S, exp(z[i]) / S
    return [
        dL_dO * exp(z[t]) * slope,
        dL_dO * exp(z[t]) * (-exp(z[i]) / S**2),
        dL_dO * (-exp(z[t]) / S) * (exp(z[i]) / S),
        -1 / O_t * -O_t * O_i,
        O_i,
    ]


def loop(O: Array, t: int) -> Array:  # noqa: E741
    """D2.18: for j in range(0, 10): DZ_ij = O_j; then DZ_it = O_t − 1."""
    DZ = np.empty(O.shape, dtype=object)
    for j in range(10):
        DZ[j] = O[j]
    DZ[t] = O[t] - 1
    return DZ
