"""Bounds of perceptron, logistic_regression and softmax_regression: an activation behind a sum.

Each side computes z = Θx + b with an error of at most e, the bound of `linear`. From there it
moves the activation by a drift, and the activation is rounded at the moved z:

    sign:    nothing, unless −e ≤ z ≤ e; then any of −1, 0 and 1
    sigmoid: |σ(z + e) − σ(z)| ≤ min(¼·e, σ(z)·(e^e − 1))
    softmax: |p_i(z + e) − p_i(z)| ≤ p_i·(e^(2e) − 1), e the largest of the sample

The z at hand is itself rounded, in float64: the shares at it are taken as e^(2e) times as large.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.bounds import operations, sums
from parity.bounds.arithmetic import IN_FLOAT64, Arithmetic, Sides
from parity.bounds.bound import (
    Arrays,
    Bound,
    Limits,
    Options,
    bounded,
    each_side,
    exact_bound,
    magnitudes,
    rounded_sum,
)
from parity.bounds.elementary import exact_sigmoid, sigmoid_forward
from parity.bounds.softmax import exact_softmax, softmax_forward
from parity.cases.case import Array

Activation = Callable[[str, Arrays, Options, Sides], Bound]


def perceptron(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """The sign of a sum: 0, or 2 for each side where the sum may lie on either side of 0."""
    z, of_sum = _sum(arrays), sums.forward("linear", arrays, {}, sides)
    kinks = (np.abs(z) <= 2 * of_sum.limit) & (of_sum.limit > 0)
    if not kinks.any() and not of_sum.overflow.any():
        return exact_bound(z.shape)
    return Bound(np.where(kinks, 4.0, 0.0), of_sum.overflow)


def logistic_regression(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """σ(Θx + b)"""
    z = _sum(arrays)
    o = exact_sigmoid(z)

    def of_side(side: Arithmetic) -> Array:
        error = _side_error(arrays, side)
        drift = np.minimum(error / 4, o * np.exp(2 * error) * np.expm1(error))
        return np.asarray(drift + _rounding(sigmoid_forward, z, side) * np.exp(3 * error))

    return _bounded(each_side(of_side, sides), arrays, sides)


def softmax_regression(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """softmax(Θx + b)"""
    z = _sum(arrays)
    p = exact_softmax(z, -1).p

    def of_side(side: Arithmetic) -> Array:
        widest = _side_error(arrays, side).max(axis=-1, keepdims=True, initial=0)
        drift = np.minimum(1, p * np.exp(4 * widest) * np.expm1(2 * widest))
        # Shares, distances and log S in the rounding all grow by less than e^(4e).
        return np.asarray(drift + _rounding(softmax_forward, z, side) * np.exp(8 * widest))

    return _bounded(each_side(of_side, sides), arrays, sides)


def _sum(arrays: Arrays) -> Array:
    """Θx + b in float64."""
    doubles = {name: array.astype(np.float64) for name, array in arrays.items()}
    return operations.forward("linear", doubles, {})


def _side_error(arrays: Arrays, side: Arithmetic) -> Array:
    """How far one side's Θx + b may be from the exact one; refimpl forms it in float64."""
    if side.widened:
        features = arrays["weight"].shape[-1]
        magnitude = operations.forward("linear", magnitudes(arrays), {})
        terms = np.asarray(float(features + ("bias" in arrays)))
        roundings = 2 + features * IN_FLOAT64  # to float32, and the bias
        return rounded_sum(magnitude, terms, (side, side), shape=lambda _: roundings).refimpl
    return sums.forward("linear", arrays, {}, (side, side)).refimpl


def _rounding(activation: Activation, z: Array, side: Arithmetic) -> Array:
    return activation("", {"x": z}, {}, (side, side)).refimpl


def _bounded(limits: Limits, arrays: Arrays, sides: Sides) -> Bound:
    """Where the order decides whether the sum overflows, it decides the activation as well."""
    bound = bounded(limits, np.zeros(limits.both.shape), sides)
    overflow = sums.forward("linear", arrays, {}, sides).overflow
    limit, own = (np.where(overflow, 0.0, most) for most in (bound.limit, bound.refimpl))
    return Bound(limit, bound.overflow | overflow, own=own)
