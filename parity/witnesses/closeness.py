"""Who is closer to the exact value, whether each side keeps its own bound, and who is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.closeness import Closeness, closeness
from parity.results.comparison import Comparison, element_differences, ratios
from parity.results.judging import joined
from parity.results.resolution import of_shares, relative
from parity.witnesses.conventions import said_at
from parity.witnesses.exact.on_slices import Dispute
from parity.witnesses.exact.opinion import Opinion, second_opinion
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import BUDGET, Fallback, Found, NotApplicable, exact_values
from parity.witnesses.problem import Problem

Pair = tuple[Array, Array]  # refimpl's tensor and torch's

FORMULA = {
    True: "right, its arithmetic is not",
    False: "wrong",
    None: "right on the part that makes this element; the whole is too large to tell",
}


@dataclass(frozen=True)
class Exact:
    """What exact arithmetic says of one problem. names: what a report calls its tensors."""

    problem: Problem
    found: Mapping[str, Beside]
    bounds: Mapping[str, Bound]
    names: Mapping[str, str] = field(default_factory=dict)

    def examine(
        self, tensor: str, pair: Pair, comparison: Comparison, overflow: Array
    ) -> Closeness:
        """Both sides' errors, and in words what is wrong, if anything is."""
        tensor = self.names.get(tensor, tensor)
        known = tensor in self.bounds and tensor != "indices"
        if not known or not comparison.compared or not comparison.elements:
            return Closeness()
        beside = self.found.get(tensor)
        said = beside.said if beside else ""
        if comparison.outside:
            return self._disagreement(tensor, pair, comparison, str(said or ""))
        if beside is None:
            return Closeness()
        if isinstance(said, Dispute):
            found = self._who_is_wrong(tensor, pair, said.place, str(said))
            return replace(found, note=joined(str(said), self._settled(tensor, said)), refuted=True)
        if said:
            return Closeness(note=said, refuted=True)
        return beside.closeness()

    def _settled(self, tensor: str, dispute: Dispute) -> str:
        """Who is wrong where both differ on integers: the definition says so."""
        opinion = second_opinion(dispute.asked, tensor, dispute.inside)
        if opinion is None or not opinion.defined:
            return joined("no definition decides", opinion.raised if opinion else "")
        right = float(opinion.truth.nearest[0])  # an integer below 2⁵³
        wrong = []
        if dispute.refimpl != right:
            agrees = opinion.formula_agrees is not False
            wrong.append(
                "refimpl’s arithmetic is wrong" if agrees else "refimpl’s formula is wrong"
            )
        if dispute.torch != right:
            wrong.append("torch’s formula is wrong")
        return f"by definition it is {right:.17g}: {', '.join(wrong)}"

    def _disagreement(
        self, tensor: str, pair: Pair, comparison: Comparison, otherwise: str
    ) -> Closeness:
        """Who is wrong, or that a convention decides, at the worst place that none explains."""
        place = comparison.worst_index
        if _are_finite(self.problem):
            apart = element_differences(*pair) > self.bounds[tensor].limit
            said, unexplained = said_at(self.problem, tensor, pair, apart)
            if said:
                return Closeness(note=said)
            place = unexplained or place
        return self._who_is_wrong(tensor, pair, place, otherwise)

    def _who_is_wrong(
        self, tensor: str, pair: Pair, place: tuple[int, ...], otherwise: str
    ) -> Closeness:
        """Of a disagreement: both sides beside the exact value of one element."""
        opinion = second_opinion(self.problem, tensor, place)
        if opinion is None or not opinion.truth.judges.all():
            return Closeness(note=otherwise or self._why_not())
        exact = opinion.truth
        errors = [float(exact.errors(np.asarray(side[place]))[0]) for side in pair]
        note = (
            f"exact value {opinion.text}{'' if opinion.defined else ' by refimpl’s own formula'}: "
            f"refimpl {errors[0]:.3g} ULP, torch {errors[1]:.3g} ULP off: "
        )
        if opinion.raised:
            note += f"who is right is not decided; {opinion.raised}"
        else:
            note += self._blame(tensor, pair, place, errors, opinion)
        return replace(closeness(errors[0], errors[1], float(exact.radius[0]), 1), note=note)

    def _blame(
        self,
        tensor: str,
        pair: Pair,
        place: tuple[int, ...],
        errors: Sequence[float],
        opinion: Opinion,
    ) -> str:
        """Which side is farther from the exact value than its own bound."""
        odd = [not np.isfinite(side[place]) for side in pair]
        bound, shape = self.bounds[tensor], pair[1].shape
        limits = [np.broadcast_to(own, shape)[place] for own in (bound.refimpl, bound.torch)]
        ulp = float(opinion.truth.ulp[0])
        off = [
            bool(_times_over(error, limit, ulp) > 1)
            for error, limit in zip(errors, limits, strict=True)
        ]
        if odd[1] and not odd[0] and off[0] and not limits[0]:
            # Bounds are torch's magnitudes: beside its NaN there is none to call refimpl off by.
            return f"torch gives {float(pair[1][place])} and is off; no bound judges refimpl"
        said = _stands_alone(*off)
        if off[0] and opinion.defined:
            said += f" (its formula is {FORMULA[opinion.formula_agrees]})"
        if off[0] and opinion.formula_agrees is not False and bound.terms is not None:
            u = float(np.finfo(self.problem.dy.dtype).eps) / 2
            said += in_roundings(errors[0] * ulp / u, limits[0] / u, bound.terms, place, shape)
        return said

    def _why_not(self) -> str:
        """Why no exact value decides."""
        if _are_finite(self.problem):
            return ""
        return "NaN or ∞ among its inputs: no exact value decides who is right"


def in_roundings(
    error: float, limit: float, terms: Array, place: tuple[int, ...], shape: tuple[int, ...]
) -> str:
    """How much worse than a direct sum an error is, and whether it is small in norm.

    error, limit: of one element, over u. An algorithm that adds other terms, as a fast Fourier
    transform, Winograd's and Strassen's do, is accurate beside the largest sum, not beside each.
    """
    terms = np.broadcast_to(terms, shape)
    here, largest = float(terms[place]), float(np.max(terms))
    if not np.isfinite(error) or not here:
        return ""
    most = limit / here
    said = f"; {error / here:.3g} roundings of Σ|terms|, a direct sum has at most {most:.3g}"
    if error > most * largest:
        return said
    return (
        f"{said}; {error / largest:.3g} roundings of the largest such sum: accurate in norm, as "
        "FFT, Winograd and Strassen are, not element by element"
    )


def _are_finite(problem: Problem) -> bool:
    return all(np.isfinite(array).all() for array in (*problem.arrays.values(), problem.dy))


def _stands_alone(refimpl_is_off: bool, torch_is_off: bool) -> str:
    if refimpl_is_off and torch_is_off:
        return "both are off"
    if not refimpl_is_off and not torch_is_off:
        return "each is within its own bound"
    return f"{'refimpl' if refimpl_is_off else 'torch'} stands alone"


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
        self.said: Dispute | str = ""
        self.fallback = ""
        self._forget()

    def _forget(self) -> None:
        self.elements, self.seen, self.undecided, self.judged = 0, 0, 0, 0
        self.radius = 0.0
        self.errors, self.roundings = [0.0, 0.0], [0.0, 0.0]
        self.shares: list[Array] = []
        self.beyond: list[tuple[float, str]] = [(1.0, ""), (1.0, "")]

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
        self.radius = max(self.radius, float(np.max(truth.radius, where=judged, initial=0.0)))
        own = _at(self.own, truth)
        unit = self._rounding(truth)
        for k, who in enumerate(("refimpl", "torch")):
            off = truth.off(self.pair[k])
            off[~judged] = 0.0
            error = np.abs(off)
            self.errors[k] = max(self.errors[k], float(np.max(error)))
            self._hold_against(who, truth, error, own if k == 0 else _at(self.limit, truth) - own)
            if unit is not None:
                counted = np.max(ratios(error, unit), where=unit > 0, initial=0.0)
                self.roundings[k] = max(self.roundings[k], float(counted))
            if k == 0:
                self._see(truth, off, own, judged)

    def _rounding(self, truth: Truth) -> Array | None:
        """u·Σ|terms| in ULP, where anything is rounded."""
        if self.exact:
            return None
        terms = np.abs(truth.nearest) if self.terms is None else _at(self.terms, truth)
        with np.errstate(all="ignore"):
            return np.asarray(np.maximum(self.u * terms, self.least * (terms > 0)) / truth.ulp)

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
        times = _times_over(error, own, truth.ulp)
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
        )

    def _how_many(self) -> str:
        """Of a sample how large it is; how many elements stayed undecided."""
        said = []
        if self.seen < self.elements:
            said.append(f"{self.seen} of {self.elements} elements exact")
        if self.undecided:
            said.append(f"{self.undecided} undecided")
        return "; ".join(said)


def _flat(values: Array, shape: tuple[int, ...]) -> Array:
    """All elements in a row; of one number for all of them, that."""
    if values.size == 1:
        return values.reshape(())
    return np.broadcast_to(values, shape).reshape(-1)


def _at(values: Array, truth: Truth) -> Array:
    """The elements that a truth speaks of, out of all in a row."""
    return np.asarray(values[truth.places]) if values.ndim else values


def _times_over(error: Array | float, limit: Array | float, ulp: Array | float) -> Array:
    """The error, in ULP, over a limit: 0/0 = 0, x/0 = ∞."""
    with np.errstate(all="ignore"):
        quotient = np.asarray(error) * np.asarray(ulp) / np.asarray(limit)
    return np.where(np.asarray(error) == 0, 0.0, np.where(np.isnan(quotient), np.inf, quotient))


# --- all of a problem ---------------------------------------------------------------------


def exact_witness(
    problem: Problem,
    bounds: Mapping[str, Bound],
    sides: Mapping[str, Pair],
    rng: np.random.Generator,
    budget: int = BUDGET,
    names: Mapping[str, str] | None = None,
) -> Exact | None:
    """The witness of a problem; None where nothing is computed.

    Of inputs with NaN or ∞ it knows no tensor, only who is wrong about an element without them.
    bounds, sides: of the tensors to be judged, by the problem's names. names: the report's.
    """
    found = {
        tensor: Beside(pair, bounds[tensor])
        for tensor, pair in sides.items()
        if tensor != "indices" and pair[0].shape == pair[1].shape
    }
    try:
        for tensor, said in exact_values(problem, found, rng, budget):
            found[tensor].hear(said)
    except NotApplicable:
        found = {}
    return Exact(problem, found, bounds, names or {})
