"""Drift through prelu, hardsigmoid and hardswish: lines and a parabola that meet in kinks."""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.error import Accumulated, double, wide_double, widened
from parity.cases.case import Array

# --- prelu --------------------------------------------------------------------------------


def _along(weight: Array, x: Array) -> Array:
    """One number for each channel, broadcast to x."""
    shape = (-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else (-1,) if x.ndim else ()
    return np.broadcast_to(weight.reshape(shape), x.shape)


def prelu_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The slopes move, too: w'·x' − w·x = w'·(x' − x) + (w' − w)·x."""
    x, e = arrays["x"].astype(np.float64), errors["x"]
    slope = _along(wide_double(arrays["weight"], errors["weight"]), x)
    kinks = (np.abs(x) <= e) & (e > 0)
    steepest = np.where(kinks, np.maximum(1, slope), np.where(x > 0, 1, slope))
    turned = np.where(x - e <= 0, _along(errors["weight"], x) * (np.abs(x) + e), 0)
    return Accumulated(e * steepest + turned, int(kinks.sum()))


def prelu_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy passes or is multiplied by the slope; at a kink either."""
    x, e = arrays["x"].astype(np.float64), errors["x"]
    d, of_dy = double(dy), errors["dy"]
    slope = _along(wide_double(arrays["weight"], errors["weight"]), x)
    kinks = (np.abs(x) <= e) & (e > 0)
    turned = np.where(x > 0, 0, d * _along(errors["weight"], x))
    one = np.where(x > 0, 1, slope) * of_dy + turned
    error = np.where(kinks, (1 + slope) * d + np.maximum(1, slope) * of_dy, one)
    part = d * e + (np.abs(x) + e) * of_dy  # of dy·x, a term of the weight's gradient
    part = np.where(kinks, part + d * np.abs(x), np.where(x > 0, 0, part))
    axes = tuple(a for a in range(x.ndim) if a != 1 or arrays["weight"].size == 1)
    dweight = part.sum(axis=axes).reshape(arrays["weight"].shape)
    count = int(kinks.sum())
    return {"x": Accumulated(error, count), "weight": Accumulated(np.asarray(dweight), count)}


def all_below(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """prelu rounds where x ≤ 0."""
    wide = widened(arrays, errors)
    return {"x": -wide["x"], "weight": wide["weight"]}


# --- hardsigmoid and hardswish ------------------------------------------------------------


def _reaches(arrays: Arrays, errors: Arrays) -> tuple[Array, Array]:
    """Where an element may lie between the kinks, and where it may cross one."""
    size, e = np.abs(arrays["x"].astype(np.float64)), errors["x"]
    between = ~(size - e > 3)
    return np.asarray(between), np.asarray(between & ~(size + e < 3) & (e != 0))


def hardsigmoid_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    between, kinks = _reaches(arrays, errors)
    return Accumulated(np.where(between, errors["x"] / 6, 0), int(kinks.sum()))


def hardsigmoid_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy/6 or nothing."""
    between, kinks = _reaches(arrays, errors)
    moved = np.where(between, errors["dy"] / 6, 0)
    error = moved + np.where(kinks, double(dy) / 6, 0)
    return {"x": Accumulated(error, int(kinks.sum()))}


def _steepest(arrays: Arrays, errors: Arrays) -> Array:
    """hardswish's slope is |2x + 3|/6 up to 1.5 between the kinks, 0 below, 1 above."""
    x, e = arrays["x"].astype(np.float64), errors["x"]
    between, kinks = _reaches(arrays, errors)
    inside = np.minimum((np.abs(2 * x + 3) + 2 * e) / 6, 1.5)
    return np.where(kinks, 1.5, np.where(between, inside, np.where(x > 0, 1, 0)))


def hardswish_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    _, kinks = _reaches(arrays, errors)
    return Accumulated(_steepest(arrays, errors) * errors["x"], int(kinks.sum()))


def hardswish_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """The slope changes by a third of the error, at each kink by a half more."""
    between, kinks = _reaches(arrays, errors)
    bent = np.where(between, errors["x"] / 3, 0) + np.where(kinks, 1.0, 0)
    error = double(dy) * np.minimum(bent, 2) + _steepest(arrays, errors) * errors["dy"]
    return {"x": Accumulated(error, int(kinks.sum()))}


def between_the_kinks(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Nothing is rounded elsewhere, and most beside 3."""
    return {"x": np.full_like(arrays["x"], 2.999)}


def growth(errors: Arrays) -> float:
    """hardswish rounds more just below 3 than just above."""
    return 4.0
