"""What has no derivative: comparisons, indices, whole numbers. Its value is exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, exact_bound
from parity.cases.case import Array
from parity.models.references import NotUnderstoodError
from parity.witnesses.problem import Problem


@dataclass(frozen=True)
class ForwardOnly:
    """NumPy code on arrays, whose value is what it is."""

    function: str
    arrays: Sequence[Array]
    code: Callable[..., Array]

    @property
    def inputs(self) -> tuple[str, ...]:
        return ()

    @cached_property
    def _value(self) -> Array:
        return np.asarray(self.code(*self.arrays))

    def value(self) -> Array:
        return self._value

    def value_bound(self, sides: Sides) -> Bound:
        return exact_bound(self._value.shape)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return {}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        return {}

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        raise NotUnderstoodError(f"{self.function} may jump where its arguments are off")

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        return {}

    def problem(self, dy: Array) -> Problem | None:
        return None
