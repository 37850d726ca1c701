"""A loss of each element, and what is made of them: each one, their mean, or their sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, rounded_sum
from parity.cases.case import Array
from parity.models.plain.by_element import Elementwise
from parity.models.references import NotUnderstoodError
from parity.witnesses.problem import Problem

DIVIDED = 3.0  # roundings of a gradient by the share of the mean


@dataclass(frozen=True)
class Reduced:
    """The elements of a function, their mean or their sum. reduction: "none", "mean" or "sum"."""

    each: Elementwise
    reduction: str

    @property
    def function(self) -> str:
        return self.each.function

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.each.inputs

    def _share(self) -> float:
        count = np.prod(np.broadcast_shapes(*(a.shape for a in self.each.arrays.values())))
        return 1.0 / float(count) if self.reduction == "mean" and count else 1.0

    def value(self) -> Array:
        each = self.each.value()
        return each if self.reduction == "none" else np.asarray(each.sum() * self._share())

    def value_bound(self, sides: Sides) -> Bound:
        bound = self.each.value_bound(sides)
        if self.reduction == "none":
            return bound
        size = np.asarray((np.abs(self.each.value()) + bound.limit).sum())
        added = rounded_sum(size, np.asarray(bound.limit.size + 2.0), sides)
        share = self._share()
        return Bound(
            np.asarray((added.limit + bound.limit.sum()) * share),
            np.asarray(added.overflow | bound.overflow.any()),
            own=np.asarray((added.refimpl + bound.refimpl.sum()) * share),
            terms=size * share,
            count=added.count,
        )

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        return self.each.gradients(self._spread(dy))

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        own = self.each.definition
        divided = replace(own, roundings=(own.roundings[0], own.roundings[1] + DIVIDED))
        return replace(self.each, definition=divided).gradient_bounds(self._spread(dy), sides)

    def _spread(self, dy: Array) -> Array:
        """What comes back to each element."""
        shape = np.broadcast_shapes(*(array.shape for array in self.each.arrays.values()))
        return np.broadcast_to(dy.astype(np.float64) * self._share(), shape)

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        each = self.each.error(errors, sides)
        rounded = self.value_bound(sides).limit
        return np.asarray(
            each if self.reduction == "none" else each.sum() * self._share() + rounded
        )

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def problem(self, dy: Array) -> Problem | None:
        return None
