"""What rearranging refuses and what it says, where several arguments are wrong or nearly right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from refimpl import reshape, slice_axis, split, transpose

X = np.arange(60.0).reshape(2, 6, 5)
EMPTY = np.ones((0, 3))
ORDER = "transpose: axes must name each of the 3 axes of x once, but is {} (x (2, 6, 5))"
ADD_UP = "split: sizes must add up to the 6 of axis 1 of x, but {} add up to {} (x (2, 6, 5))"
HUGE = 1 << 1328
MOST = 2**31


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: transpose(X, (1, 1)), ORDER.format((1, 1))),
        (lambda: transpose(X, (0, 3)), ORDER.format((0, 3))),
        (lambda: transpose(X, (3, 0)), ORDER.format((3, 0))),
        (lambda: transpose(X, (0, -4)), ORDER.format((0, -4))),
        (lambda: transpose(X, (0, -3)), ORDER.format((0, -3))),
        (
            lambda: reshape(EMPTY, (0, 2, -1)),
            "reshape: shape is (0, 2, -1), where x (0, 3) has no elements: the -1 may be any size; "
            "give it",
        ),
        (
            lambda: slice_axis(X, 1, HUGE),
            "slice_axis: start must be within ±1.8e+308, as float64 is, but is an integer of 1329 "
            "bits",
        ),
        (
            lambda: slice_axis(X, 1, 0, HUGE),
            "slice_axis: stop must be within ±1.8e+308, as float64 is, but is an integer of 1329 "
            "bits",
        ),
        (
            lambda: slice_axis(X, 1, step=MOST),
            f"slice_axis: step must be at most {MOST - 1}, but is {MOST}",
        ),
        (lambda: split(X, MOST, 1), f"split: sizes must be at most {MOST - 1}, but is {MOST}"),
        (lambda: split(X, (7, -1), 1), "split: sizes must be at least 0, but is (7, -1)"),
        (lambda: split(X, (2, 2), 1), ADD_UP.format((2, 2), 4)),
    ],
)
def test_a_value_is_refused_without_a_wrong_hint(call: Callable[[], Any], text: str) -> None:
    """Two axes are swapped only where x has both; cuts ascend; what is too large is named."""
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        call()


def test_the_first_option_that_is_wrong_is_named() -> None:
    """In the order of the arguments."""
    with pytest.raises(TypeError, match=r"^slice_axis: start must be an integer or None"):
        slice_axis(X, 1, 1.0, 5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "axes", [np.array([2.0, 0.0, 1.0]), np.array([[2, 0, 1]]), np.zeros((0, 3)), np.array(2.0)]
)
def test_arrays_that_name_no_axes(axes: Any) -> None:
    """Of numbers with a point, or with other than one axis of its own."""
    text = "transpose: axes must be an integer or a sequence of them, but is "
    with pytest.raises(TypeError, match=f"^{re.escape(text + repr(axes))}$"):
        transpose(X, axes)


def test_arrays_of_integers_are_sequences() -> None:
    """Without a sign too; an empty one holds no number with a point, whatever its dtype."""
    for dtype in (np.uint8, np.int64):
        assert transpose(X, np.array([2, 0, 1], dtype)).shape == (5, 2, 6)
    assert reshape(np.ones((1, 1)), np.array([])).shape == ()
