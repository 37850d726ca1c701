"""Bounds of products, differences and quotients, and of gradients summed where one was repeated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from exact import DTYPES, bounds, computed, random, too_far, worst_shares

from parity.bounds.arithmetic import arithmetic, sides
from parity.bounds.bound import Bound
from parity.results.comparison import compare
from parity.results.verdicts import OUTSIDE, WITHIN

NAMES = ("multiply", "subtract", "divide")
SHAPES = {
    "alike": ((3, 4), (3, 4)),
    "other of each column": ((5, 3, 4), (4,)),
    "x is one number": ((), (3, 4)),
    "both are repeated": ((4, 1, 3), (2, 1)),
}
KINDS = ("normal", "wide", "tiny", "subnormal", "huge")

every = pytest.mark.parametrize("function", NAMES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def arrays_of(shapes: Any, dtype: str, kind: str = "normal") -> tuple[Any, dict[str, Any]]:
    """dy, and x and other, of which other is normal."""
    x, other = random(kind, shapes[0], dtype, 1), random("normal", shapes[1], dtype, 2)
    return random("normal", np.broadcast_shapes(*shapes), dtype, 3), {"x": x, "other": other}


def given(function: str, dy: Any, x: Any, other: Any, dtype: str = "float64") -> dict[str, Bound]:
    """The bounds of y, dx and dother for some numbers."""
    arrays = {"x": np.array(x, dtype), "other": np.array(other, dtype)}
    return bounds(function, np.array(dy, dtype), arrays, {}, sides(dtype))


# --- both sides stay under theirs -----------------------------------------------------------


@every
@every_dtype
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shapes", SHAPES.values(), ids=SHAPES)
def test_both_sides_stay_under_their_half(
    function: str, dtype: str, kind: str, shapes: Any
) -> None:
    """Beside the exact value of every element, whatever the size of x."""
    dy, arrays = arrays_of(shapes, dtype, kind)
    assert too_far(worst_shares(function, dy, arrays, {}, dtype)) == {}


@every_dtype
def test_quotients_that_underflow(dtype: str) -> None:
    """x/other underflows, and dividing by other again makes its error larger than η."""
    info, rng = np.finfo(dtype), np.random.default_rng(4)
    x = rng.normal(size=(50, 3)) * float(info.smallest_subnormal) * 9
    arrays = {"x": x.astype(dtype), "other": rng.uniform(0.1, 20, (50, 3)).astype(dtype)}
    dy = rng.normal(size=(50, 3)).astype(dtype)
    assert too_far(worst_shares("divide", dy, arrays, {}, dtype)) == {}


# --- by hand --------------------------------------------------------------------------------


@every_dtype
def test_a_product_and_a_quotient_are_rounded_once(dtype: str) -> None:
    """u of each side: 2u · |y|."""
    u = arithmetic("torch", dtype).u
    assert given("multiply", 1, -3.5, 0.3, dtype)["y"].limit == pytest.approx(2.1 * u, rel=1e-6)
    assert given("divide", 1, 3.5, -0.5, dtype)["y"].limit == pytest.approx(14 * u, rel=1e-6)
    assert given("subtract", 1, 3.5, 0.3, dtype)["y"].limit == pytest.approx(6.4 * u, rel=1e-6)


@every_dtype
def test_each_rounding_of_a_gradient_is_counted(dtype: str) -> None:
    """Of one element: one product or quotient, three operations of −dy·x/other², none of ±dy."""
    u = arithmetic("torch", dtype).u
    product = given("multiply", 2, 3.5, 0.3, dtype)
    assert product["dx"].limit == pytest.approx(2 * u * 0.6, rel=1e-6)
    assert product["dother"].limit == pytest.approx(2 * u * 7, rel=1e-6)
    quotient = given("divide", 2, 3.5, -0.5, dtype)
    assert quotient["dx"].limit == pytest.approx(2 * u * 4, rel=1e-6)
    assert quotient["dother"].limit == pytest.approx(2 * u * 3 * 28, rel=1e-6)
    difference = given("subtract", 2, 3.5, 0.3, dtype)
    assert difference["dx"].exact
    assert difference["dother"].exact


def test_a_sum_of_many_is_rounded_often_by_torch_alone() -> None:
    """300 products: 1 + 4 + ⌈log2 300⌉ roundings here, 300 in an order that nobody knows."""
    u = arithmetic("torch", "float64").u
    found = given("multiply", np.full(300, 0.5), np.full(300, 0.25), 3.0)["dother"]
    assert found.refimpl == pytest.approx(14 * u * 300 / 8, rel=1e-6)
    assert found.torch == pytest.approx(300 * u * 300 / 8, rel=1e-6)
    found = given("subtract", np.full(300, 0.1), np.full(300, 0.25), 3.0)["dother"]
    assert found.refimpl == pytest.approx(13 * u * 30, rel=1e-6)
    assert found.torch == pytest.approx(299 * u * 30, rel=1e-6)


def test_what_underflow_may_lose() -> None:
    """Of x = 0: three operations of η, and both quotients, η and η/|other|, times dy."""
    eta = arithmetic("torch", "float64").eta
    assert given("divide", 2, 0.0, 0.25)["dother"].limit == 2 * (3 + 2 * (1 + 4)) * eta
    assert given("multiply", 2, 0.0, 0.25)["y"].limit == 2 * eta


def test_whole_numbers_are_exact() -> None:
    """Products and differences of integers that float32 holds; a quotient is rounded."""
    for function in ("multiply", "subtract"):
        assert given(function, [3, 3], [7.0, -2], 1000.0, "float32")["y"].exact
    assert not given("multiply", 3, 2.0**13, 2.0**12 + 1, "float32")["y"].exact
    assert not given("divide", [3, 3], [7.0, -2], 1000.0, "float32")["y"].exact
    assert not given("subtract", [3], [7.5], 1000.0, "float32")["y"].exact


def test_overflow_is_not_judged() -> None:
    """Where a product or a quotient may exceed the largest number."""
    for function, other in (("multiply", [1e200, 1]), ("divide", [1e-200, 1])):
        assert given(function, [1, 1], [1e200, 1e200], other)["y"].overflow.tolist() == [
            True,
            False,
        ]
    found = given("divide", [1.0, 1], [1e150, 1], [1e-100, 1])["dother"]
    assert found.overflow.tolist() == [True, False]


@every
def test_what_is_not_finite_is_equal(function: str) -> None:
    """Nothing may be off beside ∞ and NaN, in y; division by 0 is ∞ on both sides."""
    found = given(function, [1, 1, 1], [np.inf, np.nan, 1.5], [0.7, 0.7, 0.7])["y"]
    smallest = arithmetic("torch", "float64").eta
    assert np.all(found.limit[:2] <= 2 * smallest)
    assert found.limit[2] > smallest
    assert given("divide", 1, 1.5, 0.0)["y"].limit <= 2 * smallest


# --- mistakes are refused -------------------------------------------------------------------


@every
@every_dtype
def test_ten_roundings_are_refused(function: str, dtype: str) -> None:
    """y off by ten u of itself, in the place of refimpl's and of torch's."""
    dy, arrays = arrays_of(SHAPES["both are repeated"], dtype)
    right = computed("torch", function, dy, arrays, {})["y"]
    wrong = (right * (1 + 5 * np.finfo(dtype).eps)).astype(dtype)
    bound = bounds(function, dy, arrays, {}, sides(dtype))["y"]
    assert compare(right, right, bound).verdict == WITHIN
    assert compare(wrong, right, bound).verdict == OUTSIDE
    assert compare(right, wrong, bound).verdict == OUTSIDE


@every
@every_dtype
def test_a_mean_in_the_place_of_the_sum_is_refused(function: str, dtype: str) -> None:
    """Of the number that is repeated 12 times: a twelfth of its gradient, or one part less."""
    dy, arrays = arrays_of(SHAPES["x is one number"], dtype)
    right = computed("torch", function, dy, arrays, {})["dx"]
    bound = bounds(function, dy, arrays, {}, sides(dtype))["dx"]
    assert compare(right, right, bound).verdict == WITHIN
    for factor in (1 / 12, 11 / 12, -1):
        wrong = np.asarray(right * factor, dtype)
        assert compare(wrong, right, bound).verdict == OUTSIDE
