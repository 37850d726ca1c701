"""torch's float32 beside a reference, part by part; None where it has to be judged as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.sums import parts_bound
from parity.cases.case import Array
from parity.models.cutting import SMALL, Cut, bounds_in_part, bounds_of_sums, cut_of, part_of
from parity.models.plain.by_element import Elementwise
from parity.models.references import OfRefimpl, Reference
from parity.models.side_by_side import Workers
from parity.results.in_parts import Quiet, merged, quiet
from parity.results.resolution import MEDIAN_OF
from refimpl.networks import sum_of_parts


@dataclass(frozen=True)
class Judged:
    """A large tensor of which nothing is wrong: what is found, and where it is worst."""

    found: Quiet
    worst: tuple[int, ...]


class Made(NamedTuple):
    """A small tensor that was made in parts: refimpl's, and its bound."""

    ours: Array
    bound: Bound


class _OfPart(NamedTuple):
    """What a part gives: what is judged, small tensors that parts make up, sums over all parts."""

    quiet: dict[str, Quiet | None]
    made: dict[str, Made]
    sums: dict[str, tuple[Array, Array]]  # refimpl's gradient and Σ|terms|


Found = Judged | Made


def value(reference: Reference, theirs: Array, sides: Sides, workers: Workers) -> Found | None:
    """A reference's value beside torch's."""
    cut = _cut(reference, theirs)
    if cut is None:
        return None
    large = theirs.shape[cut.axis : cut.axis + 1] == (cut.size,) and theirs.ndim > 2
    every = _every(theirs)

    def work(part: slice) -> Quiet | Made | None:
        one = part_of(reference, cut, part)
        ours, bound = one.value(), one.value_bound(sides)
        return quiet(ours, cut.of(theirs, part), bound, every) if large else Made(ours, bound)

    parts = cut.parts(workers.count)
    found = workers.each(work, parts)
    if not large:
        return _joined([one for one in found if isinstance(one, Made)], cut.axis)
    return _judged([one if isinstance(one, Quiet) else None for one in found], parts, theirs, cut)


def gradients(
    reference: Reference, dy: Array, theirs: Mapping[str, Array], sides: Sides, workers: Workers
) -> dict[str, Found] | None:
    """A reference's gradients beside torch's, by input."""
    first = next(iter(theirs.values()))
    cut = _cut(reference, first)
    if cut is None or not isinstance(reference, OfRefimpl | Elementwise):
        return None
    wanted = tuple(theirs)

    def work(part: slice) -> _OfPart:
        one, upstream = part_of(reference, cut, part), cut.of(dy, part)
        ours = one.gradients(upstream)
        bounds, sums = bounds_in_part(one, cut, upstream, wanted, sides)
        judged, made = {}, {}
        for name, bound in bounds.items():
            if cut.arrays[name] == cut.axis:
                lies = cut.of(theirs[name], part)
                judged[name] = quiet(ours[name], lies, bound, _every(theirs[name]))
            else:
                made[name] = Made(ours[name], bound)
        return _OfPart(judged, made, {n: (ours[n], sums[n]) for n in sums})

    parts = cut.parts(workers.count)
    found = workers.each(work, parts)
    every: dict[str, Found] = {}
    for name in wanted:
        if name in found[0].quiet:
            one = _judged([part.quiet[name] for part in found], parts, theirs[name], cut)
            if one is None:
                return None
            every[name] = one
        elif name in found[0].made:
            every[name] = _joined([part.made[name] for part in found], 0)
    for name in list(found[0].sums):
        assert isinstance(reference, OfRefimpl)
        pairs = [part.sums.pop(name) for part in found]
        every[name] = _added_up(reference, pairs, name, dy, theirs[name], sides, workers)
    return every


def _cut(reference: Reference, theirs: Array) -> Cut | None:
    """How to cut what is judged in float32."""
    return cut_of(reference) if theirs.dtype == np.float32 else None


def _every(theirs: Array) -> int:
    return max(1, theirs.size // MEDIAN_OF)


def _judged(
    parts: list[Quiet | None], slices: list[slice], theirs: Array, cut: Cut
) -> Judged | None:
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    found, number = merged(known)
    part = slices[number]
    shape = cut.of(theirs, part).shape
    worst = [int(k) for k in np.unravel_index(found.place, shape)]
    worst[cut.axis] += part.start
    return Judged(found, tuple(worst))


def _joined(parts: list[Made], axis: int) -> Made:
    """Parts side by side."""
    bounds = [part.bound for part in parts]
    own = [bound.refimpl for bound in bounds]
    terms = [bound.terms for bound in bounds if bound.terms is not None]
    exact = all(bound.exact for bound in bounds)

    def join(arrays: list[Array]) -> Array:
        return np.concatenate(arrays, axis)

    bound = Bound(
        join([bound.limit for bound in bounds]),
        join([bound.overflow for bound in bounds]),
        exact,
        None if exact else join(own),
        join(terms) if len(terms) == len(bounds) else None,
        max(bound.count for bound in bounds),
    )
    return Made(join([part.ours for part in parts]), bound)


def _added_up(
    reference: OfRefimpl,
    pairs: list[tuple[Array, Array]],
    name: str,
    dy: Array,
    theirs: Array,
    sides: Sides,
    workers: Workers,
) -> Found:
    """The gradient that all parts add up to. pairs: what each gives, with its Σ|terms|."""

    def made(rows: slice) -> Made:
        ours, sums = (_sum([pair[k][rows] for pair in pairs]) for k in (0, 1))
        bounds = bounds_of_sums(reference, {name: sums}, dy, len(pairs), sides)
        return Made(ours, bounds[name])

    def work(rows: slice) -> Quiet | None:
        one = made(rows)
        return quiet(one.ours, theirs[rows], one.bound, _every(theirs))

    if theirs.size < SMALL:
        return made(slice(None))
    cut = Cut(0, len(theirs), theirs.size, {})
    parts = cut.parts(workers.count)
    return _judged(workers.each(work, parts), parts, theirs, cut) or made(slice(None))


def _sum(arrays: list[Array]) -> Array:
    total = arrays[0]
    for array in arrays[1:]:
        total = total + array
    return total


def added_up(parts: list[Array], total: Array, sides: Sides, workers: Workers) -> Judged | None:
    """A gradient beside the sum of what was sent back."""
    if total.dtype != np.float32 or total.ndim < 2 or total.size < SMALL:
        return None
    if any(part.shape != total.shape for part in parts):
        return None
    cut = Cut(1, total.shape[1], total.size, {})

    def work(part: slice) -> Quiet | None:
        some = [cut.of(one, part) for one in parts]
        ours = sum_of_parts([one.astype(np.float64) for one in some])
        return quiet(ours, cut.of(total, part), parts_bound(some, sides), _every(total))

    slices = cut.parts(workers.count)
    return _judged(workers.each(work, slices), slices, total, cut)
