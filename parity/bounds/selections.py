"""Bounds of functions that select or move: flatten, pad, relu, hardtanh, sign, max pooling, …"""

from __future__ import annotations

import numpy as np

from parity.bounds import operations
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import (
    Arrays,
    Bound,
    Options,
    exact_bound,
    is_exact,
    magnitudes,
    rounded_sum,
)
from parity.bounds.narrow import narrow_magnitudes, outward
from parity.cases.case import Array


def moved_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return exact_bound(operations.forward(function, arrays, options).shape)


def moved_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    return {name: exact_bound(array.shape) for name, array in arrays.items()}


def moved_both(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> tuple[Bound, dict[str, Bound]]:
    """The value has the shape of dy."""
    return exact_bound(dy.shape), moved_backward(function, dy, arrays, options, sides)


def collected_both(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> tuple[Bound, dict[str, Bound]]:
    """The value has the shape of dy."""
    return exact_bound(dy.shape), collected_backward(function, dy, arrays, options, sides)


def collected_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """A sum over the windows that an element wins, or over its copies: one addition less."""
    short = narrow_magnitudes({"x": arrays["x"], "dy": dy})
    dtype = np.float64 if short is None else np.float32
    x, ones = {"x": arrays["x"].astype(dtype)}, np.ones(dy.shape, dtype)  # the same order and ties
    wins = operations.gradients(function, x, options, ones, ["x"]).gradients["x"]
    additions = np.maximum(wins - 1.0, 0).astype(np.float64)
    if not additions.any():
        return {"x": exact_bound(additions.shape)}
    magnitude = None
    if short is not None:
        sums = operations.gradients(function, x, options, short["dy"], ["x"]).gradients["x"]
        magnitude = outward(sums, additions)
    if magnitude is None:
        x, upstream = {"x": arrays["x"].astype(np.float64)}, magnitudes({"dy": dy})["dy"]
        magnitude = operations.gradients(function, x, options, upstream, ["x"]).gradients["x"]
    if is_exact({"dy": dy}, magnitude, sides):
        return {"x": exact_bound(magnitude.shape)}
    return {"x": _where_added(magnitude, additions, sides)}


def _where_added(magnitude: Array, additions: Array, sides: Sides) -> Bound:
    """The bound of sums of which most have one term: nothing is rounded in these."""
    some = additions > 0
    found = rounded_sum(magnitude[some], additions[some], sides)
    if found.overflow.any():
        return rounded_sum(magnitude, additions, sides)
    limit = np.zeros(magnitude.shape)
    limit[some] = found.limit
    own = None
    if found.own is not None:
        own = np.zeros(magnitude.shape)
        own[some] = found.own
    overflow = np.zeros(magnitude.shape, bool)
    return Bound(limit, overflow, own=own, terms=magnitude, count=found.count)


def _leaky(values: Array, x: Array, options: Options, sides: Sides) -> Bound:
    """One product where x ≤ 0 (or NaN), nothing elsewhere."""
    slope = abs(float(x.dtype.type(options.get("negative_slope", 0.01))))
    magnitude = magnitudes({"values": values})["values"] * slope
    return rounded_sum(np.where(x > 0, 0, magnitude), np.where(x > 0, 0.0, 1.0), sides)


def leaky_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _leaky(arrays["x"], arrays["x"], options, sides)


def leaky_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    return {"x": _leaky(dy, arrays["x"], options, sides)}
