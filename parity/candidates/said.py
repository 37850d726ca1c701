"""The parts of what is said of a candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from parity.cases.case import Array, Shape
from parity.witnesses.problem import Problem


class Share(NamedTuple):
    """How many of how many hold."""

    right: int
    asked: int


NOTHING = Share(0, 0)


class Answered(NamedTuple):
    """One tensor of one case that a candidate was asked: how far off it was.

    said: what is wrong, "" if nothing is. ratio: its largest error over the limit, and roundings:
    in roundings of Σ|terms|; None where there were no numbers to judge.
    """

    case: str
    tensor: str
    said: str
    ratio: float | None
    roundings: float | None


class Misshapen(NamedTuple):
    """An array of a wrong shape, as it came, and the shape in the candidate's own layout."""

    value: Array
    wanted: Shape


@dataclass(frozen=True)
class Example:
    """The smallest problem on which a candidate is wrong, and one of its tensors there."""

    problem: Problem
    tensor: str
    said: str  # what is wrong about it
    expected: Array
    given: Array | None  # nothing where it is no array of that shape
    wrong: Array | None  # where

    @property
    def size(self) -> int:
        """How many elements its arrays have together."""
        return sum(array.size for array in self.problem.arrays.values())


class Said(NamedTuple):
    """A cause in words; the answer is what a grader may want to leave out.

    where: it says in which cases or places the numbers are wrong, not what was done.
    """

    text: str
    answer: str = ""
    certain: bool = False
    mistakes: tuple[str, ...] = ()
    where: bool = False
