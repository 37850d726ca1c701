"""Powers of two arrays element by element, one of them repeated along axes that the other has.

Plain: witnesses/definitions/powers.py. On floats x^(p−1) is formed without the rounding of p − 1,
which far from x = 1 would cost hundreds of roundings; float32 is computed in float64 and rounded
once.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

import numpy as np

from refimpl.broadcasting import pair, summed_to, upstream
from refimpl.checks import check_arrays, check_methods, check_number, check_whole
from refimpl.compensated import two_sum
from refimpl.elements import Array, parameter
from refimpl.sums import wide
from refimpl.unlike_torch import OUT, unlike_torch

SMALLEST = np.finfo(np.float64).smallest_normal


class PowerGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `power`; no dexponent of a number."""

    dx: Array
    dexponent: Array | None


@unlike_torch(out=OUT)
def power(x: Array, exponent: Any) -> Array:
    """x to the power of the exponent, element by element.

    y = x^p, where p is the exponent: an array, or one number

    x^0 = 1, of 0 and NaN too; of a negative x NaN, unless p is an integer; 0^p = ∞ where p < 0.

    Shapes: any two that broadcast, as in `add`.
    Raises: ValueError for shapes that do not, TypeError for exact numbers without exp and log
    whose exponents are no integers: their powers are no exact numbers.
    Source: beyond the documents. torch.pow.

    >>> power(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([2.0, -0.5]))
    array([[1.        , 0.70710678],
           [9.        , 0.5       ]])
    >>> power(np.array([-2.0, 0.0]), 3)
    array([-8.,  0.])
    """
    x, p = pair("power", x=x, exponent=_exponent("power", x, exponent))
    if x.dtype == object:
        check_whole("power", "exponent", x, p)
        return np.asarray(x**p, object)
    with np.errstate(over="ignore"):
        return _raised(wide(x), wide(p)).astype(x.dtype, copy=False)


def power_backward(dy: Array, x: Array, exponent: Any) -> PowerGrads:
    """Gradients of a loss L through `power`, given dy = ∂L/∂y.

    ∂L/∂x = Σ dy · p · x^(p−1),  ∂L/∂p = Σ dy · x^p · ln x, each summed over the axes along which it
    was repeated; a number p has no gradient

    Where no limit exists torch's conventions hold: ∂L/∂x is 0 where p = 0, at x = 0 too; ∂L/∂p is 0
    where x = 0 and p ≥ 0, NaN where x < 0. There ∂L/∂x is NaN too, unless p is an integer.

    Shapes: dy as y; x and exponent as in `power` -> the shape of each.
    Raises: ValueError as `power` does, or if dy has another shape; TypeError for an array of exact
    numbers that have no log.
    Source: beyond the documents. torch.pow.

    >>> power_backward(np.array([1.0, 1.0]), np.array([3.0, 4.0]), np.array(2.0))
    PowerGrads(dx=array([6., 8.]), dexponent=array(32.06822038))
    >>> power_backward(np.array([1.0, 1.0]), np.array([3.0, -4.0]), 2)
    PowerGrads(dx=array([ 6., -8.]), dexponent=None)
    """
    where = "power_backward"
    p = _exponent(where, x, exponent)
    dy, x, p = upstream(where, dy, x=x, exponent=p)
    of_number = not _is_array(exponent)
    if x.dtype == object:
        check_whole(where, "exponent", x, p)
        if not of_number:
            check_methods(where, x, "log")
    given = wide(dy), wide(x), wide(p)
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows may meet its opposite
        dx = summed_to(_dx(*given), x.shape).astype(x.dtype, copy=False)
        if of_number:
            return PowerGrads(dx, None)
        dexponent = summed_to(_dexponent(*given), p.shape).astype(x.dtype, copy=False)
    return PowerGrads(dx, dexponent)


def _is_array(exponent: Any) -> bool:
    """Whether it is no single number: arrays without axes are arrays."""
    return isinstance(exponent, np.ndarray | list | tuple)


def _exponent(where: str, x: Any, exponent: Any) -> Any:
    """A number as an element beside x; an array as it is."""
    if _is_array(exponent) or exponent is None:
        return exponent
    (like,) = check_arrays(where, x=x)
    check_number(where, "exponent", exponent, like)
    return np.asarray(parameter(exponent, like=like), like.dtype)


def _raised(x: Array, p: Array) -> Array:
    """x^p of floats; of a repeated ½ np.power takes the root, which is NaN of −∞ and −0 of −0."""
    rootless = (p == 0.5) & ((x == 0) | (x == -np.inf))
    return np.asarray(np.power(np.where(rootless, np.abs(x), x) if rootless.any() else x, p))


def _dx(dy: Array, x: Array, p: Array) -> Array:
    """dy · p · x^(p−1), 0 where p = 0."""
    if x.dtype == object:
        return np.asarray(dy * np.frompyfunc(_slope, 2, 1)(x, p), object)
    still = p == 0  # whatever x and dy are
    dy, x = np.where(still, 0, dy), np.where(still, 1, x)
    q, r = two_sum(-1.0, p)
    whole = _one_less(x, p, q, r)
    return _product(whole, x, q, np.asarray(p * _left_out(x, r)), dy)


def _slope(x: Any, p: Any) -> Any:
    """p · x^(p−1) of exact numbers."""
    return 0 * x if p == 0 else p * x ** (p - 1)


def _one_less(x: Array, p: Array, q: Array, r: Array) -> Array:
    """x^q of the sign that x^(p−1) has, where p − 1 = q + r: a negative x asks for all its digits.

    An even p that is rounded to an even q is odd; a p that is no integer has none, as q may be.
    """
    whole = _raised(x, q)
    rounded = (x < 0) & (r != 0) & np.isfinite(q) & np.isfinite(x)
    if not rounded.any():
        return whole
    return np.where(rounded, np.where(p % 1 == 0, -whole, np.nan), whole)


def _left_out(x: Array, r: Array) -> Any:
    """x^r = 1 + r · ln|x|, where r is what the rounding of p − 1 left out."""
    if not r.any():
        return 1.0
    correct = np.isfinite(r) & np.isfinite(x) & (x != 0)
    return 1 + np.where(correct, r, 0) * np.log(np.where(correct, np.abs(x), 1))


def _product(power: Array, x: Array, p: Array, slope: Array, dy: Array) -> Array:
    """dy · slope · power, where power = x^p, or either times slope, may be no normal number.

    There x^(p/2) stands twice in its place, and the powers of two of all factors are added.
    """
    steep = slope * power
    kept = (_is_normal(power) & _is_normal(steep)) | np.isnan(power)
    lost = np.isfinite(x) & (x != 0) & (slope != 0) & ~kept
    usual = np.asarray(dy * steep)
    if not lost.any():
        return usual
    root = np.where(lost, np.abs(x), 1) ** (np.where(lost, p, 1) / 2)
    apart = [np.frexp(a) for a in (np.copysign(1, power), root, root, slope, dy)]
    together = np.ldexp(prod(m for m, _ in apart), sum(e for _, e in apart))
    return np.where(lost, together, usual)


def _is_normal(value: Array) -> Array:
    return np.asarray((np.abs(value) >= SMALLEST) & np.isfinite(value))


def _dexponent(dy: Array, x: Array, p: Array) -> Array:
    """dy · x^p · ln x, 0 where x = 0 and p ≥ 0."""
    if x.dtype == object:
        return np.asarray(dy * np.frompyfunc(_growth, 2, 1)(x, p), object)
    x = np.where((x == 0) & (p >= 0), 1, x)  # ln 1 = 0
    return _product(_raised(x, p), x, p, np.log(x), dy)


def _growth(x: Any, p: Any) -> Any:
    """x^p · ln x of exact numbers."""
    return 0 * x if x == 0 and p >= 0 else x**p * x.log()
