"""Balls enclose the exact value, and are ordered or say that they are not."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq

from parity.witnesses.balls import Ball, Undecided, arb_of, exact_arbs, exact_balls, precision

THIRD = Ball(arb(1) / 3)
WIDE = Ball(arb(1, 0.5))  # 0.5 … 1.5, and a little: radii are rounded up
ORDER = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


def test_floats_become_exact() -> None:
    """The ball of a float has no radius and holds that number."""
    array = np.array([[0.1, -3.5], [2.0**-1074, 1e300]])
    for make in (exact_balls, exact_arbs):
        found = make(array)
        assert found.shape == (2, 2)
        for value, ball in zip(array.flat, found.flat, strict=True):
            assert arb_of(ball).is_exact()
            assert arb_of(ball).fmpq() == fmpq(*Fraction(float(value)).as_integer_ratio())


@pytest.mark.parametrize("compare", ORDER)
def test_the_order_of_exact_balls_is_that_of_the_numbers(compare: Callable[..., bool]) -> None:
    """Also beside plain numbers, from either side."""
    for a in (-1.5, 0.0, 2.0):
        for b in (-1.5, 0.0, 2.0):
            x, y = Ball(arb(a)), Ball(arb(b))
            assert compare(x, y) == compare(x, b) == compare(a, y) == compare(a, b)


@pytest.mark.parametrize("compare", ORDER)
def test_what_overlaps_is_not_ordered(compare: Callable[..., bool]) -> None:
    """flint would answer False to every one of them."""
    with pytest.raises(Undecided, match="overlap"):
        compare(WIDE, Ball(arb(1)))
    with pytest.raises(Undecided):
        compare(WIDE, 1.25)


@pytest.mark.parametrize(
    ("compare", "other", "expected"),
    [
        (operator.lt, 2, True),
        (operator.lt, 0.25, False),
        (operator.le, 1.75, True),
        (operator.le, 0.25, False),
        (operator.gt, 1.75, False),
        (operator.gt, 0.25, True),
        (operator.ge, 0.25, True),
        (operator.ge, 2, False),
        (operator.eq, 2, False),
        (operator.ne, 2, True),
    ],
)
def test_a_wide_ball_is_ordered_where_all_its_numbers_are(
    compare: Callable[..., bool], other: float, expected: bool
) -> None:
    """0.5 … 1.5 against numbers outside it and beside it."""
    assert compare(WIDE, other) is expected


def test_a_ball_is_itself() -> None:
    """x ≠ x is how code looks for NaN."""
    same = WIDE
    assert same == WIDE
    assert (same != WIDE) is False
    assert [compare(WIDE, same) for compare in ORDER] == [compare(1, 1) for compare in ORDER]


OPERATIONS: list[Callable[..., Any]] = [
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("other", [Ball(arb(7)), 7, 7.0, np.int64(7), np.float32(7)])
def test_arithmetic_encloses_the_exact_result(operation: Callable[..., Any], other: Any) -> None:
    """From either side, with balls and numbers."""
    assert arb_of(operation(THIRD, other)).contains(operation(fmpq(1, 3), 7))
    assert arb_of(operation(other, THIRD)).contains(operation(fmpq(7), fmpq(1, 3)))


@pytest.mark.parametrize("operation", OPERATIONS)
def test_beside_an_array(operation: Callable[..., Any]) -> None:
    """A ball with an array of balls, of one or no axis, is that array's business."""
    for shape in ((), (2,)):
        balls = exact_balls(np.full(shape, 7.0))
        found = np.asarray(operation(THIRD, balls), object)
        assert found.shape == shape
        assert all(arb_of(ball).contains(operation(fmpq(1, 3), 7)) for ball in found.flat)


def test_sign_and_functions() -> None:
    """−x, |x|, and the functions that NumPy calls by name on object arrays."""
    assert arb_of(-THIRD).contains(fmpq(-1, 3))
    assert arb_of(abs(-THIRD)).contains(fmpq(1, 3))
    one = np.array([Ball(arb(1))], object)
    with precision(100):
        e = np.exp(one)[0]
        assert arb_of(e).overlaps(arb.const_e())
        assert arb_of(np.log(np.array([e], object))[0]).contains(1)
        tanh = (e * e - 1) / (e * e + 1)
        assert arb_of(np.tanh(one)[0]).overlaps(arb_of(tanh))
        assert arb_of(one[0].pi()).overlaps(arb.pi())
        assert arb_of(e).rad() < arb(2) ** -90


def test_precision_comes_back() -> None:
    """Also after an error."""
    before = ctx.prec
    with precision(77):
        assert ctx.prec == 77
    with pytest.raises(KeyError), precision(77):
        raise KeyError
    assert ctx.prec == before


def test_representation() -> None:
    """As in error messages."""
    assert repr(Ball(arb(2))) == "Ball(2.00000000000000)"


@pytest.mark.parametrize("sizes", [((3, 5), (5, 4)), ((2, 1, 3, 5), (6, 5, 4)), ((3, 0), (0, 4))])
def test_a_product_of_matrices(sizes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    """Of stacked ones, the same as sums of products of elements."""
    rng = np.random.default_rng(4)
    numbers = [rng.integers(-9, 9, size) for size in sizes]
    found = Ball.matmul(*(exact_balls(side / 1) for side in numbers))
    expected = np.matmul(*numbers)
    assert found.shape == expected.shape
    assert [int(arb_of(ball).unique_fmpz()) for ball in found.flat] == expected.ravel().tolist()
