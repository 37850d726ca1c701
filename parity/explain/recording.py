"""Elements that compute exactly and remember how: refimpl runs on arrays of them.

`refimpl` is one code for many arithmetics. On these elements it gives each value together with
the formula that made it, and notes every comparison that it decided by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Context
from fractions import Fraction
from math import isinf, isqrt
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.explain.formed import (
    Call,
    Constant,
    Formed,
    Index,
    Leaf,
    Power,
    added,
    divided,
    multiplied,
    negative,
)

DIGITS = Context(prec=60)  # of exp, log, tanh and √, which no fraction holds
PI = Fraction("3.14159265358979323846264338327950288419716939937510582097494")


class Choice(NamedTuple):
    """A comparison that the code made, with its outcome."""

    left: Recorded
    sign: str
    right: Recorded
    outcome: bool


class Recorder:
    """The comparisons of one run, in their order; one of them can be turned round.

    >>> recorder = Recorder(turned=0)
    >>> Recorded.constant(1, recorder) < 2, recorder.choices[0].outcome
    (False, False)
    """

    def __init__(self, turned: int | None = None) -> None:
        self.choices: list[Choice] = []
        self._turned = turned

    def decide(self, left: Recorded, sign: str, right: Recorded, outcome: bool) -> bool:
        """Note a comparison; its outcome as the code gets it."""
        if len(self.choices) == self._turned:
            outcome = not outcome
        self.choices.append(Choice(left, sign, right, outcome))
        return outcome


class Recorded:
    """A number, how it was formed, and where comparisons are noted.

    exact: whether the value is that of the formula, or its first 60 digits.

    >>> x = recorded("x", [2, 3], Recorder())
    >>> y = x[0] * x[1] + 1
    >>> y.value, len(y.formed.terms)
    (Fraction(7, 1), 2)
    """

    __slots__ = ("exact", "formed", "recorder", "value")

    def __init__(self, value: Fraction, formed: Formed, recorder: Recorder, exact: bool) -> None:
        self.value, self.formed, self.recorder, self.exact = value, formed, recorder, exact

    @staticmethod
    def constant(value: Any, recorder: Recorder) -> Recorded:
        """A number of the code's own."""
        number = Fraction(int(value)) if isinstance(value, np.integer) else Fraction(value)
        return Recorded(number, Constant(number), recorder, exact=True)

    def _taken(self, other: Any) -> Recorded:
        return other if isinstance(other, Recorded) else Recorded.constant(other, self.recorder)

    def _with(
        self,
        other: Any,
        value: Callable[[Fraction, Fraction], Fraction],
        formed: Callable[[Formed, Formed], Formed],
    ) -> Recorded:
        if isinstance(other, np.ndarray):
            return NotImplemented  # type: ignore[no-any-return] # the array does it
        right = self._taken(other)
        result = formed(self.formed, right.formed)
        if isinstance(result, Constant):  # nothing of the elements is left
            return Recorded.constant(result.value, self.recorder)
        exact = self.exact and right.exact
        return Recorded(value(self.value, right.value), result, self.recorder, exact)

    def __add__(self, other: Any) -> Recorded:
        return self._with(other, lambda a, b: a + b, added)

    def __radd__(self, other: Any) -> Recorded:
        return self._taken(other) + self

    def __sub__(self, other: Any) -> Recorded:
        return self._with(other, lambda a, b: a - b, lambda a, b: added(a, b, -1))

    def __rsub__(self, other: Any) -> Recorded:
        return self._taken(other) - self

    def __mul__(self, other: Any) -> Recorded:
        return self._with(other, lambda a, b: a * b, multiplied)

    def __rmul__(self, other: Any) -> Recorded:
        return self._taken(other) * self

    def __truediv__(self, other: Any) -> Recorded:
        return self._with(other, lambda a, b: a / b, divided)

    def __rtruediv__(self, other: Any) -> Recorded:
        return self._taken(other) / self

    def __neg__(self) -> Recorded:
        return Recorded(-self.value, negative(self.formed), self.recorder, self.exact)

    def __pos__(self) -> Recorded:
        return self

    def __abs__(self) -> Recorded:
        return -self if self < 0 else self

    def _decided(self, sign: str, other: Any, outcome: Callable[[Any, Any], bool]) -> bool:
        if isinstance(other, float) and isinf(other):
            return outcome(self.value, other)  # a check of the arguments
        right = self._taken(other)
        if right is self:
            return outcome(0, 0)
        return self.recorder.decide(self, sign, right, outcome(self.value, right.value))

    def __lt__(self, other: Any) -> bool:
        return self._decided("<", other, lambda a, b: a < b)

    def __le__(self, other: Any) -> bool:
        return self._decided("≤", other, lambda a, b: a <= b)

    def __gt__(self, other: Any) -> bool:
        return self._decided(">", other, lambda a, b: a > b)

    def __ge__(self, other: Any) -> bool:
        return self._decided("≥", other, lambda a, b: a >= b)

    def __eq__(self, other: object) -> bool:
        return self._decided("=", other, lambda a, b: a == b)

    def __ne__(self, other: object) -> bool:
        return self._decided("≠", other, lambda a, b: a != b)

    __hash__ = None  # type: ignore[assignment]

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"Recorded({self.value}, {self.formed})"

    def _called(self, function: str, value: Fraction, exact_at: int) -> Recorded:
        exact = self.exact and self.value == exact_at
        return Recorded(value, Call(function, self.formed), self.recorder, exact)

    def exp(self) -> Recorded:
        """e^x; NumPy calls it by this name."""
        return self._called("exp", power_of_e(self.value), 0)

    def log(self) -> Recorded:
        """log x; NumPy calls it by this name."""
        return self._called("log", Fraction(DIGITS.ln(_digits(self.value))), 1)

    def __pow__(self, power: Any) -> Recorded:
        """A product of so many; to the power of an element x^p."""
        if isinstance(power, np.ndarray):
            return NotImplemented  # the array does it
        p = self._taken(power)
        whole = p.value.denominator == 1
        if whole and isinstance(p.formed, Constant):
            return self._product(int(p.value))
        value, formed = raised_to(self.value, p.value), Power(self.formed, p.formed)
        return Recorded(value, formed, self.recorder, self.exact and p.exact and whole)

    def _product(self, count: int) -> Recorded:
        """So many times itself; 1, and its inverse, of none or fewer."""
        if count < 1:
            one = Recorded.constant(1, self.recorder)
            return one / self._product(-count) if count else one
        product = self
        for _ in range(count - 1):
            product = product * self
        return product

    def sqrt(self) -> Recorded:
        """√x; NumPy calls it by this name. Roots of squares of fractions are exact."""
        root = root_of(self.value)
        exact = self.exact and root * root == self.value
        return Recorded(root, Call("sqrt", self.formed), self.recorder, exact)

    def pi(self) -> Recorded:
        """π; refimpl asks an element for it."""
        return Recorded(PI, Leaf("π", ()), self.recorder, exact=False)

    def erfc(self) -> Recorded:
        """Complementary error function, of which refimpl asks an element."""
        return self._called("erfc", erfc_of(self.value), 0)

    def tanh(self) -> Recorded:
        """tanh x; NumPy calls it by this name."""
        squared = power_of_e(2 * self.value)
        return self._called("tanh", (squared - 1) / (squared + 1), 0)


def _digits(value: Fraction) -> Any:
    """The first 60 digits of a number."""
    return DIGITS.divide(DIGITS.create_decimal(value.numerator), value.denominator)


def power_of_e(value: Fraction) -> Fraction:
    """e^value in 60 digits.

    >>> float(power_of_e(Fraction(1)))
    2.718281828459045
    """
    return Fraction(DIGITS.exp(_digits(value)))


def raised_to(base: Fraction, power: Fraction) -> Fraction:
    """base^power, exact of an integer, else in 60 digits.

    >>> raised_to(Fraction(2, 3), Fraction(-2)), float(raised_to(Fraction(2), Fraction(1, 2)))
    (Fraction(9, 4), 1.4142135623730951)
    """
    if power.denominator == 1:
        return Fraction(base ** int(power))
    return power_of_e(power * Fraction(DIGITS.ln(_digits(base))))


def root_of(value: Fraction) -> Fraction:
    """√value, exact of the square of a fraction, else in 60 digits.

    >>> root_of(Fraction(9, 4)), float(root_of(Fraction(2)))
    (Fraction(3, 2), 1.4142135623730951)
    """
    roots = Fraction(isqrt(value.numerator), isqrt(value.denominator))
    return roots if roots * roots == value else Fraction(DIGITS.sqrt(_digits(value)))


def erfc_of(value: Fraction) -> Fraction:
    """erfc(value) in 60 digits.

    >>> float(erfc_of(Fraction(1)))
    0.15729920705028513
    """
    from parity.witnesses.definitions.numbers import real  # mpmath, for examples of gelu alone

    return Fraction(real.nstr(real.erfc(real.mpf(value.numerator) / value.denominator), 60))


def elements(array: Array) -> Iterator[tuple[Index, Any]]:
    """Each index of an array, and what stands there.

    >>> list(elements(np.array([5])))
    [((0,), np.int64(5))]
    """
    for index in np.ndindex(array.shape):
        yield index, array[index]


def recorded(name: str, values: Any, recorder: Recorder) -> Array:
    """An array of named elements.

    >>> recorded("x", [[5]], Recorder())
    array([[Recorded(5, Leaf(name='x', index=(0, 0)))]], dtype=object)
    """
    given = np.asarray(values, dtype=object)
    array = np.empty(given.shape, object)
    for index, value in elements(given):
        array[index] = Recorded(Fraction(value), Leaf(name, index), recorder, exact=True)
    return array


def as_recorded(array: Any, recorder: Recorder) -> Array:
    """An array that refimpl gave, plain numbers in it as constants."""
    given = np.asarray(array, dtype=object)
    result = np.empty(given.shape, object)
    for index, one in elements(given):
        result[index] = one if isinstance(one, Recorded) else Recorded.constant(one, recorder)
    return result


def values_of(array: Array) -> Array:
    """The numbers alone, as Fractions."""
    result = np.empty(array.shape, object)
    for index, element in elements(array):
        result[index] = element.value
    return result
