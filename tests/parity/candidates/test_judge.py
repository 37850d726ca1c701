"""A tensor that is not what it should be, in each way in which it may not be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refimpl
from parity.candidates.judge import judge
from parity.candidates.reference import Expected, expected
from parity.candidates.said import Misshapen
from parity.witnesses.problem import Problem

RNG = np.random.default_rng(5)
X, W, DY = (RNG.normal(size=shape) for shape in ((2, 3, 6, 5), (4, 3, 3, 2), (2, 4, 4, 4)))
RIGHT = refimpl.conv2d_backward(DY, X, W)


@pytest.fixture(scope="module")
def problem() -> Expected:
    return expected(Problem("conv2d", {"x": X, "weight": W}, {}, DY), ["y", "dx", "dweight"])


def test_right_in_any_order(problem: Expected) -> None:
    """Sums in another order, lists, another memory layout."""
    for value in (
        RIGHT.dweight,
        refimpl.conv2d_backward(DY[:, ::-1], X, W[::-1]).dweight[::-1],
        RIGHT.dweight.tolist(),
        np.asfortranarray(RIGHT.dweight),
    ):
        found = judge(problem, "dweight", value)
        assert (found.verdict, found.aspect, found.said) == ("right", "", "")
        assert found.ratio < 1
        assert found.roundings < 20


@pytest.mark.parametrize(
    ("change", "aspect", "said", "holds"),
    [
        (lambda d: None, "missing", "dx is missing", False),
        (lambda d: "text", "type", "dx is a str, no numbers", False),
        (lambda d: {"dx": d}, "type", "dx is a dict, no numbers: return the array itself", False),
        (lambda d: d.astype(object), "type", "dx is an array of object, no numbers", False),
        (lambda d: d + 1j, "type", "dx is an array of complex128, no numbers", False),
        (
            lambda d: d[None],
            "shape",
            "dx has shape (1, 2, 3, 6, 5), not (2, 3, 6, 5); its numbers are right",
            True,
        ),
        (
            lambda d: d.transpose(0, 2, 3, 1),
            "shape",
            "dx has shape (2, 6, 5, 3), not (2, 3, 6, 5)",
            False,
        ),
        (lambda d: d.astype(np.int64), "values", "dx is wrong in ", False),
        (
            lambda d: d.astype(np.float32),
            "dtype",
            "dx is float32 where the arguments are float64: digits are lost",
            True,
        ),
        (lambda d: d * 1.0005, "values", "dx is wrong in all 180 elements", False),
        (lambda d: d * (1 + 1e-11), "values", "dx is wrong in ", False),
        (lambda d: np.where(d > 1, np.nan, d), "not finite", "dx holds NaN or ∞ in ", False),
    ],
)
def test_wrong(problem: Expected, change: Any, aspect: str, said: str, holds: bool) -> None:
    """Which aspect, in words; whether the numbers would be right."""
    found = judge(problem, "dx", change(RIGHT.dx))
    assert (found.verdict, found.aspect, found.values_hold) == ("wrong", aspect, holds)
    assert found.said.startswith(said)


def test_where(problem: Expected) -> None:
    """One element alone."""
    wrong = RIGHT.dx.copy()
    wrong[1, 2, 3, 4] += 1e-9
    found = judge(problem, "dx", wrong)
    assert found.said == "dx is wrong in 1 of 180 elements"
    assert found.wrong is not None
    assert np.argwhere(found.wrong).tolist() == [[1, 2, 3, 4]]


def test_an_array_that_says_it_is_equal(problem: Expected) -> None:
    """It is asked for its numbers, not for its opinion."""

    class Equal(np.ndarray):
        def __eq__(self, other: object) -> Any:
            return np.ones(self.shape, bool)

        __hash__ = None  # type: ignore[assignment]

    assert judge(problem, "dx", (RIGHT.dx * 2).view(Equal)).aspect == "values"


def test_float32_has_its_own_limits() -> None:
    """What is right there is far off in float64."""
    narrow = Problem(
        "conv2d",
        {"x": X.astype(np.float32), "weight": W.astype(np.float32)},
        {},
        DY.astype(np.float32),
    )
    found = expected(narrow, ["y"])
    y = refimpl.conv2d(X.astype(np.float32), W.astype(np.float32))
    assert judge(found, "y", y).verdict == "right"
    assert judge(found, "y", y.astype(np.float64)).verdict == "right"
    assert judge(found, "y", y * np.float32(1.00001)).verdict == "wrong"


def test_beside_an_exact_zero() -> None:
    """A rounding is right there, too, though it is more spacings of 0 than float64 can count."""
    x, dy = RNG.normal(size=(3, 2)), RNG.normal(size=(3, 2))
    asked = Problem("group_norm", {"x": x}, {"num_groups": 2}, dy)
    right = expected(asked, ["dx"])
    assert not right.right("dx").any()
    assert judge(right, "dx", np.full((3, 2), 1e-15)).verdict == "right"
    assert judge(right, "dx", np.full((3, 2), 1e-9)).said == "dx is wrong in all 6 elements"
    assert judge(right, "dx", np.full((3, 2), np.nan)).aspect == "not finite"


def test_a_gradient_that_is_not_summed() -> None:
    """Of an argument that was repeated: said where the sum alone is missing."""
    x, other, dy = RNG.normal(size=(5, 1)), RNG.normal(size=(1, 4)), RNG.normal(size=(5, 4))
    asked = expected(Problem("multiply", {"x": x, "other": other}, {}, dy), ["dx", "dother"])
    misshapen = Misshapen(dy * other, (5, 1))
    assert judge(asked, "dx", misshapen).said == (
        "dx has shape (5, 4), not (5, 1); summed over the axes along which x was repeated it is "
        "right"
    )
    assert judge(asked, "dx", Misshapen(dy * x, (5, 1))).said == "dx has shape (5, 4), not (5, 1)"
