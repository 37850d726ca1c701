"""A row that hides a mistake is found; one in which the mistake changes nothing is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refimpl
from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.power.sight import examine
from parity.power.survey import power
from parity.report.mistakes import describe, problems, summary
from parity.results.settings import Settings
from parity.suite.task import CASES

SETTINGS = Settings()
PLAIN = CASES["linear[plain]"]


def dtype(grads: Any) -> Any:
    return grads.dweight.dtype


def too_large(by: float) -> Mistake:
    """The gradient of linear's weight, so much too large."""

    def wrong(*arrays: Any) -> Any:
        grads = refimpl.linear_backward(*arrays)
        return grads._replace(dweight=grads.dweight + grads.dweight * dtype(grads).type(by))

    title = "every gradient is a little too large"
    return Mistake("planted", "linear_backward", title, "rounding", ("D2.21",), wrong)


@pytest.mark.parametrize(
    ("by", "hidden"),
    [(2.0**-23, ("float32",)), (2.0**-52, ("float64",)), (2.0**-14, ())],
)
def test_a_mistake_below_the_bound_is_hidden(by: float, hidden: tuple[str, ...]) -> None:
    """One unit in the last place of float32, one of float64, and many of both."""
    (seen,) = examine(PLAIN, [too_large(by)], SETTINGS)
    assert seen.hidden == hidden
    assert seen.refused == (hidden != ("float64",))


def test_a_mistake_that_changes_nothing_is_not() -> None:
    """Dilation forgotten where there is none; and the right code in another order."""
    (seen,) = examine(CASES["conv2d[plain]"], [MISTAKES["dx-dilation-forgotten"]], SETTINGS)
    assert (seen.refused, seen.hidden) == (False, ())

    def backwards(dy: Any, x: Any, weight: Any) -> Any:
        flipped = refimpl.linear_backward(dy[::-1], x[::-1], weight)
        return flipped._replace(dx=np.ascontiguousarray(flipped.dx[::-1]))

    right = Mistake("planted", "linear_backward", "", "", (), backwards)
    (seen,) = examine(PLAIN, [right], SETTINGS)
    assert (seen.refused, seen.hidden) == (False, ())


def test_ordinary_numbers_must_not_hide_one() -> None:
    """The command fails, and names row and mistake; odd numbers are counted alone."""
    found = power([too_large(2.0**-23)], SETTINGS)
    assert found.hiding["linear[plain] float32"] == "planted"
    assert not any("subnormal" in row for row in found.hiding)
    assert not found.holds
    said = "linear[plain] float32 hides planted: it changes the exact values and stays under the"
    assert any(said in line for line in problems(found))
    assert f"{len(found.hiding)} rows HIDING ONE" in summary(found)
    _, row = found.rows
    assert row.hidden > len(found.hiding) / 2
    assert f"hidden    in {row.hidden} cases of odd numbers" in describe(row)
