"""A probe: a question with several known answers; which of them came is the convention."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.witnesses.problem import Problem

Tensors = Mapping[str, Array]
ADDED_WELL = "no more than 32 roundings"
MILLION = 10**6  # terms of a long sum, which any order adds with as many roundings at most
FEW = 32  # roundings that a long sum may be off by
ROUNDINGS = 16  # of the largest number of an answer: what another order of its formula comes to


@dataclass(frozen=True)
class Probe:
    """A problem, and what comes out under each convention, by its name; refimpl's is the first.

    choice: more than one answer is right; else the first alone is. every_option: nothing is left
    to the library's own defaults. roundings: how far off an answer may be
    and still be taken for it, of the largest number or, by_element, of each.
    """

    function: str
    topic: str
    name: str
    arrays: Mapping[str, Any]
    options: Mapping[str, Any]
    dy: Any
    answers: Mapping[str, Tensors]
    choice: bool = True
    every_option: bool = True
    dtype: str = "float32"
    by_element: bool = False
    roundings: int = ROUNDINGS
    kept: Mapping[str, str] = field(default_factory=dict)  # arrays of a type of their own

    @property
    def id(self) -> str:
        """`function[topic, name]`"""
        return f"{self.function}[{self.topic}, {self.name}]"

    @property
    def group(self) -> str:
        """What its row in peers.csv is called."""
        return f"{self.topic}: {self.name}"

    @property
    def tensors(self) -> tuple[str, ...]:
        """What it looks at."""
        return tuple(dict.fromkeys(t for tensors in self.answers.values() for t in tensors))

    @property
    def wanted(self) -> tuple[str, ...]:
        """What it differentiates by."""
        return tuple(tensor[1:] for tensor in self.tensors if tensor != "y")

    @property
    def size(self) -> int:
        """How many numbers it sends."""
        return sum(np.size(array) for array in self.arrays.values())

    @property
    def problem(self) -> Problem:
        """Its arrays in its dtype."""
        arrays = {
            name: np.asarray(array, self.kept.get(name, self.dtype))
            for name, array in self.arrays.items()
        }
        return Problem(self.function, arrays, self.options, np.asarray(self.dy, self.dtype))

    def recognised(self, given: Tensors) -> str:
        """The convention whose numbers these are; "" if they are none's."""
        for name, tensors in self.answers.items():
            if all(self._alike(given.get(t), wanted) for t, wanted in tensors.items()):
                return name
        return ""

    def _alike(self, found: Array | None, wanted: Array) -> bool:
        return alike(found, wanted, self.dtype, self.by_element, self.roundings)

    def shown(self, given: Tensors) -> str:
        """The numbers that came, in short."""
        return "; ".join(f"{t} {written(given[t])}" for t in self.tensors if t in given)


class Bitwise(Probe):
    """A probe whose answers differ in the last digit: nothing else is the same."""

    def recognised(self, given: Tensors) -> str:
        for name, tensors in self.answers.items():
            if all(np.array_equal(given.get(t, np.nan), w) for t, w in tensors.items()):
                return name
        return ""

    def shown(self, given: Tensors) -> str:
        """The numbers, and how far they are off what would be right."""
        right = next(iter(self.answers.values()))
        errors = [
            float(np.max(np.abs(np.subtract(given[t], w, dtype=np.float64))))
            for t, w in right.items()
            if t in given and np.shape(given[t]) == np.shape(w)
        ]
        return f"{super().shown(given)}, off by up to {max(errors, default=np.inf):.1e}"


class LongSum(Probe):
    """A sum of a million equal numbers: how it was added shows in how much of it is lost.

    Any order is within the bound; `roundings_of` says how near it came.
    """

    def recognised(self, given: Tensors) -> str:
        roundings = self.roundings_of(given)
        if roundings is None or roundings > MILLION:
            return ""
        unit = float(np.finfo(self.dtype).eps) / 2
        few = roundings <= FEW
        return ADDED_WELL if few else f"{roundings * unit:.1e} of it is lost"

    def roundings_of(self, given: Tensors) -> float | None:
        """The relative error over u; None of a tensor that is not there or has another shape."""
        (tensor, right), *_ = self.answers[ADDED_WELL].items()
        found = given.get(tensor)
        if found is None or np.shape(found) != np.shape(right) or not np.all(np.isfinite(found)):
            return None
        error = float(np.max(np.abs(np.subtract(found, right, dtype=np.float64) / right)))
        return error / (float(np.finfo(self.dtype).eps) / 2)


def alike(
    found: Array | None,
    wanted: Array,
    dtype: str,
    by_element: bool = False,
    roundings: int = ROUNDINGS,
) -> bool:
    """Whether numbers are the same, up to some roundings of the largest or of each; NaN is NaN.

    >>> alike(np.array([1.0, np.nan]), np.array([1.0, np.nan]), "float32")
    True
    >>> alike(np.array([1.0, 2.0]), np.array([1.0, 2.0001]), "float32")
    False
    """
    if found is None or np.shape(found) != np.shape(wanted):
        return False
    sizes = np.where(np.isfinite(wanted), np.abs(wanted), 0.0)
    largest = sizes if by_element else np.max(sizes, initial=0.0)
    most = roundings * float(np.finfo(dtype).eps) / 2 * largest
    with np.errstate(all="ignore"):
        near = np.abs(np.subtract(found, wanted, dtype=np.float64)) <= most
    same = near | (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    return bool(np.all(same))


SHOWN = 8  # numbers of a tensor


def written(array: Array) -> str:
    """A tensor's numbers in a row, at most eight.

    >>> written(np.array([[1.0, np.nan], [0.5, -0.0]]))
    '[1, nan, 0.5, -0]'
    """
    flat = np.asarray(array).reshape(-1)
    more = ", …" if flat.size > SHOWN else ""
    return f"[{', '.join(f'{v:.6g}' for v in flat[:SHOWN].tolist())}{more}]"
