"""Dual numbers over balls: `refimpl` on them gives the exact derivative of its forward formula.

A dual number is x + ẋ·ε with ε² = 0: arithmetic carries the derivative ẋ along a direction beside
the value, by the rules of differentiation for +, −, ·, /, exp, log, tanh and erfc alone. Neither
torch nor a hand-written backward is asked.

Where two values are equal and their derivatives are not, a comparison is on the edge between two
branches: `Dual` raises `Kink` there. `OneSided` goes on along the path x + t·ẋ, t > 0, on one side
of the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, arb_mat

from parity.cases.case import Array
from parity.witnesses.balls import Undecided, arb_of, matrix_products, power_of
from parity.witnesses.object_arrays import of_objects


class Kink(ArithmeticError):  # noqa: N818 (it is no error of the code that compares)
    """Two equal numbers part along the direction: there may be no derivative."""


class Dual:
    """A value and its derivative along a direction.

    >>> x = Dual(arb(3), arb(10))
    >>> x * x
    Dual(9.00000000000000, 60.0000000000000)
    >>> x > 3
    Traceback (most recent call last):
    parity.witnesses.duals.Kink: at 3.00000000000000 two branches meet
    """

    __slots__ = ("tangent", "value")

    def __init__(self, value: Any, tangent: Any) -> None:
        self.value = value
        self.tangent = tangent

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value}, {self.tangent})"

    # --- arithmetic -----------------------------------------------------------------------

    def __add__(self, other: Any) -> Dual:
        if other.__class__ is self.__class__:
            return type(self)(self.value + other.value, self.tangent + other.tangent)
        if isinstance(other, np.ndarray):
            return NotImplemented  # the array adds to each of its elements
        return type(self)(self.value + arb_of(other), self.tangent)

    def __mul__(self, other: Any) -> Dual:
        if other.__class__ is self.__class__:
            return type(self)(
                self.value * other.value, self.tangent * other.value + other.tangent * self.value
            )
        if isinstance(other, np.ndarray):
            return NotImplemented
        factor = arb_of(other)
        return type(self)(self.value * factor, self.tangent * factor)

    def __sub__(self, other: Any) -> Dual:
        if other.__class__ is self.__class__:
            return type(self)(self.value - other.value, self.tangent - other.tangent)
        if isinstance(other, np.ndarray):
            return NotImplemented
        return type(self)(self.value - arb_of(other), self.tangent)

    def __truediv__(self, other: Any) -> Dual:
        if other.__class__ is self.__class__:
            ratio = self.value / other.value
            return type(self)(ratio, (self.tangent - other.tangent * ratio) / other.value)
        if isinstance(other, np.ndarray):
            return NotImplemented
        divisor = arb_of(other)
        return type(self)(self.value / divisor, self.tangent / divisor)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: Any) -> Dual:
        return type(self)(arb_of(other) - self.value, -self.tangent)

    def __rtruediv__(self, other: Any) -> Dual:
        ratio = arb_of(other) / self.value
        return type(self)(ratio, -self.tangent * ratio / self.value)

    def __pow__(self, power: Any) -> Dual:
        """x^p, whose derivatives are p·x^(p−1) and x^p·log x; 0 where p, or x, is 0."""
        if isinstance(power, np.ndarray):
            return NotImplemented
        dual = isinstance(power, Dual)
        p = power.value if dual else arb_of(power)
        whole, tangent = power_of(self.value, p), arb(0)
        if self.tangent != 0 and p != 0:
            tangent = self.tangent * (p * power_of(self.value, p - 1))
        if dual and power.tangent != 0 and self.value != 0:
            tangent = tangent + power.tangent * (whole * self.value.log())
        return type(self)(whole, tangent)

    def __neg__(self) -> Dual:
        return type(self)(-self.value, -self.tangent)

    def __abs__(self) -> Dual:
        negated: Dual = -self
        return negated if self < 0 else self

    # --- functions, by the names that NumPy calls -----------------------------------------

    def exp(self) -> Dual:
        """e^x, whose derivative is e^x."""
        power = self.value.exp()
        return type(self)(power, self.tangent * power)

    def log(self) -> Dual:
        """log x, whose derivative is 1/x."""
        return type(self)(self.value.log(), self.tangent / self.value)

    def log1p(self) -> Dual:
        """log(1 + x), whose derivative is 1/(1 + x)."""
        return type(self)(self.value.log1p(), self.tangent / (1 + self.value))

    def sqrt(self) -> Dual:
        """√x, whose derivative is 1/(2√x)."""
        root = self.value.sqrt()
        return type(self)(root, self.tangent / (2 * root))

    def tanh(self) -> Dual:
        """tanh x, whose derivative is 1/cosh² x."""
        slope = self.value.sech()
        return type(self)(self.value.tanh(), self.tangent * slope * slope)

    def expm1(self) -> Dual:
        """e^x − 1, whose derivative is e^x."""
        return type(self)(self.value.expm1(), self.tangent * self.value.exp())

    def erfc(self) -> Dual:
        """erfc x, whose derivative is −2/√π · e^(−x²)."""
        slope = -2 * (-self.value * self.value).exp() / arb.pi().sqrt()
        return type(self)(self.value.erfc(), self.tangent * slope)

    def pi(self) -> Dual:
        """π"""
        return type(self)(arb.pi(), arb(0))

    @classmethod
    def matmul(cls, a: Array, b: Array) -> Array:
        """a @ b, whose derivative is ȧ @ b + a @ ḃ; `refimpl` calls it by this name."""
        return matrix_products(a, b, cls._product)

    @classmethod
    def _product(cls, a: Array, b: Array) -> list[Any]:
        (x, along_x), (y, along_y) = map(_matrices, (a, b))
        tangents = along_x * y + x * along_y
        return list(map(cls, (x * y).entries(), tangents.entries()))

    # --- order ----------------------------------------------------------------------------

    def __lt__(self, other: Any) -> bool:
        return self._order(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._order(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._order(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._order(other) >= 0

    def __eq__(self, other: object) -> bool:
        return self is other or self._order(other) == 0

    __hash__ = None  # type: ignore[assignment]

    def _order(self, other: Any) -> int:
        """−1, 0 or 1: below, equal, above."""
        dual = other.__class__ is self.__class__
        theirs = other.value if dual else arb_of(other)
        if self.value < theirs:
            return -1
        if self.value > theirs:
            return 1
        if self is other:
            return 0
        if not self.value == theirs:
            raise Undecided(f"{self.value} and {theirs} overlap")
        return self._part(self.tangent - other.tangent if dual else self.tangent)

    def _part(self, apart: Any) -> int:
        """The order of two equal values whose derivatives differ by `apart`."""
        if apart == 0:
            return 0
        if apart.contains(0):
            raise Undecided(f"derivatives at {self.value} overlap")
        raise Kink(f"at {self.value} two branches meet")


class OneSided(Dual):
    """The same; equal values are ordered by where they go along the direction.

    >>> x = OneSided(arb(0), arb(-5))
    >>> x < 0, abs(x)
    (True, OneSided(0, 5.00000000000000))
    """

    __slots__ = ()

    def _part(self, apart: Any) -> int:
        if apart > 0:
            return 1
        if apart < 0:
            return -1
        if apart == 0:
            return 0
        raise Undecided(f"derivatives at {self.value} overlap")


def duals(array: Array, tangents: Array, make: Callable[[Any, Any], Dual] = Dual) -> Array:
    """Each float as a dual number whose value is exact; tangents are floats or integers.

    >>> duals(np.array([0.5]), np.array([3]))
    array([Dual(0.500000000000000, 3.00000000000000)], dtype=object)
    """
    values, along = (map(arb, side.ravel().tolist()) for side in (array, tangents))
    return of_objects(map(make, values, along), array.shape)


def constant_duals(array: Array, make: Callable[[Any, Any], Dual] = Dual) -> Array:
    """The same for what does not move: every derivative is 0.

    >>> constant_duals(np.array([0.5]))
    array([Dual(0.500000000000000, 0)], dtype=object)
    """
    return duals(array, np.zeros(array.shape), make)


def _matrices(duals: Array) -> tuple[Any, Any]:
    """The values and the derivatives, as matrices of flint's."""
    elements = duals.ravel().tolist()
    values, tangents = [e.value for e in elements], [e.tangent for e in elements]
    return arb_mat(*duals.shape, values), arb_mat(*duals.shape, tangents)


def tangent_of(value: Any) -> Any:
    """The derivative of a dual number; of a plain number, which an empty sum is, 0.

    >>> tangent_of(Dual(arb(3), arb(2))), tangent_of(0)
    (2.00000000000000, 0)
    """
    return value.tangent if isinstance(value, Dual) else arb(0)
