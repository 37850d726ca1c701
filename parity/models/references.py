"""What an operation should have given: refimpl's function, or a definition of our own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.propagation.rules import RULES as DRIFTS
from parity.bounds.propagation.rules import backward_errors, forward_error
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.elementwise import RULES as ELEMENTWISE
from parity.witnesses.problem import Problem


class NotUnderstoodError(Exception):
    """An operation that no rule speaks of, and why."""


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

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        """What y may be off by where inputs are off by so much, to first order."""

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        """The same of the gradients; errors: also of "dy"."""

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

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        known = self._every(errors)
        if self._is_elementwise:
            slope = self.gradients(np.ones(known["x"].shape))["x"]
            return np.asarray(np.abs(slope) * known["x"] + self.value_bound(sides).limit)
        self._check_known()
        return forward_error(self.function, self.arrays, known, self.options, sides).error

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        if self._is_elementwise:
            return {"x": self._elementwise_error(dy, errors, sides)}
        self._check_known()
        known = {**self._every(errors), "dy": errors["dy"]}
        narrow = dy.astype(self._dtype)
        found = backward_errors(self.function, narrow, self.arrays, known, self.options, sides)
        return {name: one.error for name, one in found.items()}

    @property
    def _is_elementwise(self) -> bool:
        return self.function in ELEMENTWISE and self.inputs == ("x",) and len(self.arrays) == 1

    def _elementwise_error(self, dy: Array, errors: Mapping[str, Array], sides: Sides) -> Array:
        """The slope times the error of dy, and dy times how far the slope moves."""
        ones, x = np.ones(dy.shape), self.arrays["x"].astype(np.float64)
        off = errors.get("x", np.zeros(dy.shape))
        slopes = [
            replace(self, arrays={"x": x + sign * off}).gradients(ones)["x"] for sign in (0, 1, -1)
        ]
        bent = np.maximum(np.abs(slopes[1] - slopes[0]), np.abs(slopes[2] - slopes[0]))
        rounded = self.gradient_bounds(dy.astype(self._dtype), sides)["x"].limit
        return np.asarray(np.abs(slopes[0]) * errors["dy"] + np.abs(dy) * bent + rounded)

    def _every(self, errors: Mapping[str, Array]) -> dict[str, Array]:
        """Nothing else is off."""
        return {n: errors.get(n, np.zeros(array.shape)) for n, array in self.arrays.items()}

    def _check_known(self) -> None:
        if self.function not in DRIFTS:
            raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

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
        return FUNCTIONS[self.function].options_in(self.options, self._dtype)

    @property
    def _dtype(self) -> str:
        return next(a.dtype.name for a in self.arrays.values() if a.dtype.kind == "f")


def no_upstream(value: Array) -> Array:
    """A dy for those who ask for the value alone."""
    return np.zeros_like(value)
