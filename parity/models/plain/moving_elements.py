"""What only moves, selects and repeats: its value is exact, its gradient adds up what comes back.

An operation is given as NumPy code that moves any array. On the numbers of the elements in place
of the elements it says where each element of the output comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, exact_bound, magnitudes, rounded_sum
from parity.cases.case import Array
from parity.witnesses.problem import Problem

Move = Callable[[Sequence[Array]], Array]
NUMBERS = np.dtype(np.uint64)  # of elements: a type that no tensor here has
NOWHERE = NUMBERS.type(2**64 - 1)  # the number of a constant


def constant(array: Array, value: float) -> Any:
    """What a move fills in beside an array: a value, or the number of none."""
    return NOWHERE if array.dtype == NUMBERS else value


@dataclass(frozen=True)
class Moved:
    """Elements of its inputs, in another order or another number.

    arrays: by name; only their shapes are read for the gradients. move: the code; where it fills in
    constants, it asks `constant` for them.
    """

    function: str
    arrays: Mapping[str, Array]
    move: Move

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name, array in self.arrays.items() if array.dtype.kind == "f")

    def value(self) -> Array:
        return np.asarray(self.move(list(self.arrays.values())))

    def value_bound(self, sides: Sides) -> Bound:
        return exact_bound(self.value().shape)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return self._scattered(dy)

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        """γ_{n−1} Σ|dy| where n elements come back to one; else nothing is computed."""
        counts = self._scattered(np.ones(dy.shape))
        if not any(np.any(count > 1) for count in counts.values()):
            return {name: exact_bound(count.shape) for name, count in counts.items()}
        sizes = self._scattered(magnitudes({"dy": dy})["dy"])
        return {
            name: rounded_sum(sizes[name], np.maximum(count - 1, 0), sides)
            for name, count in counts.items()
        }

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        zeros = {name: np.zeros(array.shape) for name, array in self.arrays.items()}
        flat = np.concatenate([error.reshape(-1) for error in {**zeros, **errors}.values()])
        places = self._sources()
        known = places != NOWHERE
        return np.where(known, flat[np.where(known, places, 0)], 0.0)

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        moved, rounded = self._scattered(errors["dy"]), self.gradient_bounds(dy, sides)
        return {name: moved[name] + rounded[name].limit for name in self.inputs}

    def problem(self, dy: Array) -> Problem | None:
        return None

    def _scattered(self, dy: Array) -> dict[str, Array]:
        """Every element of dy added where it comes from."""
        places = self._sources().reshape(-1)
        ends = np.cumsum([0, *(array.size for array in self.arrays.values())])
        known = places != NOWHERE
        weights = dy.reshape(-1)[known].astype(np.float64)
        flat = np.bincount(places[known].astype(np.int64), weights, minlength=int(ends[-1]))
        cut = zip(self.arrays, ends[:-1], ends[1:], strict=True)
        found = {name: flat[start:end].reshape(self.arrays[name].shape) for name, start, end in cut}
        return {name: found[name] for name in self.inputs}

    def _sources(self) -> Array:
        """The number of the element that each one of the output is."""
        numbers, start = [], 0
        for array in self.arrays.values():
            numbers.append(np.arange(start, start + array.size, dtype=NUMBERS).reshape(array.shape))
            start += array.size
        return np.asarray(self.move(numbers))
