"""One case as the diagnosis sees it: what was asked, what is right, what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.witnesses.problem import Problem

ROUNDINGS = 16  # of the largest number: what another order of the same formula may come to


@dataclass(frozen=True)
class Observation:
    """One case: the right tensors, and those of code that is right here or is not.

    right: exact values rounded to float64. limit: the most by which a right answer may be off.
    found: what the code gave; a text is what it raised instead. wrong: the tensors that are wrong
    here, () where the case passed. raised: whether code was ended by an error of its own.
    """

    case: str
    problem: Problem
    right: Mapping[str, Array]
    limit: Mapping[str, Array]
    found: Mapping[str, Array | str]
    wrong: tuple[str, ...]
    raised: bool = False

    @cached_property
    def size(self) -> int:
        """How many numbers go into the case."""
        arrays = (*self.problem.arrays.values(), self.problem.dy)
        return int(sum(array.size for array in arrays))

    @property
    def eps(self) -> float:
        """The relative spacing of the floats that the case is asked in."""
        return float(self._floats.eps)

    @cached_property
    def _floats(self) -> Any:
        """The narrowest float type of the arrays."""
        arrays = (*self.problem.arrays.values(), self.problem.dy)
        floats = [np.finfo(array.dtype) for array in arrays if array.dtype.kind == "f"]
        return max(floats, key=lambda info: info.eps, default=np.finfo(np.float64))

    def numbers(self, tensor: str) -> Array | None:
        """What was found for a tensor, as floats; None where it is no array of real numbers."""
        found = self.found.get(tensor)
        if not isinstance(found, np.ndarray) or found.dtype.kind not in "fiub":
            return None
        return found if found.dtype.kind == "f" else found.astype(np.float64)

    def gives(self, tensor: str, numbers: Array) -> bool:
        """Whether the code gave these numbers for a tensor, up to rounding."""
        found = self.numbers(tensor)
        if found is None or found.shape != numbers.shape:
            return False
        return bool(np.all(self.alike(tensor, found, numbers)))

    def is_right(self, tensor: str, numbers: Array) -> bool:
        """Whether numbers for a tensor are the right ones up to rounding."""
        right = self.right[tensor]
        return numbers.shape == right.shape and bool(np.all(self.alike(tensor, numbers, right)))

    def alike(self, tensor: str, found: Array, numbers: Array) -> Array:
        """Where two arrays of one shape are the same up to rounding; NaN is NaN."""
        with np.errstate(all="ignore"):
            apart = np.abs(np.subtract(found, numbers, dtype=np.float64))
            near: Array = apart <= self._slack(tensor, numbers, found)
            if near.all():
                return near
            overflown = np.isinf(found) & (np.sign(found) * numbers > float(self._floats.max) / 2)
        undefined = np.isnan(found) & np.isnan(numbers)
        return np.asarray(near | (found == numbers) | undefined | overflown)

    def _slack(self, tensor: str, numbers: Array, found: Array) -> float:
        """What rounding may do to numbers computed as the right ones are, but larger perhaps.

        Numbers that come in a narrower dtype than they were asked in are rounded as that one does.
        """
        largest, right = largest_of(numbers), self._largest[tensor]
        growth = max(1.0, largest / right) if right else 1.0
        eps = max(self.eps, float(np.finfo(found.dtype).eps))
        limit = 2 * growth * self._limits[tensor] * (eps / self.eps)
        return limit + ROUNDINGS * (eps * largest + self.least)

    @cached_property
    def least(self) -> float:
        """The smallest number of these floats."""
        return float(self._floats.smallest_subnormal)

    @cached_property
    def _largest(self) -> dict[str, float]:
        return {tensor: largest_of(array) for tensor, array in self.right.items()}

    @cached_property
    def _limits(self) -> dict[str, float]:
        return {t: largest_of(self.limit[t]) if t in self.limit else 0.0 for t in self.right}

    def blind(self, tensor: str) -> bool:
        """Whether the right numbers could not be told from what was found."""
        return self._blind.get(tensor, False)

    @cached_property
    def _blind(self) -> dict[str, bool]:
        return {tensor: self.gives(tensor, right) for tensor, right in self.right.items()}

    def shows(self, tensor: str) -> bool:
        """Whether a tensor is wrong here by more than rounding, in numbers."""
        return tensor in self.wrong and self.numbers(tensor) is not None and not self.blind(tensor)


def restricted(observation: Observation, tensors: Set[str]) -> Observation:
    """An observation of some of its tensors alone."""
    if tensors >= {*observation.right, *observation.found}:
        return observation
    return replace(
        observation,
        right={t: a for t, a in observation.right.items() if t in tensors},
        limit={t: a for t, a in observation.limit.items() if t in tensors},
        found={t: a for t, a in observation.found.items() if t in tensors},
        wrong=tuple(t for t in observation.wrong if t in tensors),
    )


def largest_of(array: Array) -> float:
    """The largest magnitude among the finite elements, 0 where there is none."""
    if not array.size:
        return 0.0
    largest = float(np.max(np.abs(array)))
    if np.isfinite(largest):
        return largest
    return float(np.max(np.abs(array[np.isfinite(array)]), initial=0.0))


def wrong_tensors(observations: Iterable[Observation]) -> list[str]:
    """The tensors that are wrong anywhere, in the order in which they are given back."""
    wrong = {tensor for observation in observations for tensor in observation.wrong}
    named = dict.fromkeys(t for observation in observations for t in observation.right)
    return [tensor for tensor in named if tensor in wrong]


def by_size(observations: Iterable[Observation]) -> list[Observation]:
    """Those that fail first, the smallest of each kind first."""
    return sorted(observations, key=lambda o: (not o.wrong, o.size))
