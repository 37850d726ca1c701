"""Sums of the integers that a function gives on slices, in base 2^b: exact values of its elements.

Level s holds integers times 2^(unit − s·b). Each is a sum of at most `ADDENDS` integers below 2⁵³,
so that int64 holds it; a carry then leaves digits of at most 2^(b−1), but for the first. From
there the exact value is told apart into a float64 q near it and the rest:

    exact − q = Σ_s (d_s − c·q_s) · 2^(unit − s·b) / c,  q = Σ_s q_s · 2^(unit − s·b),

where q_s are the slices of q, which end, and c is what the integers have to be divided by (1, or a
common multiple of the divisors of an average). Every d_s − c·q_s is an integer; the first float
that is rounded is their sum, which is of the size of the rest. It has a relative error below
2⁻⁴⁹: at most `ROUNDED` additions of float64 numbers whose sizes fall by 2^(b−1).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from parity.cases.case import Array
from parity.witnesses.exact.slices import SIGNIFICAND, UnfitError
from parity.witnesses.exact.truth import Truth, truth_near

ADDENDS = 256  # of one level: 2⁸·2⁵³ < 2⁶²
ROUNDED = 2.0**-49
SMALLEST = -1022 + SIGNIFICAND  # the exponent down to which float64 holds a number and its rest


class ImpossibleError(ArithmeticError):
    """Code that adds up products of such slices would not give this."""


@dataclass
class Digits:
    """An array of sums that are added up integer by integer."""

    bits: int
    unit: int
    levels: dict[int, Array] = field(default_factory=dict)
    addends: dict[int, int] = field(default_factory=dict)

    def add(self, level: int, integers: Array) -> None:
        """Add float64 integers of at most 2⁵³ at one level.

        Raises: ImpossibleError for others.
        """
        largest = max(integers.max(initial=0.0), -integers.min(initial=0.0))
        if not largest <= 2.0**SIGNIFICAND:
            raise ImpossibleError(f"on integers refimpl gives {largest:.3g}, more than all terms")
        whole = integers.astype(np.int64)
        if not (whole == integers).all():
            raise ImpossibleError("on integers refimpl gives no integers")
        if self.addends.get(level, 0) == ADDENDS:
            self._settle()
        self.addends[level] = self.addends.get(level, 0) + 1
        if level in self.levels:
            self.levels[level] += whole
        else:
            self.levels[level] = whole

    def _settle(self) -> None:
        """Carry, into one more level at the top, so that int64 holds as many sums again."""
        first, last = min(self.levels) - 1, max(self.levels)
        digits = self._carried(first, last)
        self.levels = dict(zip(range(first, last + 1), digits, strict=True))
        self.addends = dict.fromkeys(self.levels, 1)

    def _carried(self, first: int, last: int) -> list[Array]:
        """The digits of these levels: all but the first at most 2^(b−1)."""
        nothing = np.zeros_like(next(iter(self.levels.values())))
        given = [self.levels.get(level, nothing) for level in range(first, last + 1)]
        return carry(given, self.bits)

    def truth(self, dtype: str, where: tuple[Array | slice, int], divisor: int = 1) -> Truth:
        """The exact values over a divisor; where: their places, and the whole tensor's size.

        Raises: UnfitError where float64 does not hold them: near its smallest numbers.
        """
        first = min(0, *self.levels)
        unit = self.unit - first * self.bits
        digits = self._carried(first, max(self.levels))
        quotient = in_float(digits, self.bits) / divisor
        rest = in_float(carry(self._left(digits, quotient, divisor), self.bits), self.bits)
        nearest = _scaled(quotient, unit)
        with np.errstate(over="ignore"):
            off = np.ldexp(rest / divisor, unit)
        if not np.isfinite(off).all():
            off = np.where(np.isfinite(off), off, 0.0)  # beside an overflow
        return truth_near(nearest, off, np.abs(off) * ROUNDED, dtype, where)

    def _left(self, digits: list[Array], quotient: Array, divisor: int) -> list[Array]:
        """d_s − c·q_s, for as many levels as q has slices."""
        left, rest, level = digits.copy(), quotient, 0
        while rest.any():
            part = np.rint(rest)
            off = part.astype(np.int64)
            off *= -divisor
            if level < len(digits):
                off += digits[level]
                left[level] = off
            else:
                left.append(off)
            rest, level = (rest - part) * 2.0**self.bits, level + 1
        return left


def carry(levels: list[Array], bits: int) -> list[Array]:
    """The same number with digits of at most 2^(b−1) behind the first.

    >>> carry([np.array([1]), np.array([9])], bits=3)
    [array([2]), array([1])]
    """
    half = 1 << (bits - 1)
    digits = levels.copy()
    for level in range(len(levels) - 1, 0, -1):
        over = digits[level] + half
        over >>= bits
        if not over.any():
            continue
        digits[level - 1] = digits[level - 1] + over
        over <<= bits
        digits[level] = digits[level] - over
    return digits


def in_float(digits: list[Array], bits: int) -> Array:
    """Σ_s d_s·2^(−s·b), from the smallest digit to the largest."""
    total = digits[-1] * 2.0 ** (-bits * (len(digits) - 1))
    for level in range(len(digits) - 2, -1, -1):
        total += digits[level] * 2.0 ** (-bits * level)
    return total


def _scaled(quotient: Array, unit: int) -> Array:
    """q·2^unit, which is exact where it is far from float64's smallest numbers."""
    # Of 0 the exponent is 0: where that is far enough, so are zeros.
    exponents = np.frexp(quotient)[1] + unit
    if exponents.min(initial=0) < SMALLEST and np.any(exponents[quotient != 0] < SMALLEST):
        raise UnfitError("results are near the smallest numbers of float64")
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(quotient, unit))
