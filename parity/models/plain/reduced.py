"""Sums over axes, means, products of matrices: linear in each array."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound, exact_bound, magnitudes, rounded_sum
from parity.cases.case import Array
from parity.witnesses.problem import Problem


@dataclass(frozen=True)
class Linear:
    """An operation that is linear in each of its arrays.

    apply: on the arrays. back: dy and the arrays to the gradients, in their order. terms: how many
    products are added up for an element of the value, and of each gradient, one if none is;
    divided: each is divided besides, or weighted by a factor that is rounded.
    """

    function: str
    arrays: Mapping[str, Array]
    apply: Callable[..., Array]
    back: Callable[..., tuple[Array, ...]]
    terms: float
    terms_back: tuple[float, ...]
    divided: float = 0.0

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    def value(self) -> Array:
        wide = (array.astype(np.float64) for array in self.arrays.values())
        return np.asarray(self.apply(*wide))

    def value_bound(self, sides: Sides) -> Bound:
        size = np.asarray(self.apply(*magnitudes(self.arrays).values()))
        return self._bound(size, self.terms, sides)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        wide = (array.astype(np.float64) for array in self.arrays.values())
        return dict(zip(self.arrays, self.back(dy.astype(np.float64), *wide), strict=True))

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        sizes = self.back(magnitudes({"dy": dy})["dy"], *magnitudes(self.arrays).values())
        named = zip(self.arrays, sizes, self.terms_back, strict=True)
        return {name: self._bound(size, terms, sides) for name, size, terms in named}

    def _bound(self, size: Array, terms: float, sides: Sides) -> Bound:
        roundings = terms + self.divided
        if terms == 1 and not self.divided and len(self.arrays) == 1:
            return exact_bound(size.shape)
        return rounded_sum(size, np.full(size.shape, roundings), sides)

    def problem(self, dy: Array) -> Problem | None:
        return None
