"""Bounds of prelu, hardsigmoid and hardswish: few roundings, each of one element's own terms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import (
    Arrays,
    Bound,
    Options,
    bounded,
    each_side,
    magnitudes,
    rounded_sum,
)
from parity.bounds.elementary import relative
from parity.bounds.exponentials import finite
from parity.cases.case import Array

# torch's gradient of hardsigmoid multiplies by 1/6 rounded to float32, in float64 too.
SIXTH = abs(float(np.float32(1 / 6)) * 6 - 1)


# --- prelu --------------------------------------------------------------------------------


def _slopes(arrays: Arrays) -> Array:
    """|weight|, broadcast to x."""
    x, weight = arrays["x"], magnitudes({"weight": arrays["weight"]})["weight"]
    shape = (-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (-1,) if x.ndim else ()
    return np.broadcast_to(weight.reshape(shape), x.shape)


def _bent(values: Array, arrays: Arrays, sides: Sides) -> Bound:
    """One product where x ≤ 0 (or NaN)."""
    straight = arrays["x"] > 0
    magnitude = magnitudes({"values": values})["values"] * _slopes(arrays)
    return rounded_sum(np.where(straight, 0, magnitude), np.where(straight, 0.0, 1.0), sides)


def prelu_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _bent(arrays["x"], arrays, sides)


def prelu_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """∂L/∂weight: a sum of products over the elements at which x ≤ 0."""
    x, weight = arrays["x"], arrays["weight"]
    product = magnitudes({"dy": dy})["dy"] * magnitudes({"x": x})["x"]
    axes = tuple(axis for axis in range(x.ndim) if axis != 1 or len(weight) == 1)
    sums = np.where(x > 0, 0, product).sum(axis=axes).reshape(weight.shape)
    terms = np.where(x > 0, 0.0, 1.0).sum(axis=axes).reshape(weight.shape)
    most = float(np.max(terms, initial=0))
    found = rounded_sum(
        sums, terms + 1, sides, shape=lambda side: 1 + side.roundings_of_sum(x.size)
    )
    return {"x": _bent(dy, arrays, sides), "weight": replace(found, count=most)}


# --- hardsigmoid and hardswish ------------------------------------------------------------


def _line(x: Array) -> Array:
    """(x + 3)/6 between 0 and 1; 0 where nothing is rounded."""
    return np.where(np.abs(x) < 3, (x + 3) / 6, 0)


def hardsigmoid_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """A sum and a quotient."""
    y = _line(finite(arrays["x"]))
    return rounded_sum(y, np.where(y > 0, 2.0, 0.0), sides)


def hardsigmoid_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy/6, or dy times a rounded 1/6."""
    inside = np.abs(finite(arrays["x"])) < 3
    share = np.where(inside, magnitudes({"dy": dy})["dy"] / 6, 0)

    def of_side(side: Arithmetic) -> Array:
        off = relative(0, 2, side) + (0 if side.keeps_digits else SIXTH)
        return np.where(inside, off * share + side.eta, 0)

    return {"x": bounded(each_side(of_side, sides), share, sides)}


def hardswish_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """x·(x + 3)/6; torch forms 6x before it divides by 6, for a large x too."""
    x = finite(arrays["x"])
    y = np.abs(x) * _line(x)
    size = np.where(x > 0, 6 * np.abs(x), 0)

    def of_side(side: Arithmetic) -> Array:
        straight = 0.0 if side.keeps_digits else relative(0, 2, side) * np.maximum(x, 0)
        floor = np.where(y > 0, 4 * side.eta, 0)
        return np.where(np.abs(x) < 3, relative(0, 3, side) * y + floor, straight)

    return bounded(each_side(of_side, sides), size, sides)


def hardswish_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·(x/3 + ½): two terms, which cancel at −1.5, and two roundings more."""
    x, d = finite(arrays["x"]), magnitudes({"dy": dy})["dy"]
    terms = np.where(np.abs(x) < 3, d * (np.abs(x) / 3 + 0.5), 0)

    def of_side(side: Arithmetic) -> Array:
        floor = np.where(np.abs(x) < 3, (1 + d) * 4 * side.eta, 0)
        return np.asarray(relative(0, 4, side) * terms + floor)

    return {"x": bounded(each_side(of_side, sides), d, sides, terms)}
