"""Two mistakes in one tensor: a known one, on arguments or with a result that are turned, say.

Known wrong code is run on a changed problem, or its result is moved; where that gives what was
found in all cases, both were done. A change that is itself what a known mistake does has its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.answers import answer_of
from parity.diagnosis.cause import Cause
from parity.diagnosis.known import said_of
from parity.diagnosis.observation import Observation, by_size
from parity.diagnosis.tampered import computed_right, is_finite, kept
from parity.diagnosis.wrong_code import computed, differs, gives_back, mistakes_of
from parity.mistakes.catalogue import Mistake
from parity.witnesses.problem import Problem

ENOUGH = 2  # failing cases in which it shows
MOST = 3  # pairs that are named

Move = Callable[[Array], Array | None]


class Second(NamedTuple):
    """What is done beside a known mistake: to an argument, or to the result where there is none."""

    text: str
    argument: str
    move: Move

    def given(self, code: Callable[[Problem], Array | None], problem: Problem) -> Array | None:
        """What code gives when this is done, too."""
        if not self.argument:
            found = code(problem)
            return None if found is None else self.move(found)
        array = problem.dy if self.argument == "dy" else problem.arrays.get(self.argument)
        changed = None if array is None else self.move(array)
        if changed is None or array is None or changed.shape != array.shape:
            return None
        if self.argument == "dy":
            return code(problem._replace(dy=changed))
        return code(problem._replace(arrays={**problem.arrays, self.argument: changed}))


def _flipped(*axes: int) -> Move:
    return lambda array: np.flip(array, axes) if array.ndim >= -min(axes) else None


def _turned(array: Array) -> Array | None:
    """All axes behind the first two; of a matrix both."""
    axes = tuple(range(2, array.ndim)) or (0, 1)
    return np.flip(array, axes) if array.ndim > 1 else None


def _exchanged(array: Array) -> Array | None:
    return array.swapaxes(-1, -2) if array.ndim > 1 else None


def _only(axis: int, index: slice) -> Move:
    part = (*(slice(None),) * axis, index)
    return lambda array: kept(array, lambda shape: part if len(shape) > axis else None)


MOVES: Mapping[str, Move] = {
    "turned by 180°": _turned,
    "reversed along its last axis": _flipped(-1),
    "reversed along its last axis but one": _flipped(-2),
    "with its last two axes exchanged": _exchanged,
}
PARTS: Mapping[str, Move] = {
    "of the last sample alone": _only(0, slice(-1, None)),
    "of the first sample alone": _only(0, slice(1)),
    "of the last output map alone": _only(1, slice(-1, None)),
    "of the first output map alone": _only(1, slice(1)),
}
SECONDS = (
    *(Second(f"the result is {text}", "", move) for text, move in MOVES.items()),
    *(
        Second(f"{name} is taken {text}", name, move)
        for name in ("weight", "kernel", "dy")
        for text, move in MOVES.items()
    ),
    *(Second(f"dy is taken {text}", "dy", move) for text, move in PARTS.items()),
)


def two_in_one(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """Every known mistake that gives what was found with something else done beside it."""
    ordered = [o for o in by_size(observations) if tensor in o.right and is_finite(o.problem)]
    if sum(o.shows(tensor) for o in ordered) < ENOUGH:
        return []
    pairs = [
        (known, second)
        for known in mistakes_of(ordered[0].problem.function)
        if gives_back(known, tensor) and differs(known, ordered, tensor)
        for second in SECONDS
        if _fits(_wrong(known, tensor), second, ordered, tensor)
    ]
    return _distinct(_cause(known, second, ordered, tensor) for known, second in pairs)[:MOST]


def _distinct(causes: Iterable[Cause]) -> list[Cause]:
    """The same two mistakes once, whichever was found as the first."""
    found: dict[object, Cause] = {}
    for cause in causes:
        named = frozenset(cause.mistakes)
        found.setdefault(named if len(named) > 1 else cause.text, cause)
    return list(found.values())


def _wrong(known: Mistake, tensor: str) -> Callable[[Problem], Array | None]:
    return lambda problem: (computed(known, problem) or {}).get(tensor)


def _right(tensor: str) -> Callable[[Problem], Array | None]:
    return lambda problem: computed_right(problem, tensor)


def _fits(
    code: Callable[[Problem], Array | None],
    second: Second,
    ordered: Sequence[Observation],
    tensor: str,
) -> bool:
    for observation in ordered:
        numbers = second.given(code, observation.problem)
        if numbers is None or not observation.gives(tensor, numbers):
            return False
    return True


def _cause(known: Mistake, second: Second, ordered: Sequence[Observation], tensor: str) -> Cause:
    """Both by their titles, if the second is a known mistake by itself."""
    function = ordered[0].problem.function
    other = _known_as(second, ordered, tensor)
    also = second.text if other is None else other.title.removeprefix(f"{tensor}: ")
    both = (known,) if other is None else (known, other)
    return Cause(
        f"{said_of(tensor, known)}, and {also}",
        "two known mistakes" if other else "known mistake",
        tuple(one.name for one in both),
        tensor,
        answer=answer_of(
            function, [tensor], list(dict.fromkeys(d for one in both for d in one.formulas))
        ),
    )


def _known_as(second: Second, ordered: Sequence[Observation], tensor: str) -> Mistake | None:
    """The known mistake that gives what the right code does with it, in all cases."""
    for known in mistakes_of(ordered[0].problem.function):
        if gives_back(known, tensor) and all(_same(known, second, o, tensor) for o in ordered):
            return known
    return None


def _same(known: Mistake, second: Second, observation: Observation, tensor: str) -> bool:
    wrong = _wrong(known, tensor)(observation.problem)
    given = second.given(_right(tensor), observation.problem)
    if wrong is None or given is None or wrong.shape != given.shape:
        return False
    return bool(np.all(observation.alike(tensor, wrong, given)))
