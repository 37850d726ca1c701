"""One case as a library answered it: right, another convention, or wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.candidates.asked import Asked, chooses
from parity.candidates.causes import observation
from parity.candidates.examine import Answer as Given
from parity.candidates.examine import Outcome
from parity.candidates.judge import VALUES, Judged, judge
from parity.candidates.reference import Expected, expected, tensors_of
from parity.cases.case import Array, Case, Draw
from parity.diagnosis.observation import Observation
from parity.peers.alternatives import Alternative, alternatives
from parity.peers.peer_line import Answer
from parity.witnesses.problem import Problem

NORMWISE = "its sums add other terms, as Winograd and FFT do: right beside the largest sum only"


@dataclass(frozen=True)
class JudgedCase:
    """What came of one case.

    judged: each tensor that came. conventions: those whose exact answer all wrong tensors are.
    """

    asked: Asked
    answer: Answer
    judged: tuple[Judged, ...] = ()
    conventions: frozenset[str] = frozenset()
    right: Expected | None = None

    @property
    def wrong(self) -> tuple[Judged, ...]:
        return tuple(one for one in self.judged if one.aspect)

    @property
    def roundings(self) -> float:
        """The largest error of a tensor that is right, in roundings of Σ|terms|."""
        return max((one.roundings for one in self.judged if not one.aspect), default=0.0)

    @property
    def exact(self) -> bool:
        """Whether no tensor is off at all."""
        return all(one.ratio == 0 and not one.aspect for one in self.judged)

    @property
    def observation(self) -> Observation:
        """For the diagnosis."""
        assert self.right is not None
        return observation(Outcome(self.asked, self.right, Given(self.answer.tensors), self.judged))


class Truths:
    """The exact values of cases, computed once for all libraries."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Expected] = {}

    def of(self, asked: Asked) -> Expected:
        key = asked.case.id, asked.dtype
        if key not in self._found:
            tensors = ("y",) if asked.forward_only else tensors_of(asked.problem)
            self._found[key] = expected(asked.problem, tensors)
        return self._found[key]


def judged_case(asked: Asked, right: Expected, answer: Answer) -> JudgedCase:
    """An answer beside the exact values, then beside those of other conventions."""
    judged = tuple(
        _judged(right, tensor, answer.tensors[tensor])
        for tensor in right.truths
        if tensor in answer.tensors
    )
    wrong = [one for one in judged if one.aspect]
    said = frozenset(
        other.said for other in alternatives(asked.problem) if wrong and _gives(other, answer)
    )
    if wrong and not said and all(_normwise(right, one) for one in wrong):
        said = frozenset({NORMWISE})
    return JudgedCase(asked, answer, judged, said, right)


def _judged(right: Expected, tensor: str, value: Array) -> Judged:
    return judge(right, tensor, value)


def _gives(other: Alternative, answer: Answer) -> bool:
    """Whether the answer is the exact one of another problem, to its bound."""
    tensors = [t for t in answer.tensors if t in tensors_of(other.problem)]
    if chooses(other.problem.function):
        tensors = [t for t in tensors if t == "y"]
    right = expected(other.problem, tensors)
    for tensor in tensors:
        value = answer.tensors[tensor]
        back = other.back.get(tensor)
        if back is not None:
            nearest = back(right.right(tensor))
            if value.shape != nearest.shape or not _near(value, nearest, right, tensor):
                return False
        elif judge(right, tensor, value).aspect:
            return False
    return bool(tensors)


def _near(value: Array, nearest: Array, right: Expected, tensor: str) -> bool:
    """Within the largest limit that the other problem has for this tensor."""
    most = float(np.max(right.limits[tensor], initial=0.0))
    return bool(np.all(np.abs(value - nearest) <= most))


def _normwise(right: Expected, one: Judged) -> bool:
    """Whether a tensor's errors are small beside its largest sum."""
    if one.aspect != VALUES or one.given is None:
        return False
    if float(np.max(right.limits[one.tensor], initial=0.0)) == 0:
        return False
    error = np.abs(one.given - right.right(one.tensor))
    return bool(np.max(error) <= np.max(right.limits[one.tensor]))


def in_integers(case: Case) -> Case:
    """The case on small integers, unless ties would decide."""
    if chooses(case.function):
        return case
    drawn: Mapping[str, object] = {
        name: replace(source, values="integers")
        if isinstance(source, Draw) and source.values == "normal"
        else source
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=drawn)  # type: ignore[arg-type]


def smallest(found: Sequence[JudgedCase]) -> JudgedCase:
    """Of those that are wrong the one with the fewest elements."""
    return min(found, key=lambda one: _size(one.asked.problem))


def _size(problem: Problem) -> int:
    return sum(array.size for array in problem.arrays.values())
