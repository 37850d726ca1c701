"""What a rounded product leaves out, for exponents: e^s multiplies an error of s by |s|.

A product s = a · b is off by u·|s|, so that e^s is off by |s| roundings: hundreds far from 0. The
part that is rounded away is itself a float64 number, and e^(s + rest) = e^s · (1 + rest).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from refimpl.elements import Array

SPLIT = 2.0**27 + 1
VANISHING = 600.0  # e^(−|s|) is normal up to there, with many powers of 2 to spare
SHIFT = 64.0  # |s| − 64 is exact
SHIFTED = 1.603810890548638e-28  # e^(−64)


class Exponent(NamedTuple):
    """s = value + rest; arrays of float64."""

    value: Array
    rest: Array


def two_product(a: Array, b: Any) -> Exponent:
    """a · b, exactly; nothing is left where the halves of a number overflow.

    Shapes: a any, b alike or a number.
    Source: Dekker, A floating-point technique for extending the available precision, 1971.

    >>> two_product(np.array([1 + 2.0**-30]), 1 - 2.0**-30)
    Exponent(value=array([1.]), rest=array([-8.67361738e-19]))
    """
    product = np.asarray(a * b)
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    rest = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return Exponent(product, np.where(np.isfinite(rest), rest, 0))


def _halves(a: Any) -> tuple[Any, Any]:
    """Two numbers of half as many digits whose sum is a."""
    scaled = SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def two_sum(a: Any, b: Array) -> Exponent:
    """a + b, exactly.

    Source: Knuth, The Art of Computer Programming, vol. 2, §4.2.2.

    >>> two_sum(1.0, np.array([2.0**-60]))
    Exponent(value=array([1.]), rest=array([8.67361738e-19]))
    """
    total = np.asarray(a + b)
    of_b = total - a
    return Exponent(total, (a - (total - of_b)) + (b - of_b))


class Power(NamedTuple):
    """e = part · scale: the scale is a power of e where e itself has few digits, being subnormal.

    A factor that belongs to e is multiplied between the two.
    """

    part: Array
    scale: Array

    @property
    def whole(self) -> Array:
        """e"""
        return self.part * self.scale


def power(s: Exponent, times: float = 1) -> Power:
    """e^(−times · |s|); times: a power of 2, which is multiplied without rounding.

    Shapes: those of s.

    >>> power(Exponent(np.array([-1.0]), np.array([0.0]))).whole
    array([0.36787944])
    """
    size = times * np.abs(s.value)
    vanishing = size > VANISHING
    part = np.exp(SHIFT * vanishing - size)
    part -= part * np.copysign(times, s.value) * s.rest
    return Power(part, np.where(vanishing, SHIFTED, 1))
