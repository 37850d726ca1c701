"""Floats cut into integers, so that float64 multiplies and adds without an error.

A float is a sum of integers of few bits times powers of two,

    x = Σ_i s_i · 2^(unit − i·b),  |s_i| ≤ 2^(b−1),

the slices of x. A function that is linear in each of two factors is the sum of its values on all
pairs of slices, and on a pair it forms sums of K products below 2^(2(b−1)). Where

    K · 2^(2(b−1)) ≤ 2^53

every such sum, and every part of it, is an integer that float64 holds: the result is exact in
whatever order it is added up, by any BLAS that only multiplies and adds. So the function under
test, at the speed of BLAS, gives integers; `parity.witnesses.exact.accumulation` adds them up.

The slices are signed: x over its unit is rounded to the nearest integer, which is the first slice;
what is left is at most 1/2, is multiplied by 2^b and cut in the same way. Both are exact. A tie
gives |s_i| = 2^(b−1), the largest slice.

Source: Ozaki, Ogita, Oishi, Rump, Error-free transformations of matrix multiplication by using
fast routines of matrix multiplication and its applications, Numerical Algorithms 59 (2012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parity.cases.case import Array

SIGNIFICAND = 53  # bits of a float64: integers up to 2⁵³ are exact
MOST = 24  # slices of one array; most are empty where few numbers are far from the others
WIDEST = 50  # bits of a slice, also where nothing is multiplied


class UnfitError(ValueError):
    """These numbers cannot be cut into few slices, or what they give is no sum of them."""


@dataclass(frozen=True)
class Slices:
    """An array as Σ parts[i]·2^(unit − i·bits); the parts are integers in float64."""

    parts: list[Array]
    unit: int
    bits: int

    @cached_property
    def occupied(self) -> list[tuple[int, Array]]:
        """The first part, and those that hold anything, with their numbers."""
        return [(k, part) for k, part in enumerate(self.parts) if not k or part.any()]

    @cached_property
    def whole(self) -> bool:
        """Whether the first part is nowhere 0."""
        return bool(self.parts[0].all())

    @cached_property
    def largest(self) -> int:
        """The largest |integer| of all parts."""
        return int(max((np.abs(part).max(initial=0.0) for part in self.parts), default=0.0))


def bits_of_products(terms: int) -> int:
    """The widest slices of two factors whose sums of so many products are exact.

    >>> bits_of_products(150), 150 * 2 ** (2 * 22) <= 2**53 < 150 * 2 ** (2 * 23)
    (23, True)
    """
    return min(WIDEST, (SIGNIFICAND - (max(terms, 1) - 1).bit_length()) // 2 + 1)


def bits_of_sums(terms: int) -> int:
    """The same of sums of so many slices of one array.

    >>> bits_of_sums(1), bits_of_sums(9)
    (50, 50)
    >>> bits_of_sums(1000)
    44
    """
    return min(WIDEST, SIGNIFICAND - (max(terms, 1) - 1).bit_length() + 1)


def exponent_of(arrays: Sequence[Array]) -> int:
    """The e of the largest |number| < 2^(e − 1) of several arrays; 0 of zeros."""
    largest = max((float(np.abs(array).max(initial=0.0)) for array in arrays), default=0.0)
    return int(np.frexp(largest)[1]) + 1 if largest else 0


def cut(array: Array, bits: int, exponent: int | None = None) -> Slices:
    """The slices of an array of finite floats; exponent: where the first of them begins.

    Raises: UnfitError where it would take more than `MOST`.

    >>> cut(np.array([5.5, -0.25]), bits=4)
    Slices(parts=[array([ 6., -0.]), array([-8., -4.])], unit=0, bits=4)
    """
    exponent = exponent_of([array]) if exponent is None else exponent
    return Slices(on_grid(array, exponent - bits, bits), exponent - bits, bits)


def on_grid(array: Array, unit: int, bits: int, most: int = MOST) -> list[Array]:
    """Integers p_s with array = Σ_s p_s·2^(unit − s·bits): the first at most 2⁵³, others slices.

    Raises: UnfitError where there are none, or more than `most`.
    """
    sizes = np.abs(array)
    largest, smallest = sizes.max(initial=0.0), sizes.min(initial=np.inf)
    if not smallest:
        smallest = sizes.min(initial=np.inf, where=sizes > 0)
    # Looked at first: what is far below the last slice would be lost in the scaling.
    if largest and not unit - most * bits < _exponent(smallest) <= _exponent(largest):
        raise _apart(smallest, largest, unit)
    if _exponent(largest) - unit > SIGNIFICAND:
        raise _apart(smallest, largest, unit)
    rest = scaled(array.astype(np.float64), -unit)
    parts: list[Array] = []
    while not parts or rest.any():
        if len(parts) == most:
            raise _apart(smallest, largest, unit)
        part = np.rint(rest)
        parts.append(part)
        rest = (rest - part) * 2.0**bits
    return parts


def _apart(smallest: float, largest: float, unit: int) -> UnfitError:
    return UnfitError(f"sizes from {smallest:.3g} to {largest:.3g}, in units of 2^{unit}")


def scaled(array: Array, exponent: int) -> Array:
    """array·2^exponent, for results that float64 holds."""
    if abs(exponent) < 1000:
        return array * 2.0**exponent  # faster than ldexp
    return np.asarray(np.ldexp(array, exponent))


def _exponent(number: float) -> int:
    """The e of number < 2^e."""
    return int(np.frexp(number)[1]) if np.isfinite(number) else 0
