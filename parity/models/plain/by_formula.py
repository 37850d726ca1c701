"""A formula with a bound of its own: neither a move, nor linear, nor element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import Bound, bounded, each_side
from parity.cases.case import Array
from parity.models.references import NotUnderstoodError
from parity.witnesses.problem import Problem


class Sized(NamedTuple):
    """A result in float64, and the size of what is added up in it."""

    value: Array
    size: Array


@dataclass(frozen=True)
class Formula:
    """A value and gradients by a formula, and what a side may be off by in each.

    value: of the arrays in float64. off: what a side's value may be off by. back: dy and the arrays
    to the gradients, in their order. off_back: what a side's gradients may be off by.
    """

    function: str
    arrays: Mapping[str, Array]
    of: Callable[..., Sized]
    off: Callable[..., Array]
    back: Callable[..., Sequence[Sized]]
    off_back: Callable[..., Sequence[Array]]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name, array in self.arrays.items() if array.dtype.kind == "f")

    def _wide(self) -> list[Array]:
        return [array.astype(np.float64, copy=False) for array in self.arrays.values()]

    def value(self) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(self.of(*self._wide()).value)

    def value_bound(self, sides: Sides) -> Bound:
        with np.errstate(all="ignore"):
            size = self.of(*self._wide()).size
            limits = each_side(lambda side: self.off(side, *self._wide()), sides)
            return bounded(limits, size, sides, size)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        with np.errstate(all="ignore"):
            found = self.back(dy.astype(np.float64), *self._wide())
        return {name: one.value for name, one in zip(self.inputs, found, strict=True)}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        wide, arrays = dy.astype(np.float64), self._wide()

        def bound(k: int, size: Array) -> Bound:
            def of_side(side: Arithmetic) -> Array:
                return np.asarray(self.off_back(side, wide, *arrays)[k])

            return bounded(each_side(of_side, sides), size, sides, size)

        with np.errstate(all="ignore"):
            found = enumerate(zip(self.inputs, self.back(wide, *arrays), strict=True))
            return {name: bound(k, one.size) for k, (name, one) in found}

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def problem(self, dy: Array) -> Problem | None:
        return None
