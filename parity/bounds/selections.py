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
from parity.cases.case import Array


def moved_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return exact_bound(operations.forward(function, arrays, options).shape)


def moved_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    return {name: exact_bound(array.shape) for name, array in arrays.items()}


def collected_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """A sum over the windows that an element wins, or over its copies: one addition less."""
    x = {"x": arrays["x"].astype(np.float64)}  # the same order and ties
    upstream = magnitudes({"dy": dy})["dy"]
    magnitude = operations.gradients(function, x, options, upstream, ["x"]).gradients["x"]
    wins = operations.gradients(function, x, options, np.ones(dy.shape), ["x"]).gradients["x"]
    additions = np.maximum(wins - 1, 0)
    if not additions.any() or is_exact({"dy": dy}, magnitude, sides):
        return {"x": exact_bound(magnitude.shape)}
    return {"x": rounded_sum(magnitude, additions, sides)}


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
