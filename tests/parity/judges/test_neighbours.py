"""What is kept under a part of the numbers is seen by the run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refimpl
from parity.judges.layer import check_case
from parity.judges.neighbours import LARGEST, exchanged
from parity.results.settings import Settings
from parity.suite.task import CASES

KEYS: dict[str, Callable[[Any], Any]] = {
    "the shape": lambda a: a.shape,
    "the first number": lambda a: (a.shape, a.flat[0].item()),
    "the first and the last": lambda a: (a.shape, a.flat[0].item(), a.flat[-1].item()),
    "the sum": lambda a: (a.shape, round(float(a.sum()), 4)),
    "the sorted numbers": lambda a: np.sort(a, axis=None).tobytes(),
}


def keeping(right: Callable[..., Any], key: Callable[[Any], Any]) -> Callable[..., Any]:
    kept: dict[Any, Any] = {}

    def wrong(*arrays: Any, **options: Any) -> Any:
        name = (*(key(array) for array in arrays), repr(options))
        return kept.setdefault(name, right(*arrays, **options))

    return wrong


def failing(case: str, dtype: str) -> set[str]:
    findings = check_case(CASES[case], dtype, Settings(quick=True))
    return {row.tensor for row in findings.rows if row.failed}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("name", "tensors"), [("conv2d", {"y"}), ("conv2d_backward", {"dx", "dweight", "dbias"})]
)
def test_kept(
    monkeypatch: pytest.MonkeyPatch, name: str, tensors: set[str], key: str, dtype: str
) -> None:
    """The right code holds; results kept under less than all numbers don't."""
    case = "conv2d[kernel 1×1]"
    assert failing(case, dtype) == set()
    monkeypatch.setattr(refimpl, name, keeping(getattr(refimpl, name), KEYS[key]))
    assert failing(case, dtype) & tensors


def test_kept_under_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    """That is no mistake in numbers."""
    right = keeping(refimpl.conv2d, lambda a: (a.shape, a.tobytes()))
    monkeypatch.setattr(refimpl, "conv2d", right)
    assert failing("conv2d[kernel 1×1]", "float64") == set()


@pytest.mark.parametrize("number", [0, 7, 99, 100, 2**32 - 1])
def test_exchanged(number: int) -> None:
    """The numbers stay, two of them elsewhere; the argument is as it was."""
    array = np.arange(12.0).reshape(3, 4).T
    before = array.copy()
    other = exchanged(array, number)
    assert np.array_equal(array, before)
    assert np.count_nonzero(other != array) == 2
    assert (other.flat[0], other.flat[-1]) == (array.flat[0], array.flat[-1])
    assert sorted(other.flat) == sorted(array.flat)


def test_any_two_are_exchanged() -> None:
    """Each two of four and more but the first and the last, by one number or another."""
    pairs = {tuple(np.flatnonzero(exchanged(np.arange(6), k) != np.arange(6))) for k in range(16)}
    assert pairs == {(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)}
    assert exchanged(np.array(2.0), 5) == 2
    assert LARGEST >= 1000
