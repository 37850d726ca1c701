"""What torch's optimiser remembers in a training, and how far refimpl's may be from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import refimpl
from parity.bounds.arithmetic import Sides
from parity.bounds.optimizers import drifted
from parity.bounds.propagation.error import without_nan
from parity.cases.case import Array
from parity.cases.network_case import Stepped

Where = tuple[str, str]  # a layer, a parameter
State = Mapping[str, Array]

NAMES = {
    "sgd_step": ("velocity",),
    "adam_step": ("first_moment", "second_moment", "max_second_moment"),
}


def optimized(function: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Array:
    """refimpl's step of this name."""
    stepped: Array = getattr(refimpl, function)(**arrays, **options)
    return stepped


@dataclass
class Kept:
    """The state of every parameter before a step, what that of refimpl may be off by, and after."""

    said: Stepped
    rate: float
    count: int = 1  # the number of the step
    state: dict[Where, State] = field(default_factory=dict)
    errors: dict[Where, State] = field(default_factory=dict)
    coming: dict[Where, State] = field(default_factory=dict)

    @property
    def function(self) -> str:
        """Its step's name in refimpl."""
        return self.said.function

    def asked(
        self, where: Where, value: Array, gradient: Array
    ) -> tuple[dict[str, Array], dict[str, Any]]:
        """The arrays and options of a parameter's step."""
        arrays = {"value": value, "gradient": gradient, **self.state.get(where, {})}
        counted = {"step": self.count} if self.function == "adam_step" else {}
        return arrays, {"learning_rate": self.rate, **counted, **self.said.said}

    def next_state(self, where: Where, stepped: Array) -> None:
        """What torch will remember of a parameter, behind its new value."""
        self.coming[where] = self._named(stepped[1:])

    def drifted(
        self, where: Where, value: Array, gradient: Array, errors: State, both: Sides
    ) -> Array:
        """What a parameter may be off by behind the step; the state's errors are kept."""
        arrays, options = self.asked(where, value, gradient)
        known = {**errors, **self.errors.get(where, {})}
        off = without_nan(drifted(self.function, arrays, known, options, both))
        self.errors[where] = self._named(off[1:])
        return np.asarray(off[0])

    def advance(self) -> None:
        """The step is done."""
        self.state, self.coming = self.coming, {}
        self.count += 1

    def _named(self, rows: Array) -> State:
        return dict(zip(NAMES[self.function], rows, strict=False))
