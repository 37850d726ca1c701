"""A tensor compared part by part, float32 of torch beside float64: what a row says of the whole.

Only a tensor with nothing odd about it is: all numbers finite, every error below its bound, no
overflow possible. Then each figure of the whole is the largest, or the smallest, of its parts'.
Anything else is `None` here, and judged as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import local
from typing import NamedTuple

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.comparison import Comparison
from parity.results.resolution import Resolution, of_shares
from parity.results.verdicts import IDENTICAL, WITHIN

RUN = 1 << 17  # elements at a time: what is made of them stays near the processor
U, LEAST = 2.0**-24, 2.0**-149  # float32: unit roundoff, smallest number
EPS, SMALLEST_NORMAL = 2.0**-23, np.array(2.0**-126, np.float32)
EXPONENT = np.array(np.inf, np.float32).view(np.int32)  # its bits
TWO_EXPONENTS = 2 * np.array(1, np.float32).view(np.int32)  # minus the bits of 2^k: those of 2^−k
LARGE = 2.0**127  # from here on 1 over the power of 2 is no normal number


@dataclass(frozen=True)
class Quiet:
    """What is found of a part, or of several, in which every element is within its bound.

    Errors are those between both sides in float32 (max_…) and of torch beside float64 (torch_…).
    place: of the worst ratio, in the part. shares: what of some elements would be seen.
    """

    elements: int
    exact: bool
    max_abs_error: float = 0.0
    max_rel_error: float = 0.0
    max_ulp: float = 0.0
    worst_ratio: float = -1.0  # below that of any element
    place: int = 0
    bound: float = 0.0
    values: tuple[float, float, float] = (0.0, 0.0, 0.0)  # there: refimpl, torch, float64
    torch_ulp: float = 0.0
    torch_roundings: float | None = None
    radius: float = 0.0
    smallest_share: float = np.inf
    shares: tuple[Array, ...] = ()
    count: float = 0.0
    something: bool = False  # whether torch has a number that is not 0

    @property
    def seen(self) -> Resolution:
        """What the bound lets through."""
        if self.exact:
            return Resolution(U, U) if self.something else Resolution()
        if self.smallest_share == np.inf:
            return Resolution()
        middle = of_shares(np.concatenate(self.shares or [np.empty(0)]), U).element
        smallest = max(self.smallest_share, U)
        return Resolution(smallest, smallest if middle is None else middle)

    def comparison(self, worst: tuple[int, ...]) -> Comparison:
        """As of the whole tensor. worst: where the place is in it."""
        return Comparison(
            verdict=IDENTICAL if self.exact else WITHIN,
            elements=self.elements,
            max_abs_error=self.max_abs_error,
            max_rel_error=self.max_rel_error,
            max_ulp=self.max_ulp,
            bound_at_worst=self.bound,
            worst_ratio=max(self.worst_ratio, 0.0),
            worst_index=worst,
            refimpl_value=self.values[0],
            torch_value=self.values[1],
        )


def merged(parts: Sequence[Quiet]) -> tuple[Quiet, int]:
    """What is found of all parts, and which of them has the worst element: the first of these."""
    number = max(range(len(parts)), key=lambda k: parts[k].worst_ratio)
    worst = parts[number]
    counted = [part.torch_roundings for part in parts if part.torch_roundings is not None]
    return Quiet(
        elements=sum(part.elements for part in parts),
        exact=all(part.exact for part in parts),
        max_abs_error=max(part.max_abs_error for part in parts),
        max_rel_error=max(part.max_rel_error for part in parts),
        max_ulp=max(part.max_ulp for part in parts),
        worst_ratio=worst.worst_ratio,
        place=worst.place,
        bound=worst.bound,
        values=worst.values,
        torch_ulp=max(part.torch_ulp for part in parts),
        torch_roundings=max(counted) if counted else None,
        radius=max(part.radius for part in parts),
        smallest_share=min(part.smallest_share for part in parts),
        shares=tuple(share for part in parts for share in part.shares),
        count=max(part.count for part in parts),
        something=any(part.something for part in parts),
    ), number


def quiet(ours: Array, theirs: Array, bound: Bound, every: int) -> Quiet | None:
    """A part of a tensor, unless something is odd about it.

    ours: float64. theirs: float32. every: of so many elements one is asked what would be seen.
    """
    shape = theirs.shape
    if ours.shape != shape or theirs.dtype != np.float32 or not theirs.size or bound.overflow.any():
        return None
    if bound.exact:
        return _identical(ours, theirs)
    runs = []
    left, right, limit, own = (
        np.broadcast_to(array, shape).reshape(-1)
        for array in (ours, theirs, bound.limit, bound.refimpl)
    )
    terms = None if bound.terms is None else np.broadcast_to(bound.terms, shape).reshape(-1)
    for run in _runs(theirs.size):
        beside = None if terms is None else terms[run]
        found = _of_run(_Run(left[run], right[run], limit[run], own[run], beside), every)
        if found is None:
            return None
        runs.append(found)
    whole, number = merged(runs)
    place = whole.place + number * RUN
    return _with(whole, place=place, count=bound.count)


def _with(found: Quiet, **more: int | float) -> Quiet:
    return Quiet(**{**vars(found), **more})


def _runs(size: int) -> Iterator[slice]:
    for start in range(0, size, RUN):
        yield slice(start, min(start + RUN, size))


def _identical(ours: Array, theirs: Array) -> Quiet | None:
    """Where nothing is rounded both must be the same numbers."""
    if not np.array_equal(ours.astype(np.float32), theirs):
        return None
    first = float(theirs.flat[0])
    values, something = (first, first, float(ours.flat[0])), bool(theirs.any())
    share = U if something else np.inf
    return Quiet(
        theirs.size,
        True,
        worst_ratio=0.0,
        values=values,
        smallest_share=share,
        something=something,
    )


class _Run(NamedTuple):
    """A few elements of both sides, and their bound."""

    ours: Array
    theirs: Array
    limit: Array
    own: Array
    terms: Array | None


def _of_run(run: _Run, every: int) -> Quiet | None:
    """Of so few elements that all which is made of them stays in a core's cache."""
    ours, theirs, limit, own, terms = run
    n = len(theirs)
    wide, error, difference, allowed, quotient = (row[:n] for row in _scratch().wide)
    short = _scratch().short[:n]
    with np.errstate(all="ignore"):
        wide[...] = theirs
        short[...] = ours
        _distance(wide, ours, error)
        difference[...] = short
        _distance(wide, difference, difference)
        np.abs(ours, out=allowed)
        allowed *= U
        allowed += limit
        allowed += LEAST
        place = int(np.divide(difference, allowed, out=quotient).argmax())
        worst, bound = float(quotient[place]), float(allowed[place])
        values = float(short[place]), float(theirs[place]), float(ours[place])
        np.abs(short, out=short)
        if not (worst <= 1 and float(short.max()) < LARGE):
            return None
        np.abs(wide, out=wide)
        np.divide(allowed, wide, out=quotient)  # ∞ of 0
        share, shares = float(quotient.min()), quotient[::every].copy()
        wide[...] = _per_power(short)
        torch_ulp = _largest_product(error, wide, quotient) / EPS
        radius = _largest_product(own, wide, quotient) / EPS
        counted = None if terms is None else _roundings(error, terms, allowed, quotient)
        most = float(difference.max())
        beside = _beside_larger(difference, short, theirs, wide, quotient)
        if beside is None:
            return None
        relative, of_ulp = beside
        return Quiet(
            n,
            False,
            most,
            relative,
            of_ulp,
            worst,
            place,
            bound,
            values,
            torch_ulp,
            counted,
            radius,
            share,
            (shares,),
            something=share < np.inf,
        )


def _beside_larger(
    difference: Array, short: Array, theirs: Array, per_power: Array, product: Array
) -> tuple[float, float] | None:
    """The largest difference relative to the larger of both values, and in its ULP.

    short: |refimpl|, below `LARGE`. per_power: `_per_power` of it. Relative to the larger value, or
    to the power of 2 below it, no difference of normal numbers is more than its product with
    per_power. So only where that is at least the relative one of the largest product is it asked.
    None where one of these is too large for `_per_power`.
    """
    place = int(np.multiply(difference, per_power, out=product).argmax())
    if not product[place] > 0:
        return 0.0, 0.0
    if float(short.min()) >= SMALLEST_NORMAL:
        least = difference[place] / max(short[place], abs(theirs[place]))
        some = np.flatnonzero(product >= least)
        difference, short, theirs = difference[some], short[some], theirs[some]
    larger = np.maximum(short, np.abs(theirs))
    if not float(larger.max()) < LARGE:
        return None
    relative = np.fmax.reduce(difference / larger, initial=0.0)
    return float(relative), float((difference * _per_power(larger)).max()) / EPS


_OWN = local()  # of each thread


class _Scratch(NamedTuple):
    """Rows of numbers, the same ones in every call of a thread."""

    wide: Array
    short: Array  # float32


def _scratch() -> _Scratch:
    if not hasattr(_OWN, "rows"):
        _OWN.rows = _Scratch(np.empty((5, RUN)), np.empty(RUN, np.float32))
    rows: _Scratch = _OWN.rows
    return rows


def _distance(one: Array, other: Array, out: Array) -> None:
    np.subtract(one, other, out=out)
    np.abs(out, out=out)


def _per_power(sizes: Array) -> Array:
    """Of numbers from 0 to `LARGE` 1 over the power of 2 below, the smallest normal one at least.

    Divided by ε that is 1 over their `spacing`; times a power of 2 nothing is rounded.
    """
    bits = np.maximum(sizes, SMALLEST_NORMAL).view(np.int32)
    bits &= EXPONENT
    np.subtract(TWO_EXPONENTS, bits, out=bits)
    return bits.view(np.float32)


def _largest_product(error: Array, factor: Array, product: Array) -> float:
    return float(np.multiply(error, factor, out=product).max())


def _roundings(error: Array, terms: Array, unit: Array, quotient: Array) -> float:
    """The largest error in units of u·Σ|terms|, which is the smallest number at least."""
    if float(terms.min()) * U >= LEAST:
        return float(np.divide(error, terms, out=quotient).max()) / U
    np.multiply(terms, U, out=unit)
    np.maximum(unit, LEAST, out=unit)
    return float(np.divide(error, unit, out=quotient).max())
