"""What a bound is, and the one formula most bounds come from.

Each side errs by at most its own bound, which the exact value judges it by; the limit of their
difference is the sum of both. Magnitudes are computed
in float64 from absolute values, by torch, so that a mistake in `refimpl` cannot loosen the
bound it is judged by. u, η, γ_K: see `parity.bounds.arithmetic`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, add_alike, gamma
from parity.cases.case import Array

Arrays = Mapping[str, Array]
Options = Mapping[str, Any]
Shaped = Callable[[Arithmetic], Any]  # a side's roundings of one term: one number, or an array

# Bounds are themselves computed in float64: fewer than 2³⁰ roundings, each of 2⁻⁵³.
OUTWARD = 1 + 2.0**-22


@dataclass(frozen=True)
class Bound:
    """The most by which two correct results may differ, element by element.

    limit: refimpl's own bound and torch's together. overflow: where the order of a sum decides
    whether it overflows. exact: nothing is rounded on these inputs, so the two sides must be
    equal as numbers. own: refimpl's bound alone, None where it is half of both. terms: Σ|terms|
    behind each element, which errors are counted in; None where an element is no sum. count: the
    largest K of a sum, 0 of anything else.
    """

    limit: Array
    overflow: Array
    exact: bool = False
    own: Array | None = None
    terms: Array | None = None
    count: float = 0.0

    @property
    def refimpl(self) -> Array:
        """The most by which refimpl may be off the exact value."""
        return self.limit / 2 if self.own is None else self.own

    @property
    def torch(self) -> Array:
        """The most by which torch may be off the exact value."""
        return self.limit - self.refimpl


class Limits(NamedTuple):
    """What both sides together, and refimpl alone, may be off by."""

    both: Array
    refimpl: Array


def each_side(of_side: Callable[[Arithmetic], Array], sides: Sides) -> Limits:
    """The limits from what a side may err by."""
    ours = np.asarray(of_side(sides[0]))
    return Limits(np.asarray(ours + of_side(sides[1])), ours)


def bounded(
    limits: Limits | Array,
    magnitude: Array,
    sides: Sides,
    terms: Array | None = None,
    count: float = 0.0,
) -> Bound:
    """A bound from its limits and the largest intermediate value behind each element.

    limits: of both sides together alone where they are equal. terms: Σ|terms| of a sum. count: K.
    """
    limit, own = limits if isinstance(limits, Limits) else (limits, None)
    largest = min(side.largest for side in sides)
    shape = limit.shape
    if magnitude.shape not in (shape, ()):
        shape = np.broadcast_shapes(shape, magnitude.shape)
    if magnitude.max(initial=0.0) * OUTWARD < largest:
        overflow = np.zeros(shape, bool)
    else:
        overflow = ~(magnitude * OUTWARD < largest) & np.isfinite(limit + 0 * magnitude)
        overflow |= np.isposinf(magnitude)
    limit = _outward(limit, overflow)
    own = None if own is None else _outward(own, overflow)
    return Bound(limit, overflow, own=own, terms=terms, count=count)


def _outward(limit: Array, overflow: Array) -> Array:
    """A limit rounded outward; nothing may be off where overflow is possible."""
    limit = np.asarray(limit * OUTWARD)
    if np.count_nonzero(overflow):
        limit = np.where(overflow, 0.0, limit)
    elif limit.shape != overflow.shape:
        limit = np.broadcast_to(limit, overflow.shape)
    if isnan(limit.max(initial=0.0)):
        # An undefined limit (∞·0 beside an infinite input) asks for equality.
        limit = np.where(np.isnan(limit), 0.0, limit)
    return limit


def exact_bound(shape: tuple[int, ...]) -> Bound:
    """For results that are selected or moved, not computed."""
    return Bound(np.zeros(shape), np.zeros(shape, bool), exact=True)


def rounded_sum(
    magnitude: Array,
    terms: Array,
    sides: Sides,
    largest: Array | None = None,
    factors: Array | None = None,
    shape: Shaped | None = None,
) -> Bound:
    """γ_K·op(|inputs|) + K·η for each side: a sum of K rounded terms in any order.

    largest: the largest intermediate value, where that is not the magnitude itself. factors:
    op(|inputs|) of the products alone, where a side rounds their factors first (TF32): that side
    then errs by ((1 + f)² − 1)·factors more, and its additions by 2u. shape: how many roundings a
    term goes through in a side whose sums have a known shape; K at most.

    Source: Higham, ch. 3; K·η because a product may underflow (Demmel 1984).
    """

    coarsest = max(side.u for side in sides)
    worst = gamma(terms, coarsest)

    def grown(side: Arithmetic) -> Array:
        """γ"""
        if shape is not None and side.shaped:
            return gamma(np.minimum(terms, shape(side)), side.u)
        return worst if side.u == coarsest else gamma(terms, side.u)

    def of_side(side: Arithmetic) -> Array:
        if not side.factor or factors is None:
            return np.asarray((magnitude + terms * side.eta) * grown(side) + terms * side.eta)
        off = side.product * factors
        sums = gamma(terms, side.addition) * (magnitude + off + terms * side.eta)
        return sums + off + terms * side.eta

    alike = add_alike(sides) and (shape is None or sides[0].shaped == sides[1].shaped)
    both = _of_sums(magnitude, terms, [grown(side) for side in sides], sides)
    if factors is not None or not both.both.max(initial=0.0) < np.inf:
        both = each_side(of_side, sides)
    limits = both.both if alike else both
    growth = 1 + np.minimum(worst, 1)
    largest = magnitude if largest is None else largest
    peak = np.asarray(largest.max(initial=0.0) * growth.max(initial=1.0))
    if not peak * OUTWARD < min(side.largest for side in sides):
        peak = largest * growth  # an element may overflow
    return bounded(limits, peak, sides, magnitude, float(terms.max(initial=0)))


def _of_sums(magnitude: Array, terms: Array, grown: list[Array], sides: Sides) -> Limits:
    """γ·(op + K·η) + K·η of both sides and of refimpl's: what does not grow with op is small."""
    ours, theirs = grown
    floor = other = (1 + ours) * terms * sides[0].eta
    if ours is not theirs or sides[0].eta != sides[1].eta:
        other = (1 + theirs) * terms * sides[1].eta
    both, own = magnitude * (ours + theirs), magnitude * ours
    both += floor + other
    own += floor
    return Limits(both, own)


def is_exact(arrays: Arrays, magnitude: Array, sides: Sides) -> bool:
    """Whether every partial sum of products of these inputs is a representable integer."""
    largest = float(magnitude.max(initial=0.0))
    return largest < min(1 / side.u for side in sides) and all(map(is_whole, arrays.values()))


def is_whole(array: Array) -> bool:
    """Whether all elements are integers; the first few mostly say no."""
    for few in (array.flat[:16], array.flat[: 1 << 12]):
        if not np.array_equal(few, np.trunc(few)):
            return False
    return np.array_equal(array, np.trunc(array))


def magnitudes(arrays: Arrays) -> dict[str, Array]:
    """|array| in float64; NaN and ∞ become 0: their elements are compared as such."""
    return {name: _magnitude(array) for name, array in arrays.items()}


def of_magnitudes(options: Options) -> Options:
    """The options of the same function of magnitudes: a divisor without its sign.

    >>> of_magnitudes({"kernel_size": 2, "divisor_override": -4})
    {'kernel_size': 2, 'divisor_override': 4}
    """
    divisor = options.get("divisor_override")
    return options if divisor is None else {**options, "divisor_override": abs(divisor)}


def _magnitude(array: Array) -> Array:
    values = np.asarray(np.abs(array)).astype(np.float64, copy=False)
    if values.max(initial=0.0) < np.inf:
        return values
    return np.where(np.isfinite(values), values, 0.0)
