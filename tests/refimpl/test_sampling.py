"""Downsampling with both edge rules, and upsampling, against loops and exact derivatives."""

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from plain import ELEMENTS, assert_exact, assert_same, blank, distinct, dot, draw, fractions

from refimpl import avg_pool2d, downsample, max_pool2d, upsample

EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)
EVERY_HOW = pytest.mark.parametrize("how", ["max", "mean"])
EVERY_EDGE = pytest.mark.parametrize("edge", ["zero_pad", "drop"])

CASES = {
    "fits": ((2, 3, 6, 4), (3, 2)),
    "left over": ((2, 3, 7, 5), (2, 3)),
    "one left over": ((2, 1, 5, 4), (4, 3)),
    "one window": ((3, 2, 3, 5), (3, 5)),
    "size 1": ((2, 3, 3, 4), (1, 1)),
    "no sample": ((0, 3, 5, 4), (2, 3)),
}
EVERY_CASE = pytest.mark.parametrize(("x", "size"), CASES.values(), ids=CASES)
Shape = tuple[int, ...]


def windows(x: Shape, size: Shape, edge: str) -> list[tuple[Shape, list[Shape]]]:
    """Each place of y with the places of its window, whether x has them or not."""
    rows, columns = (
        range(0, n if edge == "zero_pad" else n - k + 1, k)
        for n, k in zip(x[2:], size, strict=True)
    )
    return [
        ((h, w), [(u + i, v + j) for i, j in np.ndindex(*size)])
        for (h, u), (w, v) in product(enumerate(rows), enumerate(columns))
    ]


def has(x: Shape, place: Shape) -> bool:
    return place[0] < x[2] and place[1] < x[3]


def sampled(x: Any, size: Shape, how: str, edge: str) -> Any:
    """y by loops: what x does not have is zero, and takes part."""
    found = windows(x.shape, size, edge)
    output = (1 + max(h for (h, _), _ in found), 1 + max(w for (_, w), _ in found))
    x, y = fractions(x), blank((*x.shape[:2], *output))
    for n, c in np.ndindex(*x.shape[:2]):
        for o, places in found:
            values = [x[n, c, *p] if has(x.shape, p) else Fraction(0) for p in places]
            y[n, c, *o] = max(values) if how == "max" else sum(values) / len(values)
    return y


def sampled_back(dy: Any, x: Any, size: Shape, how: str, edge: str) -> Any:
    """dx by loops: to the first maximum, or an equal share to every place that x has."""
    dy, x, dx = fractions(dy), fractions(x), blank(x.shape)
    for n, c in np.ndindex(*x.shape[:2]):
        for o, places in windows(x.shape, size, edge):
            values = [x[n, c, *p] if has(x.shape, p) else Fraction(0) for p in places]
            winners = [places[values.index(max(values))]] if how == "max" else places
            for place in winners:
                if has(x.shape, place):
                    dx[n, c, *place] += dy[n, c, *o] / len(winners)
    return dx


def given(rng: np.random.Generator, shape: Shape, elements: str, factor: int = 1) -> Any:
    """Numbers with many ties; means of them are exact in floats with a factor of the window."""
    values = np.asarray(rng.integers(-3, 4, shape) * factor)
    return fractions(values) if elements == "fraction" else values.astype(elements)


@EVERY_CASE
@EVERY_HOW
@EVERY_EDGE
@EVERY_ELEMENT
def test_forward(
    rng: np.random.Generator, x: Shape, size: Shape, how: str, edge: str, elements: str
) -> None:
    """D1.17, D1.18: maxima and means of windows side by side, the edge kept or dropped."""
    values = given(rng, x, elements, factor=size[0] * size[1])
    y = downsample(values, size, how, edge)
    assert_exact(y, sampled(values, size, how, edge), elements)


@EVERY_CASE
@EVERY_HOW
@EVERY_EDGE
@EVERY_ELEMENT
def test_backward(
    rng: np.random.Generator, x: Shape, size: Shape, how: str, edge: str, elements: str
) -> None:
    """D0.11, D1.23: to the first maximum, or the same share to all; the rest gets 0."""
    values = given(rng, x, elements)
    y = downsample(values, size, how, edge)
    dy = given(rng, y.shape, elements, factor=size[0] * size[1])
    dx = upsample(dy, values, size, how, edge)
    assert_exact(dx, sampled_back(dy, values, size, how, edge), elements)


@EVERY_CASE
@EVERY_HOW
@EVERY_EDGE
def test_backward_is_the_derivative(
    rng: np.random.Generator, x: Shape, size: Shape, how: str, edge: str
) -> None:
    """⟨dy, y⟩ changes by ⟨dx, step⟩, exactly, for a step that moves no maximum."""
    values = distinct(rng, x) + Fraction(1, 2)  # none equals a zero of the padding
    step = draw(rng, x) / 100
    y = downsample(values, size, how, edge)
    dy = draw(rng, y.shape)
    moved = downsample(values + step, size, how, edge)
    assert dot(dy, moved - y) == dot(upsample(dy, values, size, how, edge), step)


def test_loops_refuse_known_mistakes(rng: np.random.Generator) -> None:
    """D1.23 as worded, a copy to all places; −∞ as padding; the other rule for the edge."""
    x, dy = given(rng, (2, 3, 7, 5), "float64"), draw(rng, (2, 3, 4, 2), "float64")
    expected = sampled_back(dy, x, (2, 3), "max", "zero_pad")
    copied = np.repeat(np.repeat(dy, 2, axis=2), 3, axis=3)[:, :, :7, :5]
    with pytest.raises(AssertionError):
        assert_same(copied, expected)
    negative = -np.abs(x) - 1
    with pytest.raises(AssertionError):
        assert_same(
            max_pool2d(negative, (2, 3), ceil_mode=True),
            sampled(negative, (2, 3), "max", "zero_pad"),
        )
    with pytest.raises(AssertionError):
        assert_same(downsample(x, (2, 3), "max", "drop"), sampled(x, (2, 3), "max", "zero_pad"))
    with pytest.raises(AssertionError):
        assert_same(
            avg_pool2d(x * 6, (2, 3), ceil_mode=True), sampled(x * 6, (2, 3), "mean", "zero_pad")
        )


def test_the_gradient_of_a_zero_of_the_padding_is_lost() -> None:
    """D1.18: the maximum of a negative edge is the 0 beside it, which is no part of x."""
    x, dy = np.array([[[[5.0, -1.0], [6.0, 7.0], [-3.0, -2.0]]]]), np.array([[[[10.0], [20.0]]]])
    assert_same(downsample(x, 2), [[[[7], [0]]]])
    assert_same(upsample(dy, x, 2), [[[[0, 0], [0, 10], [0, 0]]]])


def test_the_first_of_equal_maxima_wins_against_the_padding() -> None:
    """A 0 in x stands before the zeros behind it, and gets the gradient."""
    x = np.array([[[[-1.0, 0.0, -4.0]]]])
    assert_same(upsample(np.array([[[[10.0]]]]), x, (2, 4)), [[[[0, 10, 0]]]])


@EVERY_HOW
def test_a_thousand_pixels(how: str) -> None:
    """D1.12: 991×991 with 2×2 pooling gives 496×496, so its edge is kept by zeros."""
    x = np.ones((1, 1, 991, 991), np.float32)
    assert downsample(x, 2, how).shape == (1, 1, 496, 496)
    assert downsample(x, 2, how, "drop").shape == (1, 1, 495, 495)


@EVERY_HOW
def test_four_places(how: str) -> None:
    """D1.23: the mean spreads one residual over four places, the maximum gives it to one."""
    x, dy = np.array([[[[3.0, 1.0], [0.0, 2.0]]]]), np.array([[[[8.0]]]])
    expected = [[8, 0], [0, 0]] if how == "max" else [[2, 2], [2, 2]]
    assert_same(upsample(dy, x, 2, how)[0, 0], expected)


@EVERY_HOW
def test_without_an_edge_it_is_pooling(rng: np.random.Generator, how: str) -> None:
    """Where the sizes divide, both rules give the pooling itself."""
    x = draw(rng, (2, 3, 6, 8))
    pooling = max_pool2d if how == "max" else avg_pool2d
    for edge in ("zero_pad", "drop"):
        assert_same(downsample(x, (3, 2), how, edge), pooling(x, (3, 2)))


def test_defaults(rng: np.random.Generator) -> None:
    """The maximum with zeros at the edge, which D1.18 calls the usual way."""
    x, dy = draw(rng, (2, 3, 5, 4)), draw(rng, (2, 3, 3, 2))
    assert_same(downsample(x, 2), downsample(x, (2, 2), "max", "zero_pad"))
    assert_same(upsample(dy, x, 2), upsample(dy, x, (2, 2), "max", "zero_pad"))
