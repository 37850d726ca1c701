"""Functions of one element, or of two with broadcasting: value, partial derivatives, roundings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import Bound, bounded, each_side, exact_bound, rounded_sum
from parity.cases.case import FLOATS, Array
from parity.models.references import NotUnderstoodError
from parity.witnesses.problem import Problem

Value = Callable[..., Array]
Partials = Callable[..., Sequence[Array]]


@dataclass(frozen=True)
class Definition:
    """An elementwise operation in float64.

    value, partials: on the arrays. magnitude, slopes: the sizes of what is added up in them, where
    it may cancel. roundings: of the value and of each partial derivative times dy, of which
    `elementary` are those of an elementary function. None: nothing is rounded.
    """

    value: Value
    partials: Partials
    roundings: tuple[float, float]
    magnitude: Value | None = None
    elementary: tuple[int, int] = (0, 0)
    slopes: Partials | None = None


@dataclass(frozen=True)
class Elementwise:
    """A definition on arrays; numbers among them have no gradient."""

    function: str
    arrays: Mapping[str, Array]
    definition: Definition
    dtype: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(name for name, array in self.arrays.items() if array.dtype == self.dtype)

    def _wide(self) -> list[Array]:
        return [np.asarray(array, np.float64) for array in self.arrays.values()]

    def value(self) -> Array:
        with np.errstate(all="ignore"):
            found = np.asarray(self.definition.value(*self._wide()))
        return found if self.dtype in FLOATS else wrapped(found, self.dtype)

    def value_bound(self, sides: Sides) -> Bound:
        if self.dtype not in FLOATS:
            return exact_bound(self.value().shape)
        with np.errstate(all="ignore"):
            wide = self._wide()
            size = np.abs((self.definition.magnitude or self.definition.value)(*wide))
            return _bound(size, self.definition.roundings[0], self.definition.elementary[0], sides)

    def gradients(self, dy: Array) -> Mapping[str, Array]:
        with np.errstate(all="ignore"):
            found = {n: _back_to(p, self.arrays[n].shape) for n, p in self._products(dy)}
        return {name: found[name] for name in self.inputs}

    def gradient_bounds(self, dy: Array, sides: Sides) -> Mapping[str, Bound]:
        _, roundings = self.definition.roundings
        _, elementary = self.definition.elementary
        with np.errstate(all="ignore"):
            return {
                name: _bound_of_sum(product, self.arrays[name].shape, roundings, elementary, sides)
                for name, product in self._products(dy, self.definition.slopes)
                if name in self.inputs
            }

    def _products(self, dy: Array, slopes: Partials | None = None) -> list[tuple[str, Array]]:
        """dy times each partial derivative, or its size, in the shape of dy."""
        partials = (slopes or self.definition.partials)(*self._wide())
        wide = dy.astype(np.float64)
        return [
            (name, np.asarray(wide * np.broadcast_to(partial, dy.shape)))
            for name, partial in zip(self.arrays, partials, strict=True)
        ]

    def error(self, errors: Mapping[str, Array], sides: Sides) -> Array:
        with np.errstate(all="ignore"):
            partials = self.definition.partials(*self._wide())
            named = zip(self.arrays, partials, strict=True)
            moved = sum(np.abs(partial) * errors.get(name, 0.0) for name, partial in named)
            return np.asarray(moved + self.value_bound(sides).limit)

    def gradient_errors(
        self, dy: Array, errors: Mapping[str, Array], sides: Sides
    ) -> Mapping[str, Array]:
        rounded = self.gradient_bounds(dy, sides)
        with np.errstate(all="ignore"):
            partials = self.definition.partials(*self._wide())
            found = {}
            for k, name in enumerate(self.arrays):
                off = np.abs(partials[k]) * errors["dy"] + np.abs(dy) * self._bent(k, errors)
                found[name] = _back_to(np.broadcast_to(off, dy.shape), self.arrays[name].shape)
        return {name: found[name] + rounded[name].limit for name in self.inputs}

    def _bent(self, k: int, errors: Mapping[str, Array]) -> Array:
        """How far a partial derivative moves where the arrays are off."""
        arrays, here = self._wide(), self.definition.partials(*self._wide())[k]
        moved = np.zeros(np.shape(here))
        for n, name in enumerate(self.arrays):
            if name not in errors:
                continue
            shifted = [
                self.definition.partials(
                    *arrays[:n], arrays[n] + sign * errors[name], *arrays[n + 1 :]
                )[k]
                for sign in (1, -1)
            ]
            moved = moved + np.maximum(*(np.abs(there - here) for there in shifted))
        return np.asarray(moved)

    def problem(self, dy: Array) -> Problem | None:
        return None


def wrapped(values: Array, dtype: str) -> Array:
    """Whole numbers as their type holds them, which begins anew behind its largest.

    Raises: NotUnderstoodError beyond 2⁵³, where float64 does not hold each.

    >>> wrapped(np.array([300.0, -1.0]), "uint8").astype(int).tolist()
    [44, 255]
    >>> wrapped(np.array([2.0, 0.0]), "bool").tolist()
    [1.0, 0.0]
    """
    if dtype == "bool":
        return np.asarray(values != 0, np.float64)
    if not np.all(np.abs(values) < 2.0**53):
        raise NotUnderstoodError(f"whole numbers of {dtype} that float64 does not hold")
    return values.astype(np.int64).astype(dtype).astype(np.float64)


def _bound(size: Array, roundings: float, elementary: int, sides: Sides) -> Bound:
    if not roundings and not elementary:
        return exact_bound(size.shape)

    def of_side(side: Arithmetic) -> Array:
        relative = roundings * side.u + elementary * side.elementary
        return np.asarray(relative * size * (1 + 16 * side.u) + (roundings + 2) * side.eta)

    return bounded(each_side(of_side, sides), size, sides, size)


def _bound_of_sum(
    product: Array, shape: tuple[int, ...], roundings: float, elementary: int, sides: Sides
) -> Bound:
    """The gradient of an array that was broadcast is a sum."""
    sizes = np.abs(product)
    each = _bound(_back_to(sizes, shape), roundings, elementary, sides)
    terms = product.size // max(1, int(np.prod(shape)))
    if terms < 2:
        return each
    added = rounded_sum(_back_to(sizes, shape), np.full(shape, terms - 1.0), sides)
    return Bound(
        each.limit + added.limit * 1.001,
        each.overflow | added.overflow,
        own=each.refimpl + added.refimpl * 1.001,
        terms=added.terms,
        count=added.count,
    )


def _back_to(product: Array, shape: tuple[int, ...]) -> Array:
    """The sum over the axes along which an array was broadcast."""
    lead = product.ndim - len(shape)
    axes = (*range(lead), *(lead + k for k, n in enumerate(shape) if n == 1))
    return np.asarray(product.sum(axis=axes, keepdims=True)).reshape(shape)
