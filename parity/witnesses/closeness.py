"""Who is closer to the exact value, whether each side keeps its own bound, and who is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.closeness import Closeness, ElementsBeside, closeness
from parity.results.comparison import Comparison, element_differences
from parity.results.judging import joined
from parity.witnesses.beside import Beside, Pair, elements_beside, times_over
from parity.witnesses.exact.on_slices import Dispute
from parity.witnesses.exact.opinion import Opinion, by_definition, second_opinion
from parity.witnesses.exact.values import BUDGET, NotApplicable, exact_values
from parity.witnesses.kinks import said_at
from parity.witnesses.lost_digits import circumstances
from parity.witnesses.problem import Problem

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

    def examine(self, tensor: str, pair: Pair, comparison: Comparison) -> Closeness:
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
        shape = pair[1].shape
        worst = int(np.ravel_multi_index(comparison.worst_index, shape)) if shape else 0
        return self._named(beside.closeness(worst), tensor, shape)

    def _named(self, found: Closeness, tensor: str, shape: tuple[int, ...]) -> Closeness:
        """With the names of what torch lost digits in and on, if it did."""
        if found.lost is None:
            return found
        said = circumstances(self.problem, tensor, shape, found.lost.place)
        return replace(found, lost=found.lost._replace(tensor=tensor, arguments=said))

    def elements(self, tensor: str, pair: Pair, places: Array) -> ElementsBeside | None:
        """Both sides of some elements, at flat places, by the definition of a small problem."""
        tensor = self.names.get(tensor, tensor)
        if tensor not in self.bounds or tensor == "indices" or not _are_finite(self.problem):
            return None
        truth = by_definition(self.problem, tensor, places)
        return None if truth is None else elements_beside(truth, pair, self.bounds[tensor])

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
        found = self._who_is_wrong(tensor, pair, place, otherwise)
        here = place == comparison.worst_index
        return found if here else replace(found, exact_value=None)

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
        found = closeness(errors[0], errors[1], float(exact.radius[0]), 1)
        return replace(found, note=note, exact_value=float(exact.nearest[0]))

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
        own = bound.refimpl, bound.torch
        limits = [float(np.broadcast_to(limit, shape)[place]) for limit in own]
        ulp = float(opinion.truth.ulp[0])
        off = [
            bool(
                times_over(opinion.truth, side[place], np.array([error]), np.array([limit]))[0] > 1
            )
            for side, error, limit in zip(pair, errors, limits, strict=True)
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
    in_float64 = problem.dy.dtype == np.float64
    torch = (lambda tensor: found[tensor].torch_in_float64()) if in_float64 else None
    try:
        for tensor, said in exact_values(problem, found, rng, budget, torch):
            found[tensor].hear(said)
    except NotApplicable:
        found = {}
    return Exact(problem, found, bounds, names or {})
