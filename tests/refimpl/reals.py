"""A real number of 100 digits that refimpl's elementary functions accept in object arrays."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import total_ordering
from typing import Any

import mpmath
import numpy as np

context = mpmath.MPContext()
context.dps = 100
STEP = context.mpf(10) ** -30  # of a central difference: wrong by STEP², some 60 digits behind
AGREED = context.mpf(10) ** -40  # what two formulas must agree to, less than a difference is wrong


def _operation(function: Callable[[Any, Any], Any]) -> Callable[[Real, Any], Any]:
    """Beside an array it is the array's, element by element."""

    def operation(a: Real, b: Any) -> Any:
        if isinstance(b, np.ndarray):
            return NotImplemented
        return Real(function(a.value, b.value if isinstance(b, Real) else b))

    return operation


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Real, Any], Real]:
    return lambda a, b: Real(function(b, a.value))


@total_ordering
class Real:
    """An mpmath number with the methods that NumPy calls on the elements of object arrays."""

    def __init__(self, value: Any) -> None:
        self.value = context.mpf(value)

    __add__, __radd__ = _operation(operator.add), _reflected(operator.add)
    __sub__, __rsub__ = _operation(operator.sub), _reflected(operator.sub)
    __mul__, __rmul__ = _operation(operator.mul), _reflected(operator.mul)
    __truediv__, __rtruediv__ = _operation(operator.truediv), _reflected(operator.truediv)
    __pow__ = _operation(operator.pow)

    def __neg__(self) -> Real:
        return Real(-self.value)

    def __abs__(self) -> Real:
        return Real(abs(self.value))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Real) else other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < (other.value if isinstance(other, Real) else other))

    __hash__ = None  # type: ignore[assignment]

    def exp(self) -> Real:
        return Real(context.exp(self.value))

    def log(self) -> Real:
        return Real(context.log(self.value))

    def sqrt(self) -> Real:
        return Real(context.sqrt(self.value))

    def tanh(self) -> Real:
        return Real(context.tanh(self.value))

    def erfc(self) -> Real:
        return Real(context.erfc(self.value))

    def pi(self) -> Real:
        return Real(context.pi)


class Open(Real):
    """A number so wide that no comparison with it is decided."""

    def _undecided(self, other: object) -> bool:
        raise ArithmeticError("undecided")

    __lt__ = __le__ = __gt__ = __ge__ = _undecided


def reals(numbers: Any) -> Any:
    """The numbers as an object array of Real."""
    return np.asarray(np.frompyfunc(Real, 1, 1)(np.asarray(numbers, object)), object)


def draw(rng: np.random.Generator, shape: tuple[int, ...], width: float = 3) -> Any:
    """Random numbers between −width and width."""
    return reals(rng.uniform(-width, width, shape).astype(object))


def dot(a: Any, b: Any) -> Any:
    """⟨a, b⟩ as an mpmath number."""
    return sum(p.value * q.value for p, q in zip(np.ravel(a), np.ravel(b), strict=True))


def assert_agree(actual: Any, expected: Any) -> None:
    """Every element is a Real, and 40 digits behind the point agree."""
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.shape == expected.shape
    for a, e in zip(actual.flat, expected.flat, strict=True):
        assert isinstance(a, Real)
        assert abs(a.value - (e.value if isinstance(e, Real) else e)) < AGREED


def slope(function: Callable[[Any], Any], dy: Any, x: Any, direction: Any) -> Any:
    """⟨dy, ∂function/∂direction⟩ by a central difference, from the forward formula alone."""
    step = direction * Real(STEP)
    return dot(dy, function(x + step) - function(x - step)) / (2 * STEP)
