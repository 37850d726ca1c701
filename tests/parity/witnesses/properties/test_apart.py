"""How two tensors that should be the same are held against each other."""

from __future__ import annotations

import numpy as np
import pytest

from parity.cases.case import Array
from parity.witnesses.properties.apart import apart, beyond, difference

ONE = np.array([1.0, -2.0, 0.0])


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        (ONE, ""),
        (ONE[::-1].copy()[::-1], ""),
        (ONE.astype(np.float32), "has dtype float32, else float64"),
        (ONE[None], "has shape (1, 3), else (3,)"),
        (np.array([1.0, -2.0, -0.0]), "at (2,) is -0.0, else 0.0"),
        (np.array([1.0, np.nan, 0.0]), "at (1,) is nan, else -2.0"),
    ],
)
def test_difference(ours: Array, said: str) -> None:
    """The first element that is not the same bits."""
    assert difference(ours, ONE) == said


def test_two_kinds_of_nan_are_one() -> None:
    """Their bits mean nothing."""
    positive = np.array([np.nan])
    assert difference(positive, -positive) == ""


def test_what_is_missing() -> None:
    """A tensor that did not come back, or in another shape, has no element to compare."""
    assert list(apart("f", {}, {"y": ONE})) == ["f: there is no y"]
    assert list(beyond("f", {}, {"y": ONE}, lambda _: 0 * ONE)) == ["f: there is no y"]
    said = list(beyond("f", {"y": ONE[:2]}, {"y": ONE}, lambda _: 0 * ONE))
    assert said == ["f: y has shape (2,), else (3,)"]


def test_a_limit() -> None:
    """A difference as large as the limit passes, a larger one and NaN don't; the worst is named."""
    limits = {"y": np.array([0.5, 0.5, 0.0])}.__getitem__
    assert list(beyond("f", {"y": ONE + np.array([0.5, 0.0, 0.0])}, {"y": ONE}, limits)) == []
    said = list(beyond("f", {"y": ONE + np.array([0.75, -2.0, 0.0])}, {"y": ONE}, limits))
    assert said == ["f: y at (1,) is -4.0, else -2.0"]
    said = list(beyond("f", {"y": np.array([np.nan, -2.0, 0.0])}, {"y": ONE}, limits))
    assert said == ["f: y at (0,) is nan, else 1.0"]


def test_no_limit_of_the_same_bits() -> None:
    """A limit is asked where a bit differs, and nowhere else."""
    asked: list[str] = []

    def limit_of(name: str) -> float:
        asked.append(name)
        return 2.0

    ours, others = {"y": ONE, "dx": ONE + 1}, {"y": ONE.copy(), "dx": ONE}
    assert list(beyond("f", ours, others, limit_of)) == []
    assert asked == ["dx"]
