"""One element by its definition, where the two sides disagree.

`parity.witnesses.definitions` shares no line with refimpl: refimpl's own formula would be its own
judge.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import arb, fmpq

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.balls import precision
from parity.witnesses.definitions.every import DEFINITIONS, exact, exact_element
from parity.witnesses.exact.formula import PRECISIONS
from parity.witnesses.exact.truth import Truth, truth_of
from parity.witnesses.exact.values import BUDGET, attempted
from parity.witnesses.pieces import Piece, cost, piece_with, shape_of
from parity.witnesses.problem import SUM, Problem

ELEMENTS_BUDGET = 5_000  # the same where all elements are asked: some 0.1 s
DEFINITION_BUDGET = 30_000  # multiply-adds of a forward by its definition, in loops


@dataclass(frozen=True)
class Opinion:
    """The exact value of one element: by its definition, or else by refimpl's own formula."""

    truth: Truth
    text: str  # its first digits
    defined: bool  # by the definition
    # Whether refimpl's formula, evaluated exactly, gives the same; None: it does on the part of
    # the problem that makes this element, and the whole is too large to be asked.
    formula_agrees: bool | None
    raised: str = ""  # what the definition raised, which is then no opinion


def second_opinion(problem: Problem, tensor: str, place: tuple[int, ...]) -> Opinion | None:
    """What one element is, asked of the definition where that is not too long a loop.

    NaN and ∞ have no exact arithmetic; elements that do not depend on them have.
    """
    problem = _needed(problem, tensor)
    finite = _is_finite(problem)
    piece = _smallest(problem, tensor, place) if finite else piece_with(problem, tensor, place)
    if piece is None or not _is_finite(piece.problem):
        return None
    (here,) = piece.here[piece.there == _flat(problem, tensor, place)]
    whole = finite and cost(problem) <= BUDGET  # a mistake in padding, say, is not in every piece
    asked, at = (problem, _flat(problem, tensor, place)) if whole else (piece.problem, int(here))
    by_formula = attempted(asked, [tensor])[tensor]
    ours = None if isinstance(by_formula, str) else _single(by_formula, at)
    with precision(PRECISIONS[-1]):
        value = _defined(piece.problem, tensor, int(here))
        if isinstance(value, str):
            return Opinion(ours, _digits(ours), False, None, value) if ours else None
        theirs = truth_of(np.array([value], object), problem.dy.dtype.name)
    agrees = ours is not None and bool(abs(ours.errors(theirs.nearest)[0]) <= 1)
    return Opinion(theirs, _digits(theirs), True, agrees if whole or not agrees else None)


def _needed(problem: Problem, tensor: str) -> Problem:
    """With zeros for the arguments that a tensor does not depend on, which may hold NaN.

    What is linear in each argument has gradients that do not depend on their own argument, nor
    on a bias; that of a bias depends on dy alone.
    """
    if tensor == "y" or problem.function == SUM or FUNCTIONS[problem.function].bound_rule != "sums":
        return problem
    unneeded = {tensor[1:], "bias"} if tensor != "dbias" else set(problem.arrays)
    arrays = {
        name: np.zeros_like(array) if name in unneeded else array
        for name, array in problem.arrays.items()
    }
    return problem._replace(arrays=arrays)


def _is_finite(problem: Problem) -> bool:
    return all(np.isfinite(array).all() for array in (*problem.arrays.values(), problem.dy))


def _flat(problem: Problem, tensor: str, place: tuple[int, ...]) -> int:
    return int(np.ravel_multi_index(place, shape_of(problem, tensor))) if place else 0


def _smallest(problem: Problem, tensor: str, place: tuple[int, ...]) -> Piece | None:
    """The whole problem where the definition can have it: nothing is then taken for granted."""
    if cost(problem) <= DEFINITION_BUDGET:
        everything = np.arange(int(np.prod(shape_of(problem, tensor))))
        return Piece(problem, everything, everything)
    piece = piece_with(problem, tensor, place)
    return piece if piece is not None and cost(piece.problem) <= BUDGET else None


def _single(truth: Truth, here: int) -> Truth:
    one = slice(here, here + 1)
    return Truth(
        np.zeros(1, int), truth.nearest[one], truth.rest[one], truth.ulp[one], truth.radius[one], 1
    )


def _defined(problem: Problem, tensor: str, here: int) -> Any:
    """The element by its definition, as an arb, or what that raised; nothing where none is."""
    if problem.function not in DEFINITIONS:
        return ""
    try:
        place = tuple(map(int, np.unravel_index(here, shape_of(problem, tensor))))
        value = exact_element(
            problem.function, problem.dy, problem.arrays, problem.options, tensor, place
        )
    except Exception as error:  # as a definition does that does not know these options
        return f"the definition raised {type(error).__name__}: {error}"
    return _ball(value)


def by_definition(problem: Problem, tensor: str, places: Array) -> Truth | None:
    """The exact values of some elements, at flat places; None where that takes long loops."""
    if problem.function not in DEFINITIONS or cost(problem) > ELEMENTS_BUDGET:
        return None
    with precision(PRECISIONS[-1]):
        try:
            found = exact(problem.function, problem.dy, problem.arrays, problem.options)
        except Exception:  # as a definition does that does not know these options
            return None
        values = np.array([_ball(value) for value in np.asarray(found[tensor], object).flat])
        truth = truth_of(values[places], problem.dy.dtype.name)
    return replace(truth, places=places, elements=len(values))


def _ball(value: Any) -> arb:
    """A Fraction, or a number of 1200 bits, as an arb."""
    if hasattr(value, "numerator") and hasattr(value, "denominator"):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    return arb(value)


def _digits(truth: Truth) -> str:
    return f"{truth.nearest[0]:.9g}"
