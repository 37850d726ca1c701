"""One element by its definition, where the two sides disagree.

`parity.witnesses.definitions` shares no line with refimpl: refimpl's own formula would be its own
judge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq

from parity.witnesses.balls import precision
from parity.witnesses.definitions.every import exact
from parity.witnesses.exact.formula import PRECISIONS
from parity.witnesses.exact.truth import Truth, truth_of
from parity.witnesses.exact.values import BUDGET, attempted
from parity.witnesses.pieces import Piece, cost, piece_with, shape_of
from parity.witnesses.problem import Problem

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


def second_opinion(problem: Problem, tensor: str, place: tuple[int, ...]) -> Opinion | None:
    """What one element is, asked of the definition where that is not too long a loop."""
    if not all(np.isfinite(array).all() for array in (*problem.arrays.values(), problem.dy)):
        return None
    piece = _smallest(problem, tensor, place)
    if piece is None:
        return None
    (here,) = piece.here[piece.there == _flat(problem, tensor, place)]
    whole = cost(problem) <= BUDGET  # a mistake in padding, say, is not in every piece
    asked, at = (problem, _flat(problem, tensor, place)) if whole else (piece.problem, int(here))
    by_formula = attempted(asked, [tensor])[tensor]
    ours = None if isinstance(by_formula, str) else _single(by_formula, at)
    with precision(PRECISIONS[-1]):
        value = _defined(piece.problem, tensor, int(here))
        if value is None:
            return Opinion(ours, _digits(ours), False, None) if ours else None
        theirs = truth_of(np.array([value], object), problem.dy.dtype.name)
    agrees = ours is not None and bool(abs(ours.errors(theirs.nearest)[0]) <= 1)
    return Opinion(theirs, _digits(theirs), True, agrees if whole or not agrees else None)


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
    """The element by its definition, as an arb."""
    try:
        found = exact(problem.function, problem.dy, problem.arrays, problem.options)
        value = np.asarray(found[tensor]).reshape(-1)[here]
    except Exception:  # a definition that does not know these options is no opinion
        return None
    if hasattr(value, "numerator") and hasattr(value, "denominator"):
        return arb(fmpq(int(value.numerator), int(value.denominator)))
    return arb(value)


def _digits(truth: Truth) -> str:
    return f"{truth.nearest[0]:.9g}"
