"""The tensors of somebody's problem beside the exact values, element by element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parity import oracle
from parity.bounds.bound import Bound
from parity.bounds.rules import tensor_bounds
from parity.candidates.judge import errors_of
from parity.candidates.reference import (
    Expected,
    contradicted,
    limit_of,
    shape_of,
    tensors_of,
    terms_of,
)
from parity.cases.case import Array, Shape
from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.results.comparison import element_differences, ratios
from parity.results.settings import Settings
from parity.results.verdicts import EMPTY, IDENTICAL, OUTSIDE, WITHIN
from parity.witnesses.beside import elements_beside, times_over
from parity.witnesses.definitions.every import DEFINITIONS
from parity.witnesses.exact.alone import Known, every_element
from parity.witnesses.kinks import chosen_at
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem

CONVENTION = "convention"  # what is chosen at a kink or tie: as right as torch's
DEFINITION_COST = 5_000  # multiply-adds of a forward whose definition is asked: some 0.1 s


@dataclass(frozen=True)
class Side:
    """Somebody's values of a tensor, all elements in a row; NaN where there is no exact value."""

    values: Array
    ulp: Array
    roundings: Array
    bound: Array  # its own
    times: Array  # error/bound; 0 where nothing is judged
    verdicts: Array  # of OUTSIDE, WITHIN, …

    @property
    def worst(self) -> int:
        """The element with the largest error/bound."""
        return int(np.argmax(self.times))

    @property
    def outside(self) -> int:
        """How many elements are."""
        return int(np.count_nonzero(self.verdicts == OUTSIDE))


@dataclass(frozen=True)
class Tensor:
    """One tensor in one dtype; arrays have all its elements in a row."""

    name: str
    dtype: str
    shape: Shape
    exact: Array
    difference: Array
    bound: Array  # of the difference
    verdicts: Array  # of refimpl beside torch and both beside the exact values
    sides: Mapping[str, Side]  # "refimpl", "torch" and, if there are any, "yours"
    note: str = ""

    @property
    def elements(self) -> int:
        return len(self.exact)

    def index(self, place: int) -> tuple[int, ...]:
        """The index of an element in a row."""
        return tuple(map(int, np.unravel_index(place, self.shape))) if self.shape else ()


class Judgement(NamedTuple):
    """All tensors in one dtype.

    confirmed: whether the definitions give the same exact values; None where that takes too long.
    """

    tensors: tuple[Tensor, ...]
    confirmed: bool | None


def judged(problem: Problem, yours: Mapping[str, Array], settings: Settings) -> Judgement:
    """y and each gradient; yours beside them, in the dtype of the problem.

    Raises: OwnDataError where torch refuses the arguments.
    """
    names = tensors_of(problem)
    with np.errstate(all="ignore"), oracle.single_threaded():
        ours = FUNCTIONS[problem.function].tensors(problem.dy, problem.arrays, problem.options)
        theirs = _of_torch(problem)
        bounds = _bounds(problem, settings)
        known = every_element(problem, names)
    tensors = (
        _tensor(problem, name, (ours[name], theirs[name]), bounds[name], known[name], yours)
        for name in names
    )
    return Judgement(tuple(tensors), _confirmed(problem, known))


def _of_torch(problem: Problem) -> dict[str, Array]:
    wanted = [name[1:] for name in tensors_of(problem)[1:]]
    try:
        found = oracle.gradients(
            problem.function, problem.arrays, problem.options, problem.dy, wanted
        )
    except (oracle.TorchError, ValueError) as error:
        raise OwnDataError(f"{problem.function}: {error}") from None
    return {"y": found.y, **{f"d{name}": a for name, a in found.gradients.items()}}


def _bounds(problem: Problem, settings: Settings) -> dict[str, Bound]:
    value, gradients = tensor_bounds(
        problem.function,
        problem.dy,
        problem.arrays,
        problem.options,
        settings.sides(problem.dy.dtype.name),
    )
    return {"y": value, **{f"d{name}": bound for name, bound in gradients.items()}}


def _tensor(
    problem: Problem,
    name: str,
    pair: tuple[Array, Array],
    bound: Bound,
    known: Known,
    yours: Mapping[str, Array],
) -> Tensor:
    shape, dtype = shape_of(problem, name), problem.dy.dtype.name
    if pair[0].shape != pair[1].shape:
        raise OwnDataError(
            f"{problem.function}: refimpl gives {pair[0].shape} for {name}, torch {pair[1].shape}"
        )
    difference = element_differences(*pair).reshape(-1)
    limit = np.broadcast_to(bound.limit, shape).reshape(-1)
    sides = dict(_both(pair, bound, known, shape))
    if name in yours:
        sides["yours"] = _yours(problem, name, yours[name], bound, known)
    apart = ratios(difference, limit) > 1
    apart |= (sides["refimpl"].verdicts == OUTSIDE) | (sides["torch"].verdicts == OUTSIDE)
    overflow = np.broadcast_to(bound.overflow, shape).reshape(-1)
    held = IDENTICAL if bound.exact else WITHIN
    verdicts = np.where(overflow, EMPTY, np.where(apart, OUTSIDE, held))
    exact = _nothing(shape) if known.truth is None else known.truth.nearest
    return Tensor(name, dtype, shape, exact, difference, limit, verdicts, sides, known.note)


def _nothing(shape: Shape) -> Array:
    return np.full(int(np.prod(shape)), np.nan)


def _both(
    pair: tuple[Array, Array], bound: Bound, known: Known, shape: Shape
) -> Iterator[tuple[str, Side]]:
    """refimpl and torch, each by its own bound."""
    overflow = np.broadcast_to(bound.overflow, shape).reshape(-1)
    held = IDENTICAL if bound.exact else WITHIN
    beside = None if known.truth is None else elements_beside(known.truth, pair, bound)
    for k, (who, own) in enumerate((("refimpl", bound.refimpl), ("torch", bound.torch))):
        limit = np.broadcast_to(own, shape).reshape(-1)
        if beside is None or known.truth is None:
            yield who, _unjudged(pair[k])
            continue
        unknown = np.isnan(beside.ulp[k]) | overflow
        times = np.where(unknown, 0.0, times_over(known.truth, pair[k], beside.ulp[k], limit))
        verdicts = np.where(unknown, EMPTY, np.where(times > 1, OUTSIDE, held))
        values = pair[k].reshape(-1)
        yield who, Side(values, beside.ulp[k], beside.roundings[k], limit, times, verdicts)


def _unjudged(values: Array) -> Side:
    """Values beside which there is nothing exact."""
    nothing, verdicts = _nothing(values.shape), np.full(values.size, EMPTY)
    return Side(values.reshape(-1), nothing, nothing, nothing, np.zeros(values.size), verdicts)


def _yours(problem: Problem, name: str, values: Array, bound: Bound, known: Known) -> Side:
    """What somebody else computed, in any order of summation."""
    if known.truth is None:
        return _unjudged(values)
    size = np.abs(known.truth.nearest.reshape(values.shape))
    limits = {name: limit_of(bound, size, problem.dy.dtype)}
    expected = Expected(problem, {name: known.truth}, limits, {name: terms_of(bound, size)})
    errors = errors_of(expected, name, values)
    wrong = (errors.ratios > 1).reshape(values.shape)
    chosen = chosen_at(problem, name, values, wrong).reshape(-1)
    overflow = np.broadcast_to(bound.overflow, values.shape).reshape(-1)
    verdicts = np.where(wrong.reshape(-1), np.where(chosen, CONVENTION, OUTSIDE), WITHIN)
    unknown = overflow | ~known.truth.judges
    return Side(
        values.reshape(-1),
        errors.ulp,
        errors.roundings,
        limits[name].reshape(-1),
        np.where(unknown, 0.0, errors.ratios),
        np.where(unknown, EMPTY, verdicts),
    )


def _confirmed(problem: Problem, known: Mapping[str, Known]) -> bool | None:
    """Whether the definitions, which share no line with refimpl, give the same exact values."""
    if problem.function not in DEFINITIONS or cost(problem) > DEFINITION_COST:
        return None
    truths = {name: k.truth for name, k in known.items() if k.truth is not None}
    try:
        return not contradicted(Expected(problem, truths, {}, {}))
    except Exception:  # as a definition does that does not know these options
        return None
