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
from parity.witnesses.problem import SUM, Problem
from parity.witnesses.truth import BUDGET, NotApplicable, Truth, second_opinion, truths

Limits = tuple[Array, Array]  # twice refimpl's own bound, twice torch's: halves may underflow

FORMULA = {
    True: "right, its arithmetic is not",
    False: "wrong",
    None: "right on the part that makes this element; the whole is too large to tell",
}


@dataclass(frozen=True)
class Exact:
    """What exact arithmetic says of one problem. names: what a report calls its tensors."""

    problem: Problem
    truths: Mapping[str, Truth | str]
    own: Mapping[str, Limits]
    names: Mapping[str, str] = field(default_factory=dict)

    def examine(
        self, tensor: str, pair: tuple[Array, Array], comparison: Comparison, overflow: Array
    ) -> Closeness:
        """Both sides' errors, and in words what is wrong, if anything is."""
        tensor = self.names.get(tensor, tensor)
        truth = self.truths.get(tensor)
        if truth is None or not comparison.compared or not comparison.elements:
            return Closeness()
        limits = self.own[tensor]
        if comparison.outside:
            return self._who_is_wrong(tensor, pair, comparison.worst_index, truth)
        if isinstance(truth, str):
            return Closeness(note=truth, refuted=True)
        return _beside(truth, pair, limits, overflow)

    def _who_is_wrong(
        self, tensor: str, pair: tuple[Array, Array], place: tuple[int, ...], truth: Truth | str
    ) -> Closeness:
        """Of a disagreement: both sides beside the exact value of the worst element."""
        opinion = second_opinion(self.problem, tensor, place)
        if opinion is None or not opinion.truth.judges.all():
            return Closeness(note=truth if isinstance(truth, str) else "")
        exact = opinion.truth
        errors = [float(exact.errors(np.asarray(side[place]))[0]) for side in pair]
        limits = [float(np.broadcast_to(limit, pair[1].shape)[place]) for limit in self.own[tensor]]
        off = [
            bool(_times_over(error, limit, float(exact.ulp[0])) > 1)
            for error, limit in zip(errors, limits, strict=True)
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


def _beside(truth: Truth, pair: tuple[Array, Array], limits: Limits, overflow: Array) -> Closeness:
    """Both sides beside all exact values that there are."""
    shape = pair[1].shape
    judged = truth.judges & ~_at(overflow, shape, truth)
    if not judged.any():
        return Closeness(exact_elements=0, note=_how_many(truth, judged))
    errors = [truth.errors(side) for side in pair]
    beyond = []
    for who, error, limit in zip(("refimpl", "torch"), errors, limits, strict=True):
        times = np.where(judged, _times_over(error, _at(limit, shape, truth), truth.ulp), 0.0)
        worst = int(np.argmax(times))
        if times[worst] > 1:
            place = tuple(map(int, np.unravel_index(truth.places[worst], shape)))
            beyond.append(
                f"{who} is {error[worst]:.4g} ULP off the exact value "
                f"{truth.nearest[worst]:.9g} at {place}, {times[worst]:.3g} times its own bound"
            )
    ours, theirs = (float(np.max(error[judged])) for error in errors)
    found = closeness(ours, theirs, float(truth.radius[judged].max()), int(judged.sum()))
    note = "; ".join(filter(None, (*beyond, _how_many(truth, judged))))
    return replace(found, note=note, refuted=bool(beyond))


def _how_many(truth: Truth, judged: Array) -> str:
    """Of a sample how large it is; how many elements stayed undecided."""
    undecided = int(np.count_nonzero(~truth.decided))
    said = []
    if len(judged) < truth.elements:
        said.append(f"{len(judged)} of {truth.elements} elements exact")
    if undecided:
        said.append(f"{undecided} undecided")
    return "; ".join(said)


def _at(values: Array, shape: tuple[int, ...], truth: Truth) -> Array:
    """The elements of a tensor of which the exact values are known."""
    everywhere: Array = np.broadcast_to(values, shape).reshape(-1)[truth.places]
    return everywhere


def _times_over(error: Array | float, doubled: Array | float, ulp: Array | float) -> Array:
    """The error, in ULP, over half of a doubled limit: 0/0 = 0, x/0 = ∞."""
    with np.errstate(all="ignore"):
        quotient = 2 * np.asarray(error) / (np.asarray(doubled) / np.asarray(ulp))
    return np.where(np.asarray(error) == 0, 0.0, np.where(np.isnan(quotient), np.inf, quotient))


# --- all of a problem ---------------------------------------------------------------------


def exact_witness(
    problem: Problem,
    bounds: Mapping[str, Bound],
    rng: np.random.Generator,
    budget: int = BUDGET,
    names: Mapping[str, str] | None = None,
    tf32: bool = False,
) -> Exact | None:
    """The witness of a problem; None for inputs with NaN or ∞, or where nothing is computed.

    bounds: of the tensors to be judged, by the problem's names. names: the report's for them.
    """
    tensors = [tensor for tensor in bounds if tensor != "indices"]
    try:
        found = truths(problem, tensors, rng, budget)
    except NotApplicable:
        return None
    own = own_bounds(problem, bounds, tf32)
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
