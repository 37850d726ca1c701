"""Maxima window after window: the same as the running maximum over the offsets."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import refimpl
from refimpl import max_pooling
from refimpl.elements import Array
from refimpl.window_maxima import maxima_in

GEOMETRIES: list[tuple[tuple[int, ...], dict[str, Any]]] = [
    ((2, 3, 20), {"kernel_size": 13, "stride": 3}),
    ((2, 3, 9, 8), {"kernel_size": (7, 6), "padding": (3, 2), "stride": 4}),
    ((1, 2, 11, 12), {"kernel_size": (5, 4), "dilation": (2, 3), "stride": (2, 1)}),
    ((2, 1, 4, 5, 6), {"kernel_size": (3, 4, 5), "padding": (1, 2, 0), "ceil_mode": True}),
    ((1, 2, 23, 20), {"kernel_size": (17, 16), "stride": (2, 3)}),  # more places than a byte counts
]
VALUES = {
    "numbers": lambda rng, shape: rng.normal(size=shape),
    "ties": lambda rng, shape: rng.integers(0, 3, shape) / 1,
    "NaN": lambda rng, shape: np.where(rng.random(shape) < 0.1, np.nan, rng.normal(size=shape)),
    "Fractions": lambda rng, shape: np.vectorize(Fraction, otypes=[object])(
        rng.integers(-9, 9, shape)
    ),
}


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize(("shape", "options"), GEOMETRIES)
def test_both_ways_agree(
    shape: tuple[int, ...], options: dict[str, Any], values: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Maximum, place and gradient, whichever way a window is looked at."""
    rng = np.random.default_rng(11)
    x = VALUES[values](rng, shape)
    name = f"max_pool{len(shape) - 2}d"

    def found() -> list[Array]:
        y, indices = getattr(refimpl, f"{name}_with_indices")(x, **options)
        numbers = np.arange(1, y.size + 1).reshape(y.shape)
        dy = numbers.astype(object) * Fraction(1) if y.dtype == object else numbers / 1
        forward, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
        return [y, indices, forward(x, **options), backward(dy, x, **options)]

    by_window = found()
    monkeypatch.setattr(max_pooling, "_spans", lambda *_: [])
    by_offset = found()
    for one, other in zip(by_window, by_offset, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype != object)


def test_many_small_windows_are_looked_at_offset_by_offset(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And a window as large as the map by itself."""

    def refuse(*_: object) -> None:
        raise AssertionError("window by window")

    x = np.random.default_rng(3).normal(size=(2, 3, 12, 10))
    expected = refimpl.max_pool2d(x, (12, 10))
    assert np.array_equal(expected[..., 0, 0], x.max(axis=(2, 3)))
    monkeypatch.setattr(max_pooling, "maxima_in", refuse)
    refimpl.max_pool2d(x, 2)
    with pytest.raises(AssertionError, match="window by window"):
        refimpl.max_pool2d(x, (12, 10))


def test_the_first_maximum_and_the_last_nan() -> None:
    """In each row on its own; among objects, too."""
    rows = np.array([[1.0, 4.0, 4.0, 2.0], [np.nan, 9.0, np.nan, 0.0]])
    for maps in (rows, rows.astype(object)):
        best, places = maxima_in(maps, [[slice(0, 4), slice(3, 4)]])
        assert places.tolist() == [[1, 3], [2, 3]]
        assert best[0].tolist() == [4.0, 2.0]
        assert np.isnan(float(best[1, 0]))


def test_what_a_comparison_raises_is_not_lost() -> None:
    """argmax of objects would go on."""

    class Unordered:
        def __gt__(self, other: object) -> bool:
            raise ArithmeticError("nobody knows")

    maps = np.array([[Unordered(), Unordered()]], object)
    with pytest.raises(ArithmeticError, match="nobody knows"):
        maxima_in(maps, [[slice(0, 2)]])
