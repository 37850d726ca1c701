"""Bounds of sigmoid and tanh, and of their derivatives as functions of the output.

A bound speaks of the function, not of one formula: where right implementations err differently
it is the larger of theirs, element by element. With c the relative error of exp, tanh and cosh,
and the exact output o:

| function | computed as | off by at most |
|---|---|---|
| dtanh | 1 − o² | u·o² + u·(1 − o²) |
| | (1 − o)(1 + o) | γ_3·(1 − o²): each of three operations rounds relatively |
| tanh's backward | dy·(1 − ô²), dy·(1 − ô)(1 + ô) | dy·(2c·o² + 4u·(1 − o²)), first order |
| | dy/cosh²(x); 4dy·e/(1 + e)², e = e^(−2|x|) | dy·(1 − o²)·(2c + 6u), first order |
| sigmoid's backward | dy·ô·(1 − ô) | dy·o·(2c + 7u), first order |
| | dy·e/(1 + e)², e = e^(−|x|); dy·σ(x)·σ(−x) | dy·o·(1 − o)·(2c + 7u): less |

A side that keeps its digits (refimpl) has the relative bounds alone: 1 − ô is no number for it.

cosh overflows where 1 − o² is below 4/largest: that is lost beside dy·2c·o². In e/(1 + e)² the
relative error of e enters once above and e/(1 + e) ≤ ½ of it twice below: 2c.
"""

from __future__ import annotations

import math

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
from parity.cases.case import Array


def sigmoid_relative(side: Arithmetic) -> float:
    """Two exponentials, an addition and a division: 2c + 3u, and the products of these."""
    return relative(exps=2, roundings=3, side=side)


def relative(exps: int, roundings: int, side: Arithmetic) -> float:
    """(1 + c)^exps · (1 + u)^roundings − 1; 1 + u itself is 1 in float64."""
    return math.expm1(exps * math.log1p(side.elementary) + roundings * math.log1p(side.u))


def sigmoid_floor(side: Arithmetic) -> float:
    """1/(1 + e^(−x)) is 0 once e^(−x) overflows: what is below 1/largest is lost."""
    return 2 / side.largest + 2 * side.eta


def floor_of(o: Array, side: Arithmetic) -> Array | float:
    """`sigmoid_floor`; of a side that keeps its digits only where o is subnormal, or hardly more.

    1/largest is a quarter of the smallest normal number: what is lost there, and what exp is off by
    where its own result is subnormal, is nothing that a normal o may be off by.
    """
    if not side.keeps_digits:
        return sigmoid_floor(side)
    return np.where(o < 8 / side.largest, sigmoid_floor(side), 2 * side.eta)


def exact_slope(x: Array) -> Array:
    """σ'(x) = e/(1 + e)² with e = e^(−|x|); tanh'(x) is 4σ'(2x)."""
    e = np.exp(-np.abs(x.astype(np.float64)))
    return np.asarray(e / (1 + e) ** 2)


def exact_sigmoid(x: Array) -> Array:
    x = x.astype(np.float64)
    o: Array = np.exp(np.minimum(x, 0)) / (1 + np.exp(-np.abs(x)))
    return o


def sigmoid_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _of_sigmoid(exact_sigmoid(arrays["x"]), sides)


def sigmoid_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    return {"x": _of_slope(dy, arrays["x"], exact_sigmoid(arrays["x"]), sides)}


def sigmoid_both(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> tuple[Bound, dict[str, Bound]]:
    """`sigmoid_forward` and `sigmoid_backward` from one exact output."""
    o = exact_sigmoid(arrays["x"])
    return _of_sigmoid(o, sides), {"x": _of_slope(dy, arrays["x"], o, sides)}


def _of_sigmoid(o: Array, sides: Sides) -> Bound:
    limit = each_side(lambda side: sigmoid_relative(side) * o + floor_of(o, side), sides)
    return bounded(limit, o, sides)


def _of_slope(dy: Array, x: Array, o: Array, sides: Sides) -> Bound:
    """dy·o·(1 − o) from a rounded o: 1 − o is off by the absolute error of o."""
    d = magnitudes({"dy": dy})["dy"]
    slope, floors = exact_slope(x), 1 + d

    def of_side(side: Arithmetic) -> Array:
        if side.keeps_digits:
            off = relative(exps=2, roundings=7, side=side)
            return np.asarray(d * slope * off + floors * floor_of(slope, side))
        off = sigmoid_relative(side) + 4 * side.u
        return np.asarray(d * o * off * (1 + off) + floors * sigmoid_floor(side))

    return bounded(each_side(of_side, sides), d, sides)


def tanh_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    o = np.abs(np.tanh(arrays["x"].astype(np.float64)))
    return bounded(each_side(lambda side: side.elementary * o + side.eta, sides), o, sides)


def tanh_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """From a rounded output 1 − o² is off absolutely, from cosh or exp relatively.

    Of dy·(1 − ô)(1 + ô) four operations round, of dy·(1 − ô²) three; 2c and the 6u of the other
    forms are an upper bound for each of them (see the table above).
    """
    x = arrays["x"].astype(np.float64)
    o, slope, d = np.abs(np.tanh(x)), 4 * exact_slope(2 * x), magnitudes({"dy": dy})["dy"]

    def of_side(side: Arithmetic) -> Array:
        square = relative(exps=2, roundings=1, side=side)  # relative error of o·o
        by_output = o * o * square + 4 * side.u * (slope + square)
        by_powers = relative(exps=2, roundings=6, side=side) * slope
        if side.keeps_digits:
            return np.asarray(d * by_powers + (1 + d) * (4 * floor_of(slope / 4, side)))
        return np.asarray(d * np.maximum(by_output, by_powers) + (2 + d) * side.eta)

    return {"x": bounded(each_side(of_side, sides), d, sides)}


# --- derivatives, given the output o ------------------------------------------------------


def dsigmoid_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """o·(1 − o): a difference and a product."""
    o = _finite(arrays["o"])
    return rounded_sum(np.abs(o * (1 - o)), np.full(o.shape, 2.0), sides)


def dtanh_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """The larger of u·(o² + |1 − o²|) and γ_3·|1 − o²|: 1 − o², and (1 − o)(1 + o)."""
    square = _finite(arrays["o"]) ** 2
    value = np.abs(1 - square)
    by_square = square + value >= 3 * value
    magnitude, roundings = np.where(by_square, square + value, value), np.where(by_square, 1.0, 3.0)
    return rounded_sum(magnitude, roundings, sides)


def _finite(o: Array) -> Array:
    """o in float64; NaN and ∞ become 0: their elements are compared as such."""
    return np.where(np.isfinite(o), o, 0).astype(np.float64)
