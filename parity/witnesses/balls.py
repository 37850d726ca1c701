"""Balls that can be ordered: `refimpl` on them encloses the exact value of every element.

A ball is an interval that holds the exact real number; arithmetic on balls rounds outward, so
that what comes out holds the exact result. `flint.arb` brings the arithmetic, but answers False
to every comparison of two balls that overlap: code that branches on it would take a branch at
random. `Ball` raises `Undecided` there. The inputs of a layer are exact (radius 0), so that its
comparisons are decided; behind other layers a higher precision may decide them.

Source: Johansson, Arb: efficient arbitrary-precision midpoint-radius interval arithmetic, 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx

from parity.cases.case import Array
from parity.witnesses.object_arrays import of_objects

PRECISION = 200  # bits; float64 has 53


class Undecided(ArithmeticError):  # noqa: N818 (it is no error of the code that compares)
    """Two balls overlap: at this precision nobody knows which number is larger."""


class Ball:
    """A ball whose comparisons are right or raise `Undecided`.

    Where x > 0 is asked of a ball that holds 0, no answer is right.

    >>> third = Ball(arb(1)) / Ball(arb(3))
    >>> third > 0, third < 1
    (True, True)
    >>> third * 3 == 1
    Traceback (most recent call last):
    parity.witnesses.balls.Undecided: [1.00000000000000 +/- 3.89e-16] and 1.00000000000000 overlap
    """

    __slots__ = ("arb",)

    def __init__(self, value: Any) -> None:
        self.arb = value

    def __repr__(self) -> str:
        return f"Ball({self.arb})"

    # --- arithmetic -----------------------------------------------------------------------

    def __add__(self, other: Any) -> Ball:
        if other.__class__ is Ball:
            return Ball(self.arb + other.arb)
        if isinstance(other, np.ndarray):
            return NotImplemented  # the array does it with each of its elements
        return Ball(self.arb + arb_of(other))

    def __sub__(self, other: Any) -> Ball:
        if other.__class__ is Ball:
            return Ball(self.arb - other.arb)
        if isinstance(other, np.ndarray):
            return NotImplemented
        return Ball(self.arb - arb_of(other))

    def __mul__(self, other: Any) -> Ball:
        if other.__class__ is Ball:
            return Ball(self.arb * other.arb)
        if isinstance(other, np.ndarray):
            return NotImplemented
        return Ball(self.arb * arb_of(other))

    def __truediv__(self, other: Any) -> Ball:
        if other.__class__ is Ball:
            return Ball(self.arb / other.arb)
        if isinstance(other, np.ndarray):
            return NotImplemented
        return Ball(self.arb / arb_of(other))

    def __radd__(self, other: Any) -> Ball:
        return Ball(arb_of(other) + self.arb)

    def __rsub__(self, other: Any) -> Ball:
        return Ball(arb_of(other) - self.arb)

    def __rmul__(self, other: Any) -> Ball:
        return Ball(arb_of(other) * self.arb)

    def __rtruediv__(self, other: Any) -> Ball:
        return Ball(arb_of(other) / self.arb)

    def __pow__(self, power: Any) -> Ball:
        if isinstance(power, np.ndarray):
            return NotImplemented
        return Ball(power_of(self.arb, power))

    def __neg__(self) -> Ball:
        return Ball(-self.arb)

    def __abs__(self) -> Ball:
        return Ball(abs(self.arb))

    # --- functions, by the names that NumPy calls -----------------------------------------

    def exp(self) -> Ball:
        """e^x"""
        return Ball(self.arb.exp())

    def log(self) -> Ball:
        """Natural logarithm."""
        return Ball(self.arb.log())

    def log1p(self) -> Ball:
        """log(1 + x), whose digits near 0 stay."""
        return Ball(self.arb.log1p())

    def sqrt(self) -> Ball:
        """Square root."""
        return Ball(self.arb.sqrt())

    def tanh(self) -> Ball:
        """Hyperbolic tangent."""
        return Ball(self.arb.tanh())

    def expm1(self) -> Ball:
        """e^x − 1, whose digits near 0 stay."""
        return Ball(self.arb.expm1())

    def erfc(self) -> Ball:
        """Complementary error function."""
        return Ball(self.arb.erfc())

    def pi(self) -> Ball:
        """π"""
        return Ball(arb.pi())

    @staticmethod
    def matmul(a: Array, b: Array) -> Array:
        """a @ b; `refimpl` calls it by this name, and flint is fifty times as fast as NumPy."""
        return matrix_products(
            a, b, lambda a, b: [*map(Ball, (arb_matrix(a) * arb_matrix(b)).entries())]
        )

    # --- order ----------------------------------------------------------------------------

    # True or False where every pair of numbers of both balls gives that answer.

    def __lt__(self, other: Any) -> bool:
        theirs = other.arb if other.__class__ is Ball else arb_of(other)
        if self.arb < theirs:
            return True
        if self.arb >= theirs or self is other:
            return False
        raise Undecided(f"{self.arb} and {theirs} overlap")

    def __gt__(self, other: Any) -> bool:
        theirs = other.arb if other.__class__ is Ball else arb_of(other)
        if self.arb > theirs:
            return True
        if self.arb <= theirs or self is other:
            return False
        raise Undecided(f"{self.arb} and {theirs} overlap")

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        theirs = other.arb if other.__class__ is Ball else arb_of(other)
        if not self.arb.overlaps(theirs):
            return False
        if self.arb == theirs:
            return True
        raise Undecided(f"{self.arb} and {theirs} overlap")

    __hash__ = None  # type: ignore[assignment]


def arb_of(value: Any) -> Any:
    """The arb behind a ball; numbers become exact arbs.

    >>> arb_of(Ball(arb(2))), arb_of(np.float32(0.5)), arb_of(3)
    (2.00000000000000, 0.500000000000000, 3.00000000000000)
    """
    kind = value.__class__
    if kind is Ball:
        return value.arb
    if kind is arb:
        return value
    return arb(int(value) if isinstance(value, int | np.integer) else float(value))


def power_of(base: Any, power: Any) -> Any:
    """The arb base to a power: an integer, or another arb; of 0 it is 0, 1 or ∞.

    >>> power_of(arb(-2), 3), power_of(arb(4), arb(0.5)), power_of(arb(0), arb(0.5))
    (-8.00000000000000, 2.00000000000000, 0)
    """
    if isinstance(power, int):
        return base**power
    exponent = arb_of(power)
    if base == 0:
        return arb(0) if exponent > 0 else arb(1) if exponent == 0 else arb("inf")
    return base**exponent


def matrix_products(a: Array, b: Array, multiply: Callable[[Array, Array], list[Any]]) -> Array:
    """a @ b for stacked matrices of objects, as NumPy's matmul broadcasts them.

    Shapes: a (…, M, K), b (…, K, L) -> (…, M, L). multiply: of two matrices, row by row.
    """
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left, right = (np.broadcast_to(side, (*lead, *side.shape[-2:])) for side in (a, b))
    found = np.empty((*lead, a.shape[-2] * b.shape[-1]), object)
    for index in np.ndindex(*lead):
        found[index] = multiply(left[index], right[index])
    return found.reshape(*lead, a.shape[-2], b.shape[-1])


def arb_matrix(balls: Array) -> Any:
    """A matrix of flint's.

    >>> arb_matrix(exact_balls(np.array([[2.0, 3.0]]))).tolist()
    [[2.00000000000000, 3.00000000000000]]
    """
    return arb_mat(*balls.shape, [ball.arb for ball in balls.ravel().tolist()])


def exact_balls(array: Array) -> Array:
    """Each float as the ball that holds it alone.

    >>> exact_balls(np.array([0.5, 3.0]))
    array([Ball(0.500000000000000), Ball(3.00000000000000)], dtype=object)
    """
    return of_objects(map(Ball, map(arb, array.ravel().tolist())), array.shape)


def exact_arbs(array: Array) -> Array:
    """The same without an order: faster, for sums and products, which compare nothing."""
    return of_objects(map(arb, array.ravel().tolist()), array.shape)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Arithmetic on balls with so many bits."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before
