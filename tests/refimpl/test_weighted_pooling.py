"""Trainable and Gaussian pooling against plain loops and exact derivatives."""

from fractions import Fraction
from math import exp
from typing import Any

import numpy as np
import pytest
import reals
import sympy
from plain import ELEMENTS, Pool, assert_exact, assert_same, blank, dot, draw, fractions
from reals import Real, assert_agree, slope

from refimpl import (
    avg_pool2d,
    conv2d,
    gaussian_pool2d,
    gaussian_pool2d_backward,
    weighted_pool2d,
    weighted_pool2d_backward,
)

CASES = {
    "side by side": Pool((2, 3, 6, 8), (3, 2), (3, 2), (0, 0), (1, 1)),
    "left over": Pool((2, 3, 7, 5), (2, 3), (2, 3), (0, 0), (1, 1)),
    "overlap": Pool((1, 2, 6, 7), (4, 3), (1, 2), (0, 0), (1, 1)),
    "gaps": Pool((2, 3, 7, 8), (1, 2), (3, 4), (0, 0), (1, 1)),
    "one window": Pool((3, 2, 4, 5), (4, 5), (4, 5), (0, 0), (1, 1)),
    "1×1": Pool((3, 2, 4, 5), (1, 1), (1, 1), (0, 0), (1, 1)),
    "no sample": Pool((0, 2, 4, 5), (2, 3), (2, 3), (0, 0), (1, 1)),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)


def weight_shape(case: Pool) -> tuple[int, ...]:
    return (case.x[1], *case.kernel)


def pooled(case: Pool, x: Any, weight: Any) -> Any:
    """Σ weight[c, i, j] · window, by loops; (C, K_h, K_w) weights in the order of the window."""
    y = np.zeros(case.y, object)
    for n, c in np.ndindex(*case.x[:2]):
        for o, window in case.windows():
            y[n, c, *o] = sum(
                x[n, c, *place] * w for place, w in zip(window, weight[c].flat, strict=True)
            )
    return y


def inner(a: Any, b: Any) -> Any:
    """⟨a, b⟩ of numbers of any type."""
    return dot(fractions(a), fractions(b))


# --- trainable ----------------------------------------------------------------------------


@EVERY_CASE
@EVERY_ELEMENT
def test_forward(rng: np.random.Generator, case: Pool, elements: str) -> None:
    """D1.17: a function of the places of the window, one for each channel, and a bias."""
    x, weight, bias = (draw(rng, s, elements) for s in (case.x, weight_shape(case), case.x[1:2]))
    expected = pooled(case, fractions(x), fractions(weight))
    assert_exact(weighted_pool2d(x, weight, None, case.stride), expected, elements)
    with_bias = expected + fractions(bias)[:, None, None]
    assert_exact(weighted_pool2d(x, weight, bias, case.stride), with_bias, elements)


@EVERY_CASE
@EVERY_ELEMENT
def test_gradients_are_the_derivative(rng: np.random.Generator, case: Pool, elements: str) -> None:
    """⟨dy, pool(v, w, 0)⟩ = ⟨dx, v⟩, ⟨dy, pool(x, t, 0)⟩ = ⟨dw, t⟩, ⟨dy, b⟩ = ⟨db, b⟩, exactly."""
    shapes = (case.x, weight_shape(case), case.x, weight_shape(case), case.x[1:2], case.y)
    x, weight, v, t, b, dy = (draw(rng, s, elements) for s in shapes)
    dx, dweight, dbias = weighted_pool2d_backward(dy, x, weight, case.stride)
    assert (dx.shape, dweight.shape, dbias.shape) == (x.shape, weight.shape, b.shape)
    assert inner(dy, weighted_pool2d(v, weight, None, case.stride)) == inner(dx, v)
    assert inner(dy, weighted_pool2d(x, t, None, case.stride)) == inner(dweight, t)
    assert inner(dy, fractions(b)[:, None, None] + blank(case.y)) == inner(dbias, b)
    assert {g.dtype for g in (dx, dweight, dbias)} == {x.dtype}


def test_a_forgotten_stride_is_seen(rng: np.random.Generator) -> None:
    """The derivative of another stride is not this one's."""
    x, weight, v = draw(rng, (1, 2, 4, 7)), draw(rng, (2, 2, 3)), draw(rng, (1, 2, 4, 7))
    dy = draw(rng, (1, 2, 2, 2))
    y = weighted_pool2d(v, weight, None, (2, 3))
    assert dot(dy, y) == dot(weighted_pool2d_backward(dy, x, weight).dx, v)
    assert dot(dy, y) != dot(weighted_pool2d_backward(dy, x, weight, (2, 4)).dx, v)


def test_windows_lie_side_by_side_unless_told_otherwise(rng: np.random.Generator) -> None:
    """The stride is the window's size by default, forward and backward."""
    x, weight, dy = draw(rng, (2, 3, 5, 7)), draw(rng, (3, 2, 3)), draw(rng, (2, 3, 2, 2))
    assert_same(weighted_pool2d(x, weight), weighted_pool2d(x, weight, None, (2, 3)))
    found = weighted_pool2d_backward(dy, x, weight)
    for gradient, expected in zip(
        found, weighted_pool2d_backward(dy, x, weight, (2, 3)), strict=True
    ):
        assert_same(gradient, expected)


def test_quarters_are_the_mean(rng: np.random.Generator) -> None:
    """D1.17: with weights of a quarter, trainable pooling is mean pooling."""
    x, quarters = draw(rng, (2, 3, 4, 6)), np.full((3, 2, 2), Fraction(1, 4))
    assert_same(weighted_pool2d(x, quarters), avg_pool2d(x, 2))


def test_it_is_a_convolution_of_each_channel(rng: np.random.Generator) -> None:
    """Each channel is a group of its own."""
    x, weight, bias = draw(rng, (2, 3, 5, 7)), draw(rng, (3, 2, 4)), draw(rng, (3,))
    expected = conv2d(x, weight[:, None], bias, stride=(1, 2), groups=3)
    assert_same(weighted_pool2d(x, weight, bias, (1, 2)), expected)


def test_letters() -> None:
    """D1.17: four values in, one out, in symbols."""
    a, b, c, d, p, q, r, s, t = sympy.symbols("a b c d p q r s t")
    x, weight = np.array([[[[a, b], [c, d]]]]), np.array([[[p, q], [r, s]]])
    y = weighted_pool2d(x, weight, np.array([t]))
    assert sympy.expand(y[0, 0, 0, 0] - (a * p + b * q + c * r + d * s + t)) == 0


# --- Gaussian -----------------------------------------------------------------------------


def gaussian(kernel: tuple[int, ...], sigma: Any) -> Any:
    """e^(−r²/(2σ²)) about the window's centre, over their sum, in 100 digits."""
    powers = np.empty(kernel, object)
    for i, j in np.ndindex(*kernel):
        h, w = (reals.context.mpf(2 * p - k + 1) / 2 for p, k in zip((i, j), kernel, strict=True))
        powers[i, j] = reals.context.exp(-(h * h + w * w) / (2 * reals.context.mpf(sigma) ** 2))
    return powers / powers.sum()


@EVERY_CASE
@pytest.mark.parametrize("sigma", [0.3, 1, 7.5])
def test_gaussian_forward(rng: np.random.Generator, case: Pool, sigma: Any) -> None:
    """D1.17: the mean, weighted with e^(−r²/(2σ²)), to 40 digits."""
    x = reals.draw(rng, case.x)
    weight = np.broadcast_to(reals.reals(gaussian(case.kernel, sigma)), weight_shape(case))
    y = gaussian_pool2d(x, case.kernel, sigma, case.stride)
    assert_agree(y, pooled(case, x, weight))


@EVERY_CASE
def test_gaussian_gradient_is_the_derivative(rng: np.random.Generator, case: Pool) -> None:
    """⟨dy, ∂y/∂direction⟩ by a central difference of the forward is ⟨dx, direction⟩."""
    x, direction, dy = reals.draw(rng, case.x), reals.draw(rng, case.x), reals.draw(rng, case.y)
    dx = gaussian_pool2d_backward(dy, x, case.kernel, 0.7, case.stride)
    found = slope(lambda v: gaussian_pool2d(v, case.kernel, 0.7, case.stride), dy, x, direction)
    assert abs(found - reals.dot(dx, direction)) < reals.AGREED


def test_another_sigma_is_seen(rng: np.random.Generator) -> None:
    """The gradient for another σ is not the derivative."""
    x, dy = reals.draw(rng, (1, 2, 5, 4)), reals.draw(rng, (1, 2, 1, 2))
    dx = gaussian_pool2d_backward(dy, x, (5, 2), 0.71)
    found = slope(lambda v: gaussian_pool2d(v, (5, 2), 0.7), dy, x, x)
    assert abs(found - reals.dot(dx, x)) > 1e-6


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_constant_stays(dtype: str) -> None:
    """The weights add up to 1: a window of ones keeps its value to a few roundings."""
    x = np.ones((2, 3, 9, 8), dtype)
    y = gaussian_pool2d(x, (4, 3), 0.8)
    assert y.dtype == dtype
    np.testing.assert_array_max_ulp(y, np.ones_like(y), 12)  # 12 products, each of them rounded


def test_three_by_three_in_closed_form() -> None:
    """(1 + 4·e^(−1/2) + 4·e^(−1)) with σ = 1: centre, edges, corners."""
    total = 1 + 4 * exp(-1 / 2) + 4 * exp(-1)
    x = np.zeros((3, 1, 3, 3))
    x[0, 0, 1, 1] = x[1, 0, 0, 1] = x[2, 0, 2, 0] = total
    y = gaussian_pool2d(x, 3, 1)[:, 0, 0, 0]
    np.testing.assert_array_max_ulp(y, np.array([1, exp(-1 / 2), exp(-1)]), 8)


@pytest.mark.parametrize("sigma", [1e-300, 1e-12, 0.5, 1e200])
@pytest.mark.parametrize("kernel", [(2, 2), (4, 2)], ids=str)
def test_an_even_window_has_no_centre(kernel: tuple[int, int], sigma: float) -> None:
    """The four nearest places share alike, and share all where σ is small: no 0/0."""
    x = np.arange(8.0).reshape(1, 1, 4, 2)
    with np.errstate(over="ignore"):
        y = gaussian_pool2d(x, kernel, sigma)
    nearest = x[..., :2, :] if kernel == (2, 2) else x[..., 1:3, :]
    if kernel == (2, 2) or sigma < 0.1:
        assert y[0, 0, 0, 0] == nearest.mean()
    assert np.isfinite(y).all()


def test_a_small_sigma_takes_the_centre_alone(rng: np.random.Generator) -> None:
    """An odd window with σ → 0 gives its centre."""
    x = rng.normal(size=(2, 3, 3, 5))
    with np.errstate(over="ignore"):
        assert_same(gaussian_pool2d(x, (3, 5), 1e-200)[..., 0, 0], x[..., 1, 2])


def test_a_large_sigma_is_the_mean(rng: np.random.Generator) -> None:
    """σ → ∞ gives mean pooling, exactly where the sums are."""
    x = rng.integers(-9, 10, (2, 3, 4, 8)).astype(float)
    assert_same(gaussian_pool2d(x, (2, 4), 1e200), avg_pool2d(x, (2, 4)))


@pytest.mark.parametrize("dtype", ["float32", "float64", object])
def test_no_sample(dtype: Any) -> None:
    """An empty batch gives an empty one, also of objects, of which none has an exp."""
    x, dy = np.zeros((0, 3, 5, 4), dtype), np.zeros((0, 3, 2, 2), dtype)
    assert gaussian_pool2d(x, 2, 1.0).shape == (0, 3, 2, 2)
    assert gaussian_pool2d_backward(dy, x, 2, 1.0).shape == (0, 3, 5, 4)


def test_fractions_have_no_exp(rng: np.random.Generator) -> None:
    """Objects must bring exp; Real does."""
    with pytest.raises(TypeError, match="x holds Fraction, which has no method exp"):
        gaussian_pool2d(draw(rng, (1, 1, 2, 2)), 2, 1)
    assert isinstance(gaussian_pool2d(reals.draw(rng, (1, 1, 2, 2)), 2, 1)[0, 0, 0, 0], Real)


@pytest.mark.parametrize("sigma", [0, -1, Fraction(-1, 2)])
def test_sigma_beside_objects(rng: np.random.Generator, sigma: Any) -> None:
    """Beside objects σ is refused as beside floats; the text names no dtype."""
    with pytest.raises(
        ValueError, match=r"^gaussian_pool2d: sigma must be positive and finite, but is"
    ):
        gaussian_pool2d(reals.draw(rng, (1, 1, 2, 2)), 2, sigma)


def test_no_channels() -> None:
    """Without channels there is nothing to pool, and no gradient."""
    x, weight = np.empty((2, 0, 4, 6)), np.empty((0, 2, 3))
    y = weighted_pool2d(x, weight)
    assert y.shape == (2, 0, 2, 2)
    dx, dweight, dbias = weighted_pool2d_backward(y, x, weight)
    assert (dx.shape, dweight.shape, dbias.shape) == (x.shape, weight.shape, (0,))
