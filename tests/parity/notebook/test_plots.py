"""Pictures of error over bound: every dot where its number is, none lost at the ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.axes import Axes

from parity.notebook.plots import LARGEST, MOST, Dots, over_bounds

pytestmark = pytest.mark.usefixtures("_figures_closed")


def places(axes: Axes) -> list[Any]:
    """What is drawn, kind by kind."""
    return [np.asarray(drawn.get_offsets()) for drawn in axes.collections]


def test_dots_stand_where_their_numbers_are() -> None:
    """On their row; 0 at the left end, ∞ and NaN at the right, all inside the frame."""
    times = [0.25, 3.0, 0.0, np.inf, np.nan]
    axes = over_bounds("t", {"first": [Dots("right", [0.5])], "second": [Dots("wrong", times)]})
    (one,), two = places(axes)
    left, right = axes.get_xlim()
    assert one[0] == 0.5
    assert two[:2, 0].tolist() == [0.25, 3.0]
    assert left < two[2, 0] < 0.25
    assert 3.0 < two[3, 0] == two[4, 0] < right
    assert abs(one[1]) < 0.5
    assert np.all(abs(two[:, 1] - 1) < 0.5)
    assert [text.get_text() for text in axes.get_yticklabels()] == ["first", "second"]
    assert axes.get_title("left") == "t"
    axes.figure.savefig("/dev/null", format="png")


def test_kinds_apart() -> None:
    """The first stands above the second, and they do not overlap."""
    kinds = [Dots("refimpl", np.full(50, 0.5)), Dots("torch", np.full(50, 0.5))]
    above, below = places(over_bounds("t", {"x": kinds}, apart=True))
    assert above[:, 1].max() < below[:, 1].min()


def test_the_largest_of_many_are_drawn() -> None:
    """Others are left out evenly, by size."""
    times = np.linspace(0.1, 0.9, 50_000)
    times[123] = 7.0
    (drawn,) = places(over_bounds("t", {"x": [Dots("holds", times)]}))
    assert len(drawn) <= MOST + 1
    assert np.isin(np.sort(times)[-LARGEST:], drawn[:, 0]).all()
    assert drawn[:, 0].min() < 0.11


def test_axes_of_ones_own() -> None:
    """They are drawn into, and no figure is made."""
    figure, own = pyplot.subplots()
    assert over_bounds("t", {"x": [Dots("right", [0.5])]}, own) is own
    assert pyplot.get_fignums() == [figure.number]


def test_nothing_to_draw() -> None:
    """An empty picture would look like agreement."""
    for rows in ({}, {"x": [Dots("right", [])]}):
        with pytest.raises(ValueError, match="t: nothing was judged, so that there is nothing to"):
            over_bounds("t", rows)
