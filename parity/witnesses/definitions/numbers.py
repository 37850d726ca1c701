"""Exact numbers, and numbers of 1200 bits, in arrays."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

real = mpmath.MPContext()
real.prec = 1200  # 1 + the smallest number of float64, 2⁻¹⁰⁷⁴, and all the digits of that


def fractions(numbers: Any) -> Any:
    """The same numbers as an object array of Fraction."""
    flat = [Fraction(float(v)) for v in np.asarray(numbers).flat]
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(np.shape(numbers))


def reals(numbers: Any) -> Any:
    """The same numbers as an object array of mpmath numbers."""
    return np.asarray(np.frompyfunc(lambda v: real.mpf(float(v)), 1, 1)(numbers), object)


def either(where: Any, yes: Any, no: Any) -> Any:
    """Exact numbers chosen by a condition."""
    return np.where(where, np.asarray(yes, object), np.asarray(no, object))


exp, log = np.frompyfunc(real.exp, 1, 1), np.frompyfunc(real.log, 1, 1)
