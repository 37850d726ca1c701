"""Dual numbers differentiate: against closed forms, numerical derivatives and each other."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq

from parity.witnesses.balls import Undecided, precision
from parity.witnesses.duals import Dual, Kink, OneSided, constant_duals, duals, tangent_of

A, B = Fraction(7, 4), Fraction(-3, 8)  # values
DA, DB = 3, -5  # derivatives of each


def dual(value: Fraction, direction: int, make: type[Dual] = Dual) -> Dual:
    return make(arb(fmpq(value.numerator, value.denominator)), arb(direction))


def holds(ball: Any, value: Fraction) -> bool:
    """Whether a ball holds a rational number, closely."""
    return bool(ball.contains(fmpq(value.numerator, value.denominator)) and ball.rad() < 1e-50)


# Of each operation its value and its partial derivatives, written out.
OPERATIONS: list[tuple[Callable[[Any, Any], Any], Fraction, Fraction, Fraction]] = [
    (operator.add, A + B, Fraction(1), Fraction(1)),
    (operator.sub, A - B, Fraction(1), Fraction(-1)),
    (operator.mul, A * B, B, A),
    (operator.truediv, A / B, 1 / B, -A / B**2),
]


@pytest.mark.parametrize(("operation", "value", "by_a", "by_b"), OPERATIONS)
@pytest.mark.parametrize("make", [Dual, OneSided])
def test_arithmetic(
    make: type[Dual],
    operation: Callable[[Any, Any], Any],
    value: Fraction,
    by_a: Fraction,
    by_b: Fraction,
) -> None:
    """The value beside the derivative by the chain rule."""
    with precision(200):
        found = operation(dual(A, DA, make), dual(B, DB, make))
        assert type(found) is make
        assert holds(found.value, value)
        assert holds(found.tangent, by_a * DA + by_b * DB)


@pytest.mark.parametrize(("operation", "value", "by_a", "by_b"), OPERATIONS)
@pytest.mark.parametrize("number", [float, lambda v: arb(float(v)), np.float32])
def test_a_number_does_not_move(
    number: Callable[[Fraction], Any],
    operation: Callable[[Any, Any], Any],
    value: Fraction,
    by_a: Fraction,
    by_b: Fraction,
) -> None:
    """Beside a dual number, from either side, plain numbers are constants."""
    with precision(200):
        left, right = operation(dual(A, DA), number(B)), operation(float(A), dual(B, DB))
        assert holds(left.value, value)
        assert holds(right.value, value)
        assert holds(left.tangent, by_a * DA)
        assert holds(right.tangent, by_b * DB)


@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
def test_an_array_does_it_with_each_element(operation: Callable[[Any, Any], Any]) -> None:
    """Also an array without axes, which float() would take for a number."""
    a, b = dual(A, DA), dual(B, DB)
    for shape in ((), (2,)):
        array = np.full(shape, b, object)
        found = np.asarray(operation(a, array), object)
        assert found.shape == shape
        assert {str(element) for element in found.flat} == {str(operation(a, b))}


@pytest.mark.parametrize("name", ["exp", "log", "tanh"])
def test_functions(name: str) -> None:
    """The derivative that mpmath forms numerically."""
    with precision(200), mpmath.workdps(50):
        found = getattr(np, name)(np.array([dual(A, DA)], object))[0]
        function = getattr(mpmath, name)
        value, slope = function(mpmath.mpf(1.75)), mpmath.diff(function, 1.75)
        assert abs(mpmath.mpf(found.value.str(40, radius=False)) - value) < 1e-38
        tangent = mpmath.mpf(found.tangent.str(40, radius=False))
        assert abs(tangent - 3 * slope) < 1e-20  # mpmath's differences


def test_tanh_keeps_its_slope_where_it_is_flat() -> None:
    """1 − tanh² would cancel to nothing: at 120 the slope is 4·e^(−240)."""
    with precision(200):
        slope = Dual(arb(120), arb(1)).tanh().tangent
        assert abs(slope / (4 * arb(-240).exp()) - 1) < 1e-50


def test_pi_and_absolute_value() -> None:
    """π stands still; |x| turns with the sign."""
    assert dual(A, DA).pi().value.overlaps(arb.pi())
    assert dual(A, DA).pi().tangent == 0
    assert abs(dual(B, DB)).value == arb(0.375)
    assert abs(dual(B, DB)).tangent == 5
    assert abs(dual(A, DA)).tangent == DA


ORDER = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


@pytest.mark.parametrize("compare", ORDER)
def test_different_values_decide(compare: Callable[..., bool]) -> None:
    """Whatever the derivatives are."""
    for a in (-1.5, 0.0, 2.0):
        for b in (-2.5, 0.5, 3.0):
            x, y = Dual(arb(a), arb(2)), Dual(arb(b), arb(4))
            assert compare(x, y) == compare(x, b) == compare(a, y) == compare(a, b)


@pytest.mark.parametrize("compare", ORDER)
def test_equal_values_that_part_are_a_kink(compare: Callable[..., bool]) -> None:
    """Of two numbers, and of one and a constant."""
    x = Dual(arb(1), arb(3))
    for other in (Dual(arb(1), arb(2)), Dual(arb(1), arb(4)), 1):
        with pytest.raises(Kink, match=r"at 1\.0+ two branches meet"):
            compare(x, other)


@pytest.mark.parametrize("compare", ORDER)
def test_equal_values_that_stay_together_are_equal(compare: Callable[..., bool]) -> None:
    """The same number, one that moves alike, and constants."""
    x = Dual(arb(1), arb(3))
    still = Dual(arb(1), arb(0))
    for a, b in ((x, x), (x, Dual(arb(1), arb(3))), (still, 1), (still, Dual(arb(1), arb(0)))):
        assert compare(a, b) == compare(1, 1)


@pytest.mark.parametrize("make", [Dual, OneSided])
def test_what_overlaps_is_undecided(make: type[Dual]) -> None:
    """Values, and the derivatives of equal values."""
    wide = arb(1, 0.5)
    with pytest.raises(Undecided, match="overlap"):
        operator.lt(make(wide, arb(0)), 1)
    with pytest.raises(Undecided, match=r"derivatives at 1\.0+ overlap"):
        operator.lt(make(arb(1), wide), make(arb(1), arb(1)))


def test_one_sided_order_is_that_of_the_path() -> None:
    """x + t·ẋ for a small t > 0."""
    up, down = OneSided(arb(1), arb(2)), OneSided(arb(1), arb(-2))
    assert down < 1 < up
    assert down < up
    assert not up < down
    assert up != 1
    assert up == OneSided(arb(1), arb(2))
    assert OneSided(arb(3), arb(-9)) > up


def test_duals_of_arrays() -> None:
    """The floats themselves, in the same places, and their directions; constants stand still."""
    array = np.array([[0.1, -3.5], [2.0**-1074, 1e300]])
    found = duals(array, np.arange(4).reshape(2, 2))
    assert found.shape == (2, 2)
    for i, (value, element) in enumerate(zip(array.flat, found.flat, strict=True)):
        assert element.value.is_exact()
        assert float(element.value) == value
        assert tangent_of(element) == i
    assert {str(tangent_of(v)) for v in constant_duals(array, OneSided).flat} == {"0"}
    assert tangent_of(0) == 0


def test_a_product_of_matrices() -> None:
    """Of stacked ones, the same as sums of products of elements."""
    rng = np.random.default_rng(4)
    sizes = (2, 3, 5), (5, 4)
    a, b = (duals(rng.normal(size=s), rng.integers(-9, 9, s)) for s in sizes)
    found, expected = Dual.matmul(a, b), np.matmul(a, b)
    assert found.shape == expected.shape == (2, 3, 4)
    for one, other in zip(found.flat, expected.flat, strict=True):
        assert type(one) is Dual
        assert one.value.overlaps(other.value)
        assert one.tangent.overlaps(other.tangent)
