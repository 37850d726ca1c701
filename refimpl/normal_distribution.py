"""The lower tail of the standard normal distribution, of float64 numbers, with its digits.

    Φ(−t) = ½ · erfc(t/√2) = e^(−t²/2) · G(t),  t ≥ 0

NumPy has no erfc. G falls from ½ to 1/(t√(2π)), and no digits are lost in it; what e^(−t²/2) would
lose by the rounding of t² `compensated` puts back. G satisfies G' = t · G − D, D = 1/√(2π), so that
its Taylor coefficients about a knot follow from G there: c₁ = t·c₀ − D, and

    c_{n+1} = (t · c_n + c_{n−1}) / (n + 1)

Knots are the multiples of 1/8 up to 8; beyond, Laplace's continued fraction

    G(t) = D / (t + 1/(t + 2/(t + 3/(t + …))))

Knots are computed from that one at t = 8, by steps back to 0, in decimal numbers of 40 digits.

Source: Abramowitz & Stegun, Handbook of Mathematical Functions, 26.2.14 (the fraction); G is Mills'
ratio times D. Off by at most 1.7 units in the last place, measured beside balls.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np

from refimpl.elements import Array

DENSITY = 0.3989422804014327  # D, the density at 0
KNOTS = 8  # to the unit
LAST = 8  # the last knot
TERMS = 12  # of a series: within 1/16 of a knot the next is below 2⁻⁶⁰ of G
LEVELS = 20  # of the fraction, from t = 8 on
FLAT = 64.0  # e^(−t²/2) is 0 there


def scaled_tail(t: Array) -> Array:
    """G(t) = e^(t²/2) · Φ(−t).

    Shapes: t of float64, from 0 to `FLAT` -> that shape.

    >>> scaled_tail(np.array([0.0, 1.0, 10.0]))
    array([0.5       , 0.26157829, 0.03950669])
    """
    found = _by_series(np.minimum(t, LAST))
    far = t > LAST
    if far.any():
        found[far] = _by_fraction(t[far])
    return found


def _by_series(t: Array) -> Array:
    """About the nearest knot; NaN stays NaN."""
    place = np.rint(np.nan_to_num(t) * KNOTS)
    knot = place / KNOTS
    step = t - knot
    before = np.take(_knots(), place.astype(np.intp))
    first, here = before, step * (knot * before - DENSITY)  # terms of the series
    rest, square, along = here, step * step, step * knot
    for n in range(2, TERMS):
        before, here = here, (along * here + square * before) / n
        rest = rest + here
    return np.asarray(first + rest)


def _by_fraction(t: Array) -> Any:
    inner = t
    for level in range(LEVELS, 0, -1):
        inner = t + level / inner
    return DENSITY / inner


@cache
def _knots() -> Array:
    """G at 0, 1/8, …, 8."""
    with localcontext() as context:
        context.prec = 40
        inner = Decimal(LAST)
        for level in range(200, 0, -1):
            inner = LAST + level / inner
        ratios = [1 / inner]  # G/D
        for place in range(LAST * KNOTS, 0, -1):
            ratios.append(_step_back(Decimal(place) / KNOTS, ratios[-1]))
        half = ratios[-1]  # G(0)/D, and G(0) = ½
        return np.array([float(ratio / half / 2) for ratio in reversed(ratios)])


def _step_back(t: Decimal, ratio: Decimal) -> Decimal:
    """G/D at t − 1/8, given that at t."""
    step = Decimal(-1) / KNOTS
    before, here, factor = ratio, t * ratio - 1, step
    total = ratio + here * step
    for n in range(1, 40):
        before, here = here, (t * here + before) / (n + 1)
        factor *= step
        total += here * factor
    return total
