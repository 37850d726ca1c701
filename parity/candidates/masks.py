"""The mask that a dropout draws: each element for itself, and another one in each call."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import numpy as np

from parity.candidates.asked import LARGER, problem_of
from parity.candidates.examine import Answer
from parity.candidates.fitting import fit_of
from parity.candidates.interview import Interview
from parity.cases.case import Array, Case, Draw, Shape
from parity.witnesses.problem import Problem

# So long that along no axis a mask is the same by chance.
ROWS_AND_MAPS: tuple[Shape, ...] = ((11, 9), (7, 6, 9, 8))
CALLED = {
    (0,): "one mask for all samples",
    (2, 3): "whole channels are dropped, as by Dropout2d",
}


def shared(interview: Interview, seed: int) -> Iterator[str]:
    """What is wrong with a mask that several elements share; nothing of other functions."""
    for x in ROWS_AND_MAPS if interview.told.like == "dropout" else ():
        problem = _problem(interview, x, seed)
        kept = None if problem is None else _drawn(interview.ask(problem), problem)
        axes = () if kept is None else _same_along(kept)
        if axes:
            called = f": {CALLED[axes]}" if axes in CALLED else ""
            axis = f"ax{'i' if len(axes) == 1 else 'e'}s {', '.join(map(str, axes))}"
            yield f"its mask is the same along {axis} of x {'×'.join(map(str, x))}{called}"
            return


def repeated(interview: Interview, seed: int) -> Iterator[str]:
    """Whether a second forward of the same object draws the mask of the first once more."""
    if interview.told.like != "dropout":
        return
    problem = _problem(interview, ROWS_AND_MAPS[0], seed)
    if problem is None:
        return
    one = interview.ask_with_seeds(problem, count(1))
    other = interview.ask_with_seeds(problem, count(100), twice=True)
    if one is None or other is None:
        return
    first, second = _drawn(one, problem), _drawn(other, problem)
    if first is not None and second is not None and np.array_equal(first, second):
        yield "its mask is the same in each call: it sets a seed, or draws but once"


def _problem(interview: Interview, x: Shape, seed: int) -> Problem | None:
    case = Case("dropout", "of a mask", {"x": Draw(x), "mask": Draw(x, "mask")})
    fitted = fit_of(interview.told).case(case)
    asked = None if fitted is None else problem_of(fitted, "float64", seed, LARGER * 4)
    return None if asked is None or interview.lacks(asked.problem) else asked.problem


def _drawn(answer: Answer, problem: Problem) -> Array | None:
    """Where y is not 0; None where something was raised, nothing or all is kept."""
    y = answer.tensors.get("y")
    x = problem.arrays["x"]
    if answer.raised or not isinstance(y, np.ndarray) or y.shape != x.shape:
        return None
    kept = np.asarray(y != 0)
    return kept if 0 < kept.sum() < kept.size else None


def _same_along(kept: Array) -> tuple[int, ...]:
    """The axes along which nothing changes.

    >>> _same_along(np.array([[True, False], [True, False]]))
    (0,)
    """
    return tuple(n for n in range(kept.ndim) if bool(np.all(kept == kept.take([0], n))))
