"""Rows of a softmax: their maximum, and the parts in which they are taken."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from reals import Open, Real

import refimpl
from refimpl.rows import PART_BYTES, below_maximum, in_parts, parts


class Low(Real):
    """A real number whose exponential is asked for numbers up to 0 alone: others may overflow."""

    def __sub__(self, other: Any) -> Low:
        return Low(super().__sub__(other).value)

    def exp(self) -> Real:
        assert self.value <= 0, f"exp({self.value})"
        return super().exp()


def _floats(reals: Any) -> Any:
    return np.vectorize(lambda real: float(real.value), otypes=[float])(reals)


ROWS = ([1, 5, 2], [7, -3, 7], [-9, -8, -2], [4, 4, 0])


@pytest.mark.parametrize(
    "function", [refimpl.softmax, refimpl.log_softmax], ids=["softmax", "log_softmax"]
)
def test_the_maximum_of_each_row_is_taken_off(function: Any) -> None:
    """Of object arrays too: no exponential is asked for a number above 0."""
    x = np.array([[Low(value) for value in row] for row in ROWS], object)
    np.testing.assert_allclose(_floats(function(x)), function(np.array(ROWS, float)), rtol=1e-14)


def test_losses_too() -> None:
    """For class indices, the loss and its gradient."""
    logits, target = np.array(ROWS, float), np.array([0, 2, 1, 1])
    exact = np.array([[Low(value) for value in row] for row in ROWS], object)
    one = np.array(Low(1), object)
    np.testing.assert_allclose(
        _floats(refimpl.cross_entropy(exact, target)), refimpl.cross_entropy(logits, target)
    )
    np.testing.assert_allclose(
        _floats(refimpl.cross_entropy_backward(one, exact, target)),
        refimpl.cross_entropy_backward(np.array(1.0), logits, target),
    )


def test_ties_take_the_first() -> None:
    """Of fractions as of floats."""
    for rows in (np.array(ROWS, float), np.array(ROWS, object) * Fraction(1)):
        t, (sample, place) = below_maximum(rows)
        assert place.tolist() == [1, 0, 2, 0]
        assert sample.tolist() == [0, 1, 2, 3]
        assert t.astype(float).tolist() == [[-4, 0, -3], [0, -10, 0], [-7, -6, 0], [0, 0, -4]]


def test_what_a_comparison_raises_is_not_lost() -> None:
    """Of several rows of three and more NumPy's argmax makes a SystemError of it."""
    with pytest.raises(ArithmeticError, match="undecided"):
        refimpl.softmax(np.array([[Open(1), Open(2), Open(3)]] * 2, object))


@pytest.mark.parametrize(("count", "width"), [(3, 1), (1, 5), (4, PART_BYTES // 24), (2, 40_000)])
def test_parts_cover_the_rows_once(count: int, width: int) -> None:
    """Also where one row is larger than a part: then it is one."""
    rows = np.zeros((count, width))
    slices = list(parts(rows))
    assert [i for some in slices for i in range(count)[some]] == list(range(count))
    assert all(len(rows[some]) == 1 or rows[some].nbytes <= PART_BYTES for some in slices)
    fitting = max(1, PART_BYTES // (width * rows.itemsize))
    assert len(slices) == -(-count // fitting)


def test_a_row_larger_than_a_part() -> None:
    """A softmax over so many classes is that of each row."""
    logits = np.random.default_rng(5).normal(size=(2, PART_BYTES // 8 + 3))
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(refimpl.softmax(logits), shares, rtol=1e-13)


def test_a_formula_sees_a_part_at_a_time() -> None:
    """No more than PART_BYTES of each array, unless the whole is no larger."""
    seen: list[int] = []

    def doubled(x: Any) -> Any:
        seen.append(x.nbytes)
        return 2 * x

    large, whole = np.arange(PART_BYTES / 8 + 5).reshape(-1, 1), np.arange(PART_BYTES / 8)
    assert np.array_equal(in_parts(doubled, large), 2 * large)
    assert seen == [PART_BYTES, 5 * 8]
    assert np.array_equal(in_parts(doubled, whole), 2 * whole)
    assert seen[2:] == [PART_BYTES]
