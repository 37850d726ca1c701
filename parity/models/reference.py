"""What an operation should have given: refimpl's function, or a definition of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem


class Reference(Protocol):
    """A function on given arrays: its value and gradients, and how far torch's may be off.

    Values are float64, whatever the arrays are: beside float32 they are as good as exact.
    """

    @property
    def function(self) -> str:
        """Its name in the report."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """What it has gradients to."""

    def value(self) -> Array:
        """y"""

    def value_bound(self, sides: Sides) -> Bound:
        """The bound of y."""

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        """The gradients, by input."""

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        """Their bounds."""

    def problem(self, dy: Array) -> Problem | None:
        """What exact arithmetic is asked; None where it knows no such function."""


@dataclass(frozen=True)
class OfRefimpl:
    """A function of refimpl on arrays and options."""

    function: str
    arrays: Mapping[str, Array]
    options: Mapping[str, Any]

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name in FUNCTIONS[self.function].inputs if name in self.arrays)

    def value(self) -> Array:
        return FUNCTIONS[self.function].forward(self._wide(), self._options())

    def value_bound(self, sides: Sides) -> Bound:
        return forward_bound(self.function, self.arrays, self.options, sides)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        wide = dy.astype(np.float64, copy=False)
        found = FUNCTIONS[self.function].backward(wide, self._wide(), self._options())
        return {name: found[name] for name in self.inputs if name in found}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        return backward_bounds(self.function, dy, self.arrays, self.options, sides)

    def problem(self, dy: Array) -> Problem:
        return Problem(self.function, self.arrays, self.options, dy)

    def _wide(self) -> dict[str, Array]:
        """The same numbers in float64; whole numbers stay."""
        return {
            name: array.astype(np.float64, copy=False) if array.dtype.kind == "f" else array
            for name, array in self.arrays.items()
        }

    def _options(self) -> dict[str, Any]:
        """The options as torch takes them beside arrays of this dtype."""
        first = next(array for array in self.arrays.values() if array.dtype.kind == "f")
        return FUNCTIONS[self.function].options_in(self.options, first.dtype.name)


def no_upstream(value: Array) -> Array:
    """A dy for those who ask for the value alone."""
    return np.zeros_like(value)
