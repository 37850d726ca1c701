"""Activations of pieces: exact on fractions, with the conventions at their kinks."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import distinct, dot, draw, fractions

from refimpl import (
    hardsigmoid,
    hardsigmoid_backward,
    hardswish,
    hardswish_backward,
    prelu,
    prelu_backward,
)

SIXTH = Fraction(1, 6)


@pytest.mark.parametrize("shared", [False, True])
def test_prelu(rng: np.random.Generator, shared: bool) -> None:
    """Every element by itself, in loops."""
    x, weight = distinct(rng, (2, 3, 4)), fractions([2, -1, 5][: 1 if shared else 3]) / 7
    dy = draw(rng, (2, 3, 4))
    y, dx, dweight = x.copy(), dy.copy(), weight * 0
    for n, c, i in np.ndindex(*x.shape):
        if x[n, c, i] <= 0:
            slope = 0 if shared else c
            y[n, c, i], dx[n, c, i] = weight[slope] * x[n, c, i], weight[slope] * dy[n, c, i]
            dweight[slope] += dy[n, c, i] * x[n, c, i]
    assert (prelu(x, weight) == y).all()
    grads = prelu_backward(dy, x, weight)
    assert (grads.dx == dx).all()
    assert (grads.dweight == dweight).all()


def test_prelu_of_zero_takes_the_slope() -> None:
    """0 counts to the left, as in torch; where x > 0 an infinite dy leaves the slope alone."""
    dx, dweight = prelu_backward(np.array([4.0, np.inf]), np.array([0.0, 1.0]), np.array([0.25]))
    assert dx.tolist() == [1, np.inf]
    assert dweight.tolist() == [0]


def test_prelu_of_zero_is_multiplied() -> None:
    """The sign of 0 shows it; beside ∞ the sum has no value."""
    assert np.signbit(prelu(np.array([0.0]), np.array([-2.0]))) == [True]
    with np.errstate(invalid="ignore"):
        grads = prelu_backward(np.array([np.inf]), np.array([0.0]), np.array([0.25]))
    assert np.isnan(grads.dweight)


def test_hardswish_is_plain_zero_from_the_kink_on() -> None:
    """0, and not the −0 of the parabola."""
    assert not np.signbit(hardswish(np.array([-3.0, -4.0, -np.inf]))).any()


def test_prelu_sums_float32_in_float64() -> None:
    """A million elements of one sign: the sum is rounded once."""
    x = np.full((1000, 1, 1000), -1, np.float32)
    _, dweight = prelu_backward(np.full(x.shape, 0.1, np.float32), x, np.ones(1, np.float32))
    assert dweight.dtype == np.float32
    assert dweight[0] == np.float32(-1e6 * float(np.float32(0.1)))


def test_hardsigmoid_and_hardswish() -> None:
    """min(max(x + 3, 0), 6)/6, and x times that; kinks belong to the flat and straight sides."""
    x, dy = fractions([-4, -3, -2, 0, 1, 3, 5]), fractions([6, 12, 18, 24, 30, 36, 42])
    gate = np.array([min(max((v + 3) * SIXTH, Fraction(0)), Fraction(1)) for v in x], object)
    assert hardsigmoid(x).tolist() == gate.tolist()
    assert hardswish(x).tolist() == (x * gate).tolist()
    assert hardsigmoid_backward(dy, x).tolist() == [0, 0, 3, 4, 5, 0, 0]
    assert hardswish_backward(dy, x).tolist() == [0, 0, -3, 12, 25, 36, 42]


@pytest.mark.parametrize(
    ("forward", "backward"),
    [(hardsigmoid, hardsigmoid_backward), (hardswish, hardswish_backward)],
)
def test_derivative(rng: np.random.Generator, forward: Any, backward: Any) -> None:
    """⟨dy, y⟩ on both sides of x, exactly: a parabola's central difference is its derivative."""
    x, dy, step = distinct(rng, (3, 4, 5)), draw(rng, (3, 4, 5)), draw(rng, (3, 4, 5)) / 1000
    x = x + Fraction(1, 2)
    moved = (forward(x + step) - forward(x - step)) / 2
    assert dot(dy, moved) == dot(backward(dy, x), step)


def test_nan_and_inf() -> None:
    """NaN stays NaN, hardswish is 0 at −∞; the gradient of hardsigmoid at NaN is 0, as in torch."""
    x, dy = np.array([np.nan, np.inf, -np.inf]), np.array([6.0, 6.0, 6.0])
    np.testing.assert_array_equal(hardsigmoid(x), [np.nan, 1, 0])
    np.testing.assert_array_equal(hardswish(x), [np.nan, np.inf, 0])
    np.testing.assert_array_equal(hardsigmoid_backward(dy, x), [0, 0, 0])
    np.testing.assert_array_equal(hardswish_backward(dy, x), [np.nan, 6, 0])
