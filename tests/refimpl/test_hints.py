"""What a wrong shape is taken for, and what it is not taken for."""

from __future__ import annotations

import pytest

from refimpl.hints import (
    Shape,
    channels_last,
    features_turned,
    missing_axes,
    reshaped,
    shared_by_groups,
    turned_to_last,
)
from refimpl.objects import computes

X = "; if the channels are last, give x.transpose(0, 3, 1, 2)"
WEIGHT = "; if the channels are last, give weight.transpose(3, 2, 0, 1)"
BOTH = f"{X} and weight.transpose(3, 2, 0, 1)"


@pytest.mark.parametrize(
    ("x", "weight", "groups", "hint"),
    [
        ((2, 7, 6, 3), (5, 3, 2, 4), 1, X),
        ((2, 3, 7, 6), (2, 4, 3, 5), 1, WEIGHT),
        ((2, 7, 6, 3), (2, 4, 3, 5), 1, BOTH),
        ((2, 6, 7, 5), (3, 2, 3, 4), 2, WEIGHT),  # of two groups of three channels
        ((2, 8, 7, 6), (3, 3, 8, 8), 1, WEIGHT),  # square kernels either way
        ((2, 3, 7, 6), (16, 8, 3, 3), 1, ""),  # a square kernel of eight channels
        ((2, 7, 6, 3), (16, 8, 3, 3), 1, ""),
        ((2, 5, 4, 4), (3, 2, 4, 6), 1, ""),  # square images of five channels
        ((2, 4, 7, 6, 5), (3, 3, 4, 4, 4), 1, ""),  # a cube of three channels
    ],
)
def test_channels_last(x: Shape, weight: Shape, groups: int, hint: str) -> None:
    """Images and kernels that are square as they are have their channels where they belong."""
    assert channels_last(x, weight, groups) == hint


@pytest.mark.parametrize(
    ("x", "weight", "hint"),
    [
        ((2, 3), (3, 4), "; if the weight is (features_in, features_out), give weight.T"),
        ((2, 4, 5), (5, 7), "; if the weight is (features_in, features_out), give weight.T"),
        ((2, 3, 4), (5, 12), "; if the maps are not flattened, give flatten(x)"),
        ((2, 3, 7, 6), (4, 126), "; if the maps are not flattened, give flatten(x)"),
        ((7, 2), (4, 7), "; if the samples are columns, give x.T"),
        ((7, 2, 3), (4, 7), ""),
        ((2, 3, 4), (5, 9), ""),
        ((7,), (4, 1), ""),  # one sample has nothing to flatten
    ],
)
def test_features(x: Shape, weight: Shape, hint: str) -> None:
    """Maps, a weight the other way round, columns; other sizes are not explained."""
    assert features_turned(x, weight) == hint


def test_axes_that_are_missing() -> None:
    """D1's kernels have one axis of channels."""
    axes = ("C_out", "K_h", "K_w")
    said = "; give weight[None] for one output channel"
    assert [missing_axes("weight", shape, axes) for shape in ((3, 2), (3,))] == [said, ""]


def test_nothing_turns_other_numbers_of_axes() -> None:
    """Nor are axes made of a number."""
    assert turned_to_last("dy", (3,), (3, 3), "channels") == ""
    assert turned_to_last("dy", (2, 7, 3), (2, 3), "channels") == ""
    assert reshaped("dy", (), (1, 1)) == ""
    assert reshaped("dy", (1, 1), ()) == ""
    assert shared_by_groups((2, 7, 9), (4, 6, 5), 2) == ""


class Sum:
    """Is added and multiplied, and never subtracted: a weight of grains, a bag."""

    def __add__(self, other: object) -> Sum:
        return self

    __mul__ = __add__


def test_a_number_is_subtracted_too() -> None:
    """Gradients have both signs."""
    assert not computes(Sum(), Sum())
