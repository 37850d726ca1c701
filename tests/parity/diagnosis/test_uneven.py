"""A number that is added, a factor for each channel or one of them: named if all cases agree."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from observing import Code, observed
from unlisted import changed

from parity.cases.case import Array
from parity.diagnosis.diagnose import diagnose
from parity.witnesses.problem import Problem


def texts(function: str, code: Code, part: str = "backward") -> list[str]:
    """What is said of the cases of ordinary numbers: beside 1e300 nothing that is added shows."""
    found = [o for o in observed(function, code, part, 60) if is_ordinary(o.problem)]
    return [cause.text for cause in diagnose(found, part)]


def is_ordinary(problem: Problem) -> bool:
    """Subnormal numbers are none: a product of them has no digits that tell its factor."""
    arrays = (*problem.arrays.values(), problem.dy)
    return all(a.size and np.isfinite(a).all() and 1e-30 < abs(a).max() < 1e3 for a in arrays)


def at(axis: int, index: int, factor: float) -> Callable[[Problem, Array], Array]:
    """One index along an axis times a factor."""

    def of(problem: Problem, right: Array) -> Array:
        wrong = right.copy()
        if index < wrong.shape[axis]:
            np.moveaxis(wrong, axis, 0)[index] *= wrong.dtype.type(factor)
        return wrong

    return of


def by_index(axis: int, factors: Callable[[Problem, int], Array]) -> Callable[..., Array]:
    """Each index along an axis times its own factor."""

    def of(problem: Problem, right: Array) -> Array:
        wide = (-1, *(1,) * (right.ndim - 1 - axis))
        return right * np.asarray(factors(problem, right.shape[axis]), right.dtype).reshape(wide)

    return of


def positive(problem: Problem, channels: int) -> Array:
    """1 over the number of positive x of each channel."""
    return 1 / np.maximum((problem.arrays["x"] > 0).sum(axis=(0, 2, 3)), 0.5)


def drawn(problem: Problem, n: int) -> Array:
    return np.random.default_rng(n).uniform(1, 2, n)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (changed("dx", at(1, -1, -1)), "dx: the last channel has the opposite sign"),
        (changed("dx", at(1, 0, 2)), "dx: the first channel is 2 times what it should be"),
        (changed("dx", at(1, 1, -1)), "dx: the second channel has the opposite sign"),
        (changed("dx", at(0, -1, 0.5)), "dx: the last sample is ½ of what it should be"),
        (
            changed("dweight", at(0, -1, -1)),
            "dweight: the last output channel has the opposite sign",
        ),
        (
            changed("dx", by_index(1, positive)),
            "dx: each channel is multiplied by 1/(the number of positive x along its axis 1)",
        ),
        (
            changed("dx", by_index(1, lambda p, n: np.arange(1, n + 1))),
            "dx: each channel is multiplied by its number, counted from 1",
        ),
        (changed("dx", by_index(1, drawn)), "dx: each channel has a factor of its own"),
        (changed("dx", by_index(2, drawn)), "dx: each row has a factor of its own"),
    ],
)
def test_a_factor_for_some_or_each(code: Code, said: str) -> None:
    """Which of them, and what it is, in one line."""
    found = texts("conv2d", code)
    assert [one for one in found if not one.startswith("dx: only where")] == [said]


def test_a_number_added_everywhere() -> None:
    """Named with its size."""
    added = changed("dx", lambda p, a: a + a.dtype.type(0.5))
    assert texts("conv2d", added)[0] == "to each element of dx ½ is added"


def test_a_number_added_at_one_place() -> None:
    """Where and how much."""

    def last(problem: Problem, right: Array) -> Array:
        wrong = right.copy()
        wrong[-1, -1, -1, -1] += wrong.dtype.type(2)
        return wrong

    found = texts("conv2d", changed("dx", last))
    assert "dx: only the last element is wrong: it has 2 added" in found


@pytest.mark.parametrize(
    "of",
    [
        lambda p, a: a + np.linspace(1, 2, a.size).astype(a.dtype).reshape(a.shape),
        lambda p, a: a * np.linspace(1, 2, a.size).astype(a.dtype).reshape(a.shape),
        lambda p, a: a + a.dtype.type(len(a)) if a.size % 2 else a * 2,
    ],
)
def test_numbers_that_follow_no_such_rule(of: Callable[[Problem, Array], Array]) -> None:
    """Different at every element, or another rule from case to case."""
    found = texts("conv2d", changed("dx", of))
    assert not [one for one in found if "added" in one or "factor" in one or "channel" in one]


def test_a_channel_that_is_right_elsewhere_is_not_accused() -> None:
    """The second channel is wrong in some cases and right in others with as many channels."""
    wrong = at(1, 1, -1)
    code = changed("dx", lambda p, a: wrong(p, a) if a.size % 3 else a)
    assert not [one for one in texts("conv2d", code) if "channel" in one]
