"""Both sides of one tensor beside its exact values: errors, bounds, roundings, resolution."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.closeness import Closeness, ElementsBeside, LostDigits, closeness
from parity.results.comparison import element_differences, ratios
from parity.results.judging import joined
from parity.results.resolution import of_shares, relative
from parity.witnesses.exact.beside_torch import InFloat64
from parity.witnesses.exact.on_slices import Dispute
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import Fallback, Found
from parity.witnesses.lost_digits import most_lost

SMALL = 1 << 16  # elements of a tensor up to which the exact value at its worst place is kept
COUNTED = float(np.finfo(np.float64).max) / 4  # errors up to here are numbers of ULP
Pair = tuple[Array, Array]  # refimpl's tensor and torch's


class Beside:
    """Both sides beside the exact values of one tensor, part by part."""

    def __init__(self, pair: Pair, bound: Bound) -> None:
        shape = pair[1].shape
        self.shape, self.pair, self.exact = shape, pair, bound.exact
        self.limit, self.own = _flat(bound.limit, shape), _flat(bound.refimpl, shape)
        self.terms = None if bound.terms is None else _flat(bound.terms, shape)
        self.overflow = np.broadcast_to(bound.overflow, shape).reshape(-1)
        self.overflows = bool(np.any(bound.overflow))
        info = np.finfo(pair[1].dtype)
        self.u, self.least = float(info.eps) / 2, float(info.smallest_subnormal)
        self.normal = float(info.smallest_normal)
        self.worst = _worst_place(pair, self.limit) if pair[1].size <= SMALL else -1
        self.said: Dispute | str = ""
        self.fallback = ""
        self._forget()

    def _forget(self) -> None:
        self.elements, self.seen, self.undecided, self.judged = 0, 0, 0, 0
        self.radius = 0.0
        self.errors, self.roundings = [0.0, 0.0], [0.0, 0.0]
        self.shares: list[Array] = []
        self.beyond: list[tuple[float, str]] = [(1.0, ""), (1.0, "")]
        self.lost: LostDigits | None = None
        self.exact_value: float | None = None  # at the worst place

    def hear(self, found: Found) -> None:
        """A part of the exact values, or what stands in their place."""
        if isinstance(found, Fallback):
            self._forget()
            self.fallback = found.reason
        elif isinstance(found, Truth):
            self._measure(found)
        else:
            self.said = self.said or found

    def _measure(self, truth: Truth) -> None:
        judged = truth.judges
        if self.overflows:
            judged &= ~self.overflow[truth.places]
        self.elements = truth.elements
        self.seen += len(judged)
        self.undecided += int(np.count_nonzero(~truth.decided))
        if not judged.any():
            return
        self.judged += int(np.count_nonzero(judged))
        here = judged & (truth.flat_places() == self.worst)
        if here.any():
            self.exact_value = float(truth.nearest[here][0])
        self.radius = max(self.radius, float(np.max(truth.radius, where=judged, initial=0.0)))
        own = _at(self.own, truth)
        unit = self._rounding(truth)
        errors = []
        for k, who in enumerate(("refimpl", "torch")):
            off = truth.off(self.pair[k])
            off[~judged] = 0.0
            error = np.abs(off)
            errors.append(error)
            self.errors[k] = max(self.errors[k], float(np.max(error)))
            limit = own if k == 0 else _theirs(_at(self.limit, truth), own)
            self._hold_against(who, truth, error, limit)
            if unit is not None:
                counted = np.max(ratios(error, unit), where=unit > 0, initial=0.0)
                self.roundings[k] = max(self.roundings[k], float(counted))
            if k == 0:
                self._see(truth, off, own, judged)
        if unit is not None:
            self._keep_lost(most_lost(truth, (errors[0], errors[1]), unit, own, self.normal))

    def torch_in_float64(self) -> InFloat64:
        """torch's tensor and its own bound."""
        limit = np.broadcast_to(_theirs(self.limit, self.own), self.overflow.shape)
        return InFloat64(self.pair[1], limit.reshape(self.shape), self.overflow.reshape(self.shape))

    def _rounding(self, truth: Truth) -> Array | None:
        """u·Σ|terms| in ULP, where anything is rounded."""
        if self.exact:
            return None
        terms = np.abs(truth.nearest) if self.terms is None else _at(self.terms, truth)
        with np.errstate(all="ignore"):
            return np.asarray(np.maximum(self.u * terms, self.least * (terms > 0)) / truth.ulp)

    def _keep_lost(self, found: LostDigits | None) -> None:
        """The worst of all parts."""
        if found and (self.lost is None or found.ratio > self.lost.ratio):
            self.lost = found

    def _see(self, truth: Truth, off: Array, own: Array, judged: Array) -> None:
        """What refimpl's own bound still leaves room for, where its values grow."""
        with np.errstate(all="ignore"):
            room = own - off * np.sign(truth.nearest) * truth.ulp
        self.shares.append(relative(np.maximum(room, 0), truth.nearest, judged))

    def _hold_against(self, who: str, truth: Truth, error: Array, own: Array) -> None:
        """Errors beside a side's own bound; what goes beyond it most is kept."""
        k = ("refimpl", "torch").index(who)
        with np.errstate(over="ignore"):
            beyond = np.any(error * truth.ulp > own)
        if not beyond:
            return
        times = times_over(truth, self.pair[k], error, own)
        worst = int(np.argmax(times))
        if times[worst] > self.beyond[k][0]:
            said = self._said(who, truth, worst, float(error[worst]), float(times[worst]))
            self.beyond[k] = (float(times[worst]), said)

    def _said(self, who: str, truth: Truth, worst: int, error: float, times: float) -> str:
        return (
            f"{who} is {error:.4g} ULP off the exact value {truth.nearest[worst]:.9g} at "
            f"{truth.place(worst, self.shape)}, {times:.3g} times its own bound"
        )

    def closeness(self) -> Closeness:
        """What all parts say."""
        beyond = [said for _, said in self.beyond if said]
        note = joined(*beyond, self._how_many(), self.fallback)
        found = Closeness(exact_elements=0)
        if self.judged:
            found = closeness(self.errors[0], self.errors[1], self.radius, self.judged)
        ours, theirs = (None, None) if self.exact or not self.judged else self.roundings
        return replace(
            found,
            refimpl_roundings=ours,
            torch_roundings=theirs,
            note=note,
            refuted=bool(beyond),
            sampled=self.seen < self.elements,
            unfit=bool(self.fallback),
            seen=of_shares(np.concatenate(self.shares), self.u) if self.shares else None,
            lost=None if beyond else self.lost,
            exact_value=self.exact_value,
        )

    def _how_many(self) -> str:
        """Of a sample how large it is; how many elements stayed undecided."""
        said = []
        if self.seen < self.elements:
            said.append(f"{self.seen} of {self.elements} elements exact")
        if self.undecided:
            said.append(f"{self.undecided} undecided")
        return "; ".join(said)


def elements_beside(truth: Truth, pair: Pair, bound: Bound) -> ElementsBeside:
    """Both sides beside a truth, element by element."""
    beside = Beside(pair, bound)
    unit, judged = beside._rounding(truth), truth.judges
    own = _at(beside.own, truth)
    limits = own, _at(beside.limit, truth) - own
    errors = [np.where(judged, truth.errors(side), np.nan) for side in pair]
    with np.errstate(all="ignore"):
        roundings = [
            np.full(len(judged), np.nan) if unit is None else np.where(unit > 0, e / unit, np.nan)
            for e in errors
        ]
        outside = [
            times_over(truth, side, error, limit) > 1
            for side, error, limit in zip(pair, errors, limits, strict=True)
        ]
    return ElementsBeside(
        np.where(judged, truth.nearest, np.nan),
        (errors[0], errors[1]),
        (roundings[0], roundings[1]),
        judged & (outside[0] | outside[1]),
    )


def _worst_place(pair: Pair, limit: Array) -> int:
    """The flat place of the largest error/bound, the first of several; −1 where there is none."""
    if not pair[1].size or pair[0].dtype != pair[1].dtype:
        return -1
    return int(np.argmax(ratios(element_differences(*pair).reshape(-1), limit)))


def _theirs(both: Array, own: Array) -> Array:
    """torch's bound: what refimpl's leaves of both; ∞ where both have none."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isinf(both), both, both - own))


def _flat(values: Array, shape: tuple[int, ...]) -> Array:
    """All elements in a row; of one number for all of them, that."""
    if values.size == 1:
        return values.reshape(())
    return np.broadcast_to(values, shape).reshape(-1)


def _at(values: Array, truth: Truth) -> Array:
    """The elements that a truth speaks of, out of all in a row."""
    return np.asarray(values[truth.places]) if values.ndim else values


def times_over(truth: Truth, values: Array, error: Array, limit: Array) -> Array:
    """The error, in ULP, over a limit: 0/0 = 0, x/0 = ∞."""
    with np.errstate(all="ignore"):
        quotient = error * truth.ulp / limit
        # Beside an exact 0 an ULP is so small that no float says how many of them an error has.
        uncounted = error > COUNTED
        if uncounted.any():
            quotient = np.where(uncounted, truth.distances(values) / limit, quotient)
    return np.where(error == 0, 0.0, np.where(np.isnan(quotient), np.inf, quotient))
