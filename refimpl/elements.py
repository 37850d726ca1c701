"""What arrays hold: zeros and parameters of the elements' own type.

Every formula in this package also runs on object arrays: `fractions.Fraction`, sympy
expressions, balls, dual numbers. Nothing may then turn an element into a float, so zeros and
constants are made from the elements that are there.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]

# Integers as wide as each type of float.
BITS: dict[str, Any] = {"e": np.int16, "f": np.int32, "d": np.int64}
MINUS_ZERO = {integer: np.iinfo(integer).min for integer in BITS.values()}  # the bits of −0


def zero_of(like: Array) -> Any:
    """The zero of `like`'s elements: 0.0 for floats, `Fraction(0, 1)` for fractions.

    >>> zero_of(np.array([2.5, 1.5]))
    np.float64(0.0)
    """
    if like.dtype != object:
        return like.dtype.type(0)
    return like.flat[0] * 0 if like.size else 0


def zeros(shape: tuple[int, ...], like: Array) -> Array:
    """An array of `zero_of(like)`.

    >>> zeros((2, 1), like=np.array([1.5]))
    array([[0.],
           [0.]])
    """
    if like.dtype != object:
        return np.zeros(shape, like.dtype)
    return np.full(shape, zero_of(like), dtype=object)


def parameter(value: Any, like: Array) -> Any:
    """A float parameter as an element of `like`; an object array gets the exact rational value.

    >>> from fractions import Fraction
    >>> parameter(0.5, like=np.array([Fraction(1, 3)]))
    Fraction(1, 2)
    """
    if like.dtype != object:
        return like.dtype.type(value)
    if not isinstance(value, float | int | np.floating | np.integer):
        return value
    exact = int(value) if isinstance(value, int | np.integer) else float(value)
    numerator, denominator = exact.as_integer_ratio()
    return (zero_of(like) + 1) * numerator / denominator


def choose(condition: Array, yes: Any, no: Any) -> Array:
    """np.where(condition, yes, no), of floats by their bits: no ⊕ (m ∧ (yes ⊕ no)).

    m has all bits where the condition holds, else none. np.where branches at each element, which
    at random signs costs several times the arithmetic of an activation.

    Shapes: condition, an array to give away; yes and no alike, or single values.

    >>> choose(np.array([True, False]), np.float64(-0.0), np.array([1.5, np.inf]))
    array([-0., inf])
    """
    first, second = np.asarray(yes), np.asarray(no)
    if first.dtype != second.dtype or first.dtype.char not in BITS:
        return np.asarray(np.where(condition, yes, no))
    a, b = first.view(BITS[first.dtype.char]), second.view(BITS[first.dtype.char])
    mask = np.asarray(condition).view(np.int8)  # 1 or 0
    if not a.ndim and a == 0:
        mask -= 1
        chosen = np.asarray(mask & b)
    else:
        np.negative(mask, out=mask)
        chosen = np.asarray(mask & (a ^ b))
        chosen ^= b
    bits: Array = chosen.view(first.dtype)
    return bits


def positive_part(x: Array) -> Array:
    """max(0, x), where NaN stays NaN, and −0 stays −0: x where not x < 0.

    >>> positive_part(np.array([-1.5, -0.0, 2.0]))
    array([ 0., -0.,  2.])
    """
    zero = zero_of(x)
    if (integer := BITS.get(x.dtype.char)) and x.view(integer).min(initial=0) > MINUS_ZERO[integer]:
        return np.asarray(np.maximum(x, zero))  # of 0 and −0 it may return either
    return choose(x < 0, zero, x)


def pi_of(like: Array) -> Any:
    """π as an element of `like`; an object gives its own, and where there is none it is not used.

    >>> pi_of(np.array([1], np.float32))
    np.float32(3.1415927)
    """
    if like.dtype != object:
        return like.dtype.type(np.pi)
    return like.flat[0].pi() if like.size else 1 + zero_of(like)


def log1p(x: Any) -> Any:
    """log(1 + x); floats keep their digits near 0, exact objects bring their own log1p, or log.

    >>> log1p(np.array([0.0, 1e-20]))
    array([0.e+00, 1.e-20])
    """
    x = np.asarray(x)
    by_log = x.dtype == object and x.size and not hasattr(x.flat[0], "log1p")
    return np.log(1 + x) if by_log else np.log1p(x)


def expm1(x: Any) -> Any:
    """e^x − 1; floats keep their digits near 0, exact objects bring their own expm1, or exp.

    >>> expm1(np.array([0.0, 1e-20]))
    array([0.e+00, 1.e-20])
    """
    x = np.asarray(x)
    by_exp = x.dtype == object and x.size and not hasattr(x.flat[0], "expm1")
    return np.exp(x) - 1 if by_exp else np.expm1(x)
