"""Whether an adapter says what it is to say: a tiny case of each function, before verdicts count.

Every library has the plain form of a function that it has at all. A kernel that is turned there,
axes taken for others are the adapter's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import permutations
from math import prod
from typing import NamedTuple

import numpy as np

from parity.candidates.asked import Asked, problem_of
from parity.candidates.judge import SHAPE, judge
from parity.candidates.reference import Expected, expected
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import Call
from parity.peers.alternatives import mixed_up
from parity.peers.chosen_cases import SEED, TAKEN, candidates
from parity.peers.judged_cases import in_integers
from parity.peers.peer_line import Answer
from parity.witnesses.problem import Problem

ENOUGH = 4  # axes of x for the permutations of y


@cache
def tiny(function: str) -> Asked | None:
    """The plainest case of a function whose sizes tell its axes apart, in integers."""
    found = sorted(candidates(function), key=_plainness)
    if not found:
        return None
    # A 0 is a kink of functions of one element, however smooth: some make them of maxima.
    case = found[0].case
    whole = in_integers(case) if "weight" in case.arrays else case
    named = replace(whole, name=f"self-test, {whole.name}")
    return problem_of(named, "float32", SEED) or found[0]


def _plainness(asked: Asked) -> tuple[int, int, int, int]:
    """Few options, all arrays, different sizes that are more than 1, few elements."""
    problem = asked.problem
    x = next(iter(problem.arrays.values()))
    padding = problem.options.get("padding", 0) if problem.function != "pad" else 0
    options = [name for name in problem.options if name not in TAKEN]
    extra = len(options) + (padding not in (0, "valid")) + asked.forward_only + (x.ndim < 2)
    lacking = len(set(FUNCTIONS[problem.function].inputs) - set(problem.arrays))
    shapes = [x.shape, problem.dy.shape, Call(problem).kernel]
    alike = sum(len(shape) - len(set(shape) - {1}) for shape in shapes)
    return extra, lacking, alike, prod(x.shape)


class Fault(NamedTuple):
    """What is wrong in the tiny case. ours: it is a mix-up that only an adapter makes."""

    said: str
    ours: bool


def fault(asked: Asked, right: Expected, answer: Answer) -> Fault | None:
    """What is wrong in the tiny case; None if nothing, or if there is no answer.

    Digits that are lost are the library's. Of other wrong numbers nobody knows whose they are.
    """
    if not answer.tensors:
        return None
    if "y" not in answer.tensors:
        return Fault("y is missing", ours=True)
    wrong = [
        judged
        for tensor, value in answer.tensors.items()
        if tensor in right.truths
        for judged in [judge(right, tensor, value)]
        if judged.aspect and not _same(value, right.right(tensor))
    ]
    if not wrong:
        return None
    for said in _mixed(asked.problem, answer):
        return Fault(said, ours=True)
    return Fault(wrong[0].said, ours=wrong[0].aspect == SHAPE)


def _mixed(problem: Problem, answer: Answer) -> Iterator[str]:
    """Mix-ups that give these very numbers."""
    y = answer.tensors.get("y")
    if y is None:
        return
    right = expected(problem, ("y",)).right("y")
    if y.ndim == right.ndim <= ENOUGH + 1:
        for axes in permutations(range(right.ndim)):
            if axes != tuple(range(right.ndim)) and _same(y, right.transpose(axes)):
                yield f"the axes of y are mixed up: they are refimpl's {axes}"
    for other in mixed_up(problem):
        if _same(y, expected(other.problem, ("y",)).right("y")):
            yield other.said


def _same(found: Array, wanted: Array) -> bool:
    """Whether numbers are the same to three digits of the largest."""
    if found.shape != wanted.shape:
        return False
    return bool(np.max(np.abs(found - wanted), initial=0) <= 1e-3 * np.max(np.abs(wanted)))
