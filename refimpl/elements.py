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


def pi_of(like: Array) -> Any:
    """π as an element of `like`; an object gives its own.

    >>> pi_of(np.array([1], np.float32))
    np.float32(3.1415927)
    """
    return like.flat[0].pi() if like.dtype == object else like.dtype.type(np.pi)


def log1p(x: Any) -> Any:
    """log(1 + x); floats keep their digits near 0, exact objects bring their own log1p, or log.

    >>> log1p(np.array([0.0, 1e-20]))
    array([0.e+00, 1.e-20])
    """
    x = np.asarray(x)
    by_log = x.dtype == object and x.size and not hasattr(x.flat[0], "log1p")
    return np.log(1 + x) if by_log else np.log1p(x)
