"""Bounds of silu and gelu, x times a gate that opens from 0 to 1.

With c the relative error of exp, tanh and erf, and v = √(2/π)·(x + 0.044715·x³):

| function | torch computes | its gate is off by at most |
|---|---|---|
| silu | x/(1 + e^(−x)) | (c + 3u)·σ(x), and all of it where e^(−x) overflows |
| gelu | ½·x·(1 + erf(x/√2)) | ½·(c + 8u): 1 + erf cancels; in float32 erf is Abramowitz & Stegun |
| | | 7.1.26, which states 1.5·10⁻⁷ |
| gelu, "tanh" | ½·x·(1 + tanh(v)) | ½·(c + 4u + 8u·|v|/cosh²(v)): v rounds eight times |

The derivatives have two terms, gate + x·gate'. torch's second one is off by the error of a rounded
1 − σ(x) or 1 − tanh²(v), times |x|, and by that of x² in e^(−x²/2), which multiplies it by
1 + u·x².

A side that keeps its digits (refimpl) has relative errors alone: of the value, and of both terms of
the derivative, which cancel where it is 0: roundings of Σ|terms|.
"""

from __future__ import annotations

from math import erfc, pi, sqrt

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.elementary import exact_sigmoid, exact_slope, relative, sigmoid_floor
from parity.bounds.exponentials import finite, lost
from parity.cases.case import Array

VALUE, SLOPE = 10, 14  # roundings of refimpl's value, and of the terms of its derivative
SERIES = 1.5e-7  # Abramowitz & Stegun 7.1.26
_erfc = np.frompyfunc(erfc, 1, 1)


def _kept(side: Arithmetic, size: Array, roundings: int, d: Array | float = 1.0) -> Array:
    return np.asarray(relative(1, roundings, side) * size + (1 + d) * lost(side))


# --- silu ---------------------------------------------------------------------------------


def silu_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    x = finite(arrays["x"])
    y = np.abs(x) * exact_sigmoid(x)

    def of_side(side: Arithmetic) -> Array:
        if side.keeps_digits:
            return _kept(side, y, VALUE)
        floor = np.minimum(np.abs(x), 1e4) * sigmoid_floor(side)
        return np.asarray(relative(1, 3, side) * y + floor + 2 * side.eta)

    return bounded(each_side(of_side, sides), np.abs(x), sides)


def silu_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """torch: dy·σ·(1 + x·(1 − σ)) from a rounded σ."""
    x, d = finite(arrays["x"]), magnitudes({"dy": dy})["dy"]
    o, size = exact_sigmoid(x), np.abs(x)
    terms = d * (o + size * exact_slope(x))

    def of_side(side: Arithmetic) -> Array:
        if side.keeps_digits:
            return _kept(side, terms, SLOPE, d)
        floor = sigmoid_floor(side) * (1 + np.minimum(size, 1e4)) * (1 + d)
        return np.asarray(relative(2, 9, side) * d * o * (1 + size) + floor)

    return {"x": bounded(each_side(of_side, sides), d * (1 + size), sides, terms)}


# --- gelu ---------------------------------------------------------------------------------


def _is_exact(options: Options) -> bool:
    return bool(options.get("approximate", "none") == "none")


def normal(x: Array) -> tuple[Array, Array]:
    """Φ(x) and φ(x), in float64."""
    below = np.asarray(_erfc(-x / sqrt(2)), np.float64) / 2
    return below, np.exp(-x * x / 2) / sqrt(2 * pi)


def cubic(x: Array) -> tuple[Array, Array]:
    """v, and its derivative."""
    inner = np.clip(x, -1e9, 1e9)  # far beyond it tanh is ±1
    root = sqrt(2 / pi)
    return root * (inner + 0.044715 * inner**3), root * (1 + 0.134145 * inner**2)


def gelu_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """torch may form x·(1 + erf) before it halves it, which overflows."""
    x = finite(arrays["x"])
    v, _ = cubic(x)
    gate = normal(x)[0] if _is_exact(options) else exact_sigmoid(2 * v)
    y = np.abs(x) * gate

    def of_side(side: Arithmetic) -> Array:
        if side.keeps_digits:
            return _kept(side, y, VALUE)
        off = _erf_error(side) if _is_exact(options) else _tanh_error(side, v)
        return np.asarray((np.abs(x) / 2) * off + 4 * side.eta)

    return bounded(each_side(of_side, sides), 2 * np.abs(x), sides)


def _erf_error(side: Arithmetic) -> float:
    """Of 1 + erf(x/√2)."""
    single = side.u == 2.0**-24
    return side.elementary + (16 * side.u + SERIES if single else 8 * side.u)


def _tanh_error(side: Arithmetic, v: Array) -> Array:
    """Of 1 + tanh(v)."""
    moved = 4 * exact_slope(2 * v) * np.abs(v)
    return np.asarray(side.elementary + 4 * side.u + 8 * side.u * moved)


def gelu_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    x, d = finite(arrays["x"]), magnitudes({"dy": dy})["dy"]
    size = np.abs(x)
    (below, density), (v, slope) = normal(x), cubic(x)
    bent = 4 * exact_slope(2 * v)  # 1 − tanh²(v)
    if _is_exact(options):
        first, second = below, size * density
    else:
        first, second = exact_sigmoid(2 * v), size * slope * bent / 2
    terms = d * (first + second)

    def of_side(side: Arithmetic) -> Array:
        if side.keeps_digits:
            return _kept(side, terms, SLOPE, d)
        if _is_exact(options):
            steep = side.elementary + (8 + np.minimum(x * x, 4e3)) * side.u
            off = (_erf_error(side) + 4 * side.u) / 2 + second * steep
        else:
            flat = 2 * _tanh_error(side, v) + 10 * side.u * bent
            off = (_tanh_error(side, v) + 4 * side.u) / 2 + size / 2 * slope * flat
        return np.asarray(d * off + lost(side) * (1 + np.minimum(size, 1e4)) * (1 + d))

    peak = d * (1 + size * (1 if _is_exact(options) else slope))
    return {"x": bounded(each_side(of_side, sides), peak, sides, terms)}
