"""Activation functions and their derivatives."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import either, exp, fractions, log, real, reals

_tanh, _cosh = np.frompyfunc(real.tanh, 1, 1), np.frompyfunc(real.cosh, 1, 1)


def bent(dy: Any, x: Any, slope: Any) -> dict[str, Any]:
    """relu and leaky_relu; the slope as x's dtype holds it."""
    slope = Fraction(float(x.dtype.type(slope)))
    factor = either(np.asarray(x) > 0, Fraction(1), slope)
    return {"y": fractions(x) * factor, "dx": fractions(dy) * factor}


def relu(dy: Any, x: Any) -> dict[str, Any]:
    return bent(dy, x, 0)


def leaky_relu(dy: Any, x: Any, negative_slope: Any = 0.01) -> dict[str, Any]:
    return bent(dy, x, negative_slope)


def hardtanh(dy: Any, x: Any, min_val: Any = -1, max_val: Any = 1) -> dict[str, Any]:
    """The middle one of x and both limits, as x's dtype holds them; flat outside and at them."""
    low, high = (Fraction(float(x.dtype.type(limit))) for limit in (min_val, max_val))
    middle = np.frompyfunc(lambda v: sorted((low, v, high))[1], 1, 1)
    between = np.frompyfunc(lambda v: Fraction(low < v < high), 1, 1)
    return {
        "y": np.asarray(middle(fractions(x)), object),
        "dx": fractions(dy) * np.asarray(between(fractions(x)), object),
    }


def sign(dy: Any, x: Any) -> dict[str, Any]:
    return {"y": fractions(np.where(x > 0, 1, np.where(x < 0, -1, 0))), "dx": fractions(0 * x)}


def sigmoid(dy: Any, x: Any) -> dict[str, Any]:
    powers = exp(-reals(x))
    return {"y": 1 / (1 + powers), "dx": reals(dy) / (1 + powers) / (1 + 1 / powers)}


def tanh(dy: Any, x: Any) -> dict[str, Any]:
    return {"y": _tanh(reals(x)), "dx": reals(dy) / _cosh(reals(x)) ** 2}


def dsigmoid(dy: Any, o: Any) -> dict[str, Any]:
    return {"y": fractions(o) * (1 - fractions(o))}


def dtanh(dy: Any, o: Any) -> dict[str, Any]:
    return {"y": 1 - fractions(o) * fractions(o)}


def shares(x: Any, axis: int) -> tuple[Any, Any]:
    """softmax and log_softmax."""
    powers = exp(reals(x))
    total = powers.sum(axis=axis, keepdims=True)
    return powers / total, reals(x) - log(total)


def softmax(dy: Any, x: Any, axis: int = -1) -> dict[str, Any]:
    o, d = shares(x, axis)[0], reals(dy)
    return {"y": o, "dx": o * (d - (d * o).sum(axis=axis, keepdims=True))}


def log_softmax(dy: Any, x: Any, axis: int = -1) -> dict[str, Any]:
    o, log_o = shares(x, axis)
    return {"y": log_o, "dx": reals(dy) - o * reals(dy).sum(axis=axis, keepdims=True)}


DEFINITIONS: dict[str, Definition] = {
    "relu": unpacked(relu),
    "leaky_relu": unpacked(leaky_relu),
    "hardtanh": unpacked(hardtanh),
    "sign": unpacked(sign),
    "sigmoid": unpacked(sigmoid),
    "tanh": unpacked(tanh),
    "dsigmoid": unpacked(dsigmoid),
    "dtanh": unpacked(dtanh),
    "softmax": unpacked(softmax),
    "log_softmax": unpacked(log_softmax),
}
