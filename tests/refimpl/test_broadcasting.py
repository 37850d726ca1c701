"""Two arrays element by element: exact values, loops over all pairs, exact differences."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import ELEMENTS, assert_exact, dot, draw, fractions

import refimpl
from refimpl import add, add_backward, divide, divide_backward, multiply, multiply_backward
from refimpl.broadcasting import summed_to

SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 4), (3, 1)), ((), (2, 3)), ((0, 3), (3,))]
VALUES: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda x, w: x + w,
    "multiply": lambda x, w: x * w,
    "subtract": lambda x, w: x - w,
    "divide": lambda x, w: x / w,
}


def off_zero(numbers: Any) -> Any:
    """No element is 0, so that one may divide by each."""
    return np.where(numbers == 0, numbers + 1, numbers)


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize(("first", "second"), SHAPES, ids=str)
@pytest.mark.parametrize("name", ["add", "multiply", "subtract"])
def test_value(rng: np.random.Generator, name: str, first: Any, second: Any, elements: str) -> None:
    """Each element of y from the two that meet there."""
    x, w = draw(rng, first, elements), draw(rng, second, elements)
    shape = np.broadcast_shapes(first, second)
    a, b = np.broadcast_to(fractions(x), shape), np.broadcast_to(fractions(w), shape)
    expected = fractions(np.zeros(shape))
    for place in np.ndindex(shape):
        expected[place] = VALUES[name](a[place], b[place])
    assert_exact(getattr(refimpl, name)(x, w), expected, elements)


@pytest.mark.parametrize(("first", "second"), SHAPES, ids=str)
@pytest.mark.parametrize("name", VALUES)
def test_gradients(rng: np.random.Generator, name: str, first: Any, second: Any) -> None:
    """Fractions: y is linear in x, so that its difference along a direction is exact.

    Of a divisor the derivative is that of 1/w, term by term.
    """
    shape = np.broadcast_shapes(first, second)
    x, v, dy = (draw(rng, s, "fraction") for s in (first, first, shape))
    w, u = off_zero(draw(rng, second, "fraction")), draw(rng, second, "fraction")
    function = getattr(refimpl, name)
    dx, dother = getattr(refimpl, f"{name}_backward")(dy, x, w)
    assert dx.shape == first
    assert dother.shape == second
    ahead = dot(dy, function(x + v, w)) - dot(dy, function(x, w))
    assert ahead == dot(dx, v)
    if name == "divide":
        assert dot(dy, -np.asarray(x * u) / np.asarray(w * w)) == dot(dother, u)
    else:
        assert dot(dy, function(x, w + u)) - dot(dy, function(x, w)) == dot(dother, u)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_both_summands_get_dy(rng: np.random.Generator, elements: str) -> None:
    """D4.16: ∂h/∂x = ∂h/∂f = 1, each in memory of its own."""
    x, other, dy = (draw(rng, (2, 3, 5), elements) for _ in range(3))
    grads = add_backward(dy, x, other)
    for gradient in grads:
        assert_exact(gradient, dy, elements)
    assert not np.shares_memory(*grads)


def test_what_a_block_has_to_learn() -> None:
    """D4.16: h = x + (h − x): a branch of zeros passes x on, one of h − x gives h."""
    x, h = fractions([[1, -2], [3, 5]]), fractions([[4, 4], [-1, 0]])
    assert_exact(add(x, x * 0), x, "fraction")
    assert_exact(add(x, h - x), h, "fraction")


def test_a_bias_of_each_map_gets_the_sum_over_its_map() -> None:
    """Two maps of two places: 1 + 2, 10 + 20; x gets dy."""
    dy = np.array([[[1.0, 2.0], [10.0, 20.0]]])
    found = add_backward(dy, np.zeros((1, 2, 2)), np.array([[7.0], [8.0]]))
    np.testing.assert_array_equal(found.dother, [[3.0], [30.0]])
    np.testing.assert_array_equal(found.dx, dy)


def test_a_sum_is_no_view() -> None:
    """Not even of a single value."""
    x = np.array(1.5)
    assert isinstance(add(x, np.array(0.0)), np.ndarray)
    assert not np.shares_memory(add(x, np.array(0.0)), x)


def test_a_factor_of_each_map_gets_the_sum_over_its_map() -> None:
    """Two maps of two places: 3·1 + 4·2 and 5·10 + 6·20."""
    dy, x = np.array([[[1.0, 2.0], [10.0, 20.0]]]), np.array([[[3.0, 4.0], [5.0, 6.0]]])
    found = multiply_backward(dy, x, np.array([[7.0], [8.0]]))
    np.testing.assert_array_equal(found.dother, [[11.0], [170.0]])
    np.testing.assert_array_equal(found.dx, [[[7.0, 14.0], [80.0, 160.0]]])


def test_a_small_divisor_keeps_its_gradient() -> None:
    """other² is 0 in float64, x/other² is not ∞: −2·10⁻²⁰⁰ / 10⁻⁴⁰⁰ is −2·10²⁰⁰."""
    found = divide_backward(np.array([1.0]), np.array([2e-200]), np.array([1e-200]))
    np.testing.assert_allclose(found.dother, [-2e200], rtol=1e-15)


def test_division_by_zero() -> None:
    """IEEE arithmetic: ±∞, and NaN for 0/0, with NumPy's warnings."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = divide(np.array([1.0, -1.0, 0.0]), np.array(0.0))
    np.testing.assert_array_equal(y, [np.inf, -np.inf, np.nan])


def test_integers_become_float64() -> None:
    """1/2 is no 0."""
    assert_exact(divide(np.array([1, 3]), np.array([2])), np.array([0.5, 1.5]), "float64")
    assert_exact(add(np.array([1]), np.array([0.5])), np.array([1.5]), "float64")


def test_integers_beside_fractions_stay_exact() -> None:
    """They become Fractions."""
    third = fractions([Fraction(1, 3)])
    assert_exact(add(third, np.array([2])), fractions([Fraction(7, 3)]), "fraction")


def test_special_values_are_added() -> None:
    """NaN, ∞ and −0 as IEEE says."""
    with np.errstate(invalid="ignore"):
        h = add(np.array([np.nan, np.inf, -0.0]), np.array([1.0, -np.inf, -0.0]))
    assert np.isnan(h[:2]).all()
    assert h[2] == 0
    assert np.signbit(h[2])


def test_gradients_are_arrays_of_their_own() -> None:
    """Nothing that comes back is dy itself, nor shares its memory."""
    dy, one = np.ones((2, 3)), np.ones((2, 3))
    for name in VALUES:
        for gradient in getattr(refimpl, f"{name}_backward")(dy, one, one):
            assert not np.shares_memory(gradient, dy)


def test_summed_to() -> None:
    """Axes in front, and those of one place; a Fraction stays one."""
    numbers = fractions(np.arange(12.0).reshape(2, 3, 2))
    np.testing.assert_array_equal(summed_to(numbers, (3, 1)), [[14], [22], [30]])
    assert isinstance(summed_to(numbers, ()).item(), Fraction)
    assert multiply(fractions([1, 2]), np.array(3)).tolist() == [3, 6]
