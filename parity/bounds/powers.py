"""Bounds of powers. c is the relative error of pow, ℓ that of log; d = |dy|.

| tensor | computed as | off by at most |
|---|---|---|
| y | pow(x, p), or the products, roots and reciprocals that a number p stands for | c·|y| |
| dx | dy·(p·pow(x, p − 1)) | d·|p·x^(p−1)|·(c + 5u), and (p − 1)'s own rounding |
| dexponent | dy·(pow(x, p)·log x) | d·|x^p·log x|·(c + ℓ + 2u) |

first order. A rounded p − 1 is off by u·|p − 1|, which moves x^(p−1) by u·|(p − 1)·log x|: a side
that keeps its digits (refimpl) makes that good. p − 1 is not rounded of an integer, nor of a p
between ½ and 2. A number that a float32 does not hold torch takes as float32 or as float64, by the
place of the element: they are δ apart, which moves x^p by δ·|log x|. Where a power underflows, what
follows multiplies what is lost; a side that keeps its digits takes x^(q/2) twice there: 2c for c,
and of dexponent anywhere.

c: 4 ULP. NumPy's SVML, where AVX-512 is there, states less than 4 (NumPy 1.22 release notes), the C
library less than 1 (glibc manual); torch's SLEEF `pow` u10 1.0; CUDA's powf 4 and pow 2 (CUDA C++
Programming Guide, mathematical functions).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.repeated import added_up
from parity.cases.case import Array

POW_ULP = 4.0


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """c·|x|^p"""
    x, p = _both(arrays, options)
    y, unheld = _size(x, p), _unheld(arrays["x"], options)

    def of_side(side: Arithmetic) -> Array:
        moved = 0.0 if side.keeps_digits else unheld * _logarithm(x)
        relative = np.expm1(math.log1p(_pow(side)) + moved)
        return np.asarray(y * relative + _lost(side, options))

    return bounded(each_side(of_side, sides), y, sides)


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """Σ dy·p·x^(p−1) and Σ dy·x^p·log x; of a number p the first alone."""
    bounds = {"x": _of_x(dy, arrays, options, sides)}
    if "exponent" in arrays:
        bounds["exponent"] = _of_exponent(dy, arrays, options, sides)
    return bounds


def _of_x(dy: Array, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    x, p = _both(arrays, options)
    d, size = magnitudes({"dy": dy})["dy"], np.where(np.isfinite(p), np.abs(p), 0)
    power = np.where(p == 0, 0, _size(x, p - 1))
    slope, unheld = size * power, _unheld(arrays["x"], options)
    terms = _terms(np.where(p == 0, 0, d * size), x, p - 1)
    kept = _is_far_from_lost(power) & _is_far_from_lost(slope)

    def off(side: Arithmetic) -> Array:
        if side.keeps_digits:
            once = math.expm1(math.log1p(_pow(side)) + 5 * math.log1p(side.u))
            return np.asarray(terms * np.where(kept, once, _twice(side)) + 2 * side.eta)
        moved = side.u * _shifted(x, p, side) + unheld * _logarithm(x)
        relative = np.expm1(math.log1p(_pow(side)) + 5 * math.log1p(side.u) + moved)
        return np.asarray(terms * relative + (1 + d * (1 + size)) * _lost(side, options))

    largest = np.maximum(np.maximum(power, slope), terms)
    return _summed(terms, off, largest, arrays["x"].shape, sides)


def _of_exponent(dy: Array, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    x, p = _both(arrays, options)
    d, y = magnitudes({"dy": dy})["dy"], _size(x, p)
    logarithm = _logarithm(np.where(x > 0, x, 1))
    slope, terms = y * logarithm, _terms(d * logarithm, x, p)

    def off(side: Arithmetic) -> Array:
        if side.keeps_digits:
            return np.asarray(terms * (_twice(side) + side.elementary) + 2 * side.eta)
        relative = _pow(side) + side.elementary + 2 * side.u
        relative += relative**2
        return np.asarray(terms * relative + (1 + d * (1 + logarithm)) * _lost(side, options))

    largest = np.maximum(np.maximum(y, slope), terms)
    return _summed(terms, off, largest, arrays["exponent"].shape, sides)


def _both(arrays: Arrays, options: Options) -> tuple[Array, Array]:
    """x and p in float64; a number as x's dtype holds it."""
    x = arrays["x"]
    p = arrays["exponent"] if "exponent" in arrays else x.dtype.type(options["exponent"])
    return x.astype(np.float64), np.asarray(p, np.float64)


def _unheld(x: Array, options: Options) -> float:
    """|p − p as the dtype holds it| of a number: torch takes one or the other, by the place."""
    p = float(options.get("exponent", 0))
    return abs(p - float(x.dtype.type(p)))


def _size(x: Array, p: Array) -> Array:
    """|x|^p; 0 of NaN, ∞ and 0, whose powers are compared as they are."""
    usual = _is_usual(x, p)
    return np.asarray(np.where(usual, np.abs(np.where(usual, x, 1)) ** np.where(usual, p, 1), 0))


def _is_usual(x: Array, p: Array) -> Array:
    whole = p == np.floor(p)
    return np.asarray(np.isfinite(x) & (x != 0) & np.isfinite(p) & ((x > 0) | whole))


def _terms(factor: Array, x: Array, p: Array) -> Array:
    """factor · |x|^p, also where the power alone is no normal number."""
    root = np.where(_is_usual(x, p), _size(np.abs(x), p / 2), 0)
    parts = [np.frexp(np.asarray(a)) for a in (factor, root, root)]
    return np.asarray(np.ldexp(math.prod(m for m, _ in parts), sum(e for _, e in parts)))


def _is_far_from_lost(size: Array) -> Array:
    """Whether it is a normal number also where it is off by a factor of 2."""
    usual = np.finfo(np.float64)
    return np.asarray((size > 2 * usual.smallest_normal) & (size < usual.max / 2))


def _logarithm(x: Array) -> Array:
    """|log|x||; 0 of NaN, ∞ and 0."""
    usual = np.isfinite(x) & (x != 0)
    return np.asarray(np.abs(np.log(np.abs(np.where(usual, x, 1)))))


def _shifted(x: Array, p: Array, side: Arithmetic) -> Array:
    """|(p − 1)·log x| where p − 1 is rounded; e^700 is more than any float."""
    exact = ((p == np.floor(p)) & (np.abs(p) < 1 / side.u)) | ((p >= 0.5) & (p <= 2))
    moved = np.where(exact | ~np.isfinite(p), 0, np.abs(p - 1)) * _logarithm(x)
    return np.asarray(np.minimum(moved, 800))


def _pow(side: Arithmetic) -> float:
    """c"""
    return POW_ULP * 2 * side.u


def _twice(side: Arithmetic) -> float:
    """Of dy · p · x^q formed as dy · p · x^(q/2) · x^(q/2), which neither is lost in."""
    return math.expm1(2 * math.log1p(_pow(side)) + 6 * math.log1p(side.u))


def _lost(side: Arithmetic, options: Options) -> float:
    """What pow loses where its result is subnormal; 1/(x·x) also where x·x overflows."""
    by_products = "exponent" in options and not side.keeps_digits
    return 2 * (POW_ULP + 1) * side.eta + (2 / side.largest if by_products else 0.0)


def _summed(
    terms: Array,
    off: Callable[[Arithmetic], Array],
    largest: Array,
    shape: tuple[int, ...],
    sides: Sides,
) -> Bound:
    """The bound of Σ terms over the repetitions of an array of this shape, each off by so much."""
    total = added_up(terms, shape)
    count = terms.size // max(1, total.size)

    def of_side(side: Arithmetic) -> Array:
        mine = off(side)
        roundings = min(max(count - 1, 0), side.roundings_of_sum(count))
        rounded = gamma(np.asarray(float(roundings)), side.u) * added_up(terms + mine, shape)
        return np.asarray(added_up(mine, shape) + rounded)

    limits = each_side(of_side, sides)
    peak = np.maximum(total, added_up(largest, shape))
    return replace(bounded(limits, peak, sides, total), count=float(max(count - 1, 0)))
