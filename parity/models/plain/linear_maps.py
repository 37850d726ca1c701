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
    divided: each is divided besides, or weighted by a factor that is rounded. sizes, sizes_back:
    apply and back of magnitudes, where these subtract.
    """

    function: str
    arrays: Mapping[str, Array]
    apply: Callable[..., Array]
    back: Callable[..., tuple[Array, ...]]
    terms: float
    terms_back: tuple[float, ...]
    divided: float = 0.0
    sizes: Callable[..., Array] | None = None
    sizes_back: Callable[..., tuple[Array, ...]] | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(self.arrays)

    def value(self) -> Array:
        wide = (array.astype(np.float64) for array in self.arrays.values())
        return np.asarray(self.apply(*wide))

    def value_bound(self, sides: Sides) -> Bound:
        size = np.asarray((self.sizes or self.apply)(*magnitudes(self.arrays).values()))
        return self._bound(size, self.terms, sides)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        wide = (array.astype(np.float64) for array in self.arrays.values())
        return dict(zip(self.arrays, self.back(dy.astype(np.float64), *wide), strict=True))

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        size = magnitudes({"dy": dy})["dy"]
        sizes = (self.sizes_back or self.back)(size, *magnitudes(self.arrays).values())
        named = zip(self.arrays, sizes, self.terms_back, strict=True)
        return {name: self._bound(size, terms, sides) for name, size, terms in named}

    def _bound(self, size: Array, terms: float, sides: Sides) -> Bound:
        roundings = terms + self.divided
        size = np.abs(size)  # of a sum that is subtracted
        if terms == 1 and not self.divided and len(self.arrays) == 1:
            return exact_bound(size.shape)
        return rounded_sum(size, np.full(size.shape, roundings), sides)

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        moved = sum((self.sizes or self.apply)(*sizes) for sizes in self._with_one_off(errors))
        return np.asarray(moved + self.value_bound(sides).limit)

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        sizes, rounded = magnitudes(self.arrays), self.gradient_bounds(dy, sides)
        size = magnitudes({"dy": dy})["dy"]
        back = self.sizes_back or self.back
        parts = [back(errors["dy"], *sizes.values())]
        parts += [back(size, *off) for off in self._with_one_off(errors)]
        named = zip(self.arrays, zip(*parts, strict=True), strict=True)
        return {name: np.asarray(sum(found) + rounded[name].limit) for name, found in named}

    def _with_one_off(self, errors: Mapping[str, Array]) -> list[list[Array]]:
        """The sizes of the arrays, with the error of one in its place, for each that has one."""
        sizes = magnitudes(self.arrays)
        known = [name for name in self.arrays if name in errors]
        return [list({**sizes, name: errors[name]}.values()) for name in known]

    def problem(self, dy: Array) -> Problem | None:
        return None
