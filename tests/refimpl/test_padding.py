"""Padding against NumPy's, against its own definition in words, and on exact numbers."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from inspect import unwrap
from math import inf, nan
from typing import Any, NamedTuple

import numpy as np
import pytest
from plain import ELEMENTS, Place, assert_exact, assert_same, dot, draw

from refimpl import conv2d, conv2d_backward, pad, pad_backward

# What np.pad calls each mode.
NUMPY: dict[str, Any] = {
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}
MODES = tuple(NUMPY)
EVERY_MODE = pytest.mark.parametrize("mode", MODES)


class Padded(NamedTuple):
    """The shape of x, and (before, after) of each axis."""

    x: Place
    pairs: tuple[tuple[int, int], ...]


CASES = {
    "a signal": Padded((2, 3, 5), ((2, 3),)),
    "one side": Padded((2, 3, 5), ((0, 4),)),
    "a map": Padded((2, 3, 4, 6), ((1, 3), (5, 2))),
    "along one axis": Padded((2, 3, 4, 5), ((0, 0), (3, 1))),
    "a volume": Padded((2, 3, 4, 5, 6), ((1, 2), (3, 1), (0, 4))),
    "nothing added": Padded((2, 3, 4, 5), ((0, 0), (0, 0))),
    "no sample": Padded((0, 3, 4, 5), ((1, 2), (3, 0))),
}
EVERY_CASE = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def by_numpy(x: Any, case: Padded, mode: str) -> Any:
    """np.pad, which copies slices along each axis in place."""
    return np.pad(x, ((0, 0), (0, 0), *case.pairs), NUMPY[mode])


@EVERY_MODE
@EVERY_CASE
def test_values_are_numpys(rng: np.random.Generator, case: Padded, mode: str) -> None:
    """By its own names of the modes."""
    x = draw(rng, case.x, "float64")
    assert_same(pad(x, case.pairs, mode), by_numpy(x, case, mode))


@EVERY_MODE
@EVERY_CASE
@pytest.mark.parametrize("elements", ELEMENTS)
def test_a_gradient_collects_all_copies(
    rng: np.random.Generator, case: Padded, mode: str, elements: str
) -> None:
    """Each place of y is told by NumPy which place of x it shows."""
    x = draw(rng, case.x, elements)
    shown = by_numpy(1 + np.arange(x.size).reshape(x.shape), case, mode)
    dy = draw(rng, shown.shape, elements)
    collected = np.concatenate([[0 * dy.sum()], 0 * x.reshape(-1)])  # first: of the frame of zeros
    for place, upstream in zip(shown.flat, dy.flat, strict=True):
        collected[place] += upstream
    dx = pad_backward(dy, x, case.pairs, mode)
    assert_exact(dx, collected[1:].reshape(x.shape), elements)


@EVERY_MODE
@EVERY_CASE
def test_on_fractions(rng: np.random.Generator, case: Padded, mode: str) -> None:
    """⟨dy, pad(x)⟩ = ⟨pad_backward(dy), x⟩, exactly: padding by 0 is linear."""
    x = draw(rng, case.x)
    y = pad(x, case.pairs, mode)
    dy = draw(rng, y.shape)
    dx = pad_backward(dy, x, case.pairs, mode)
    assert all(type(element) is Fraction for element in (*y.flat, *dx.flat))
    assert dot(dy, y) == dot(dx, x)


@EVERY_CASE
def test_a_value_of_fractions(rng: np.random.Generator, case: Padded) -> None:
    """The frame holds the value itself."""
    x = draw(rng, case.x)
    y = pad(x, case.pairs, value=Fraction(1, 3))
    expected = np.pad(x, ((0, 0), (0, 0), *case.pairs), constant_values=Fraction(1, 3))
    assert_exact(y, expected, "fraction")


@pytest.mark.parametrize("value", [nan, inf, -inf, -0.0, 1e300, np.float32(0.1), 3])
def test_any_value(value: Any) -> None:
    """Bit by bit, −0 and what is no number too."""
    y = pad(np.ones((2, 3, 4)), [(1, 2)], value=value)
    frame = np.float64(value).tobytes()
    assert {y[n, c, u].tobytes() for n in range(2) for c in range(3) for u in (0, 5, 6)} == {frame}
    assert (y[:, :, 1:5] == 1).all()


@pytest.mark.parametrize(
    ("shape", "pairs"),
    [
        ((2, 3, 5), ((-1, -2),)),
        ((2, 3, 5), ((-2, 4),)),
        ((2, 3, 5), ((-2, -3),)),
        ((2, 3, 5), ((-5, 0),)),
        ((2, 3, 4, 7), ((2, -3), (-4, 1))),
        ((2, 3, 4, 5, 6), ((-1, 0), (0, -2), (-3, -3))),
    ],
)
def test_negative_padding_takes_places_away(
    rng: np.random.Generator, shape: Place, pairs: Any
) -> None:
    """As a slice does, beside zeros where the other side adds some; its gradient is 0 there."""
    x = draw(rng, shape, "float64")
    kept: Any = (
        ...,
        *(slice(max(-b, 0), n - max(-a, 0)) for n, (b, a) in zip(shape[2:], pairs, strict=True)),
    )
    added = [(max(b, 0), max(a, 0)) for b, a in pairs]
    y = pad(x, pairs)
    assert_same(y, np.pad(x[kept], ((0, 0), (0, 0), *added)))
    dy = draw(rng, y.shape, "float64")
    dx = pad_backward(dy, x, pairs)
    inside: Any = (..., *(slice(b, n - a) for n, (b, a) in zip(y.shape[2:], added, strict=True)))
    assert_same(dx[kept], dy[inside])
    assert np.count_nonzero(dx) == np.count_nonzero(dy[inside])


@EVERY_MODE
def test_spellings_of_padding(rng: np.random.Generator, mode: str) -> None:
    """A number, one an axis, pairs, lists and arrays; a number stands for every side."""
    x = draw(rng, (2, 3, 4, 5), "float64")
    expected = pad(x, ((1, 1), (2, 2)), mode)
    for padding in ((1, 2), [1, 2], np.array([1, 2]), ((1, 1), 2), [[1, 1], [2, 2]]):
        assert_same(pad(x, padding, mode), expected)
    assert_same(pad(x, 2, mode), pad(x, ((2, 2), (2, 2)), mode))
    assert_same(pad(x, (2,), mode), pad(x, 2, mode))


@EVERY_MODE
def test_integers_become_float64(mode: str) -> None:
    """As everywhere in the package."""
    x = np.arange(8).reshape(1, 2, 4)
    y, dx = pad(x, [(1, 2)], mode), pad_backward(np.ones((1, 2, 7), int), x, [(1, 2)], mode)
    assert y.dtype == dx.dtype == np.float64


@EVERY_MODE
@pytest.mark.parametrize("pair", [(0, 0), (1, 2)])
def test_results_share_no_memory(mode: str, pair: Any) -> None:
    """Also where nothing is added: who changes a result changes no argument."""
    x, dy = np.ones((2, 3, 4)), np.ones((2, 3, 4 + sum(pair)))
    assert not np.shares_memory(pad(x, [pair], mode), x)
    assert not np.shares_memory(pad_backward(dy, x, [pair], mode), dy)


def test_four_by_four_by_hand() -> None:
    """2, 3 | 1 of a row of three, mode by mode, written out."""
    x = np.array([[[1.0, 2.0, 3.0]]])
    rows = {
        "constant": [0, 0, 1, 2, 3, 0],
        "reflect": [3, 2, 1, 2, 3, 2],
        "replicate": [1, 1, 1, 2, 3, 3],
        "circular": [2, 3, 1, 2, 3, 1],
    }
    dy = np.array([[[1.0, 10.0, 100.0, 1000.0, 10000.0, 100000.0]]])
    gradients = {
        "constant": [100, 1000, 10000],
        "reflect": [100, 101010, 10001],
        "replicate": [111, 1000, 110000],
        "circular": [100100, 1001, 10010],
    }
    for mode, row in rows.items():
        assert pad(x, [(2, 1)], mode).tolist() == [[row]]
        assert pad_backward(dy, x, [(2, 1)], mode).tolist() == [[gradients[mode]]]


def test_the_corner_of_replicate_collects_a_block() -> None:
    """(before + 1)·(before + 1) copies of one place."""
    dy = np.ones((1, 1, 4 + 3, 5 + 3))
    dx = pad_backward(dy, np.zeros((1, 1, 4, 5)), ((3, 0), (3, 0)), "replicate")
    assert dx[0, 0, 0].tolist() == [16, 4, 4, 4, 4]
    assert dx[0, 0, :, 0].tolist() == [16, 4, 4, 4]


# --- beside convolution -------------------------------------------------------------------


def test_zeros_before_a_convolution_are_its_padding(rng: np.random.Generator) -> None:
    """A layer of zeros and a convolution without are a convolution with padding, both ways."""
    x, weight, dy = (draw(rng, s, "float64") for s in ((2, 3, 7, 6), (4, 3, 3, 2), (2, 4, 8, 8)))
    pairs = ((1, 2), (3, 0))
    padded = pad(x, pairs)
    assert_same(conv2d(padded, weight), conv2d(x, weight, padding=pairs))
    apart, whole = (
        conv2d_backward(dy, padded, weight),
        conv2d_backward(dy, x, weight, padding=pairs),
    )
    assert_same(pad_backward(apart.dx, x, pairs), whole.dx)
    assert_same(apart.dweight, whole.dweight)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    "padding", [1, ((1, 2), (3, 0)), ((0, 0), (3, 1)), ((0, 2), (3, 0)), "same"], ids=str
)
@pytest.mark.parametrize("elements", ELEMENTS)
def test_a_padding_mode_is_a_layer_before_the_convolution(
    rng: np.random.Generator, mode: str, padding: Any, elements: str
) -> None:
    """Forward and all gradients; of "same" with an even kernel the odd place is behind."""
    x, weight = draw(rng, (2, 3, 7, 6), elements), draw(rng, (4, 3, 4, 3), elements)
    pairs = ((1, 2), (1, 1)) if padding == "same" else padding
    padded = pad(x, pairs, mode)
    y = conv2d(x, weight, padding=padding, padding_mode=mode)
    assert_exact(y, conv2d(padded, weight), elements)
    dy = draw(rng, y.shape, elements)
    whole = conv2d_backward(dy, x, weight, padding=padding, padding_mode=mode)
    apart = conv2d_backward(dy, padded, weight)
    assert_exact(whole.dx, pad_backward(apart.dx, x, pairs, mode), elements)
    assert_exact(whole.dweight, apart.dweight, elements)
    assert_exact(whole.dbias, apart.dbias, elements)


# --- that these tests can fail ------------------------------------------------------------


def symmetric(v: Any, size: int) -> Any:
    """The border is repeated."""
    return np.where(v < 0, -1 - v, np.where(v < size, v, 2 * size - 1 - v))


@pytest.mark.parametrize(
    ("mode", "wrong"),
    [("reflect", symmetric), ("replicate", lambda v, size: v % size), ("circular", symmetric)],
)
def test_another_rule_is_seen(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator, mode: str, wrong: Callable[..., Any]
) -> None:
    """Values and gradients by another rule are refused."""
    monkeypatch.setitem(unwrap(pad).__globals__["SOURCES"], mode, wrong)
    case = CASES["a map"]
    with pytest.raises(AssertionError):
        test_values_are_numpys(rng, case, mode)
    with pytest.raises(AssertionError):
        test_a_gradient_collects_all_copies(rng, case, mode, "float64")
