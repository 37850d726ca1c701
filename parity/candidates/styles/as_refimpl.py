"""refimpl's own convention: f(x, weight, bias, options), f_backward(dy, x, weight, options)."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.candidates.styles.keywords import (
    array_parameters,
    arrays_named,
    keywords,
    lacking,
    other_than_fixed,
    without_fixed,
)
from parity.candidates.styles.moves import moves, ours, theirs
from parity.candidates.styles.naming import array_called, gradients_in, value_in
from parity.candidates.styles.requests import CACHE, call
from parity.candidates.styles.style import (
    BACKWARD,
    BOTH,
    FORWARD,
    Exchange,
    Plain,
    Reply,
    Signature,
    Step,
    Told,
    steps,
    value_of,
)
from parity.candidates.wire import Kept
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem

STEPS = ("sgd_step", "adam_step")
CACHES = ("cache", "ctx", "saved", "memory")  # what a forward hands to its backward


class AsRefimpl(Plain):
    """Arrays by position, options by the names that the candidate's signature has."""

    name = "refimpl"

    def functions(self) -> tuple[str, ...]:
        return tuple(FUNCTIONS)

    def lacks(self, problem: Problem, told: Told) -> str:
        other = other_than_fixed(problem, told.fixed)
        problem = without_fixed(problem, told.fixed)
        found = [
            lacking(problem, told.signature(name), len(given(problem, told.signature(name), part)))
            for name, part in parts(told)
            if part == FORWARD or not hands_on(told)
        ]
        return next(filter(None, (other, *found)), "")

    def exchange(self, problem: Problem, told: Told) -> Exchange:
        return steps(problem, *(asked(problem, told, name, part) for name, part in parts(told)))


def hands_on(told: Told) -> bool:
    """Whether the forward gives (y, cache) and the backward takes (dy, cache)."""
    after = (told.signature(told.names[-1]) or ())[1:2]
    return told.part == BOTH and any(p.name in CACHES for p in after)


def parts(told: Told) -> list[tuple[str, str]]:
    """Each name of the candidate, and whether it is the forward or the backward."""
    roles = (FORWARD, BACKWARD) if told.part == BOTH else (told.part,)
    return list(zip(told.names, roles, strict=True))


def given(problem: Problem, parameters: Signature, part: str) -> list[str]:
    """Which arrays are given, in refimpl's order; a backward gets a bias if it asks for one."""
    if part == FORWARD:
        return list(problem.arrays)
    wanted = [p.name for p in array_parameters(problem, parameters)]
    asks = len(wanted) > 3 and array_called(wanted[3], ("bias",)) != ""
    return ["dy", *(name for name in problem.arrays if name != "bias" or asks)]


def inputs(problem: Problem) -> tuple[str, ...]:
    """What a problem is differentiated by, in refimpl's order."""
    return tuple(name for name in FUNCTIONS[problem.function].inputs if name in problem.arrays)


def asked(problem: Problem, told: Told, name: str, part: str) -> Step:
    """One call of the forward or the backward."""
    ways, parameters = moves(problem, told.layout), told.signature(name)
    arrays = theirs(problem, ways)
    handed, named = given(problem, parameters, part), arrays_named(problem, parameters)
    args: list[Any] = [arrays[array] for array in handed if array not in named]
    by_name = {named[array]: arrays[array] for array in handed if array in named}
    cached = hands_on(told)
    if cached and part == BACKWARD:
        args, by_name = [arrays["dy"], Kept(CACHE)], {}
    keep = {"1": CACHE} if cached and part == FORWARD else {}
    ask = call(name, args, keywords(problem, parameters) | by_name, keep=keep, library=told.library)

    def read(reply: Reply) -> dict[str, Any]:
        value = value_of(reply)
        if keep and isinstance(value, tuple | list) and value:
            value = value[0]
        if problem.function in STEPS:
            value = stacked(value, arrays["dy"].shape)
        if part == FORWARD and is_pair(value, arrays["dy"]):
            value = value[0]  # (y, cache), of a forward alone
        found = {"y": value_in(value)} if part == FORWARD else gradients_in(value, inputs(problem))
        return ours(problem, ways, found)

    return Step(ask, tensors(problem, part), read)


def stacked(value: Any, shape: tuple[int, ...]) -> Any:
    """The parameter and the states of an optimiser's step, given back in a tuple, as one array.

    >>> stacked((np.zeros(3), np.ones(3)), (2, 3)).shape
    (2, 3)
    """
    several = isinstance(value, tuple | list)
    if several and [np.shape(part) for part in value] == [shape[1:]] * shape[0]:
        return np.array(value)
    return value


def is_pair(value: Any, dy: Any) -> bool:
    """Whether a forward gave its value and something else; several parts have a dy each."""
    together = isinstance(value, tuple) and value and isinstance(dy, np.ndarray)
    return bool(together and np.shape(value[0]) == dy.shape)


def tensors(problem: Problem, part: str) -> tuple[str, ...]:
    """The tensors that a forward or a backward is for."""
    return ("y",) if part == FORWARD else tuple(f"d{name}" for name in inputs(problem))
