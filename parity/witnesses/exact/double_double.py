"""Numbers as the sum of two float64 numbers: 106 bits, at some ten operations for one.

A pair (hi, lo) with |lo| ≤ ulp(hi)/2 stands for hi + lo. With u = 2⁻⁵³, for numbers far from
overflow and underflow, relative to the result:

| operation | error | source |
|---|---|---|
| two_sum, two_product | 0 | Knuth; Dekker and Veltkamp |
| plus | 3u² of |a| + |b|, or of a + b for equal signs | Joldes et al., algorithm 6 |
| times | 7u² | algorithm 11 |
| over | 15u² | algorithm 17 |
| exp, exp_minus_1 | 2⁻⁸⁰ | below |

e^x − 1 for a float64 number |x| ≤ 600: x = n·ln 2/128 + r with |r| ≤ ln 2/256 < 2⁻⁸. ln 2/128 is
the sum of three numbers, the first two of 32 bits, so that n times them is exact, and r is known
to 2⁻¹⁰⁰. e^r − 1 = r + r²·(1/2 + r·(1/6 + r·q)) with q = Σ_{k≥4} r^(k−4)/k! in float64: its error,
below 2⁻⁵⁵, is multiplied by r⁴, so relative to r by 2⁻²⁴; the terms that are left out, from r¹²
on, are below 2⁻¹⁰⁰ of r. Then e^x − 1 = (T − 1) + T·(e^r − 1), T = 2^(n/128), whose two terms
cancel by a factor of 2 at most, because |r| is half a step.

Source: Joldes, Muller, Popescu, Tight and rigorous error bounds for basic building blocks of
double-word arithmetic, ACM Transactions on Mathematical Software 44 (2017).
"""

from __future__ import annotations

from functools import cache
from math import factorial
from typing import NamedTuple

import numpy as np
from flint import arb

from parity.cases.case import Array
from parity.witnesses.balls import precision

STEPS = 128  # of the table, for each power of 2
SPLIT = 2.0**27 + 1
LARGEST = 600.0  # of |x| in e^x


class Pair(NamedTuple):
    """hi + lo."""

    hi: Array
    lo: Array

    def __neg__(self) -> Pair:
        return Pair(-self.hi, -self.lo)


def two_sum(a: Array, b: Array) -> Pair:
    """a + b, exactly."""
    total = a + b
    of_b = total - a
    return Pair(total, (a - (total - of_b)) + (b - of_b))


def _quick_sum(a: Array, b: Array) -> Pair:
    """The same where |a| ≥ |b| or a = 0."""
    total = a + b
    return Pair(total, b - (total - a))


def _halves(a: Array) -> tuple[Array, Array]:
    scaled = SPLIT * a
    high = scaled - (scaled - a)
    return high, a - high


def two_product(a: Array, b: Array) -> Pair:
    """a·b, exactly."""
    product = np.asarray(a * b)
    (ah, al), (bh, bl) = _halves(a), _halves(b)
    return Pair(product, ((ah * bh - product) + ah * bl + al * bh) + al * bl)


def plus(a: Pair, b: Pair) -> Pair:
    """a + b"""
    high, low = two_sum(a.hi, b.hi), two_sum(a.lo, b.lo)
    high = _quick_sum(high.hi, high.lo + low.hi)
    return _quick_sum(high.hi, high.lo + low.lo)


def times(a: Pair, b: Pair) -> Pair:
    """a·b"""
    product = two_product(a.hi, b.hi)
    cross = a.hi * b.lo + a.lo * b.hi + a.lo * b.lo
    return _quick_sum(product.hi, product.lo + cross)


def over(a: Pair, b: Pair) -> Pair:
    """a/b"""
    first = a.hi / b.hi
    left = plus(a, -times(b, pair(first)))
    return _quick_sum(first, (left.hi + left.lo) / b.hi)


def pair(a: Array | float) -> Pair:
    """float64 numbers."""
    high = np.asarray(a, np.float64)
    return Pair(high, np.zeros_like(high))


ONE = pair(1.0)


def exp_minus_1(x: Array) -> Pair:
    """e^x − 1 of float64 numbers |x| ≤ 600."""
    power, less = _powers(x)
    return plus(plus(power, -ONE), times(power, less))


def exp(x: Array) -> Pair:
    """e^x of float64 numbers |x| ≤ 600."""
    power, less = _powers(x)
    return plus(power, times(power, less))


def _powers(x: Array) -> tuple[Pair, Pair]:
    """T and e^r − 1 with e^x = T·e^r."""
    steps = np.rint(x * (STEPS / np.log(2)))
    power, small = np.divmod(steps.astype(np.int64), STEPS)
    table = Pair(*(np.ldexp(part[small], power) for part in _table()))
    return table, _fraction(_reduced(x, steps))


def _reduced(x: Array, steps: Array) -> Pair:
    """r = x − n·ln 2/128"""
    first, second, third = _step()
    r = two_sum(x - steps * first, -steps * second)
    return _quick_sum(r.hi, r.lo - steps * third)


def _fraction(r: Pair) -> Pair:
    """e^r − 1 of a small r."""
    tail = np.full_like(r.hi, 1 / factorial(11))
    for k in range(10, 3, -1):
        tail = tail * r.hi + 1 / factorial(k)
    series = plus(_inverse_factorial(3), times(r, pair(tail)))
    series = plus(_inverse_factorial(2), times(r, series))
    return plus(r, times(times(r, r), series))


@cache
def _inverse_factorial(k: int) -> Pair:
    with precision(200):
        return _of_arb(arb(1) / factorial(k))


@cache
def _step() -> tuple[float, float, float]:
    """ln 2/128 as three float64 numbers, the first two of 32 bits."""
    with precision(200):
        rest, parts = arb.const_log2() / STEPS, []
        for _ in range(2):
            unit = 2.0 ** (int(np.frexp(float(rest))[1]) - 32)
            parts.append(round(float(rest) / unit) * unit)
            rest = rest - arb(parts[-1])
        return parts[0], parts[1], float(rest)


@cache
def _table() -> Pair:
    """2^(j/128), j = 0 … 127."""
    with precision(200):
        pairs = [_of_arb(arb(2) ** (arb(j) / STEPS)) for j in range(STEPS)]
    return Pair(np.array([p.hi for p in pairs]), np.array([p.lo for p in pairs]))


def _of_arb(value: arb) -> Pair:
    high = float(value)
    return Pair(np.asarray(high), np.asarray(float(value - arb(high))))
