"""Adaptive pooling and pooling of whole maps against plain loops and exact derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from math import ceil, floor, nan
from typing import Any, NamedTuple

import numpy as np
import pytest
import sympy
from plain import ELEMENTS, Place, assert_exact, assert_same, blank, distinct, dot, draw, fractions
from reals import Open

import refimpl
from refimpl import (
    adaptive_avg_pool1d,
    adaptive_avg_pool1d_backward,
    adaptive_avg_pool2d,
    adaptive_max_pool2d,
    adaptive_max_pool2d_backward,
    adaptive_max_pool2d_with_indices,
    avg_pool2d,
    global_avg_pool,
    global_avg_pool_backward,
    global_max_pool,
    global_max_pool_backward,
    max_pool2d,
)

DIVISIBLE = 2520  # by every size of a window below


class Adaptive(NamedTuple):
    """The shape of x, and how many windows each axis has."""

    x: Place
    output: Place

    @property
    def y(self) -> Place:
        return (*self.x[:2], *self.output)

    def windows(self) -> Iterator[tuple[Place, list[Place]]]:
        """Each place of y with the places of its window: ⌊i·H/H_out⌋ ≤ u < ⌈(i + 1)·H/H_out⌉."""
        for h in product(*map(range, self.output)):
            rows = []
            for i, n, count in zip(h, self.x[2:], self.output, strict=True):
                start, stop = floor(Fraction(i * n, count)), ceil(Fraction((i + 1) * n, count))
                rows.append(range(start, stop))
            yield h, list(product(*rows))


CASES = {
    "overlap": Adaptive((2, 3, 5), (3,)),
    "side by side": Adaptive((2, 3, 6), (3,)),
    "more windows": Adaptive((1, 2, 3), (5,)),
    "an image": Adaptive((2, 3, 5, 4), (3, 3)),
    "one window": Adaptive((2, 3, 5, 4), (1, 1)),
    "along one axis": Adaptive((1, 2, 4, 7), (4, 3)),
    "a volume": Adaptive((1, 2, 3, 4, 5), (2, 3, 1)),
    "no sample": Adaptive((0, 2, 5, 4), (3, 2)),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)


def call(name: str, case: Adaptive, *arrays: Any, **more: Any) -> Any:
    """A function by its name without its number of axes."""
    name = name.replace("_pool", f"_pool{len(case.output)}d")
    return getattr(refimpl, name)(*arrays, case.output, **more)


def means(case: Adaptive, x: Any) -> Any:
    """The sum of each window over how many places it has."""
    x, y = fractions(x), blank(case.y)
    for h, places in case.windows():
        for n, c in np.ndindex(*case.x[:2]):
            y[n, c, *h] = sum(x[n, c, *u] for u in places) / len(places)
    return y


def shares(case: Adaptive, dy: Any) -> Any:
    """dy of each window over how many places it has, at every one of them."""
    dy, dx = fractions(dy), blank(case.x)
    for h, places in case.windows():
        for n, c in np.ndindex(*case.x[:2]):
            for u in places:
                dx[n, c, *u] += dy[n, c, *h] / len(places)
    return dx


def winners(case: Adaptive, x: Any) -> Any:
    """The first maximum of each window, by place: (n, c, *h) -> u."""
    x = fractions(x)
    return {
        (n, c, *h): max(places, key=lambda u: (x[n, c, *u], [-p for p in u]))
        for h, places in case.windows()
        for n, c in np.ndindex(*case.x[:2])
    }


@EVERY_CASE
@EVERY_ELEMENT
def test_means(rng: np.random.Generator, case: Adaptive, elements: str) -> None:
    """Forward and backward."""
    x, dy = (draw(rng, shape, elements, DIVISIBLE) for shape in (case.x, case.y))
    assert_exact(call("adaptive_avg_pool", case, x), means(case, x), elements)
    dx = call("adaptive_avg_pool_backward", case, dy, x)
    assert_exact(dx, shares(case, dy), elements)


@EVERY_CASE
@EVERY_ELEMENT
def test_maxima(rng: np.random.Generator, case: Adaptive, elements: str) -> None:
    """Values, places and gradients; there are many ties."""
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, elements)
    x = fractions(x) if elements == "fraction" else x.astype(elements)
    won = winners(case, x)
    y, dx, places = blank(case.y), blank(case.x), np.zeros(case.y, int)
    for place, u in won.items():
        y[place] = fractions(x)[(*place[:2], *u)]
        dx[(*place[:2], *u)] += fractions(dy)[place]
        places[place] = np.ravel_multi_index(u, case.x[2:])
    assert_exact(call("adaptive_max_pool", case, x), y, elements)
    found, indices = call("adaptive_max_pool_with_indices", case, x)
    assert_exact(found, y, elements)
    assert_exact(indices, places, "int64")
    assert_exact(call("adaptive_max_pool_backward", case, dy, x), dx, elements)
    given = call("adaptive_max_pool_backward", case, dy, x, indices=places)
    assert_exact(given, dx, elements)


@EVERY_CASE
def test_the_gradients_are_the_derivative(rng: np.random.Generator, case: Adaptive) -> None:
    """⟨dy, y(x + step) − y(x)⟩ = ⟨dx, step⟩, of a maximum for a step that moves none."""
    x, dy, step = distinct(rng, case.x), draw(rng, case.y), draw(rng, case.x) / 100
    for name in ("adaptive_avg_pool", "adaptive_max_pool"):
        moved = call(name, case, x + step) - call(name, case, x)
        assert dot(dy, moved) == dot(call(f"{name}_backward", case, dy, x), step)


def test_a_window_of_one_size_is_seen() -> None:
    """Five places in three windows are two, three and two; ⌈5/3⌉ of each are not the mean."""
    x = np.array([[[3.0, 1.0, 4.0, 1.0, 5.0]]])
    assert_same(adaptive_avg_pool1d(x, 3), [[[2.0, 2.0, 3.0]]])
    dx = adaptive_avg_pool1d_backward(np.array([[[6.0, 6.0, 6.0]]]), x, 3)
    assert_same(dx, [[[3.0, 5.0, 2.0, 5.0, 3.0]]])
    assert adaptive_avg_pool1d(x, 3)[0, 0, 1] != avg_pool2d(x[:, :, None], (1, 2), 1)[0, 0, 0, 1]


def test_letters() -> None:
    """Each place's share of the windows that hold it."""
    a, b, c, d = sympy.symbols("a b c d")
    (y,) = adaptive_avg_pool1d(np.array([[[a, b, c]]]), 2)[0]
    assert [sympy.expand(e) for e in y] == [a / 2 + b / 2, b / 2 + c / 2]
    (dx,) = adaptive_avg_pool1d_backward(np.array([[[d, 2 * d]]]), np.array([[[a, b, c]]]), 2)[0]
    assert [sympy.expand(e) for e in dx] == [d / 2, 3 * d / 2, d]


def test_where_it_divides_it_is_a_pooling_with_a_window(rng: np.random.Generator) -> None:
    """6×8 to 3×2 is a window of 2×4, side by side."""
    x = draw(rng, (2, 3, 6, 8))
    assert_same(adaptive_avg_pool2d(x, (3, 2)), avg_pool2d(x, (2, 4)))
    assert_same(adaptive_max_pool2d(x, (3, 2)), max_pool2d(x, (2, 4)))


@pytest.mark.parametrize("kind", ["avg", "max"])
@pytest.mark.parametrize("sizes", [(4,), (3, 4), (2, 3, 4)], ids=["signal", "image", "volume"])
def test_whole_maps(rng: np.random.Generator, kind: str, sizes: Place) -> None:
    """They are pooled to one window along each axis, forward and backward."""
    n, x = len(sizes), draw(rng, (2, 3, *sizes))
    dy = draw(rng, (2, 3, *(1,) * n))
    pool, back = (getattr(refimpl, f"adaptive_{kind}_pool{n}d{part}") for part in ("", "_backward"))
    whole, whole_back = (
        getattr(refimpl, f"global_{kind}_pool{part}") for part in ("", "_backward")
    )
    assert_same(whole(x), pool(x, 1))
    assert_same(whole_back(dy, x), back(dy, x, 1))


def test_the_mean_and_the_maximum_of_a_map() -> None:
    """By hand."""
    x, dy = np.array([[[[1.0, 5.0], [5.0, 1.0]]]]), np.array([[[[8.0]]]])
    assert_same(global_avg_pool(x), [[[[3.0]]]])
    assert_same(global_max_pool(x), [[[[5.0]]]])
    assert_same(global_avg_pool_backward(dy, x), np.full((1, 1, 2, 2), 2.0))
    assert_same(global_max_pool_backward(dy, x), [[[[0.0, 8.0], [0.0, 0.0]]]])


def test_of_several_nan_the_last_one_wins() -> None:
    """As in torch; a window without NaN has its first maximum."""
    x = np.array([[[[1.0, nan, 2.0], [nan, 3.0, 2.0]]]])
    y, indices = adaptive_max_pool2d_with_indices(x, (1, 2))
    assert np.isnan(y).all()
    assert indices.tolist() == [[[[3, 1]]]]
    nothing = np.full((2, 3, 2, 3), nan)
    assert (adaptive_max_pool2d_with_indices(nothing, 1)[1] == 5).all()


def test_nan_among_objects() -> None:
    """Floats in an object array are compared as such."""
    x = np.array([[[[1.0, nan, 2.0], [nan, 3.0, 2.0]]]], object)
    with np.errstate(invalid="ignore"):  # NumPy warns of NaN in a comparison of objects
        _, indices = adaptive_max_pool2d_with_indices(x, (1, 2))
    assert indices.tolist() == [[[[3, 1]]]]


def test_a_mean_of_float16_is_formed_in_float32() -> None:
    """The sum of a map may exceed 65504."""
    x = np.full((1, 1, 300, 400), 2.0, np.float16)
    assert global_avg_pool(x).tolist() == [[[[2.0]]]]
    assert global_avg_pool(x).dtype == np.float16
    dy = np.ones((1, 1, 1, 1), np.float16)
    assert global_avg_pool_backward(dy, x).dtype == np.float16
    assert (global_avg_pool_backward(dy, x) == np.float16(1 / 120000)).all()


@pytest.mark.parametrize("output_size", [(4, None), [4, None], np.array([4, None])])
def test_none_leaves_an_axis_as_it_is(rng: np.random.Generator, output_size: Any) -> None:
    """In whatever the sizes stand."""
    x = draw(rng, (2, 3, 5, 7))
    assert_same(adaptive_avg_pool2d(x, output_size), adaptive_avg_pool2d(x, (4, 7)))
    assert_same(adaptive_avg_pool2d(x, None), x)


def test_indices_that_are_refused() -> None:
    """They are checked as those of max_pool2d."""
    x, dy = np.zeros((1, 2, 3, 4)), np.zeros((1, 2, 1, 2))
    said = "^adaptive_max_pool2d_backward: indices must be from 0 to 11, places of one map of x, "
    with pytest.raises(ValueError, match=f"{said}but hold 12$"):
        adaptive_max_pool2d_backward(dy, x, (1, 2), indices=np.array([[[[1, 12]], [[0, 2]]]]))


def test_what_has_no_order_is_not_guessed() -> None:
    """A comparison without an answer is its error, also where other maps follow."""
    numbers = np.array([Open(k) for k in range(8)], object).reshape(1, 2, 4)
    with pytest.raises(ArithmeticError, match="undecided"):
        refimpl.adaptive_max_pool1d(numbers, 2)
