"""Observations for the tests: refimpl's numbers, and those of code that does something wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

import numpy as np

from parity.cases.case import Array, Case, Draw, case_arrays, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.observation import Observation, largest_of
from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.witnesses.problem import Problem

SEED = 20261120
LARGEST = 2000  # numbers that go into a case
Tensors = dict[str, Array]
Code = Callable[[Problem, Tensors], Mapping[str, Array | str]]


@cache
def problems(function: str, count: int = 40) -> tuple[tuple[str, Problem, Tensors], ...]:
    """Some of the smaller cases of a function, float32 and float64, and refimpl's tensors."""
    asked = [(case, dtype) for case in GOOD if case.function == function for dtype in case.dtypes]
    made: list[tuple[str, Problem, Tensors]] = []
    for i in generator(SEED, function).permutation(len(asked)):
        if len(made) < count:
            one = made_of(*asked[i])
            made += [one] if sum(a.size for a in one[1].arrays.values()) <= LARGEST else []
    return tuple(made)


def made_of(case: Case, dtype: str) -> tuple[str, Problem, Tensors]:
    """A case as a problem, dy drawn at random."""
    arrays = case_arrays(case, dtype, SEED)
    function = FUNCTIONS[case.function]
    with np.errstate(all="ignore"):
        y = function.forward(arrays, case.options)
        rng = generator(SEED, case.id, "dy")
        dy = np.asarray(draw(Draw(y.shape, case.upstream), dtype, rng)).reshape(y.shape)
        problem = Problem(case.function, arrays, case.options, dy)
        tensors = {"y": y} | {
            f"d{n}": g for n, g in function.backward(dy, arrays, case.options).items()
        }
    return f"{case.id} {dtype}", problem, tensors


def observed(function: str, code: Code, part: str = "both", count: int = 40) -> list[Observation]:
    """What code gives that is handed each problem and its right tensors."""
    made = []
    for name, problem, right in problems(function, count):
        wanted = {
            t: array
            for t, array in right.items()
            if part == "both" or (t == "y") == (part == "forward")
        }
        with np.errstate(all="ignore"):
            given = code(problem, dict(right))
            found = {t: given.get(t, array) for t, array in wanted.items()}
        made.append(observation(name, problem, wanted, found))
    return made


def observation(
    name: str, problem: Problem, right: Tensors, found: Mapping[str, Array | str]
) -> Observation:
    """With a limit of some roundings, and judged by it."""
    eps = max(
        float(np.finfo(a.dtype).eps)
        for a in (problem.dy, *problem.arrays.values())
        if a.dtype.kind == "f"
    )
    limit = {t: np.full(a.shape, 32 * eps * largest_of(a)) for t, a in right.items()}
    wrong = tuple(t for t in right if is_wrong(found[t], right[t], limit[t]))
    exact = {t: np.asarray(a, np.float64) for t, a in right.items()}
    return Observation(name, problem, exact, limit, found, wrong)


def is_wrong(found: Array | str, right: Array, limit: Array) -> bool:
    """Whether a tensor is off by more than the limit somewhere."""
    if isinstance(found, str) or found.shape != right.shape:
        return True
    with np.errstate(all="ignore"):
        near = np.abs(np.subtract(found, right, dtype=float)) <= limit
    return not np.all(near | (found == right) | (np.isnan(found) & np.isnan(right)))


def by_mistakes(*known: tuple[str, str] | str) -> Code:
    """Code that makes known mistakes: one everywhere, or each in one tensor ("dx", name)."""

    def code(problem: Problem, right: Tensors) -> Mapping[str, Array | str]:
        found: dict[str, Array | str] = {}
        for entry in known:
            tensor, name = ("", entry) if isinstance(entry, str) else entry
            try:
                given = given_by(MISTAKES[name], problem)
            except ValueError as error:
                return dict.fromkeys(right, str(error))
            found |= {t: a for t, a in given.items() if tensor in ("", t)}
        return found

    return code


def given_by(known: Mistake, problem: Problem) -> dict[str, Array]:
    """What a known mistake gives."""
    function = FUNCTIONS[problem.function]
    if known.function in FUNCTIONS:
        return {"y": function.forward(problem.arrays, problem.options, known.wrong)}
    grads = function.backward(problem.dy, problem.arrays, problem.options, known.wrong)
    return {f"d{name}": gradient for name, gradient in grads.items()}


def failing(observations: Sequence[Observation]) -> int:
    """How many of them are wrong somewhere."""
    return sum(bool(one.wrong) for one in observations)
