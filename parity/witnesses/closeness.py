"""Who is closer to the exact value, whether each side keeps its own bound, and who is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from parity.bounds.arithmetic import arithmetic
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.results.closeness import Closeness, closeness
from parity.results.comparison import Comparison
from parity.results.judging import joined
from parity.witnesses.exact.on_slices import Dispute
from parity.witnesses.exact.opinion import second_opinion
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import BUDGET, Fallback, Found, NotApplicable, exact_values
from parity.witnesses.problem import SUM, Problem

COUNTED = float(np.finfo(np.float64).max) / 4  # errors up to here are numbers of ULP
Limits = tuple[Array, Array]  # twice refimpl's own bound, twice torch's: halves may underflow
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
    own: Mapping[str, Limits]
    names: Mapping[str, str] = field(default_factory=dict)

    def examine(
        self, tensor: str, pair: Pair, comparison: Comparison, overflow: Array
    ) -> Closeness:
        """Both sides' errors, and in words what is wrong, if anything is."""
        tensor = self.names.get(tensor, tensor)
        beside = self.found.get(tensor)
        if beside is None or not comparison.compared or not comparison.elements:
            return Closeness()
        said = beside.said
        if comparison.outside:
            return self._who_is_wrong(tensor, pair, comparison.worst_index, str(said or ""))
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
            return "no definition decides"
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

    def _who_is_wrong(
        self, tensor: str, pair: Pair, place: tuple[int, ...], otherwise: str
    ) -> Closeness:
        """Of a disagreement: both sides beside the exact value of the worst element."""
        opinion = second_opinion(self.problem, tensor, place)
        if opinion is None or not opinion.truth.judges.all():
            return Closeness(note=otherwise)
        exact = opinion.truth
        errors = [float(exact.errors(np.asarray(side[place]))[0]) for side in pair]
        limits = [float(np.broadcast_to(limit, pair[1].shape)[place]) for limit in self.own[tensor]]
        off = [
            bool(_times_over(exact, side[place], np.array([error]), np.array([limit]))[0] > 1)
            for side, error, limit in zip(pair, errors, limits, strict=True)
        ]
        note = (
            f"exact value {opinion.text}{'' if opinion.defined else ' by refimpl’s own formula'}: "
            f"refimpl {errors[0]:.3g} ULP, torch {errors[1]:.3g} ULP off: {_stands_alone(*off)}"
        )
        if off[0] and opinion.defined:
            note += f" (its formula is {FORMULA[opinion.formula_agrees]})"
        return replace(closeness(errors[0], errors[1], float(exact.radius[0]), 1), note=note)


def _stands_alone(refimpl_is_off: bool, torch_is_off: bool) -> str:
    if refimpl_is_off and torch_is_off:
        return "both are off"
    if not refimpl_is_off and not torch_is_off:
        return "each is within its own bound"
    return f"{'refimpl' if refimpl_is_off else 'torch'} stands alone"


class Beside:
    """Both sides beside the exact values of one tensor, part by part."""

    def __init__(self, pair: Pair, limits: Limits, overflow: Array) -> None:
        shape = pair[1].shape
        self.shape, self.pair = shape, pair
        self.limits = [_flat(limit, shape) for limit in limits]
        self.overflow = np.broadcast_to(overflow, shape).reshape(-1)
        self.overflows = bool(np.any(overflow))
        self.said: Dispute | str = ""
        self.fallback = ""
        self._forget()

    def _forget(self) -> None:
        self.elements, self.seen, self.undecided, self.judged = 0, 0, 0, 0
        self.radius = 0.0
        self.errors = [0.0, 0.0]
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
        for k, who in enumerate(("refimpl", "torch")):
            error = truth.errors(self.pair[k])
            error[~judged] = 0.0
            self.errors[k] = max(self.errors[k], float(np.max(error)))
            self._hold_against(k, who, truth, error)

    def _hold_against(self, k: int, who: str, truth: Truth, error: Array) -> None:
        """Errors beside a side's own bound; what goes beyond it most is kept."""
        limit = self.limits[k][truth.places] if self.limits[k].ndim else self.limits[k]
        with np.errstate(over="ignore"):
            beyond = np.any(2 * error * truth.ulp > limit)
        if not beyond:
            return
        times = _times_over(truth, self.pair[k], error, limit)
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
        return replace(
            found,
            note=note,
            refuted=bool(beyond),
            sampled=self.seen < self.elements,
            unfit=bool(self.fallback),
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


def _times_over(truth: Truth, values: Array, error: Array, doubled: Array) -> Array:
    """The error, in ULP, over half of a doubled limit: 0/0 = 0, x/0 = ∞."""
    with np.errstate(all="ignore"):
        quotient = 2 * error / (doubled / truth.ulp)
        # Beside an exact 0 an ULP is so small that no float says how many of them an error has.
        uncounted = error > COUNTED
        if uncounted.any():
            quotient = np.where(uncounted, 2 * truth.distances(values) / doubled, quotient)
    return np.where(error == 0, 0.0, np.where(np.isnan(quotient), np.inf, quotient))


# --- all of a problem ---------------------------------------------------------------------


def exact_witness(
    problem: Problem,
    bounds: Mapping[str, Bound],
    sides: Mapping[str, Pair],
    rng: np.random.Generator,
    budget: int = BUDGET,
    names: Mapping[str, str] | None = None,
    tf32: bool = False,
) -> Exact | None:
    """The witness of a problem; None for inputs with NaN or ∞, or where nothing is computed.

    bounds, sides: of the tensors to be judged, by the problem's names. names: the report's.
    """
    own = own_bounds(problem, bounds, tf32)
    found = {
        tensor: Beside(pair, own[tensor], bounds[tensor].overflow)
        for tensor, pair in sides.items()
        if tensor != "indices" and pair[0].shape == pair[1].shape
    }
    try:
        for tensor, said in exact_values(problem, found, rng, budget):
            found[tensor].hear(said)
    except NotApplicable:
        return None
    return Exact(problem, found, own, names or {})


# --- one side's bound ---------------------------------------------------------------------


def own_bounds(
    problem: Problem, bounds: Mapping[str, Bound], tf32: bool = False
) -> dict[str, Limits]:
    """Twice what each side may be off by: the bound of both, where they compute alike."""
    if not _elementary(problem.function) and not tf32:
        return {name: (bound.limit, bound.limit) for name, bound in bounds.items()}
    ours, theirs = (_one_sided(problem, library, tf32) for library in ("numpy", "torch"))
    return {name: (ours[name], theirs[name]) for name in ours}


def _elementary(function: str) -> bool:
    """Whether the errors of exp, log and tanh enter, which differ between the sides."""
    return function != SUM and FUNCTIONS[function].elementary


def _one_sided(problem: Problem, library: str, tf32: bool) -> dict[str, Array]:
    function, arrays, options, dy = problem
    side = arithmetic(library, dy.dtype.name, tf32)
    twice = (side, side)
    gradients = backward_bounds(function, dy, arrays, options, twice)
    found = {"y": forward_bound(function, arrays, options, twice)}
    found |= {f"d{name}": bound for name, bound in gradients.items()}
    return {name: bound.limit for name, bound in found.items()}
