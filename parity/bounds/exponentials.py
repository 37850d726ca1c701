"""Bounds of exp, softplus and elu. c is the relative error of exp, expm1 and log1p.

softplus is log(1 + e^z)/β with z = βx. An error of z by u·|z| multiplies e^z by 1 + u·|z|, which
moves log(1 + e^z) by σ(z)·u·|z|. A side that keeps its digits (refimpl) forms z without that error,
and cuts nothing off; torch's formula, as it documents it, is x where z > 20: off by
log(1 + e^(−z))/β.

What exp loses where its result is subnormal is as many η as it is off by ULP.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.elementary import exact_sigmoid, relative
from parity.cases.case import Array

CUT = 20.0  # torch's threshold, where none is given


def finite(x: Array) -> Array:
    """x in float64; NaN and ∞ become 0: their elements are compared as such."""
    return np.where(np.isfinite(x), x, 0).astype(np.float64)


def lost(side: Arithmetic) -> float:
    """What exp and what follows it lose where the result is subnormal."""
    return (side.elementary / side.u + 2) * side.eta


def exp_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    y = np.exp(finite(arrays["x"]))
    return bounded(each_side(lambda side: side.elementary * y + lost(side), sides), y, sides)


def exp_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·e^x: a product more; e^x overflows although dy·e^x may not."""
    y, d = np.exp(finite(arrays["x"])), magnitudes({"dy": dy})["dy"]

    def of_side(side: Arithmetic) -> Array:
        return np.asarray(relative(1, 1, side) * d * y + (1 + d) * lost(side))

    return {"x": bounded(each_side(of_side, sides), np.maximum(d, 1) * y, sides)}


# --- softplus -----------------------------------------------------------------------------


def _scaled(arrays: Arrays, options: Options) -> tuple[Array, Array, float]:
    """x, z = βx and β, as x's dtype holds it."""
    x = arrays["x"]
    beta = float(x.dtype.type(options.get("beta", 1)))
    return finite(x), finite(x) * beta, beta


def _is_linear(z: Array, options: Options) -> Array:
    """Where both sides give x: above a threshold that is given."""
    threshold = options.get("threshold")
    return np.zeros(z.shape, bool) if threshold is None else z > float(threshold)


def _cut_off(z: Array, options: Options, side: Arithmetic) -> Array:
    """Where a side gives x although no threshold says so; z may be rounded across it."""
    if side.keeps_digits or options.get("threshold") is not None:
        return np.zeros(z.shape, bool)
    return np.asarray(z > CUT * (1 - 4 * side.u))


def softplus_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    x, z, beta = _scaled(arrays, options)
    tail = np.log1p(np.exp(-np.abs(z))) / beta
    y = np.maximum(x, 0) + tail
    linear = _is_linear(z, options)

    def of_side(side: Arithmetic) -> Array:
        floor = lost(side) * (1 + 1 / beta)
        rounded = relative(2, 6, side) * y + floor
        if not side.keeps_digits:
            rounded = rounded + exact_sigmoid(z) * side.u * np.minimum(np.abs(z), 2e3) / beta
        return np.where(linear, 0, rounded + np.where(_cut_off(z, options, side), tail, 0))

    return bounded(each_side(of_side, sides), np.maximum(y, np.abs(z)), sides)


def softplus_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·σ(z); torch forms dy·e^z first, which may overflow."""
    _, z, _ = _scaled(arrays, options)
    d, o, rest = magnitudes({"dy": dy})["dy"], exact_sigmoid(z), exact_sigmoid(-z)
    linear = _is_linear(z, options)

    def of_side(side: Arithmetic) -> Array:
        rounded = d * o * relative(2, 5, side) + (1 + d) * lost(side)
        if not side.keeps_digits:
            rounded = rounded + d * o * rest * side.u * np.minimum(np.abs(z), 2e3)
        return np.where(linear, 0, rounded + np.where(_cut_off(z, options, side), d * rest, 0))

    peak: Any = np.where(linear, 0, np.minimum(z, CUT if "threshold" not in options else 700))
    return {"x": bounded(each_side(of_side, sides), d * np.maximum(np.exp(peak), 1), sides)}


# --- elu ----------------------------------------------------------------------------------


def _alpha(arrays: Arrays, options: Options) -> float:
    return abs(float(arrays["x"].dtype.type(options.get("alpha", 1))))


def elu_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """α·(e^x − 1) where x ≤ 0: an elementary function and a product; elsewhere x itself."""
    x, alpha = finite(arrays["x"]), _alpha(arrays, options)
    y = np.where(x > 0, 0, -np.expm1(np.minimum(x, 0))) * alpha

    def of_side(side: Arithmetic) -> Array:
        return np.where(x > 0, 0, relative(1, 2, side) * y + (1 + alpha) * side.eta)

    return bounded(each_side(of_side, sides), y, sides)


def elu_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·α·e^x where x ≤ 0, in any order."""
    x, alpha, d = finite(arrays["x"]), _alpha(arrays, options), magnitudes({"dy": dy})["dy"]
    slope = np.where(x > 0, 0, np.exp(np.minimum(x, 0))) * alpha

    def of_side(side: Arithmetic) -> Array:
        floor = (1 + alpha) * lost(side) * (1 + d)
        return np.where(x > 0, 0, relative(1, 3, side) * d * slope + floor)

    peak = np.where(x > 0, 0, d * max(alpha, 1))
    return {"x": bounded(each_side(of_side, sides), peak, sides)}
