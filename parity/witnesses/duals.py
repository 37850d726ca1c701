"""Dual numbers over balls: `refimpl` on them gives the exact derivative of its forward formula.

A dual number is x + ẋ·ε with ε² = 0: arithmetic carries the derivative ẋ along a direction beside
the value, by the rules of differentiation for +, −, ·, /, exp, log, tanh and erfc alone. Neither
torch nor a hand-written backward is asked.

Two directions a and b are carried in one complex number, ẋ_a + i·ẋ_b: a derivative is linear in
its direction and everything it is multiplied by is real, so that both parts stay apart.

Where two values are equal and their derivatives are not, a comparison is on the edge between two
branches: `Dual` raises `Kink` there. `OneSided` goes on along the path x + t·ẋ_a, t > 0, on one
side of the edge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import acb, arb

from parity.cases.case import Array
from parity.witnesses.balls import Undecided, arb_of, power_of


class Kink(ArithmeticError):  # noqa: N818 (it is no error of the code that compares)
    """Two equal numbers part along the direction: there may be no derivative."""


class Dual:
    """A value and its derivatives along two directions, the parts of a complex number.

    >>> x = Dual(arb(3), acb(1, 10))
    >>> x * x
    Dual(9.00000000000000, 6.00000000000000 + 60.0000000000000j)
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

    # --- arithmetic: acb · arb is fast, arb · acb is not -----------------------------------

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
        whole, tangent = power_of(self.value, p), acb(0)
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
        return type(self)(arb.pi(), acb(0))

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
        return self._order(other) == 0

    __hash__ = None  # type: ignore[assignment]

    def _order(self, other: Any) -> int:
        """−1, 0 or 1: below, equal, above."""
        if self is other:
            return 0
        dual = isinstance(other, Dual)
        theirs = other.value if dual else arb_of(other)
        if self.value < theirs:
            return -1
        if self.value > theirs:
            return 1
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
    """The same; equal values are ordered by where they go along the first direction.

    >>> x = OneSided(arb(0), acb(-1, 5))
    >>> x < 0, abs(x)
    (True, OneSided(0, 1.00000000000000 - 5.00000000000000j))
    """

    __slots__ = ()

    def _part(self, apart: Any) -> int:
        slope = apart.real
        if slope > 0:
            return 1
        if slope < 0:
            return -1
        if slope == 0:
            return 0
        raise Undecided(f"derivatives at {self.value} overlap")


def duals(array: Array, tangents: Array, make: Callable[[Any, Any], Dual] = Dual) -> Array:
    """Each float as a dual number whose value is exact.

    >>> duals(np.array([0.5]), np.array([acb(1, 2)], object))
    array([Dual(0.500000000000000, 1.00000000000000 + 2.00000000000000j)], dtype=object)
    """
    found = np.empty(array.size, object)
    pairs = zip(array.ravel().tolist(), tangents.ravel().tolist(), strict=True)
    found[:] = [make(arb(value), tangent) for value, tangent in pairs]
    return found.reshape(array.shape)


def constant_duals(array: Array, make: Callable[[Any, Any], Dual] = Dual) -> Array:
    """The same for what does not move: every derivative is 0.

    >>> constant_duals(np.array([0.5]))
    array([Dual(0.500000000000000, 0)], dtype=object)
    """
    still = np.empty(array.shape, object)
    still.fill(acb(0))
    return duals(array, still, make)


def tangent_of(value: Any) -> Any:
    """The derivatives of a dual number; of a plain number, which an empty sum is, 0.

    >>> tangent_of(Dual(arb(3), acb(1, 2))), tangent_of(0)
    (1.00000000000000 + 2.00000000000000j, 0)
    """
    return value.tangent if isinstance(value, Dual) else acb(0)
