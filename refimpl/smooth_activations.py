"""Smooth activation functions, each beside its backward: exp, softplus, silu, gelu, elu.

Plain: witnesses/definitions/smooth_activations.py. On floats each formula is written so that its
tail keeps its digits; float32 is computed in float64 and rounded once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from refimpl.checks import (
    check_arrays,
    check_choice,
    check_gradient,
    check_methods,
    check_number,
    check_positive,
)
from refimpl.compensated import Exponent, power, two_product, two_sum
from refimpl.elements import Array, choose, expm1, log1p, parameter, pi_of, zero_of
from refimpl.normal_distribution import DENSITY, FLAT, scaled_tail
from refimpl.rows import in_parts
from refimpl.sums import wide
from refimpl.unlike_torch import INPLACE, OUT, unlike_torch

LARGE = 700.0  # e^x has a few powers of 2 left there

# --- exp ----------------------------------------------------------------------------------


@unlike_torch(out=OUT)
def exp(x: Array) -> Array:
    """Exponential function, y = e^x.

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: beyond the documents. torch.exp.

    >>> exp(np.array([0.0, 1.0, -np.inf]))
    array([1.        , 2.71828183, 0.        ])
    """
    (x,) = check_arrays("exp", x=x)
    check_methods("exp", x, "exp")
    return _narrowed(np.exp, x)


def exp_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `exp`, given dy = ∂L/∂y.

    ∂L/∂x = dy · e^x

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ.
    Source: beyond the documents. torch.exp.

    >>> exp_backward(np.array([3.0]), np.array([0.0]))
    array([3.])
    """
    dy, x = _upstream("exp_backward", dy, x, "exp")
    return _narrowed(_exp_slope, dy, x)


def _exp_slope(dy: Array, x: Array) -> Array:
    """Of floats as dy · e^(x/2) · e^(x/2) where e^x alone would overflow."""
    if x.dtype == object:
        return np.asarray(dy * np.exp(x))
    huge = x > LARGE
    root = np.exp(np.where(huge, x / 2, x))
    return np.asarray(dy * root * np.where(huge, root, 1))


# --- softplus -----------------------------------------------------------------------------


@unlike_torch()
def softplus(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    """Softplus, a smooth ReLU: y = log(1 + e^(beta · x)) / beta.

    Computed as max(x, 0) + log(1 + e^(−|beta · x|)) / beta, which is the same and never overflows.
    With a threshold y = x where beta · x > threshold. torch does that at its default of 20, where
    it loses seven digits of float64; here nothing is cut off unless a threshold is given.

    Shapes: any. beta is positive.
    Raises: TypeError for arrays that are not real numbers, ValueError for a beta of 0 or less.
    Source: beyond the documents. torch.nn.functional.softplus; Glorot, Bordes & Bengio 2011, "Deep
    sparse rectifier neural networks".

    >>> softplus(np.array([-40.0, 0.0, 40.0]))
    array([4.24835426e-18, 6.93147181e-01, 4.00000000e+01])
    >>> float(softplus(np.array([21.0]))[0]), float(softplus(np.array([21.0]), threshold=20)[0])
    (21.000000000758256, 21.0)
    """
    (x,) = check_arrays("softplus", x=x)
    beta, threshold = _softplus_options("softplus", x, beta, threshold)
    return _narrowed(lambda x: _softplus(x, beta, threshold), x)


def softplus_backward(dy: Array, x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    """Gradient of a loss L through `softplus`, given dy = ∂L/∂y.

    ∂L/∂x = dy · σ(beta · x), dy where beta · x > threshold, if there is one

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ, or for a beta of 0 or less.
    Source: beyond the documents. torch.nn.functional.softplus.

    >>> softplus_backward(np.array([2.0, 1.0]), np.array([0.0, -40.0]))
    array([1.00000000e+00, 4.24835426e-18])
    """
    where = "softplus_backward"
    dy, x = _upstream(where, dy, x)
    beta, threshold = _softplus_options(where, x, beta, threshold)
    return _narrowed(lambda dy, x: _softplus_slope(dy, x, beta, threshold), dy, x)


def _softplus_options(where: str, x: Array, beta: Any, threshold: Any) -> tuple[Any, Any]:
    """Both as elements of x."""
    check_methods(where, x, "exp", "log")
    check_number(where, "beta", beta, x)
    check_positive(where, "beta", beta, parameter(beta, like=x))
    if threshold is None:
        return parameter(beta, like=x), None
    check_number(where, "threshold", threshold, x)
    return parameter(beta, like=x), parameter(threshold, like=x)


def _softplus(x: Array, beta: Any, threshold: Any) -> Array:
    if x.dtype == object:
        y = np.asarray(log1p(np.exp(beta * x)) / beta)
        return y if threshold is None else choose(beta * x > threshold, x, y)
    s = two_product(x, np.float64(beta))
    y = log1p(power(s).whole)
    y /= np.float64(beta)
    y += np.maximum(x, 0)
    return _cut(s, threshold, x, y)


def _softplus_slope(dy: Array, x: Array, beta: Any, threshold: Any) -> Array:
    if x.dtype == object:
        dx = np.asarray(dy / (1 + np.exp(-beta * x)))
        return dx if threshold is None else choose(beta * x > threshold, dy, dx)
    s = two_product(x, np.float64(beta))
    e = power(s).whole
    return _cut(s, threshold, dy, dy * np.where(x < 0, e, 1) / (1 + e))


def _cut(s: Exponent, threshold: Any, linear: Array, curved: Array) -> Array:
    """What is linear where s > threshold."""
    if threshold is None:
        return curved
    return choose((s.value - np.float64(threshold)) + s.rest > 0, linear, curved)


# --- silu and gelu ------------------------------------------------------------------------


@unlike_torch(inplace=INPLACE)
def silu(x: Array) -> Array:
    """Sigmoid linear unit, also called swish: y = x · σ(x).

    Shapes: any. σ decides at −∞, where y is −0 (torch: NaN).
    Raises: TypeError for arrays that are not real numbers.
    Source: beyond the documents. torch.nn.functional.silu; Hendrycks & Gimpel 2016, "Gaussian error
    linear units (GELUs)", arXiv 1606.08415; Ramachandran, Zoph & Le 2017, "Searching for activation
    functions", arXiv 1710.05941 (swish with β = 1).

    >>> silu(np.array([-40.0, 0.0, 2.0]))
    array([-1.69934170e-16,  0.00000000e+00,  1.76159416e+00])
    """
    (x,) = check_arrays("silu", x=x)
    check_methods("silu", x, "exp")
    return _narrowed(lambda x: _gated(x, _straight), x)


def silu_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `silu`, given dy = ∂L/∂y.

    ∂L/∂x = dy · (σ(x) + x · σ(x) · σ(−x))

    Both terms cancel near x = −1.28, where the derivative is 0: there an error is a few roundings
    of σ(x) + |x| · σ(x) · σ(−x).

    Shapes: dy and x alike. The limits dy and 0 at ±∞ (torch: NaN).
    Raises: ValueError if the shapes differ.
    Source: beyond the documents. torch.nn.functional.silu; Ramachandran, Zoph & Le 2017.

    >>> silu_backward(np.array([2.0, 1.0]), np.array([0.0, -40.0]))
    array([ 1.00000000e+00, -1.65685816e-16])
    """
    dy, x = _upstream("silu_backward", dy, x, "exp")
    return _narrowed(lambda dy, x: _gated_slope(dy, x, _straight), dy, x)


@unlike_torch()
def gelu(x: Array, approximate: str = "none") -> Array:
    """Gaussian error linear unit: y = x · Φ(x), Φ the standard normal distribution.

    Φ(x) = ½ · erfc(−x/√2), approximate="none"; its tail keeps its digits, unlike 1 + erf(x/√2)
    y = ½ · x · (1 + tanh(√(2/π) · (x + 0.044715 · x³))), approximate="tanh"; computed as
    x · σ(√(8/π) · (x + 0.044715 · x³)), which is the same

    Shapes: any. −0 at −∞ (torch: NaN).
    Raises: TypeError for arrays that are not real numbers, ValueError for another approximation.
    Source: beyond the documents. torch.nn.functional.gelu; Hendrycks & Gimpel 2016, "Gaussian error
    linear units (GELUs)", arXiv 1606.08415.

    >>> gelu(np.array([-10.0, 0.0, 1.0]))
    array([-7.61985302e-23,  0.00000000e+00,  8.41344746e-01])
    >>> gelu(np.array([-5.0, 0.0, 1.0]), approximate="tanh")
    array([-2.29179620e-07,  0.00000000e+00,  8.41191991e-01])
    """
    (x,) = check_arrays("gelu", x=x)
    if _is_exact("gelu", x, approximate):
        return _narrowed(_gelu, x)
    return _narrowed(lambda x: _gated(x, _cubic), x)


def gelu_backward(dy: Array, x: Array, approximate: str = "none") -> Array:
    """Gradient of a loss L through `gelu`, given dy = ∂L/∂y.

    ∂L/∂x = dy · (Φ(x) + x · φ(x)) where φ(x) = e^(−x²/2)/√(2π), approximate="none"
    ∂L/∂x = dy · (σ(s) + x · s' · σ(s) · σ(−s)), approximate="tanh",
            s = √(8/π) · (x + 0.044715 · x³), s' = √(8/π) · (1 + 0.134145 · x²)

    Both terms cancel near x = −0.75, where the derivative is 0: there an error is a few roundings
    of Φ(x) + |x| · φ(x), or of σ(s) + |x| · s' · σ(s) · σ(−s).

    Shapes: dy and x alike. The limits dy and 0 at ±∞ (torch: NaN).
    Raises: ValueError if the shapes differ, or for another approximation.
    Source: beyond the documents. torch.nn.functional.gelu; Hendrycks & Gimpel 2016.

    >>> gelu_backward(np.array([2.0, 1.0]), np.array([0.0, -10.0]))
    array([ 1.0000000e+00, -7.6184001e-22])
    """
    dy, x = _upstream("gelu_backward", dy, x)
    if _is_exact("gelu_backward", x, approximate):
        return _narrowed(_gelu_slope, dy, x)
    return _narrowed(lambda dy, x: _gated_slope(dy, x, _cubic), dy, x)


def _is_exact(where: str, x: Array, approximate: str) -> bool:
    """Whether Φ itself is meant."""
    check_choice(where, "approximate", approximate, ("none", "tanh"))
    exact = bool(approximate == "none")
    check_methods(where, x, "exp", "sqrt", "pi", *(["erfc"] if exact else []))
    return exact


def _gelu(x: Array) -> Array:
    if x.dtype == object:
        return np.asarray(x * _distribution(x))
    t = np.minimum(np.abs(x), FLAT)
    e = power(two_product(t, t), 1 / 2)
    small = e.part * (scaled_tail(t) * t) * e.scale  # t · Φ(−t)
    return np.asarray(np.where(x < 0, -small, x - small))


def _gelu_slope(dy: Array, x: Array) -> Array:
    if x.dtype == object:
        density = np.exp(-x * x / 2) / np.sqrt(2 * pi_of(x))
        return np.asarray(dy * (_distribution(x) + x * density))
    t = np.minimum(np.abs(x), FLAT)
    e = power(two_product(t, t), 1 / 2)
    part = e.part * (scaled_tail(t) - DENSITY * t)  # with the scale Φ(−t) − t · φ(t)
    return np.where(x < 0, dy * part * e.scale, dy * (1 - part * e.scale))


def _distribution(x: Array) -> Array:
    """Φ(x) of objects that have an erfc."""
    root = np.sqrt(zero_of(x) + 2)
    return np.asarray(np.frompyfunc(lambda z: z.erfc() / 2, 1, 1)(-x / root), object)


class Gate(NamedTuple):
    """s and s' of a function x · σ(s) whose s has the sign of x."""

    s: Exponent
    slope: Any


SATURATED = 2048.0  # of |x|: there every gate is open or shut

# √(8/π) and 0.044715 · √(8/π), each with what float64 leaves of it.
STEEPNESS = 1.5957691216057308, -9.96930880911092e-17
CURVATURE = 0.07135481627260025, -6.175149918155315e-19


def _straight(x: Array) -> Gate:
    """silu: s = x"""
    return Gate(Exponent(x, np.zeros_like(x)), 1)


def _cubic(x: Array) -> Gate:
    """gelu's approximation: s = √(8/π) · (x + 0.044715 · x³)"""
    if x.dtype == object:
        steepness, cubic = np.sqrt(8 / pi_of(x)), parameter(44715, like=x) / 10**6
        s = steepness * (x + cubic * x * x * x)
        return Gate(Exponent(s, zero_of(x)), np.asarray(steepness * (1 + 3 * cubic * x * x)))
    square = two_product(x, x)
    bent = two_product(square.value, CURVATURE[0])
    low = bent.rest + (CURVATURE[0] * square.rest + CURVATURE[1] * square.value)
    factor = two_sum(STEEPNESS[0], bent.value)
    rest = factor.rest + (low + STEEPNESS[1])
    s = two_product(x, factor.value)
    slope = two_sum(factor.value, 2 * bent.value)
    slope_rest = slope.rest + (rest + 2 * low)
    return Gate(Exponent(s.value, s.rest + x * rest), slope.value + slope_rest)


def _gated(x: Array, gate: Callable[[Array], Gate]) -> Array:
    """x · σ(s)"""
    if x.dtype == object:
        return np.asarray(x / (1 + np.exp(-gate(x).s.value)))
    inner = np.clip(x, -SATURATED, SATURATED)
    e = power(gate(inner).s)
    y = np.where(x < 0, inner * e.part, x)
    y /= 1 + e.whole
    y *= np.where(x < 0, e.scale, 1)
    return y


def _gated_slope(dy: Array, x: Array, gate: Callable[[Array], Gate]) -> Array:
    """dy · (σ(s) + x · s' · σ(s) · σ(−s))"""
    if x.dtype == object:
        s, slope = gate(x)
        o = 1 / (1 + np.exp(-s.value))
        return np.asarray(dy * o * (1 + x * slope * (1 - o)))
    x = np.clip(x, -SATURATED, SATURATED)
    s, slope = gate(x)
    e = power(s)
    whole = 1 + e.whole
    inner = 1 + x * slope * np.where(x < 0, 1, e.whole) / whole
    part, scale = (np.where(x < 0, factor, 1) for factor in e)
    return np.asarray(dy * (inner * part) / whole * scale)


# --- elu ----------------------------------------------------------------------------------


@unlike_torch(inplace=INPLACE)
def elu(x: Array, alpha: Any = 1) -> Array:
    """Exponential linear unit: y = x where x > 0, alpha · (e^x − 1) elsewhere.

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: beyond the documents. torch.nn.functional.elu; Clevert, Unterthiner & Hochreiter 2016,
    "Fast and accurate deep network learning by exponential linear units (ELUs)", arXiv 1511.07289.

    >>> elu(np.array([-40.0, -1e-20, 2.0]))
    array([-1.e+00, -1.e-20,  2.e+00])
    """
    (x,) = check_arrays("elu", x=x)
    alpha = _alpha("elu", x, alpha)
    return _narrowed(lambda x: _elu(x, alpha), x)


def elu_backward(dy: Array, x: Array, alpha: Any = 1) -> Array:
    """Gradient of a loss L through `elu`, given dy = ∂L/∂y.

    ∂L/∂x = dy where x > 0, dy · alpha · e^x elsewhere (0 included, as in torch)

    Shapes: dy and x alike. Where x is NaN, so is ∂L/∂x (torch: NaN or dy, by the place in the
    array).
    Raises: ValueError if the shapes differ.
    Source: beyond the documents. torch.nn.functional.elu; Clevert, Unterthiner & Hochreiter 2016.

    >>> elu_backward(np.array([3.0, 3.0, 3.0]), np.array([-1.0, 0.0, 2.0]), alpha=2)
    array([2.20727665, 6.        , 3.        ])
    """
    dy, x = _upstream("elu_backward", dy, x)
    alpha = _alpha("elu_backward", x, alpha)
    return _narrowed(lambda dy, x: _elu_slope(dy, x, alpha), dy, x)


def _alpha(where: str, x: Array, alpha: Any) -> Any:
    check_methods(where, x, "exp")
    check_number(where, "alpha", alpha, x)
    return parameter(alpha, like=x)


def _elu(x: Array, alpha: Any) -> Array:
    below = np.asarray(alpha * expm1(np.minimum(x, zero_of(x))), x.dtype)
    return choose(x > 0, x, below)


def _elu_slope(dy: Array, x: Array, alpha: Any) -> Array:
    below = np.asarray(dy * (alpha * np.exp(np.minimum(x, zero_of(x)))), x.dtype)
    return choose(x > 0, dy, below)


# --- what they share ----------------------------------------------------------------------


def _upstream(where: str, dy: Array, x: Array, *methods: str) -> tuple[Array, Array]:
    """dy and x, of one shape."""
    dy, x = check_arrays(where, dy=dy, x=x)
    check_gradient(where, dy, x.shape)
    check_methods(where, x, *methods)
    return dy, x


def _narrowed(formula: Callable[..., Array], *arrays: Array) -> Array:
    """A formula on a part of the arrays at a time, of float32 in float64 and rounded once.

    What overflows is ∞; what ∞ − ∞ would be is not used.
    """

    def rounded(*some: Array) -> Array:
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(formula(*map(wide, some))).astype(some[0].dtype, copy=False)

    return in_parts(rounded, *arrays)
