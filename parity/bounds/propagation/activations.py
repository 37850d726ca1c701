"""Drift through activations: kinks of relu, the steepest point of sigmoid and tanh."""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import Arrays, Options
from parity.bounds.elementary import exact_sigmoid
from parity.bounds.propagation.error import Accumulated, widened
from parity.cases.case import Array


def _slope(function: str, options: Options, x: Array) -> float:
    """The slope left of 0: relu has none."""
    default = 0.01 if function == "leaky_relu" else 0.0
    return float(x.dtype.type(options.get("negative_slope", default)))


def bent_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """Steepest where the error interval holds 0: a kink."""
    x, error = arrays["x"].astype(np.float64), errors["x"]
    slope = _slope(function, options, arrays["x"])
    kinks = (np.abs(x) <= error) & (error > 0)
    steepest = max(1.0, abs(slope))
    return Accumulated(
        error * np.where(kinks, steepest, np.where(x > 0, 1.0, abs(slope))), int(kinks.sum())
    )


def bent_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy passes or not; at a kink either."""
    x, slope = arrays["x"].astype(np.float64), _slope(function, options, arrays["x"])
    kinks = (np.abs(x) <= errors["x"]) & (errors["x"] > 0)
    d = np.abs(dy.astype(np.float64))
    both = abs(1 - slope) * d + max(1.0, abs(slope)) * errors["dy"]
    one = np.where(x > 0, 1.0, abs(slope)) * errors["dy"]
    return {"x": Accumulated(np.where(kinks, both, one), int(kinks.sum()))}


def left_of_zero(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """leaky_relu rounds where x ≤ 0."""
    return {"x": -widened(arrays, errors)["x"]}


def _steepest(function: str, arrays: Arrays, errors: Arrays) -> Array:
    """The largest derivative within the error: that of the point nearest to 0."""
    nearest = np.maximum(np.abs(arrays["x"].astype(np.float64)) - errors["x"], 0)
    if function == "tanh":
        return np.asarray(1 - np.tanh(nearest) ** 2)
    o = exact_sigmoid(nearest)
    return np.asarray(o * (1 - o))


def smooth_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The error, times the steepest slope within it."""
    return Accumulated(_steepest(function, arrays, errors) * errors["x"])


def smooth_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """|σ''| ≤ σ' for sigmoid, |tanh''| ≤ 2 tanh'."""
    steepest, curvature = _steepest(function, arrays, errors), 2.0 if function == "tanh" else 1.0
    bend = np.abs(dy.astype(np.float64)) * curvature * errors["x"]
    return {"x": Accumulated(steepest * (errors["dy"] + bend))}


def saturated(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Rounding of sigmoid and tanh, and of their backwards, is worst where they are flat."""
    return {"x": np.full_like(arrays["x"], 1000)}
