"""Linear interpolation along the last axes: weights from places, which are rounded themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, magnitudes, rounded_sum
from parity.cases.case import Array
from parity.witnesses.problem import Problem

PLACE = 6  # roundings of a place, each of up to the size of the axis


@dataclass(frozen=True)
class Axis:
    """One axis: the two neighbours of each place, and the share of the second."""

    first: Array
    second: Array
    share: Array
    old: int

    @classmethod
    def of(cls, old: int, new: int, scale: float | None, corners: bool) -> Axis:
        """The places of an axis. scale: new over old, as it was given.

        corners: the corners of both lie on each other; otherwise the edges of their pixels do.
        """
        out = np.arange(new, dtype=np.float64)
        if corners:
            places = out * ((old - 1) / (new - 1) if new > 1 else 0.0)
        else:
            places = np.maximum((out + 0.5) * (1 / scale if scale else old / new) - 0.5, 0)
        first = np.minimum(places.astype(int), old - 1)
        return cls(first, np.minimum(first + 1, old - 1), places - first, old)

    def matrix(self) -> Array:
        """(new, old): the weights."""
        return self._with(1 - self.share, self.share)

    def neighbours(self) -> Array:
        """(new, old): 1 for each neighbour."""
        ones = np.ones(len(self.first))
        return self._with(ones, ones)

    def _with(self, of_first: Array, of_second: Array) -> Array:
        found = np.zeros((len(self.first), self.old))
        rows = np.arange(len(self.first))
        np.add.at(found, (rows, self.first), of_first)
        np.add.at(found, (rows, self.second), of_second)
        return found


@dataclass(frozen=True)
class Interpolated:
    """Σ over both neighbours along each axis."""

    function: str
    arrays: Mapping[str, Array]
    axes: tuple[Axis, ...]

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("x",)

    def value(self) -> Array:
        return self._along(self.arrays["x"].astype(np.float64), Axis.matrix)

    def value_bound(self, sides: Sides) -> Bound:
        return self._bound(self._along(magnitudes(self.arrays)["x"], Axis.neighbours), sides, 1)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return {"x": self._along(dy.astype(np.float64), lambda axis: axis.matrix().T)}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        size = magnitudes({"dy": dy})["dy"]
        spread = self._along(size, lambda axis: axis.neighbours().T)
        return {"x": self._bound(spread, sides, self._most_shared())}

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        return self._along(errors["x"], Axis.matrix) + self.value_bound(sides).limit

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        moved = self._along(errors["dy"], lambda axis: axis.matrix().T)
        return {"x": moved + self.gradient_bounds(dy, sides)["x"].limit}

    def problem(self, dy: Array) -> Problem | None:
        return None

    def _along(self, array: Array, matrix: Callable[[Axis], Array]) -> Array:
        """A matrix along each of the last axes."""
        for k, axis in enumerate(self.axes, start=array.ndim - len(self.axes)):
            array = np.moveaxis(np.tensordot(matrix(axis), array, (1, k)), 0, k)
        return array

    def _most_shared(self) -> float:
        """How many places of the output an element of the input goes to, at most."""
        counts = [axis.neighbours().sum(axis=0).max(initial=1) for axis in self.axes]
        return float(np.prod(counts))

    def _bound(self, size: Array, sides: Sides, terms: float) -> Bound:
        """A share is off by a place's error, which is relative to the axis, not to the share."""
        places = PLACE * sum(axis.old for axis in self.axes)
        roundings = np.full(size.shape, terms * 2 ** len(self.axes) + 4 + places)
        return rounded_sum(size, roundings, sides)
