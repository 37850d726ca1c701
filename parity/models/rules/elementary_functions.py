"""Functions of one or two elements beyond arithmetic: trigonometric, hyperbolic, erf, shrinkage."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from parity.cases.case import Array
from parity.models.plain.by_element import Definition
from parity.models.references import NotUnderstoodError
from parity.models.rules.element_arithmetic import (
    ONE,
    arithmetic_of,
    jumping,
    one,
    rounded_numbers,
    two,
)
from parity.models.understanding import Given, Rule, Understood

LN2, LN10 = math.log(2), math.log(10)
_ERF = np.frompyfunc(math.erf, 1, 1)
_ERFC = np.frompyfunc(math.erfc, 1, 1)


def erf(x: Array) -> Array:
    return np.asarray(_ERF(x), np.float64)


def erfc(x: Array) -> Array:
    return np.asarray(_ERFC(x), np.float64)


def _bell(x: Array) -> Array:
    return np.asarray(2 / math.sqrt(math.pi) * np.exp(-x * x))


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^(−x)) without overflow."""
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x < 0, small, 1.0) / (1 + small))


def _mish_slope(x: Array, sign: int) -> Array:
    """t + x·σ·(1 − t²), t the tanh of the softplus; sign: 1 for the size of what is added up."""
    t = np.tanh(np.logaddexp(0, x))
    if sign > 0:
        return np.asarray(t + np.abs(x) * sigmoid(x) * (1 + t * t))
    return np.asarray(t + x * sigmoid(x) * (1 - t * t))


def _between(x: Array) -> Array:
    """1 − x², its digits kept."""
    return np.asarray((1 - x) * (1 + x))


# torch forms 1 − x² from the rounded square: off by u, not by a part of it.
def _lost_in_between(power: float) -> Callable[[Array], Sequence[Array]]:
    return lambda x: (np.asarray((1 + x * x / np.abs(_between(x))) / np.abs(_between(x)) ** power),)


def _acosh_slope(x: Array) -> Array:
    return np.asarray(1 / np.sqrt((x - 1) * (x + 1)))


ONES = {
    "tan": Definition(np.tan, lambda x: (1 + np.tan(x) ** 2,), (1.0, 6.0), elementary=(1, 2)),
    "sinh": Definition(np.sinh, lambda x: (np.cosh(x),), (1.0, 2.0), elementary=(1, 1)),
    "cosh": Definition(np.cosh, lambda x: (np.sinh(x),), (1.0, 2.0), elementary=(1, 1)),
    "asin": Definition(
        np.arcsin,
        lambda x: (1 / np.sqrt(_between(x)),),
        (1.0, 8.0),
        elementary=(1, 0),
        slopes=_lost_in_between(0.5),
    ),
    "acos": Definition(
        np.arccos,
        lambda x: (-1 / np.sqrt(_between(x)),),
        (1.0, 8.0),
        elementary=(1, 0),
        slopes=_lost_in_between(0.5),
    ),
    "atan": Definition(np.arctan, lambda x: (1 / (1 + x * x),), (1.0, 5.0), elementary=(1, 0)),
    "asinh": Definition(
        np.arcsinh, lambda x: (1 / np.sqrt(1 + x * x),), (1.0, 7.0), elementary=(1, 0)
    ),
    "acosh": Definition(
        np.arccosh,
        lambda x: (_acosh_slope(x),),
        (1.0, 8.0),
        elementary=(1, 0),
        slopes=lambda x: (_acosh_slope(x) * (1 + x * x / np.abs((x - 1) * (x + 1))),),
    ),
    "atanh": Definition(
        np.arctanh,
        lambda x: (1 / _between(x),),
        (1.0, 8.0),
        elementary=(1, 0),
        slopes=_lost_in_between(1),
    ),
    "exp2": Definition(np.exp2, lambda x: (LN2 * np.exp2(x),), (1.0, 4.0), elementary=(1, 1)),
    "log2": Definition(np.log2, lambda x: (1 / (LN2 * x),), (1.0, 5.0), elementary=(1, 0)),
    "log10": Definition(np.log10, lambda x: (1 / (LN10 * x),), (1.0, 5.0), elementary=(1, 0)),
    "erf": Definition(
        erf,
        lambda x: (_bell(x),),
        (1.0, 6.0),
        elementary=(1, 1),
        slopes=lambda x: (_bell(x) * (1 + x * x),),
    ),
    "erfc": Definition(
        erfc,
        lambda x: (-_bell(x),),
        (1.0, 6.0),
        elementary=(1, 1),
        slopes=lambda x: (_bell(x) * (1 + x * x),),
    ),
    "mish": Definition(
        lambda x: x * np.tanh(np.logaddexp(0, x)),
        lambda x: (_mish_slope(x, -1),),
        (4.0, 16.0),
        elementary=(3, 8),
        slopes=lambda x: (_mish_slope(x, 1),),
    ),
    "log_sigmoid_forward": Definition(
        lambda x: -np.logaddexp(0, -x),
        lambda x: (sigmoid(-x),),
        (4.0, 6.0),
        elementary=(2, 2),
    ),
    "frac": Definition(lambda x: x - np.trunc(x), lambda x: (ONE,), (1.0, 0.0)),
    "sgn": Definition(np.sign, lambda x: (0.0 * np.sign(x),), (0.0, 0.0)),
}


# --- of two elements ----------------------------------------------------------------------


def _xlogy(x: Array, y: Array) -> Array:
    return np.where(x == 0, np.where(np.isnan(y), np.nan, 0.0), x * np.log(y))


def _logaddexp_slopes(x: Array, y: Array) -> Sequence[Array]:
    return sigmoid(x - y), sigmoid(y - x)


def _logaddexp_sizes(x: Array, y: Array) -> Sequence[Array]:
    """Beside the rounded difference: torch's e^(y − x) overflows where the slope is below 10⁻³⁸."""
    known = 1 + np.abs(x) + np.abs(y)
    return [np.where(s < 1e-37, 1e-30, s * known) for s in _logaddexp_slopes(x, y)]


def _atan2_slopes(y: Array, x: Array) -> Sequence[Array]:
    square = x * x + y * y
    return tuple(np.where(square == 0, 0.0, part / square) for part in (x, -y))


def _taken(first: Array) -> Sequence[Array]:
    return first, ~first


def _hypot_slopes(x: Array, y: Array) -> Sequence[Array]:
    length = np.hypot(x, y)
    return tuple(np.where(length == 0, 0.0, side / length) for side in (x, y))


TWOS = {
    "atan2": Definition(
        np.arctan2,
        _atan2_slopes,
        (1.0, 6.0),
        elementary=(1, 0),
    ),
    "xlogy": Definition(
        _xlogy,
        lambda x, y: (np.where((x == 0) & (y <= 0), 0.0, np.log(y)), x / y),
        (2.0, 3.0),
        elementary=(1, 1),
    ),
    "logaddexp": Definition(
        np.logaddexp,
        _logaddexp_slopes,
        (3.0, 8.0),
        lambda x, y: np.maximum(np.abs(x), np.abs(y)) + 1,
        (1, 2),
        _logaddexp_sizes,
    ),
    "hypot": Definition(np.hypot, _hypot_slopes, (2.0, 5.0), elementary=(1, 1)),
    "copysign": Definition(
        np.copysign,
        lambda x, y: (np.where(x == 0, 0.0, np.copysign(1, x * np.copysign(1, y))), 0 * ONE),
        (0.0, 0.0),
    ),
    "fmax": Definition(np.fmax, lambda x, y: _taken((x >= y) | np.isnan(y)), (0.0, 0.0)),
    "fmin": Definition(np.fmin, lambda x, y: _taken((x <= y) | np.isnan(y)), (0.0, 0.0)),
}


HEAVISIDE = Definition(np.heaviside, lambda x, y: (0 * ONE, 0 * ONE), (0.0, 0.0))


# --- with options -------------------------------------------------------------------------


def fmod(given: Given) -> Understood:
    """x − other·trunc(x / other), of the quotient as it is rounded."""
    dtype = given.dtype or "float64"
    definition = Definition(
        np.fmod, lambda x, y: (ONE, -np.trunc((x / y).astype(dtype))), (0.0, 3.0)
    )
    return arithmetic_of("fmod", rounded_numbers(given), definition, "self", "other")


def remainder(given: Given) -> Understood:
    """x − other·⌊x / other⌋: of the sign of other."""
    definition = Definition(
        np.remainder,
        lambda x, y: (ONE, -np.floor_divide(x, y)),
        (2.0, 3.0),
        lambda x, y: np.abs(y) + 0 * x,
    )
    return arithmetic_of("remainder", rounded_numbers(given), definition, "self", "other")


def _number(given: Given, name: str) -> float:
    """A number as torch has it beside these tensors."""
    return float(np.dtype(given.dtype or "float64").type(given[name]))


def logit(given: Given) -> Understood:
    """log(x / (1 − x)); eps: the distance that x keeps from 0 and 1."""
    if given["eps"] is not None:
        raise NotUnderstoodError("logit that keeps a distance from 0 and 1")
    definition = Definition(
        lambda x: np.log(x) - np.log1p(-x),
        lambda x: (1 / (x * (1 - x)),),
        (4.0, 5.0),
        lambda x: np.abs(np.log(x)) + np.abs(np.log1p(-x)) + 1,
        (1, 0),
    )
    return arithmetic_of("logit", given, definition, "self")


def celu(given: Given) -> Understood:
    """α·(e^(x/α) − 1) below 0."""
    alpha = float(given["alpha"])
    return scaled_elu(given, alpha, 1.0, 1 / alpha)


def scaled_elu(given: Given, alpha: float, scale: float, inner: float) -> Understood:
    """scale·x, and scale·α·(e^(inner·x) − 1) below 0.

    In place torch has y alone for its backward, and takes y + α for α·eˣ, which cancels.
    """
    below = alpha * scale

    def value(x: Array) -> Array:
        return np.where(x > 0, scale * x, below * np.expm1(inner * np.minimum(x, 0)))

    def slope(x: Array) -> Sequence[Array]:
        return (np.where(x > 0, scale, inner * below * np.exp(inner * np.minimum(x, 0))),)

    def size(x: Array) -> Sequence[Array]:
        if given.operation.written:
            return (np.where(x > 0, scale, abs(inner) * (np.abs(value(x)) + abs(below))),)
        return (np.abs(slope(x)[0]) * (1 + np.abs(inner * x)),)

    definition = Definition(value, slope, (6.0, 12.0), elementary=(1, 2), slopes=size)
    return arithmetic_of("elu", given, definition, "self")


def softshrink(given: Given) -> Understood:
    """x − λ above λ, x + λ below −λ, 0 between."""
    lambd = _number(given, "lambd")
    definition = Definition(
        lambda x: np.where(np.abs(x) > lambd, x - lambd * np.sign(x), 0.0 * x),
        lambda x: (np.abs(x) > lambd,),
        (1.0, 0.0),
    )
    return arithmetic_of("softshrink", given, definition, "self")


def hardshrink(given: Given) -> Understood:
    """x outside −λ … λ, 0 within."""
    lambd = _number(given, "lambd")
    definition = Definition(
        lambda x: np.where(np.abs(x) <= lambd, 0.0, x),
        lambda x: (~(np.abs(x) <= lambd),),
        (0.0, 0.0),
    )
    return arithmetic_of("hardshrink", given, definition, "self")


def threshold(given: Given) -> Understood:
    """x above the threshold, else a number."""
    limit, value = _number(given, "threshold"), _number(given, "value")
    definition = Definition(
        lambda x: np.where(x <= limit, value, x), lambda x: (~(x <= limit),), (0.0, 0.0)
    )
    return arithmetic_of("threshold", given, definition, "self")


def nan_to_num(given: Given) -> Understood:
    """Numbers in the place of NaN and ∞; torch's gradient is 0 there."""
    most = float(np.finfo(given.dtype or "float64").max)
    nan, above, below = (
        default if given.get(name) is None else _number(given, name)
        for name, default in (("nan", 0.0), ("posinf", most), ("neginf", -most))
    )
    definition = Definition(
        lambda x: np.nan_to_num(x, nan=nan, posinf=above, neginf=below),
        lambda x: (np.isfinite(x),),
        (0.0, 0.0),
    )
    return arithmetic_of("nan_to_num", given, definition, "self")


RULES = {
    **{name: Rule(one(name, definition)) for name, definition in ONES.items()},
    **{name: Rule(two(name, definition)) for name, definition in TWOS.items()},
    "fmod": Rule(fmod),
    "remainder": Rule(remainder),
    "floor_divide": Rule(jumping("floor_divide", np.floor_divide, 2.0)),
    "heaviside": Rule(two("heaviside", HEAVISIDE, "values")),
    "logit": Rule(logit),
    "celu": Rule(celu),
    "softshrink": Rule(softshrink),
    "hardshrink": Rule(hardshrink),
    "threshold": Rule(threshold),
    "nan_to_num": Rule(nan_to_num),
}
