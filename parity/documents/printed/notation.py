"""What the documents' notation means: indices from 1, sums, e^x and log on any elements."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import sympy
from numpy.typing import NDArray

Array = NDArray[Any]


def at(array: Array, *indices: int) -> Any:
    """The element at indices counted from 1; 0 outside, as the documents' frames of zeros.

    >>> A = np.array([[5, 6], [7, 8]], dtype=object)
    >>> at(A, 1, 2), at(A, 0, 1), at(A, 3, 1)
    (6, 0, 0)
    """
    if any(not 1 <= i <= n for i, n in zip(indices, array.shape, strict=True)):
        return 0
    return array[tuple(i - 1 for i in indices)]


def inside(array: Array, *indices: int) -> Any:
    """The element at indices counted from 1, which must be there: limits one too far are seen.

    >>> inside(np.array([[5, 6], [7, 8]], dtype=object), 1, 2)
    6
    """
    if any(not 1 <= i <= n for i, n in zip(indices, array.shape, strict=True)):
        raise IndexError(f"there is no element {indices} in {array.shape}")
    return array[tuple(i - 1 for i in indices)]


def build(shape: tuple[int, ...], element: Callable[..., Any]) -> Array:
    """The array whose element (i, j, …), counted from 1, is element(i, j, …).

    >>> build((1, 3), lambda i, j: 10 * i + j)
    array([[11, 12, 13]], dtype=object)
    """
    array = np.empty(shape, object)
    for index in np.ndindex(*shape):
        array[index] = element(*(i + 1 for i in index))
    return array


def total(terms: Iterable[Any]) -> Any:
    """Σ of the terms, 0 for none."""
    return sum(terms, 0)


def exp(x: Any) -> Any:
    """e^x of a scalar of torch, a number or an expression."""
    return x.exp() if hasattr(x, "exp") else sympy.exp(x)


def log(x: Any) -> Any:
    """The natural logarithm of a scalar of torch, a number or an expression."""
    return x.log() if hasattr(x, "log") else sympy.log(x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent of a scalar of torch, a number or an expression."""
    return x.tanh() if hasattr(x, "tanh") else sympy.tanh(x)
