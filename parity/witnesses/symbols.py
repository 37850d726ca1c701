"""Sympy expressions that NumPy code can compare: the branch is fixed by a number beside each.

`refimpl` on plain sympy symbols works for sums and products. Where it compares (relu, a
maximum) or calls exp, log or tanh, `Branched` answers: comparisons look at the number, the
expression goes along.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import sympy
from numpy.typing import NDArray

from parity.witnesses.object_arrays import of_objects

Array: TypeAlias = NDArray[Any]


class Branched:
    """An expression and the number that it stands for in comparisons.

    >>> x = Branched(sympy.Symbol("x"), 3)
    >>> max(x, Branched(sympy.Symbol("y"), 2)) * 2
    Branched(2*x, 6)
    """

    __slots__ = ("expression", "number")

    def __init__(self, expression: Any, number: Any) -> None:
        self.expression = sympy.sympify(expression)
        self.number = sympy.sympify(number)

    def __repr__(self) -> str:
        return f"Branched({self.expression}, {self.number})"

    def _with(self, other: Any, operation: Callable[[Any, Any], Any]) -> Branched:
        if isinstance(other, np.ndarray):
            return NotImplemented  # type: ignore[no-any-return] # the array does it
        if not isinstance(other, Branched):
            other = Branched(other, other)
        return Branched(
            operation(self.expression, other.expression), operation(self.number, other.number)
        )

    def __add__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: a + b)

    def __sub__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: a - b)

    def __mul__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: a * b)

    def __truediv__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: a / b)

    def __pow__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: a**b)

    def __radd__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: b + a)

    def __rsub__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: b - a)

    def __rmul__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: b * a)

    def __rtruediv__(self, other: Any) -> Branched:
        return self._with(other, lambda a, b: b / a)

    def __neg__(self) -> Branched:
        return Branched(-self.expression, -self.number)

    def __abs__(self) -> Branched:
        return -self if self < 0 else self

    def _number(self, other: Any) -> Any:
        return other.number if isinstance(other, Branched) else sympy.sympify(other)

    def __lt__(self, other: Any) -> bool:
        return bool(self.number < self._number(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.number <= self._number(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.number > self._number(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.number >= self._number(other))

    def __eq__(self, other: object) -> bool:
        return bool(self.number == self._number(other))

    __hash__ = None  # type: ignore[assignment]

    def exp(self) -> Branched:
        """e^x; NumPy calls it by this name."""
        return Branched(sympy.exp(self.expression), sympy.exp(self.number))

    def log(self) -> Branched:
        """log x; NumPy calls it by this name."""
        return Branched(sympy.log(self.expression), sympy.log(self.number))

    def sqrt(self) -> Branched:
        """√x; NumPy calls it by this name."""
        return Branched(sympy.sqrt(self.expression), sympy.sqrt(self.number))

    def tanh(self) -> Branched:
        """tanh x; NumPy calls it by this name."""
        return Branched(sympy.tanh(self.expression), sympy.tanh(self.number))

    def erfc(self) -> Branched:
        """Complementary error function."""
        return Branched(sympy.erfc(self.expression), sympy.erfc(self.number))

    def pi(self) -> Branched:
        """π"""
        return Branched(sympy.pi, sympy.pi)


def symbols(name: str, *shape: int, first: int = 1) -> Array:
    """Symbols name11, name12, …, counted from `first` as the documents do.

    >>> symbols("A", 1, 2)
    array([[A11, A12]], dtype=object)
    """
    array = np.empty(shape, object)
    for index in np.ndindex(*shape):
        array[index] = sympy.Symbol(name + "".join(str(i + first) for i in index), real=True)
    return array


def branched(expressions: Array, numbers: Any) -> Array:
    """Each expression with the number that decides its branches.

    >>> branched(symbols("x", 2), [3, -1])
    array([Branched(x1, 3), Branched(x2, -1)], dtype=object)
    """
    values = np.broadcast_to(np.asarray(numbers, object), expressions.shape)
    array = np.empty(expressions.shape, object)
    for index in np.ndindex(*expressions.shape):
        array[index] = Branched(expressions[index], values[index])
    return array


def expressions(array: Any) -> Array:
    """The expressions alone.

    >>> expressions(branched(symbols("x", 2), [3, -1]) * 2)
    array([2*x1, 2*x2], dtype=object)
    """
    given = np.asarray(array, dtype=object)
    found = (v.expression if isinstance(v, Branched) else v for v in given.ravel())
    return of_objects(found, given.shape)
