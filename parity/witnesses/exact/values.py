"""The exact values of a problem's tensors, each function by the method that suits it and its data.

| method | for | every element |
|---|---|---|
| `on_slices`: refimpl on integer slices | sums of products, averages, maxima, moves | yes |
| `elementwise`: definitions in double-double | functions of one element | yes |
| `outer`: its definition in double-double | dweight of a dense layer, few samples | yes |
| `formula`: refimpl on balls | everything else, and numbers that do not fit the others | a budget |

Slices don't fit numbers that are hundreds of powers of 2 apart, double-double none near float64's
largest and smallest. Those go to balls: single elements of an elementwise function, else the whole
problem, which is said (`Fallback`). What takes too long on balls is sampled, which is said too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeAlias

import numpy as np

from parity.cases.case import Array
from parity.witnesses.exact.beside_torch import Known, refuted_by_torch
from parity.witnesses.exact.elementwise import RULES, by_definition
from parity.witnesses.exact.formula import by_balls
from parity.witnesses.exact.on_slices import Dispute, OnSlices, kind_of
from parity.witnesses.exact.outer import dweight_of, is_outer
from parity.witnesses.exact.slices import UnfitError
from parity.witnesses.exact.truth import COLUMNS, Truth
from parity.witnesses.pieces import Piece, cost, elements_of, sample, shape_of
from parity.witnesses.problem import Problem

BUDGET = 250_000  # multiply-adds of a forward on balls that is computed whole


class Fallback(NamedTuple):
    """What was said of a tensor does not count: these numbers do not fit, balls follow."""

    reason: str


Found: TypeAlias = Truth | Dispute | Fallback | str  # a string: why there is no exact value


class NotApplicable(Exception):  # noqa: N818 (nothing is wrong)
    """Exact arithmetic says nothing of these inputs."""


def exact_values(
    problem: Problem,
    tensors: Iterable[str],
    rng: np.random.Generator,
    budget: int = BUDGET,
    torch: Known | None = None,
) -> Iterator[tuple[str, Found]]:
    """The exact values of tensors, part by part. torch: what it gave in float64, if it was asked.

    Raises: NotApplicable for inputs with NaN or ∞, and for the loss of no samples.
    """
    check_applicable(problem)
    wanted = list(tensors)
    asked = _Asked(problem, OnSlices(problem), rng, budget, torch)
    for part in ([t for t in wanted if t == "y"], [t for t in wanted if t != "y"]):
        if part:
            yield from _of_part(asked, part)


class _Asked(NamedTuple):
    """A problem, and what it needs on slices and where it goes to balls."""

    problem: Problem
    slices: OnSlices
    rng: np.random.Generator
    budget: int
    torch: Known | None


def check_applicable(problem: Problem) -> None:
    """Refuse what has no exact value. Raises: NotApplicable."""
    given = (*problem.arrays.values(), problem.dy)
    mean_of_nothing = not given[0].size and not problem.dy.ndim
    if mean_of_nothing or not all(np.isfinite(array).all() for array in given):
        raise NotApplicable


def _of_part(asked: _Asked, tensors: list[str]) -> Iterator[tuple[str, Found]]:
    """Forward and backward apart: what raises in one says nothing of the other."""
    problem = asked.problem
    try:
        if problem.function in RULES:
            yield from _patched(problem, tensors, asked.budget)
        elif "dweight" in tensors and is_outer(problem):
            yield from (("dweight", truth) for truth in dweight_of(problem))
            yield from asked.slices.of([t for t in tensors if t != "dweight"])
        elif kind_of(problem):
            yield from asked.slices.of(tensors)
        else:
            yield from _by_balls(asked, tensors)
    except UnfitError as error:
        yield from ((tensor, Fallback(f"on balls: {error}")) for tensor in tensors)
        yield from _by_balls(asked, tensors)
    except Exception as error:
        yield from ((tensor, _broken(error)) for tensor in tensors)


def _broken(error: Exception) -> str:
    return f"no exact value: {type(error).__name__}: {error}"


# --- single elements on balls -------------------------------------------------------------


def _patched(problem: Problem, tensors: list[str], budget: int) -> Iterator[tuple[str, Truth]]:
    """The definitions in double-double; what they leave open on balls, as long as that lasts."""
    size = max(1, int(problem.dy.size))
    left = max(1, budget * size // max(1, cost(problem)))
    for tensor, truth in by_definition(problem, tensors):
        opened = np.flatnonzero(~truth.decided)[:left]
        left -= len(opened)
        yield tensor, _with_balls(problem, tensor, truth, opened) if opened.size else truth


def _with_balls(problem: Problem, tensor: str, truth: Truth, opened: Array) -> Truth:
    piece = elements_of(problem, truth.flat_places()[opened])
    found = by_balls(piece.problem, [tensor])[tensor]
    columns = {name: getattr(truth, name).copy() for name in COLUMNS}
    for name, column in columns.items():
        column[opened] = getattr(found, name)
    return replace(truth, **columns)


# --- all on balls, or a sample ------------------------------------------------------------


def _by_balls(asked: _Asked, tensors: list[str]) -> Iterator[tuple[str, Truth | str]]:
    problem = asked.problem
    if cost(problem) <= asked.budget:
        yield from _certified(asked, attempted(problem, tensors)).items()
        return
    for tensor in tensors:
        pieces = sample(problem, tensor, asked.budget, asked.rng)
        if pieces is None:
            yield from _certified(asked, attempted(problem, [tensor])).items()
        else:
            yield from ((tensor, part) for part in _of_pieces(problem, pieces, tensor))


def _certified(asked: _Asked, found: dict[str, Truth | str]) -> dict[str, Truth | str]:
    """Without what torch contradicts."""
    truths = {tensor: truth for tensor, truth in found.items() if isinstance(truth, Truth)}
    return {**found, **(refuted_by_torch(asked.problem, truths, asked.torch) if truths else {})}


def attempted(problem: Problem, tensors: list[str]) -> dict[str, Truth | str]:
    """On balls, or what was raised."""
    try:
        return {**by_balls(problem, tensors)}
    except Exception as error:
        return dict.fromkeys(tensors, _broken(error))


def _of_pieces(problem: Problem, pieces: list[Piece], tensor: str) -> Iterator[Truth | str]:
    elements = int(np.prod(shape_of(problem, tensor)))
    for piece in pieces:
        found = attempted(piece.problem, [tensor])[tensor]
        if isinstance(found, str):
            yield found
            return
        columns = {name: getattr(found, name)[piece.here] for name in COLUMNS}
        yield Truth(places=piece.there, elements=elements, **columns)
