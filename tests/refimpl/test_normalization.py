"""Normalisation: by hand, exact fractions as loops, 40 digits, and what statistics must be."""

from __future__ import annotations

from fractions import Fraction
from importlib import import_module
from math import isqrt
from typing import Any

import mpmath
import numpy as np
import pytest
import reals
import sympy
from plain import assert_same, draw, fractions

import refimpl
from refimpl import (
    batch_norm,
    batch_norm_backward,
    group_norm,
    group_norm_backward,
    layer_norm,
    layer_norm_backward,
    local_response_norm,
    local_response_norm_backward,
    running_statistics,
)


class Rational(Fraction):
    """A fraction that has a root where it is a square."""

    def sqrt(self) -> Rational:
        root = Rational(isqrt(self.numerator), isqrt(self.denominator))
        assert root * root == self, f"{self} is no square"
        return root

    def __add__(self, other: Any) -> Any:
        return Rational(Fraction(self) + other)

    def __sub__(self, other: Any) -> Any:
        return Rational(Fraction(self) - other)

    def __mul__(self, other: Any) -> Any:
        return Rational(Fraction(self) * other)

    def __truediv__(self, other: Any) -> Any:
        return Rational(Fraction(self) / other)

    __radd__, __rmul__ = __add__, __mul__  # type: ignore[assignment]


def rationals(numbers: Any) -> Any:
    """The numbers as an object array of Rational."""
    return np.asarray(np.frompyfunc(Rational, 1, 1)(np.asarray(numbers, object)), object)


# Of three channels; of each four values of mean 5, 0 and 1 and variance 4, 9 and ¼.
SQUARES = rationals([[[3, 3], [-3, 3], ["1/2", "3/2"]], [[7, 7], [3, -3], ["3/2", "1/2"]]])


def test_batch_by_hand() -> None:
    """(x − 5)/2, x/3 and 2·(x − 1), then times the weight, plus the bias: exactly."""
    weight, bias = rationals([1, 2, "1/2"]), rationals([0, 1, -1])
    y = batch_norm(SQUARES, weight=weight, bias=bias, training=True, eps=0)
    assert_same(y[0], rationals([[-1, -1], [-1, 3], ["-3/2", "-1/2"]]))
    assert {type(value) for value in y.flat} <= {Fraction, Rational}


def test_eps_is_under_the_root() -> None:
    """Of variance 4 and eps 5: the divisor is 3."""
    x = SQUARES[:, :1]
    assert_same(batch_norm(x, training=True, eps=5)[0, 0], rationals(["-2/3", "-2/3"]))


def test_running_statistics_by_hand() -> None:
    """The mean moves to 5, the variance to 4·4/3, by a quarter of the way."""
    x, old = SQUARES[:, :1], rationals([1])
    mean, var = running_statistics(x, old, old, Fraction(1, 4))
    assert_same(mean, fractions([2]))
    assert_same(var, fractions([Fraction(3, 4) + Fraction(4, 3)]))


@pytest.mark.parametrize("K", [2, 3, 7])
def test_running_statistics_are_of_python(rng: np.random.Generator, K: int) -> None:
    """With momentum 1 they are the mean and the unbiased variance of Python's statistics."""
    from statistics import mean, variance

    x = draw(rng, (K, 2))
    found = running_statistics(x, fractions([9, 9]), fractions([9, 9]), 1)
    columns = [list(column) for column in x.T]
    assert_same(found, fractions([[mean(c) for c in columns], [variance(c) for c in columns]]))


def test_running_statistics_in_letters() -> None:
    """Symbols, which have no order: half of the mean and of the variance before, half of these."""
    a, b, m, v = sympy.symbols("a b m v")
    mean, var = running_statistics(
        np.array([[a], [b]]), np.array([m]), np.array([v]), Fraction(1, 2)
    )
    assert sympy.expand(mean[0] - (m + (a + b) / 2) / 2) == 0
    assert sympy.expand(var[0] - (v + (a - b) ** 2 / 2) / 2) == 0


def test_sums_of_the_gradients(rng: np.random.Generator) -> None:
    """x̂ does not move with a shift or a scale of x: Σ dx = 0 and, without eps, Σ dx·x = 0."""
    dy = draw(rng, SQUARES.shape)
    dx, dweight, dbias = batch_norm_backward(dy, SQUARES, training=True, eps=0)
    assert_same(dx.sum(axis=(0, 2)), fractions([0, 0, 0]))
    assert_same((dx * SQUARES).sum(axis=(0, 2)), fractions([0, 0, 0]))
    assert_same(dbias, dy.sum(axis=(0, 2)))
    normalised = batch_norm(SQUARES, training=True, eps=0)
    assert_same(dweight, (dy * normalised).sum(axis=(0, 2)))


def test_jacobian_by_pairs(rng: np.random.Generator) -> None:
    """∂x̂_i/∂x_j = ((1 if i = j) − 1/K − x̂_i·x̂_j/K)/σ, pair by pair."""
    x, dy = SQUARES[:, :1], draw(rng, (2, 1, 2))
    hat, K, sigma = batch_norm(x, training=True, eps=0).ravel(), 4, 2
    expected = [
        sum(
            dy.ravel()[i] * (Fraction(i == j) - Fraction(1, K) - hat[i] * hat[j] / K) / sigma
            for i in range(K)
        )
        for j in range(K)
    ]
    assert_same(batch_norm_backward(dy, x, training=True, eps=0).dx.ravel(), fractions(expected))


def test_running_statistics_are_constants(rng: np.random.Generator) -> None:
    """In use y is a line in each x: dx = dy · weight / √(σ² + eps)."""
    mean, var, weight = rationals([1, 2, 3]), rationals([4, 9, 16]), rationals([1, 2, 3])
    dy = draw(rng, SQUARES.shape)
    grads = batch_norm_backward(dy, SQUARES, mean, var, weight, eps=0)
    factors = rationals(["1/2", "2/3", "3/4"])[:, None]
    assert_same(grads.dx, dy * factors)
    y = batch_norm(SQUARES, mean, var, weight, eps=0)
    assert_same(y, (SQUARES - mean[:, None]) * factors)


# --- layers and groups --------------------------------------------------------------------


def test_layer_is_batch_turned_round(rng: np.random.Generator) -> None:
    """The features of each sample, as batch normalisation of x.T has the samples of a feature."""
    x, dy = rng.normal(size=(4, 6)), rng.normal(size=(4, 6))
    turned = batch_norm(x.T.copy(), training=True).T
    np.testing.assert_allclose(layer_norm(x, 6), turned, rtol=1e-13)
    grads = batch_norm_backward(dy.T.copy(), x.T.copy(), training=True)
    np.testing.assert_allclose(layer_norm_backward(dy, x, 6).dx, grads.dx.T, rtol=1e-12)


def test_one_group_is_a_layer(rng: np.random.Generator) -> None:
    """One group for all channels: the layer normalisation of a sample."""
    x, dy = rng.normal(size=(2, 4, 3)), rng.normal(size=(2, 4, 3))
    assert_same(group_norm(x, 1), layer_norm(x, (4, 3)))
    assert_same(group_norm_backward(dy, x, 1).dx, layer_norm_backward(dy, x, (4, 3)).dx)


def test_a_group_for_each_channel_is_batch_of_one_sample(rng: np.random.Generator) -> None:
    """Instance normalisation: sample by sample what a batch of it alone is normalised to."""
    x = rng.normal(size=(3, 2, 5))
    alone = [batch_norm(x[n : n + 1], training=True) for n in range(3)]
    assert_same(group_norm(x, 2), np.concatenate(alone))


def test_groups_are_neighbours(rng: np.random.Generator) -> None:
    """The first half of the channels, and the second."""
    x, weight, bias = rng.normal(size=(3, 6, 4)), rng.normal(size=6), rng.normal(size=6)
    y = group_norm(x, 2, weight, bias)
    for half in (slice(3), slice(3, 6)):
        assert_same(y[:, half], group_norm(x[:, half].copy(), 1, weight[half], bias[half]))


def test_the_weight_stands_inside_the_means(rng: np.random.Generator) -> None:
    """⟨dx, v⟩ is the slope of Σ dy·y along v, by a difference, to 40 digits."""
    x, dy, v = (reals.draw(rng, (2, 5)) for _ in range(3))
    weight = reals.draw(rng, (5,))
    dx = layer_norm_backward(dy, x, 5, weight, eps=0.5).dx
    along = reals.slope(lambda x: layer_norm(x, 5, weight, eps=0.5), dy, x, v)
    assert abs(reals.dot(dx, v) - along) < reals.AGREED


# --- neighbouring channels ----------------------------------------------------------------


def test_window_of_an_even_size() -> None:
    """Of four channels the two in front and the one behind: d of channel 2 has 0, 1, 2, 3."""
    x = np.zeros((1, 6, 1))
    for j in range(6):
        x[0, :, 0] = np.arange(6) == j
        d = 1 / local_response_norm(np.ones((1, 6, 1)) * 1e-9 + x, 4, alpha=4, beta=1, k=1)[0, :, 0]
        d *= x[0, :, 0] + 1e-9
        near = [bool(d[c] > 1.5) for c in range(6)]
        assert near == [c - 2 <= j <= c + 1 for c in range(6)], j


def test_alexnets_paper() -> None:
    """k + α·Σ a² with α = 10⁻⁴ is torch's alpha = n·α: 2 + 10⁻⁴·5·100² = 7 in the middle."""
    a = np.full((1, 7, 1), 100.0)
    y = local_response_norm(a, 5, alpha=5e-4, beta=0.75, k=2)
    assert y[0, 3, 0] == pytest.approx(100 / 7**0.75, rel=1e-15)
    assert y[0, 0, 0] == pytest.approx(100 / 5**0.75, rel=1e-15)


def test_response_as_loops(rng: np.random.Generator) -> None:
    """d and both parts of the gradient, channel by channel, with beta 1."""
    x, dy, size, alpha, k = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 3)), 4, 0.7, 1.5
    d = np.zeros_like(x)
    expected = np.zeros_like(x)
    for c in range(5):
        near = [j for j in range(5) if c - 2 <= j <= c + 1]
        d[:, c] = k + alpha / size * sum(x[:, j] ** 2 for j in near)
        expected[:, c] += dy[:, c] / d[:, c]
        for j in near:
            share = dy[:, c] * x[:, c] / d[:, c] ** 2
            expected[:, j] -= 2 * alpha / size * x[:, j] * share
    y = local_response_norm(x, size, alpha, 1, k)
    np.testing.assert_allclose(y, x / d, rtol=1e-14)
    dx = local_response_norm_backward(dy, x, size, alpha, 1, k)
    np.testing.assert_allclose(dx, expected, rtol=1e-12, atol=1e-15)


def test_response_of_exact_numbers(rng: np.random.Generator) -> None:
    """x/d^0.75, to 40 digits; its gradient is the slope, by a difference."""
    x, dy, v = (reals.draw(rng, (2, 3, 2)) for _ in range(3))
    y = local_response_norm(x, 2, alpha=0.5, beta=0.75, k=1)
    for n, c, place in np.ndindex(x.shape):
        near = sum(x[n, j, place].value ** 2 for j in range(max(0, c - 1), c + 1))
        d = 1 + near / 4
        reals.assert_agree(
            y[n, c, place], x[n, c, place].value / reals.context.sqrt(reals.context.sqrt(d)) ** 3
        )
    dx = local_response_norm_backward(dy, x, 2, alpha=0.5, beta=0.75, k=1)
    along = reals.slope(lambda x: local_response_norm(x, 2, 0.5, 0.75, 1), dy, x, v)
    assert abs(reals.dot(dx, v) - along) < reals.AGREED


# --- digits -------------------------------------------------------------------------------


@pytest.mark.parametrize("far", [1e3, 1e6, 1e12])
def test_digits_far_from_zero(rng: np.random.Generator, far: float) -> None:
    """A mean far from 0 takes no digits: of x itself, exactly as it is, y is right to 10⁻¹⁴."""
    x = far + rng.normal(size=(50, 1))
    exact = [Fraction(float(value)) for value in x.ravel()]
    mean = sum(exact) / 50
    var = sum((value - mean) ** 2 for value in exact) / 50
    with mpmath.workdps(50):
        deviation = mpmath.sqrt(mpmath.mpf(var.numerator) / var.denominator + mpmath.mpf(1e-5))
        right = [
            float(mpmath.mpf((v - mean).numerator) / (v - mean).denominator / deviation)
            for v in exact
        ]
    np.testing.assert_allclose(batch_norm(x, training=True).ravel(), right, atol=1e-14, rtol=0)


def test_running_mean_far_from_zero(rng: np.random.Generator) -> None:
    """With momentum 1 the float nearest to the exact mean, of every channel."""
    x, nothing = 1e6 + rng.normal(size=(5, 100)), np.zeros(100)
    mean, _ = running_statistics(x, nothing, nothing, 1)
    assert_same(mean, [float(sum(map(Fraction, column)) / 5) for column in x.T.tolist()])


def test_digits_of_a_large_power() -> None:
    """d^−0.75 of d = 10¹²⁰ to two units in the last place, of which exp(−0.75 · log d) loses 40."""
    y = local_response_norm(np.full((1, 2, 1), 1e60), 2, alpha=2, beta=0.75, k=1)
    with mpmath.workdps(150):
        x = mpmath.mpf(1e60)
        right = np.array([float(x / (1 + n * x * x) ** mpmath.mpf(0.75)) for n in (1, 2)])
    assert np.all(np.abs(y.ravel() - right) <= 2 * np.spacing(right))


def test_float32_is_rounded_once(rng: np.random.Generator) -> None:
    """What float64 gives of the same numbers, rounded: y and every gradient."""
    x, dy = (rng.normal(size=(40, 3, 7)).astype(np.float32) for _ in range(2))
    weight = rng.normal(size=3).astype(np.float32)
    wide = [array.astype(np.float64) for array in (dy, x)]
    ours = batch_norm_backward(dy, x, weight=weight, training=True)
    right = batch_norm_backward(*wide, weight=weight.astype(np.float64), training=True)
    for found, wanted in zip(ours, right, strict=True):
        assert_same(found, wanted.astype(np.float32))


# --- what is refused, and what torch's own code does --------------------------------------


def test_order_of_torch() -> None:
    """By place: x, running_mean, running_var, weight, bias, training, as torch has them."""
    x = np.array([[1.0, 4.0], [3.0, 8.0]])
    mean, var, weight, bias = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]])
    by_place = batch_norm(x, mean, var, weight, bias, False, None, 0.5)
    named = batch_norm(x, running_mean=mean, running_var=var, weight=weight, bias=bias, eps=0.5)
    assert_same(by_place, named)
    assert not np.array_equal(named, batch_norm(x, mean, var, weight, bias, True, None, 0.5))


def test_alexnet_with_its_response(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    """Behind the first two ReLU, before their poolings; the paper's numbers."""
    architectures = import_module("refimpl.architectures")
    monkeypatch.setattr(architectures, "he_normal", lambda rng, shape: np.broadcast_to(0.0, shape))
    layers = refimpl.alexnet(rng, lrn=True).layers
    assert [*layers][1:4] == ["relu1", "norm1", "pool1"]
    assert [*layers][5:8] == ["relu2", "norm2", "pool2"]
    assert layers["norm1"].options == {"size": 5, "alpha": 5e-4, "beta": 0.75, "k": 2}


def test_fractions_are_refused() -> None:
    """They have no root, no exp and no log."""
    thirds = np.full((2, 2, 1), Fraction(1, 3), object)
    with pytest.raises(TypeError) as error:
        batch_norm(thirds, training=True)
    assert str(error.value) == (
        "batch_norm: x holds Fraction, which has no method sqrt; give floats, or objects that "
        "have it"
    )
    with pytest.raises(TypeError) as error:
        local_response_norm(thirds, 2)
    assert str(error.value) == (
        "local_response_norm: x holds Fraction, which has no method exp; give floats, or objects "
        "that have it"
    )


X, ONE, NARROW = np.ones((2, 3, 4)), np.ones(3), np.ones(3, np.float32)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: batch_norm(X, NARROW, ONE, NARROW),
            "batch_norm: x is float64, but running_mean is float32; give both the same dtype",
        ),
        (
            lambda: batch_norm(X, ONE, ONE, ONE[:2], np.ones(4)),
            "batch_norm: weight must be (3,), one for each channel, but is (2,) (x (2, 3, 4))",
        ),
        (
            lambda: running_statistics(X, ONE, np.ones(4)),
            "running_statistics: running_var must be (3,), one for each channel, but is (4,) "
            "(x (2, 3, 4))",
        ),
        (
            lambda: layer_norm(X, 4, np.ones(2), ONE),
            "layer_norm: weight must be (4,), as normalized_shape, but is (2,)",
        ),
        (
            lambda: layer_norm(X, 4, np.ones(4), ONE),
            "layer_norm: bias must be (4,), as normalized_shape, but is (3,)",
        ),
        (
            lambda: layer_norm(X, (3, 4.0)),
            "layer_norm: normalized_shape must be an integer or a tuple of at least one, but is "
            "(3, 4.0)",
        ),
        (
            lambda: group_norm(X, 3, np.ones(2), np.ones(4)),
            "group_norm: weight must be (3,), one for each channel, but is (2,) (x (2, 3, 4))",
        ),
        (
            lambda: group_norm(X, 3, ONE, np.ones(4)),
            "group_norm: bias must be (3,), one for each channel, but is (4,) (x (2, 3, 4))",
        ),
        (lambda: group_norm(X, 3, eps=-1), "group_norm: eps must be at least 0, but is -1"),
        (
            lambda: local_response_norm(X, 2, "a", "b", "c"),
            "local_response_norm: alpha must be a number, but is 'a'",
        ),
        (
            lambda: local_response_norm(X, 2, 1, "b", "c"),
            "local_response_norm: beta must be a number, but is 'b'",
        ),
        (
            lambda: local_response_norm_backward(X, X, 2, "a"),
            "local_response_norm_backward: alpha must be a number, but is 'a'",
        ),
        (
            lambda: local_response_norm(X, 2**31),
            "local_response_norm: size must be at most 2147483647, but is 2147483648",
        ),
    ],
)
def test_the_first_that_is_wrong_is_named(call: Any, said: str) -> None:
    """In the order of the arguments."""
    with pytest.raises((TypeError, ValueError)) as error:
        call()
    assert str(error.value) == said


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 2, 0)])
def test_nothing_is_normalised(shape: tuple[int, ...]) -> None:
    """Without samples, channels or places: arrays of the same shape, and no warning."""
    x = np.zeros(shape)
    groups = max(1, shape[1])
    for y, grads in (
        (batch_norm(x, training=True), batch_norm_backward(x, x, training=True)),
        (layer_norm(x, shape[1:]), layer_norm_backward(x, x, shape[1:])),
        (group_norm(x, groups), group_norm_backward(x, x, groups)),
        (local_response_norm(x, 2), [local_response_norm_backward(x, x, 2)]),
    ):
        assert y.shape == grads[0].shape == shape
        assert not any(np.any(grad) for grad in grads)


def test_a_network_in_float32() -> None:
    """Running statistics follow the network's dtype."""
    one = np.ones(2)
    network = refimpl.Sequential({"norm": refimpl.BatchNorm(one, one, one, one)})
    network.astype(np.float32)
    assert network.forward(np.ones((3, 2), np.float32)).dtype == np.float32
