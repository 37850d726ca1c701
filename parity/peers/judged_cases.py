"""One case as a library answered it: right, another convention, or wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from parity.candidates.asked import Asked, chooses
from parity.candidates.causes import observation
from parity.candidates.examine import Answer as Given
from parity.candidates.examine import Outcome
from parity.candidates.judge import DTYPE, VALUES, Judged, judge
from parity.candidates.reference import Expected, expected, tensors_of
from parity.cases.case import Array, Case, Draw
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.observation import Observation
from parity.peers.alternatives import Alternative, alternatives
from parity.peers.peer_line import Answer
from parity.witnesses.problem import Problem

NARROW = "float64 with the digits of float32"
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
    if wrong and not said:
        said = frozenset(
            next(([n] for n, holds in INEXACT.items() if all(holds(right, w) for w in wrong)), [])
        )
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
    """Whether the errors of sums of products are small beside the largest sum."""
    if one.aspect != VALUES or FUNCTIONS[right.problem.function].subject not in SUMMING:
        return False
    unit = float(np.finfo(right.problem.dy.dtype).eps) / 2
    least = ROUNDINGS * unit * np.max(right.terms[one.tensor])  # of integers, which have no limit
    return bool(np.max(_errors(right, one)) <= max(least, np.max(right.limits[one.tensor])))


def _narrow(right: Expected, one: Judged) -> bool:
    """Whether float64 came with the digits of float32: within its bound, and no nearer."""
    if one.aspect not in (VALUES, DTYPE) or right.problem.dy.dtype != np.float64:
        return False
    errors, size = _errors(right, one), np.abs(right.right(one.tensor))
    eps = float(np.finfo(np.float32).eps)
    limits = right.limits[one.tensor] * WIDER + ROUNDINGS * eps / 2 * right.terms[one.tensor]
    lost = np.max(errors) > FAR * np.max(size)
    return bool(lost) and bool(np.all(errors <= limits + eps * np.max(size)))


def _errors(right: Expected, one: Judged) -> Array:
    assert one.given is not None
    return np.asarray(np.abs(one.given - right.right(one.tensor)))


SUMMING = ("convolution", "transposed_convolution", "dense", "correlation")
ROUNDINGS = 16
FAR = 2.0**-40  # of the largest element: between the digits of both
WIDER = float(np.finfo(np.float32).eps / np.finfo(np.float64).eps)
INEXACT: Mapping[str, Callable[[Expected, Judged], bool]] = {NORMWISE: _normwise, NARROW: _narrow}


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


def off_by(one: JudgedCase) -> str:
    """How far off the first wrong tensor is, for the end of a sentence; "" of another shape."""
    first = one.wrong[0]
    if first.aspect != VALUES or one.right is None:
        return ""
    largest = float(np.max(np.abs(one.right.right(first.tensor)), initial=0.0))
    most = float(np.max(_errors(one.right, first)))
    return f", by up to {most / largest:.1e} of the largest" if largest else ""


def smallest(found: Sequence[JudgedCase]) -> JudgedCase:
    """Of those that are wrong the one with the fewest elements."""
    return min(found, key=lambda one: _size(one.asked.problem))


def _size(problem: Problem) -> int:
    return sum(array.size for array in problem.arrays.values())
