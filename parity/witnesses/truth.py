"""Rigorous errors: how many ULP refimpl's and torch's floats are off the exact value.

`refimpl` itself runs on balls, from the case's own floats, which are exact: what comes out
encloses the exact value of its formula. Where an enclosure is not far tighter than an ULP, or a
comparison undecided, the precision is raised. What takes too long as a whole is sampled.

Where the two sides disagree, that would make refimpl's formula its own judge. There the
definition (`parity.witnesses.definitions`), which shares no line with it, gives the exact value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any

import numpy as np
from flint import arb, fmpq

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.results.comparison import spacing
from parity.witnesses.balls import Undecided, arb_of, exact_arbs, exact_balls, precision
from parity.witnesses.definitions.exact import exact
from parity.witnesses.pieces import Piece, cost, piece_with, sample, shape_of
from parity.witnesses.problem import SUM, Problem
from refimpl.networks import sum_of_parts

PRECISIONS = (200, 400, 800, 1600, 3200)  # bits, one after another
FAR_TIGHTER = 2.0**-10  # the largest radius of an enclosure, in ULP of the dtype
BUDGET = 250_000  # multiply-adds of a forward that is computed whole
DEFINITION_BUDGET = 30_000  # the same for the definition, in loops


@dataclass(frozen=True)
class Truth:
    """Exact values of elements of one tensor: nearest + rest·ulp, give or take radius·ulp."""

    places: Array  # flat
    nearest: Array  # float64
    rest: Array
    ulp: Array  # the dtype's spacing at the exact value
    radius: Array
    elements: int  # of the whole tensor

    @property
    def decided(self) -> Array:
        """Where the enclosure is far tighter than an ULP."""
        tight: Array = self.radius < FAR_TIGHTER
        return tight

    @property
    def judges(self) -> Array:
        """Where there is a value to compare with: decided, and no overflow of the dtype."""
        return self.decided & np.isfinite(self.nearest)

    def errors(self, values: Array) -> Array:
        """|value − exact value| in ULP, ∞ for NaN."""
        given = values.reshape(-1)[self.places].astype(np.float64)
        # The difference to the nearest float64 is exact where the value is near at all.
        with np.errstate(all="ignore"):
            off = np.abs((given - self.nearest) / self.ulp - self.rest)
        return np.where(np.isnan(off), np.inf, off)


def truth_of(values: Array, dtype: str) -> Truth:
    """Balls, told apart into what float64 holds of them and the rest."""
    balls = [arb_of(value) for value in values.reshape(-1)]
    nearest = np.array([float(ball) for ball in balls], np.float64)
    with np.errstate(over="ignore"):
        rounded = nearest.astype(dtype)
    ulp = spacing(np.abs(rounded))
    finite = np.isfinite(rounded)
    rest, radius = np.zeros(len(balls)), np.zeros(len(balls))
    for k in range(len(balls)):
        if finite[k]:
            off = balls[k] - arb(nearest[k])
            if not off.is_zero():
                off = off / arb(ulp[k])
                rest[k], radius[k] = float(off), float(off.rad())
        elif not balls[k].is_finite():
            radius[k] = np.inf
    nearest = np.where(finite, nearest, np.copysign(np.inf, nearest))
    return Truth(np.arange(len(balls)), nearest, rest, ulp, radius, len(balls))


# --- refimpl's formula on balls -----------------------------------------------------------


def exact_numbers(function: str) -> Callable[[Array], Array]:
    """What turns floats into balls: plain arbs, which are faster, where nothing is compared."""
    ordered = function != SUM and FUNCTIONS[function].ordered
    return exact_balls if ordered else exact_arbs


def formula(problem: Problem, tensors: Iterable[str]) -> dict[str, Array]:
    """Tensors of refimpl on balls of the exact inputs, at the precision that is set."""
    make = exact_numbers(problem.function)
    dtype = problem.dy.dtype
    arrays = {
        name: array if name == "mask" or array.dtype.kind != "f" else make(array)
        for name, array in problem.arrays.items()
    }
    if problem.function == SUM:
        return {"y": np.asarray(sum_of_parts(list(arrays.values())))}
    options = {
        name: _exact_option(problem.function, name, value, dtype)
        for name, value in _all_options(problem).items()
    }
    function, found = FUNCTIONS[problem.function], {}
    wanted = set(tensors)
    if "y" in wanted:
        found["y"] = function.forward(arrays, options)
    if wanted - {"y"}:
        gradients = function.backward(make(problem.dy), arrays, options)
        found |= {f"d{name}": gradient for name, gradient in gradients.items()}
    return {tensor: found[tensor] for tensor in wanted}


def _all_options(problem: Problem) -> dict[str, Any]:
    """The options, defaults of numbers included: those are rounded as the others are."""
    known = signature(getattr(refimpl, problem.function)).parameters
    numbers = {n: p.default for n, p in known.items() if isinstance(p.default, float)}
    return {**numbers, **problem.options}


def _exact_option(function: str, name: str, value: Any, dtype: Any) -> Any:
    """Parameters as both sides take them: rounded to the dtype, or, of dropout, as they are."""
    if name in FUNCTIONS[function].rounded:
        return float(dtype.type(value))
    return arb(float(value)) if name == "p" else value


def exact_values(problem: Problem, tensors: Iterable[str]) -> dict[str, Truth]:
    """Enclosures of tensors by refimpl's formula, as tight as the precisions allow.

    Raises: Undecided where a comparison stays open at every precision.
    """
    found: dict[str, Truth] = {}
    pending, dtype = list(tensors), problem.dy.dtype.name
    for bits in PRECISIONS:
        with precision(bits):
            try:
                balls = formula(problem, pending)
            except Undecided:
                if bits == PRECISIONS[-1]:
                    raise
                continue
            found |= {tensor: truth_of(values, dtype) for tensor, values in balls.items()}
        pending = [tensor for tensor in pending if not found[tensor].decided.all()]
        if not pending:
            break
    return found


# --- the whole, or a sample of it ---------------------------------------------------------


class NotApplicable(Exception):  # noqa: N818 (nothing is wrong)
    """Exact arithmetic says nothing of these inputs."""


def truths(
    problem: Problem, tensors: Iterable[str], rng: np.random.Generator, budget: int = BUDGET
) -> dict[str, Truth | str]:
    """For each tensor its exact values, or in one sentence why there are none.

    Raises: NotApplicable for inputs with NaN or ∞, and for the loss of no samples.
    """
    given = (*problem.arrays.values(), problem.dy)
    mean_of_nothing = not given[0].size and not problem.dy.ndim
    if mean_of_nothing or not all(np.isfinite(array).all() for array in given):
        raise NotApplicable
    if cost(problem) <= budget:
        return _attempted(problem, list(tensors))
    found: dict[str, Truth | str] = {}
    for tensor in tensors:
        pieces = sample(problem, tensor, budget, rng)
        if pieces is None:
            found |= _attempted(problem, [tensor])
        else:
            found[tensor] = _of_pieces(pieces, tensor, int(np.prod(shape_of(problem, tensor))))
    return found


def _attempted(problem: Problem, tensors: list[str]) -> dict[str, Truth | str]:
    """Forward and backward apart: what raises in one says nothing of the other."""
    found: dict[str, Truth | str] = {}
    for part in ([t for t in tensors if t == "y"], [t for t in tensors if t != "y"]):
        try:
            found |= exact_values(problem, part) if part else {}
        except Exception as error:
            found |= dict.fromkeys(part, f"no exact value: {type(error).__name__}: {error}")
    return found


def _of_pieces(pieces: list[Piece], tensor: str, elements: int) -> Truth | str:
    parts: list[Truth] = []
    for piece in pieces:
        found = _attempted(piece.problem, [tensor])[tensor]
        if isinstance(found, str):
            return found
        parts.append(found)
    columns = {
        name: np.concatenate(
            [getattr(part, name)[piece.here] for part, piece in zip(parts, pieces, strict=True)]
        )
        for name in ("nearest", "rest", "ulp", "radius")
    }
    places = np.concatenate([piece.there for piece in pieces])
    return Truth(places, elements=elements, **columns)


# --- one element, where the sides disagree ------------------------------------------------


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
    by_formula = _attempted(asked, [tensor])[tensor]
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
