"""sign, and the derivatives of sigmoid and tanh as functions of the output."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import reals
import sympy
from plain import ELEMENTS, assert_exact, assert_same, draw, fractions
from reals import Real, assert_agree

from refimpl import (
    dsigmoid,
    dtanh,
    sigmoid,
    sigmoid_backward,
    sign,
    sign_backward,
    tanh,
    tanh_backward,
)

# --- sign ---------------------------------------------------------------------------------


@pytest.mark.parametrize("elements", ELEMENTS)
def test_sign(rng: np.random.Generator, elements: str) -> None:
    """D1.2: which side of 0, and 0 at 0; no element changes its type."""
    x = draw(rng, (3, 4, 5), elements)
    expected = [int(e > 0) - int(e < 0) for e in x.flat]
    assert set(expected) == {-1, 0, 1}
    assert_exact(sign(x), fractions(expected).reshape(x.shape), elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_sign_backward(rng: np.random.Generator, elements: str) -> None:
    """Both sides of the step are flat; at 0 torch's convention is 0 as well."""
    dy, x = draw(rng, (3, 4), elements), draw(rng, (3, 4), elements)
    assert_exact(sign_backward(dy, x), fractions(np.zeros((3, 4), int)), elements)


def test_sign_of_nan_infinity_and_minus_zero() -> None:
    """NaN stays NaN, ±∞ are ±1, −0 stays −0."""
    y = sign(np.array([np.nan, np.inf, -np.inf, -0.0]))
    np.testing.assert_array_equal(y, [np.nan, 1, -1, 0])
    assert np.signbit(y[3])


def test_nothing_comes_through_a_sign() -> None:
    """The gradient is 0 where dy is NaN or ∞, too: there is nothing to multiply it with."""
    dy, x = np.array([np.nan, np.inf, 1.0]), np.array([1.0, -2.0, np.nan])
    assert_same(sign_backward(dy, x), [0.0, 0.0, 0.0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", object])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_shape_and_dtype_are_kept(shape: Any, dtype: Any) -> None:
    """Single values stay arrays, nothing stays nothing."""
    x = np.asarray(np.full(shape, 3), dtype)
    for y in (sign(x), sign_backward(x, x)):
        assert isinstance(y, np.ndarray)
        assert (y.shape, y.dtype) == (shape, dtype)


def test_integers_become_float64() -> None:
    """Integer arrays are promoted as NumPy does."""
    assert_exact(sign(np.array([-3, 0, 2])), [-1.0, 0.0, 1.0], "float64")
    assert_exact(dtanh(np.array([3])), [-8.0], "float64")


# --- derivatives by the output ------------------------------------------------------------


@pytest.mark.parametrize("elements", ELEMENTS)
def test_derivatives_by_the_output(rng: np.random.Generator, elements: str) -> None:
    """D1.10: o(1 − o) and 1 − o², exactly."""
    o = draw(rng, (3, 4), elements)
    exact = fractions(o)
    assert_exact(dsigmoid(o), exact - exact**2, elements)
    assert_exact(dtanh(o), (1 - exact) * (1 + exact), elements)


def test_derivatives_in_letters() -> None:
    """D1.10: at o = φ(n) sympy's derivatives of sigmoid and tanh are these, for every n."""
    n = sympy.Symbol("n")
    for function, derivative in (
        (1 / (1 + sympy.exp(-n)), dsigmoid),
        ((sympy.exp(n) - sympy.exp(-n)) / (sympy.exp(n) + sympy.exp(-n)), dtanh),
    ):
        given = derivative(np.array([function])).item()
        assert sympy.simplify(sympy.diff(function, n) - given) == 0


@pytest.mark.parametrize(
    ("function", "derivative", "backward"),
    [(sigmoid, dsigmoid, sigmoid_backward), (tanh, dtanh, tanh_backward)],
)
def test_derivative_at_the_value(
    rng: np.random.Generator, function: Any, derivative: Any, backward: Any
) -> None:
    """φ'(n) from the output is the forward's own slope at n, and what the backward multiplies."""
    n, v = reals.draw(rng, (2, 7)), reals.draw(rng, (2, 7))
    slopes = derivative(function(n))
    expected = reals.slope(function, v, n, reals.reals(np.ones((2, 7), int)))
    assert_agree(np.array(Real(reals.dot(slopes, v))), np.array(expected))
    assert_agree(backward(v, n), v * slopes)


@pytest.mark.parametrize("derivative", [dsigmoid, dtanh])
def test_a_derivative_of_a_single_value_is_an_array(derivative: Any) -> None:
    """An output without axes gives an array without axes."""
    assert isinstance(derivative(np.array(0.5)), np.ndarray)
    assert derivative(np.empty((0, 2), np.float32)).dtype == np.float32
