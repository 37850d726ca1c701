"""Several results of the same array, behind one another: a variance and its mean, both extremes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.models.references import NotUnderstoodError, Reference
from parity.witnesses.problem import Problem


@dataclass(frozen=True)
class Together:
    """References of one input, x: their values one after another; their gradients added up."""

    function: str
    parts: Sequence[Reference]

    @property
    def inputs(self) -> tuple[str, ...]:
        return ("x",)

    def value(self) -> Array:
        return laid_out([part.value() for part in self.parts])

    def value_bound(self, sides: Sides) -> Bound:
        return _joined([part.value_bound(sides) for part in self.parts])

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        found = [part.gradients(own)["x"] for part, own in self._cut(dy)]
        return {"x": np.asarray(sum(found))}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        """Each one's own, and a rounding of every sum of two."""
        cut = self._cut(dy)
        bounds = [part.gradient_bounds(own, sides)["x"] for part, own in cut]
        sizes = np.asarray(
            sum(
                np.abs(part.gradients(own)["x"]) + bound.limit
                for (part, own), bound in zip(cut, bounds, strict=True)
            )
        )
        added = [np.asarray((len(bounds) - 1) * side.u * sizes) for side in sides]
        own = sum(bound.refimpl for bound in bounds) + added[0]
        limit = sum(bound.limit for bound in bounds) + added[0] + added[1]
        overflow = np.logical_or.reduce([bound.overflow for bound in bounds])
        return {"x": Bound(np.asarray(limit), overflow, own=np.asarray(own), terms=sizes)}

    def _cut(self, dy: Array) -> list[tuple[Reference, Array]]:
        shapes = [part.value().shape for part in self.parts]
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        pieces = np.split(dy.reshape(-1), ends[:-1])
        return [
            (part, piece.reshape(shape))
            for part, piece, shape in zip(self.parts, pieces, shapes, strict=True)
        ]

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        raise NotUnderstoodError(f"no rule says how errors go through {self.function}")

    def problem(self, dy: Array) -> Problem | None:
        return None


def laid_out(arrays: Sequence[Array]) -> Array:
    """Arrays behind one another, along one axis."""
    return np.concatenate([array.reshape(-1) for array in arrays])


def _joined(bounds: Sequence[Bound]) -> Bound:
    def of(part: Callable[[Bound], Array]) -> Array:
        return laid_out([np.asarray(part(bound)) for bound in bounds])

    exact = all(bound.exact for bound in bounds)
    return Bound(of(lambda b: b.limit), of(lambda b: b.overflow), exact, of(lambda b: b.refimpl))
