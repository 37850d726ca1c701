"""What a wrong shape is taken for, and what it is not taken for."""

from __future__ import annotations

import math
import os
from collections.abc import Callable

import numpy as np
import pytest

import refimpl
from refimpl import checks
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


LAST = "; if the channels are last, give "


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: refimpl.concatenate(np.ones((2, 7, 6, 3)), np.ones((2, 7, 6, 5))),
            "maps[0] is (2, 7, 6, 3) and maps[1] (2, 7, 6, 5)"
            f"{LAST}every maps[k].transpose(0, 3, 1, 2)",
        ),
        (
            lambda: refimpl.max_pool2d_backward(np.ones((2, 3, 2, 4)), np.ones((2, 4, 6, 4)), 2),
            f"but the output for these arguments is (2, 4, 3, 2){LAST}dy.transpose(0, 3, 1, 2)",
        ),
        (
            lambda: refimpl.cross_entropy(np.ones((2, 7, 3)), np.zeros((2, 7), int)),
            "if the classes are last, give logits.transpose(0, 2, 1)",
        ),
        (
            lambda: refimpl.cross_entropy(np.ones((2, 3)), np.array([True, False])),
            "but is bool (2,) (logits (2, 3)); give target.astype(int)",
        ),
        (
            lambda: refimpl.cross_entropy(np.ones((3, 2)), np.array([1, 5, 7])),
            "target holds class 5, but logits has 2 classes (0 to 1)",
        ),
    ],
)
def test_texts(call: Callable[[], object], text: str) -> None:
    """A hint stands behind what is wrong."""
    with pytest.raises((TypeError, ValueError)) as raised:
        call()
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("places", "size"), [([0, 0], 1), ([2, 0], 3), (np.zeros((0,), int), 3), ([2, 1], 4)]
)
def test_indices_of_a_map(places: list[int], size: int) -> None:
    """From its first place to its last; of no windows none."""
    found = checks.check_indices("here", np.array(places, int), "first", (len(places),), size)
    assert found.tolist() == list(places)


@pytest.mark.parametrize(("places", "outside"), [([-1, 0], -1), ([0, 3], 3), ([-2, 7], -2)])
def test_indices_outside_a_map(places: list[int], outside: int) -> None:
    """Before the first place, or behind the last."""
    with pytest.raises(ValueError, match=rf"from 0 to 2, .* but hold {outside}$"):
        checks.check_indices("here", np.array(places), "first", (2,), 3)


def test_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many pages of so many bytes; no limit where the system does not say."""
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 3, "SC_PAGE_SIZE": 5}.get, raising=False)
    assert checks._memory() == 15
    monkeypatch.delattr(os, "sysconf")
    assert checks._memory() == math.inf


class Sum:
    """Is added and multiplied, and never subtracted: a weight of grains, a bag."""

    def __add__(self, other: object) -> Sum:
        return self

    __mul__ = __add__


def test_a_number_is_subtracted_too() -> None:
    """Gradients have both signs."""
    assert not computes(Sum(), Sum())
