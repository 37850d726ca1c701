"""Means over axes: sums place by place on Fractions, exact differences, digits that stay."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import DIVISIBLE, ELEMENTS, assert_exact, blank, dot, draw, fractions

from refimpl import global_avg_pool, mean, mean_backward

AXES: list[tuple[tuple[int, ...], Any]] = [
    ((2, 3, 5, 4), None),
    ((2, 3, 5, 4), (2, 3)),
    ((2, 3, 5, 4), (-1, 0)),
    ((2, 3, 5, 4), (3, 1, 0)),
    ((4, 3), 0),
    ((4, 3), -1),
    ((7,), (0,)),
    ((0, 3, 4), (1, 2)),
    ((), None),
]
EVERY = pytest.mark.parametrize(("shape", "axis"), AXES, ids=str)
KEPT = pytest.mark.parametrize("keepdims", [False, True])


def gone_of(shape: tuple[int, ...], axis: Any) -> list[int]:
    """The axes that are averaged away."""
    named = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return [place % len(shape) for place in named]


def place_of(u: tuple[int, ...], gone: list[int], keepdims: bool) -> tuple[int, ...]:
    """Which mean a place is part of."""
    return tuple(0 if i in gone else p for i, p in enumerate(u) if keepdims or i not in gone)


@KEPT
@EVERY
@pytest.mark.parametrize("elements", ELEMENTS)
def test_value(
    rng: np.random.Generator, shape: Any, axis: Any, keepdims: bool, elements: str
) -> None:
    """Each place of x is a part of one mean, of as many as the axes have places."""
    x = draw(rng, shape, elements, DIVISIBLE)
    gone, exact = gone_of(shape, axis), fractions(x)
    found = mean(x, axis, keepdims)
    expected = blank(found.shape)
    for u in np.ndindex(*shape):
        expected[place_of(u, gone, keepdims)] += exact[u] / int(np.prod([shape[i] for i in gone]))
    assert_exact(found, expected, elements)
    assert found.ndim == (len(shape) if keepdims else len(shape) - len(gone))


@KEPT
@EVERY
def test_gradient(rng: np.random.Generator, shape: Any, axis: Any, keepdims: bool) -> None:
    """⟨dy, mean(x + v) − mean(x)⟩ = ⟨dx, v⟩ on Fractions, for the mean is linear."""
    x, v = draw(rng, shape), draw(rng, shape)
    dy = draw(rng, mean(x, axis, keepdims).shape)
    dx = mean_backward(dy, x, axis, keepdims)
    assert dx.shape == shape
    assert dot(dy, mean(x + v, axis, keepdims)) - dot(dy, mean(x, axis, keepdims)) == dot(dx, v)


def test_of_whole_maps_it_is_a_pooling(rng: np.random.Generator) -> None:
    """mean(x, (2, 3), keepdims=True) is global_avg_pool(x)."""
    x = draw(rng, (2, 3, 5, 4))
    assert_exact(mean(x, (2, 3), keepdims=True), global_avg_pool(x), "fraction")


def test_a_sum_that_float32_does_not_hold() -> None:
    """3·10³⁸ twice add up to more than float32 holds; their mean is one of them."""
    large = np.full((2, 3), 3e38, np.float32)
    np.testing.assert_array_equal(mean(large, 0), large[0])
    assert mean(np.full((2, 3), 60000, np.float16), 0).tolist() == [60000.0] * 3


def test_a_list_of_axes_and_integers_of_numpy() -> None:
    """As other options: tuples, lists, arrays, np.int64."""
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in ([0, 2], np.array([2, 0]), (np.int64(0), np.int8(-1))):
        np.testing.assert_array_equal(mean(x, axis), x.mean(axis=(0, 2)))


def test_integers_become_float64() -> None:
    """The mean of 1 and 2 is no 1."""
    assert mean([1, 2]).tolist() == 1.5
    assert isinstance(mean(fractions([1, 2])).item(), Fraction)


def test_the_gradient_is_an_array_of_its_own() -> None:
    """Also where nothing is averaged, and where it is the same everywhere."""
    dy, x = np.array([[2.0]]), np.array([[3.0]])
    dx = mean_backward(dy, x, 0, keepdims=True)
    assert not np.shares_memory(dx, dy)
    dx = mean_backward(np.array(6.0), np.ones((2, 3)))
    dx[0, 0] = 0
    assert dx.tolist() == [[0.0, 1.0, 1.0], [1.0, 1.0, 1.0]]
