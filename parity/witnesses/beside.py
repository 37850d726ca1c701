"""Both sides of one tensor beside its exact values: errors, bounds, roundings, resolution."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.closeness import Closeness, ElementsBeside, LostDigits, closer
from parity.results.comparison import flat, ratios
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
        self.sides = pair[0].reshape(-1), pair[1].reshape(-1)
        self.limit, self.own = _flat(bound.limit, shape), _flat(bound.refimpl, shape)
        self.terms = None if bound.terms is None else _flat(bound.terms, shape)
        self.overflow = _flat(bound.overflow, shape)
        self.overflows = bool(bound.overflow.any())
        self.u, self.least, self.normal = _of_dtype(pair[1].dtype)
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
        self.known: list[Truth] = []  # of a small tensor

    def hear(self, found: Found) -> None:
        """A part of the exact values, or what stands in their place."""
        if isinstance(found, Fallback):
            self._forget()
            self.fallback = found.reason
        elif isinstance(found, Truth):
            with np.errstate(all="ignore"):
                self._measure(found)
        else:
            self.said = self.said or found

    def _measure(self, truth: Truth) -> None:
        judged = self._judged(truth)
        number, count = len(judged), int(np.count_nonzero(judged))
        self.elements = truth.elements
        self.seen += number
        self.judged += count
        if count < number:
            self.undecided += number - int(np.count_nonzero(truth.decided))
        if not count:
            return
        others = None if count == number else ~judged
        self._keep(truth, others)
        off, errors = self._off(truth, others)
        largest = errors.max(axis=1).tolist()
        self.errors = [max(pair) for pair in zip(self.errors, largest, strict=True)]
        own = _at(self.own, truth)
        self._hold_against(truth, errors, (own, _theirs(_at(self.limit, truth), own)))
        self._see(truth, off[0], own, None if others is None else judged)
        unit = self._rounding(truth)
        if unit is not None:
            self._count(errors, unit)
            self._keep_lost(most_lost(truth, (errors[0], errors[1]), unit, own, self.normal))

    def _judged(self, truth: Truth) -> Array:
        judged = truth.judges
        if self.overflows:
            judged &= ~_at(self.overflow, truth)
        return judged

    def _keep(self, truth: Truth, others: Array | None) -> None:
        """The largest radius, and the exact values of a small tensor."""
        radius = truth.radius if others is None else np.where(others, 0.0, truth.radius)
        self.radius = max(self.radius, float(radius.max()))
        if truth.elements <= SMALL:
            self.known.append(truth)

    def _off(self, truth: Truth, others: Array | None) -> tuple[Array, Array]:
        """Both sides off the exact values in ULP, and how far; 0 where that does not count.

        Shapes: (2, n), refimpl's and torch's.
        """
        off = truth.off_each(*self.sides)
        if others is not None:
            off[:, others] = 0.0
        return off, np.abs(off)

    def _count(self, errors: Array, unit: Array) -> None:
        """The largest number of roundings."""
        counted = ratios(errors, unit)
        if not unit.min() > 0:
            counted = np.where(unit > 0, counted, 0.0)
        largest = counted.max(axis=1).tolist()
        self.roundings = [max(pair) for pair in zip(self.roundings, largest, strict=True)]

    def torch_in_float64(self) -> InFloat64:
        """torch's tensor and its own bound."""
        limit, overflow = (
            np.broadcast_to(flat, self.sides[1].shape).reshape(self.shape)
            for flat in (_theirs(self.limit, self.own), self.overflow)
        )
        return InFloat64(self.pair[1], limit, overflow)

    def _rounding(self, truth: Truth) -> Array | None:
        """u·Σ|terms| in ULP, where anything is rounded."""
        if self.exact:
            return None
        terms = np.abs(truth.nearest) if self.terms is None else _at(self.terms, truth)
        return np.asarray(np.maximum(self.u * terms, self.least * (terms > 0)) / truth.ulp)

    def _keep_lost(self, found: LostDigits | None) -> None:
        """The worst of all parts."""
        if found and (self.lost is None or found.ratio > self.lost.ratio):
            self.lost = found

    def _see(self, truth: Truth, off: Array, own: Array, judged: Array | None) -> None:
        """What refimpl's own bound still leaves room for, where its values grow."""
        room = own - off * np.sign(truth.nearest) * truth.ulp
        self.shares.append(relative(np.maximum(room, 0), truth.nearest, judged))

    def _hold_against(self, truth: Truth, errors: Array, own: tuple[Array, Array]) -> None:
        """Errors beside each side's own bound; what goes beyond it most is kept."""
        sizes = errors * truth.ulp
        for k, who in enumerate(("refimpl", "torch")):
            if not (sizes[k] > own[k]).any():
                continue
            times = times_over(truth, self.pair[k], errors[k], own[k])
            worst = int(np.argmax(times))
            if times[worst] > self.beyond[k][0]:
                said = self._said(who, truth, worst, float(errors[k][worst]), float(times[worst]))
                self.beyond[k] = (float(times[worst]), said)

    def _said(self, who: str, truth: Truth, worst: int, error: float, times: float) -> str:
        return (
            f"{who} is {error:.4g} ULP off the exact value {truth.nearest[worst]:.9g} at "
            f"{truth.place(worst, self.shape)}, {times:.3g} times its own bound"
        )

    def closeness(self, worst: int) -> Closeness:
        """What all parts say. worst: the place whose exact value is told (flat)."""
        beyond = [said for _, said in self.beyond if said]
        errors = self.errors if self.judged else (None, None)
        roundings = (None, None) if self.exact or not self.judged else self.roundings
        return Closeness(
            errors[0],
            errors[1],
            roundings[0],
            roundings[1],
            closer=closer(*self.errors) if self.judged else "",
            truth_radius=self.radius if self.judged else None,
            exact_elements=self.judged,
            note=joined(*beyond, self._how_many(), self.fallback),
            refuted=bool(beyond),
            sampled=self.seen < self.elements,
            unfit=bool(self.fallback),
            seen=of_shares(_in_a_row(self.shares), self.u) if self.shares else None,
            lost=None if beyond else self.lost,
            exact_value=self._exact_value(worst),
        )

    def _exact_value(self, place: int) -> float | None:
        """Of a small tensor's element, if it is judged."""
        for truth in self.known:
            k = truth.number_of(place)
            if k is not None:
                return float(truth.nearest[k]) if self._judged(truth)[k] else None
        return None

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


def _in_a_row(parts: list[Array]) -> Array:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _theirs(both: Array, own: Array) -> Array:
    """torch's bound: what refimpl's leaves of both; ∞ where both have none."""
    with np.errstate(invalid="ignore"):
        left = np.asarray(both - own)
    return np.where(np.isinf(both), both, left) if np.isnan(left.max(initial=0.0)) else left


def _flat(values: Array, shape: tuple[int, ...]) -> Array:
    """All elements in a row; of one number for all of them, that."""
    return values.reshape(()) if values.size == 1 else flat(values, shape)


@cache
def _of_dtype(dtype: np.dtype[Any]) -> tuple[float, float, float]:
    """The unit roundoff, the smallest number, the smallest normal one."""
    info = np.finfo(dtype)
    return float(info.eps) / 2, float(info.smallest_subnormal), float(info.smallest_normal)


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
