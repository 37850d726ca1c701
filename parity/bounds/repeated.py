"""Bounds of two arrays element by element, whose gradients are summed where one was repeated.

y is one operation, which both sides round correctly. A gradient is a sum of K terms of r roundings
each: γ_{K−1+r}·Σ|terms|, and η for each product or quotient that may underflow.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import (
    Arrays,
    Bound,
    Options,
    exact_bound,
    is_exact,
    magnitudes,
    rounded_sum,
)
from parity.cases.case import Array


def value(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """|x · other|·u or |x / other|·u, and η where it underflows."""
    x, other = magnitudes(arrays).values()
    size = np.asarray(x * other if function == "multiply" else _quotient(x, other))
    if function == "multiply" and is_exact(arrays, size, sides):
        return exact_bound(size.shape)
    return rounded_sum(size, np.ones(size.shape), sides)


def added(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """|x + other|·u or |x − other|·u"""
    x, other = (array.astype(np.float64) for array in arrays.values())
    size = np.asarray(np.abs(x + other if function == "add" else x - other))
    size = np.where(np.isfinite(x) & np.isfinite(other), size, 0)
    if is_exact(arrays, size, sides):
        return exact_bound(size.shape)
    return rounded_sum(size, np.ones(size.shape), sides)


def multiply_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """Σ dy·other and Σ dy·x"""
    given = magnitudes({"dy": dy, **arrays})
    return {
        name: _summed(given["dy"] * given[factor], arrays[name].shape, 1, sides)
        for name, factor in (("x", "other"), ("other", "x"))
    }


def added_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """Σ dy, and ±Σ dy"""
    upstream = magnitudes({"dy": dy})["dy"]
    return {name: _summed(upstream, array.shape, 0, sides) for name, array in arrays.items()}


def divide_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """Σ dy/other and −Σ dy·x/other²: a quotient each, or three operations.

    Of x/other/other both quotients may underflow, by η and by η/|other| more, or overflow.
    """
    given = magnitudes({"dy": dy, **arrays})
    d, x, other = given["dy"], given["x"], given["other"]
    of_x = _summed(_quotient(d, other), arrays["x"].shape, 1, sides)
    slope = _quotient(_quotient(x, other), other)
    lost = d * (1 + _quotient(np.ones(()), other))
    largest = np.maximum(np.maximum(_quotient(x, other), slope), d * slope)
    of_other = _summed(d * slope, arrays["other"].shape, 3, sides, largest, lost)
    return {"x": of_x, "other": of_other}


def _quotient(a: Array, b: Array) -> Array:
    """a/b of magnitudes, 0 where b is 0 or was ∞: such elements are compared as they are."""
    return np.asarray(np.where(b > 0, a / np.where(b > 0, b, 1), 0))


def _summed(
    terms: Array,
    shape: tuple[int, ...],
    roundings: int,
    sides: Sides,
    largest: Array | None = None,
    lost: Array | None = None,
) -> Bound:
    """The bound of Σ terms over the axes along which an array of this shape was repeated.

    lost: in units of η, what each term may lose before it is formed.
    """
    total = added_up(terms, shape)
    count = terms.size // max(1, total.size)
    if roundings == 0 and count <= 1:
        return exact_bound(shape)

    def of_side(side: Arithmetic) -> float:
        return side.roundings_of_sum(count) + roundings

    several = np.full(shape, float(max(count - 1, 0) + roundings))
    most = total if largest is None else np.maximum(total, added_up(largest, shape))
    bound = rounded_sum(total, several, sides, most, shape=of_side)
    if lost is None:
        return bound
    own = sides[0].eta * added_up(lost, shape)
    both = own + sides[1].eta * added_up(lost, shape)
    before = np.where(bound.overflow, 0, both)
    return replace(
        bound,
        limit=bound.limit + before,
        own=bound.refimpl + np.where(bound.overflow, 0, own),
    )


def added_up(terms: Array, shape: tuple[int, ...]) -> Array:
    """Σ over the axes that the shape lacks, or has a single place of."""
    before = terms.ndim - len(shape)
    axes = [
        axis
        for axis, size in enumerate(terms.shape)
        if axis < before or shape[axis - before] != size
    ]
    return np.asarray(terms.sum(axis=tuple(axes))).reshape(shape)
