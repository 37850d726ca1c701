"""Exact values of some elements of a tensor, as floats: what both sides are held against."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb

from parity.cases.case import Array
from parity.results.comparison import spacing
from parity.witnesses.balls import arb_of

COLUMNS = ("nearest", "rest", "ulp", "radius")  # of a Truth, element by element
TINY = 2.0**-600  # of what is left of a ball: its digits may be below float64's smallest number
FAR_TIGHTER = 2.0**-10  # the largest radius of an enclosure, in ULP of the dtype


@dataclass(frozen=True)
class Truth:
    """Exact values of elements of one tensor: nearest + rest·ulp, give or take radius·ulp."""

    places: Array | slice  # flat
    nearest: Array  # float64
    rest: Array
    ulp: Array  # the dtype's spacing at the exact value
    radius: Array
    elements: int  # of the whole tensor

    @property
    def decided(self) -> Array:
        """Where the enclosure is far tighter than an ULP."""
        tight: Array = self.radius < FAR_TIGHTER
        return tight

    @property
    def judges(self) -> Array:
        """Where there is a value to compare with: decided, and no overflow of the dtype."""
        return self.decided & np.isfinite(self.nearest)

    def off_each(self, *sides: Array) -> Array:
        """value − exact value in ULP, ∞ for NaN: a row for each tensor that is given in a row."""
        off = np.empty((len(sides), len(self.nearest)))
        for row, values in zip(off, sides, strict=True):
            row[...] = values[self.places]
        # The difference to the nearest float64 is exact where the value is near at all.
        with np.errstate(all="ignore"):
            off -= self.nearest
            off /= self.ulp
            off -= self.rest
            if np.isnan(off.max(initial=0.0)):
                off[np.isnan(off)] = np.inf
        return off

    def errors(self, values: Array) -> Array:
        """|value − exact value| in ULP, ∞ for NaN."""
        return np.asarray(np.abs(self.off_each(values.reshape(-1))[0]))

    def distances(self, values: Array) -> Array:
        """|value − exact value| as a number, ∞ for NaN."""
        off = np.asarray(values).reshape(-1)[self.places].astype(np.float64)
        with np.errstate(all="ignore"):
            off = np.abs(off - self.nearest)
        return np.where(np.isnan(off), np.inf, off)

    def flat_places(self) -> Array:
        """The places, one by one."""
        if isinstance(self.places, slice):
            return np.arange(self.places.start, self.places.stop)
        return self.places

    def number_of(self, place: int) -> int | None:
        """Which of these elements is at a flat place."""
        if isinstance(self.places, slice):
            inside = self.places.start <= place < self.places.stop
            return place - self.places.start if inside else None
        found = np.flatnonzero(self.places == place)
        return int(found[0]) if found.size else None

    def place(self, k: int, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Where a tensor of this shape has the k-th of these elements."""
        flat = int(self.flat_places()[k])
        return tuple(map(int, np.unravel_index(flat, shape))) if shape else ()


def whole(parts: Sequence[Truth]) -> Truth:
    """All elements of a tensor in a row, from its parts."""
    elements = parts[0].elements
    columns = {name: np.zeros(elements) for name in COLUMNS}
    for part in parts:
        for name, column in columns.items():
            column[part.places] = getattr(part, name)
    return Truth(places=slice(0, elements), elements=elements, **columns)


def truth_near(
    nearest: Array, rest: Array, radius: Array, dtype: str, where: tuple[Array | slice, int]
) -> Truth:
    """Exact values nearest + rest, give or take radius; ∞ where the dtype overflows.

    where: the places, and how many elements the whole tensor has.
    """
    nearest, rest, radius = (part.reshape(-1) for part in (nearest, rest, radius))
    with np.errstate(over="ignore"):
        rounded = nearest.astype(dtype, copy=False)
    ulp = spacing(rounded)
    finite = np.isfinite(rounded)
    if not finite.all():
        rest = np.where(finite, rest, 0.0)
        radius = np.where(finite | np.isinf(radius), radius, 0.0)
        nearest = np.where(finite, nearest, np.copysign(np.inf, nearest))
    return Truth(where[0], nearest, rest / ulp, ulp, radius / ulp, where[1])


def truth_of(values: Array, dtype: str) -> Truth:
    """Balls, told apart into what float64 holds of them and the rest."""
    balls = [arb_of(value) for value in values.reshape(-1)]
    near = [*map(float, balls)]
    nearest = np.array(near, np.float64)
    with np.errstate(over="ignore"):
        rounded = nearest.astype(dtype)
    ulp = spacing(rounded)
    rest, radius = _left(balls, near, ulp)
    finite = np.isfinite(rounded)
    if not finite.all():
        known = np.array([ball.is_finite() for ball in balls])
        rest = np.where(finite, rest, 0.0)
        radius = np.where(finite, radius, np.where(known, 0.0, np.inf))
        nearest = np.where(finite, nearest, np.copysign(np.inf, nearest))
    return Truth(slice(0, len(balls)), nearest, rest, ulp, radius, len(balls))


def _left(balls: list[Any], near: list[float], ulp: Array) -> tuple[Array, Array]:
    """ball − near in ULP: its middle, and the radius with what rounding the middle adds."""
    left = [ball - arb(number) for ball, number in zip(balls, near, strict=True)]
    middle = np.array([*map(float, left)], np.float64)
    if not all(left[k].is_zero() for k in np.flatnonzero(np.abs(middle) < TINY)):
        left = [off / arb(unit) for off, unit in zip(left, ulp.tolist(), strict=True)]
        middle, ulp = np.array([*map(float, left)], np.float64), np.ones_like(ulp)
    radius = np.array([float(off.rad()) for off in left], np.float64)
    with np.errstate(over="ignore"):  # of a ball that says nothing
        rest = middle / ulp
        return rest, radius / ulp + np.abs(rest) * 2.0**-53
