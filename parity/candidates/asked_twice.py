"""What an object keeps from one call to the next: the same object is asked twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from parity.candidates.asked import LARGER, Asked, problem_of
from parity.candidates.examine import Answer
from parity.candidates.interview import Interview
from parity.candidates.reference import expected, tensors_of
from parity.candidates.styles.again import BACKWARD_ALONE, NOT_ZEROED
from parity.candidates.styles.as_layer import zeroing
from parity.candidates.styles.constructing import PARAMETERS
from parity.candidates.styles.moves import OF_MAPS
from parity.candidates.styles.style import ONE_SAMPLE
from parity.cases.case import Array, Case, Classes, Draw, Probabilities
from parity.witnesses.problem import Problem

Tensors = Mapping[str, Any]
TIMES = 2  # each of two answers may be off by its limit
DRAWN = ("dropout",)  # what it draws may differ each time


def kept(interview: Interview, asked: Sequence[Asked], seed: int) -> Iterator[str]:
    """What is wrong with an object that is asked a second time; nothing of functions."""
    if interview.told.like in DRAWN:
        return
    for one in _asked_twice(asked):
        for larger in (False, True):
            other = _another(one, interview, seed, larger)
            found = other and _in_the_second(interview, one.problem, other)
            if found:
                yield found
                return
        found = _in_a_second_backward(interview, one.problem, seed)
        if found:
            yield found
            return


def notes(interview: Interview, asked: Sequence[Asked], seed: int) -> Iterator[str]:
    """What is right, and worth knowing: gradients that are added up until they are set to 0."""
    for one in _asked_twice(asked):
        other = _another(one, interview, seed, larger=False)
        if other is None:
            return
        name = next((s.ask[0]["target"].partition(".")[2] for s in zeroing(interview.told)), "")
        again = interview.ask_again(one.problem, other, NOT_ZEROED) if name else None
        first, fresh = interview.ask(one.problem), interview.ask(other)
        if again is not None and _added(again, first, fresh, other):
            yield f"gradients are added up until {name}() is called, as in torch"
        second = _with_other_upstream(one.problem, seed)
        once_more = interview.ask_again(one.problem, second, BACKWARD_ALONE)
        if once_more is not None and once_more.raised and not first.raised:
            yield "a second backward needs a forward before it"


def _asked_twice(asked: Sequence[Asked]) -> Sequence[Asked]:
    """One of the problems: ordinary numbers, neither the smallest nor large."""
    usual = [
        one for one in asked if one.dtype == "float64" and not one.beyond and not one.forward_only
    ]
    return usual[len(usual) // 2 :][:1]


def _another(one: Asked, interview: Interview, seed: int, larger: bool) -> Problem | None:
    """A problem for the same parameters, with other numbers or of other sizes; None if none is."""
    maps = one.problem.function in OF_MAPS
    batch = interview.told.layout not in ONE_SAMPLE
    case = _larger(one.case, maps, batch) if larger else one.case
    found = problem_of(replace(case, name=f"{case.name}, again"), "float64", seed, 4 * LARGER)
    if found is None:
        return None
    same = {name: one.problem.arrays[name] for name in PARAMETERS if name in one.problem.arrays}
    problem = found.problem._replace(arrays={**found.problem.arrays, **same})
    return None if interview.lacks(problem) else problem


def _larger(case: Case, maps: bool, batch: bool) -> Case:
    """One sample more; of maps a row and two columns more."""
    arrays = dict(case.arrays)
    for name, source in case.arrays.items():
        if name in PARAMETERS or not isinstance(source, Draw | Classes | Probabilities):
            continue
        shape = source.shape
        more = [0] * len(shape)
        if batch and shape:
            more[0] = 1
        if maps:
            more[2:] = [1 + axis for axis in range(len(shape) - 2)]
        sizes = tuple(n + m for n, m in zip(shape, more, strict=True))
        arrays[name] = replace(source, shape=sizes)
    return replace(case, arrays=arrays)


def _with_other_upstream(problem: Problem, seed: int) -> Problem:
    dy = np.random.default_rng(seed).normal(size=problem.dy.shape)
    return problem._replace(dy=dy.astype(problem.dy.dtype))


# --- what came of it ----------------------------------------------------------------------


def _in_the_second(interview: Interview, first: Problem, second: Problem) -> str:
    """What is odd about the second answer; "" if it is as from a new object."""
    fresh, again = interview.ask(second), interview.ask_again(first, second)
    if again is None or fresh.raised or fresh.fatal:
        return ""
    if again.raised or again.fatal:
        return f"the same object, asked a second time: {again.raised or again.fatal}"
    off = _apart(again.tensors, fresh.tensors, second)
    if not off:
        return ""
    before = interview.ask(first)
    added = _added(again, before, fresh, second)
    if added:
        return f"gradients of the first backward are still in the second: {_listed(added)} added to"
    stale = _of_the_first_x(interview, again, first, second, off)
    if stale:
        return f"what the first forward left is used in the second: {_listed(stale)} of the first x"
    return f"the same object, asked a second time, gives another {', '.join(off)}"


def _of_the_first_x(
    interview: Interview, again: Answer, first: Problem, second: Problem, off: Sequence[str]
) -> list[str]:
    """The tensors that are right for the arrays of the first problem and the second's dy."""
    if first.dy.shape != second.dy.shape:
        return []
    mixed = interview.ask(first._replace(dy=second.dy)).tensors
    return [
        name for name in off if name in mixed and not _off(again.tensors.get(name), mixed[name])
    ]


def _in_a_second_backward(interview: Interview, first: Problem, seed: int) -> str:
    """What is odd about a second backward behind one forward; an error is none."""
    second = _with_other_upstream(first, seed)
    fresh, again = interview.ask(second), interview.ask_again(first, second, BACKWARD_ALONE)
    if again is None or again.raised or again.fatal or fresh.raised or fresh.fatal:
        return ""
    off = [name for name in _apart(again.tensors, fresh.tensors, second) if name != "y"]
    return f"a second backward after one forward gives another {', '.join(off)}" if off else ""


def _added(again: Answer, first: Answer, fresh: Answer, second: Problem) -> list[str]:
    """The gradients that are the sum of both."""
    return [
        name
        for name in _apart(again.tensors, fresh.tensors, second)
        if name != "y" and not _off(again.tensors[name], _sum(first, fresh, name))
    ]


def _sum(first: Answer, fresh: Answer, name: str) -> Any:
    one, other = _numbers(first.tensors.get(name)), _numbers(fresh.tensors.get(name))
    return None if one is None or other is None or one.shape != other.shape else one + other


def _apart(again: Tensors, fresh: Tensors, problem: Problem) -> list[str]:
    """The tensors that differ by more than two right answers may."""
    names = [name for name in tensors_of(problem) if name in fresh]
    limits = expected(problem, names).limits
    return [n for n in names if _off(again.get(n), fresh[n], TIMES * limits[n])]


def _off(one: Any, other: Any, limit: Any = None) -> bool:
    """Whether two arrays differ; without a limit by more than a few roundings of the largest."""
    a, b = _numbers(one), _numbers(other)
    if a is None or b is None or a.shape != b.shape:
        return type(one) is not type(other) or (a is not None and b is not None)
    if limit is None:
        limit = 64 * np.finfo(np.float64).eps * np.max(np.abs(b), initial=0.0)
    with np.errstate(all="ignore"):
        same = (np.abs(a - b) <= limit) | (a == b) | (np.isnan(a) & np.isnan(b))
    return not bool(np.all(same))


def _numbers(value: Any) -> Array | None:
    """As floats; None where there are none, of a gradient that is missing too."""
    if value is None:
        return None
    try:
        return np.asarray(value, np.float64)
    except (TypeError, ValueError):
        return None


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names)} {'is' if len(names) == 1 else 'are'}"
