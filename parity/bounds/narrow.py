"""Σ|terms| of float32 numbers, formed in float32 and rounded outward: half of what float64 costs.

Nothing cancels among terms that are not negative. Each is rounded K times at most, whatever the
order of the sum, and a product that underflows loses η at most:

    Ŝ ≥ (1 − u)^K·S − K·η,  hence  S ≤ (Ŝ + K·η)·(1 + γ_K),  γ_K = K·u/(1 − K·u)

Where K is small that is wider than S by very little; sums of more terms, and what overflows in
float32, are formed in float64. Integers below 2²⁴ are added exactly, and stay what they are.

Source: Higham, Accuracy and Stability of Numerical Algorithms, ch. 3.
"""

from __future__ import annotations

import numpy as np

from parity.bounds import operations
from parity.bounds.arithmetic import gamma
from parity.bounds.bound import Arrays, is_whole
from parity.cases.case import Array

U, ETA, INTEGERS = 2.0**-24, 2.0**-149, 2.0**24
MOST = 1 << 16  # terms: γ_K = 0.4 %
FEW = 1 << 15  # numbers: of fewer than these float64 costs nothing


def narrow_magnitudes(arrays: Arrays) -> dict[str, Array] | None:
    """|array| in float32, NaN and ∞ as 0; None unless all are float32, many, and formed as such."""
    if any(array.dtype != np.float32 for array in arrays.values()):
        return None
    if sum(array.size for array in arrays.values()) < FEW or not operations.keep_float32():
        return None
    return {name: _magnitude(array) for name, array in arrays.items()}


def _magnitude(array: Array) -> Array:
    sizes = np.asarray(np.abs(array))
    if np.max(sizes, initial=0.0) < np.inf:
        return sizes
    return np.where(np.isfinite(sizes), sizes, np.float32(0))


def outward(sums: Array, terms: Array) -> Array | None:
    """What the exact sums in float64 do not exceed; None where float32 tells too little.

    sums: formed in float32. terms: K, which broadcasts to them.

    >>> outward(np.array([2.5], np.float32), np.array(2.0)) >= 2.5
    array([ True])
    >>> outward(np.array([np.inf], np.float32), np.array(2.0))
    """
    most = np.max(terms, initial=0.0)
    largest = np.max(sums, initial=0.0)
    if most > MOST or not largest < np.inf:
        return None
    wide = sums.astype(np.float64)
    if largest < INTEGERS and is_whole(sums):
        return wide
    wide += most * ETA
    wide *= 1 + gamma(np.asarray(most), U)
    return wide
