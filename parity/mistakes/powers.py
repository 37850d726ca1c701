"""Mistakes in powers."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.broadcasting import REPEATED, averaged, last_of
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import PowerGrads, power, power_backward
from refimpl.broadcasting import summed_to


def each(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    """The gradients before they are summed: of an x and an exponent that are not repeated."""
    if not isinstance(exponent, np.ndarray):
        return power_backward(dy, np.broadcast_to(x, dy.shape), exponent)
    return power_backward(dy, np.broadcast_to(x, dy.shape), np.broadcast_to(exponent, dy.shape))


def of_exponent(right: PowerGrads, wrong: Array, exponent: Any) -> PowerGrads:
    """The exponent's gradient replaced, where there is one."""
    if right.dexponent is None:
        return right
    return right._replace(dexponent=summed_to(wrong, np.shape(exponent)))


@mistake("power", "p^x: base and exponent change places", "the order does not matter")
def power_swapped(x: Array, exponent: Any) -> Array:
    if not isinstance(exponent, np.ndarray):
        exponent = np.asarray(0 * x.reshape(-1)[:1].sum() + exponent, x.dtype)
    return power(np.asarray(exponent, x.dtype), x)


@mistake("power", "the product x · p", "repeated multiplication")
def power_product(x: Array, exponent: Any) -> Array:
    return np.asarray(x * exponent, x.dtype)


@mistake("power_backward", "the factor p is left out of ∂L/∂x", "(x^p)′ is x^(p−1)")
def power_factor_left_out(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    less = np.asarray(power(x, exponent - 1) * dy, x.dtype)
    return right._replace(dx=summed_to(less, x.shape))


@mistake("power_backward", "p · x^p: the exponent is not lowered by 1", "e^x is its own derivative")
def power_not_lowered(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    whole = np.asarray(dy * exponent * power(x, exponent), x.dtype)
    return right._replace(dx=summed_to(whole, x.shape))


@mistake("power_backward", "p · x: the exponent is taken for 2", "(x²)′ = 2x")
def power_as_of_squares(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    return right._replace(dx=summed_to(np.asarray(dy * exponent * x, x.dtype), x.shape))


@mistake(
    "power_backward",
    "ln x is left out of the exponent's gradient",
    "e^x is its own derivative",
)
def power_logarithm_left_out(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    return of_exponent(right, np.asarray(dy * power(x, exponent), x.dtype), exponent)


@mistake(
    "power_backward",
    "the exponent's gradient is p · x^(p−1), too",
    "one derivative serves both sides",
)
def power_exponent_as_base(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    return of_exponent(right, each(dy, x, exponent).dx, exponent)


@mistake(
    "power_backward",
    "what is repeated gets the gradient of the last use alone",
    REPEATED,
)
def power_repetitions_not_summed(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    alone = each(dy, x, exponent)
    dx = last_of(alone.dx, x.shape)
    if alone.dexponent is None:
        return PowerGrads(dx, None)
    return PowerGrads(dx, last_of(alone.dexponent, exponent.shape))


@mistake(
    "power_backward",
    "the gradient of what is repeated is the mean over its uses",
    "what is repeated shares the gradient",
)
def power_repetitions_averaged(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    if right.dexponent is None:
        return PowerGrads(averaged(right.dx, dy), None)
    return PowerGrads(averaged(right.dx, dy), averaged(right.dexponent, dy))


# --- right as a formula: digits are lost ----------------------------------------------------


@mistake(
    "power_backward",
    "x to a rounded p − 1: far from 1 an error of |ln x| roundings",
    "formulas that are equal compute equal numbers",
    loses_digits=True,
)
def power_of_a_rounded_exponent(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    right = power_backward(dy, x, exponent)
    if x.dtype == object:
        return right
    p = np.asarray(exponent, x.dtype)
    slope = np.where(p == 0, 0, p * power(x, p - 1))
    return right._replace(dx=summed_to(np.asarray(dy * slope, x.dtype), x.shape))


slightly_too_large("power")
