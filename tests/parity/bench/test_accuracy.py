"""refimpl keeps its digits, over ordinary, far and subnormal numbers; what loses them is seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refimpl
from parity.bench.accuracy import (
    DTYPES,
    LIMITS,
    ROUNDINGS,
    ULP,
    Question,
    at,
    of_functions,
    problem_of,
    questions,
    shift_error,
    worst_errors,
)
from parity.cases.functions import FUNCTIONS, forward_of
from parity.mistakes.catalogue import LOSING_DIGITS
from parity.own_data.judged import judged
from parity.report.accuracy import summary, table
from parity.results.settings import DEFAULT_SEED, Settings
from parity.suite.selection import SelectionError

SETTINGS = Settings(DEFAULT_SEED)
ASKED = list(questions())


def named(asked: Question) -> str:
    return f"{asked.function}, {asked.arguments}"


ASKED_ABOUT = {asked.function for asked in ASKED}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("asked", ASKED, ids=named)
def test_every_element_keeps_to_its_limit(asked: Question, dtype: str) -> None:
    """Every tensor that is asked for, by exact values; without a softmax 4 and 6 ULP."""
    rows = worst_errors(asked, dtype, SETTINGS)
    assert {row.tensor for row in rows} == set(asked.unit)
    for row in rows:
        assert row.refimpl_over_limit <= 1, f"{row.tensor}: {row.refimpl} at {row.refimpl_at}"
        assert asked.terms > 1 or row.limit == {"float64": 4, "float32": 6}[dtype] == LIMITS[dtype]


@pytest.mark.parametrize(
    "name",
    [n for n, known in LOSING_DIGITS.items() if forward_of(known.function) in ASKED_ABOUT],
)
def test_what_loses_digits_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of refimpl's function each known form is beyond the limit, in both dtypes."""
    known = LOSING_DIGITS[name]
    asked = [one for one in ASKED if one.function == forward_of(known.function)]
    monkeypatch.setattr(refimpl, known.function, known.wrong)
    for dtype in DTYPES:
        with np.errstate(all="ignore"):
            rows = [row for one in asked for row in worst_errors(one, dtype, SETTINGS)]
        wrong = {row.tensor for row in rows if row.refimpl_over_limit > 1}
        (tensor,) = wrong
        assert (tensor == "y") == (known.function in FUNCTIONS)


def plain(draw: dict[str, Any], function: str = "sigmoid", **more: Any) -> Question:
    unit = {"y": ULP, "dx": ULP, "dlogits": ULP}
    return Question(function, "these", lambda *_: draw, unit, **more)


def test_where_the_worst_is() -> None:
    """The arguments, both values and the exact one: torch's derivative at 40 is 0."""
    _, row = worst_errors(plain({"x": np.array([0.5, 40.0])}), "float64", SETTINGS)
    assert (row.tensor, row.torch_at, row.torch_value) == ("dx", "x = 40", 0)
    assert 2.1e-18 < abs(row.torch_exact) < 4.3e-18
    assert row.torch == pytest.approx(abs(row.torch_exact) / np.spacing(abs(row.torch_exact)))
    assert row.refimpl < 4 < row.torch


def test_what_the_shift_adds() -> None:
    """To a share its distance and the mean one; to log Σ that of the others; to a class alike."""
    draw = {"x": np.array([[3.0, 1.0, 3.0]])}
    problem = problem_of(plain(draw, "softmax", terms=3), "float64", SETTINGS)
    y, _ = judged(problem, {}, SETTINGS).tensors
    mean = 2 * np.exp(-2) / (2 + np.exp(-2))
    np.testing.assert_allclose(shift_error(problem, y), [mean, 2 + mean, mean])
    problem = problem_of(plain(draw, "log_softmax", terms=3), "float64", SETTINGS)
    y, _ = judged(problem, {}, SETTINGS).tensors
    of_others = 2 * np.exp(-2) / (1 + np.exp(-2))
    np.testing.assert_allclose(shift_error(problem, y), [of_others] * 3)
    draw = {"logits": draw["x"], "target": np.array([0])}
    asked = plain(draw, "cross_entropy", terms=3, options={"reduction": "none"})
    problem = problem_of(asked, "float64", SETTINGS)
    _, dlogits = judged(problem, {}, SETTINGS).tensors
    expected = [of_others + mean, 2 + mean, mean]
    np.testing.assert_allclose(shift_error(problem, dlogits), expected)


def test_said_of_a_row_and_of_a_sum() -> None:
    """A row of logits by its margin, a sum by its terms."""
    draw = {"x": np.array([[3.0, 1.0, -1.0]])}
    problem = problem_of(plain(draw, "softmax", terms=3), "float64", SETTINGS)
    assert at(problem, (0, 2)) == "x − max = -4, margin 2 of 3"
    assert at(problem, (0,)) == "margin 2 of 3"
    assert at(problem_of(plain({"x": np.ones(5)}), "float64", SETTINGS), ()) == "5 numbers"


def test_of_functions() -> None:
    """All, some, or none of that name."""
    assert of_functions(ASKED, []) == ASKED
    assert {one.function for one in of_functions(ASKED, ["tanh"])} == {"tanh"}
    with pytest.raises(SelectionError, match="conv2d"):
        of_functions(ASKED, ["conv2d"])


def test_differences_are_counted_in_roundings() -> None:
    """Where terms cancel by nature; nowhere else."""
    counted = {
        (asked.function, tensor)
        for asked in ASKED
        for tensor, unit in asked.unit.items()
        if unit == ROUNDINGS
    }
    assert counted == {
        ("silu", "dx"),
        ("gelu", "dx"),
        ("softmax", "dx"),
        ("log_softmax", "dx"),
        ("cross_entropy", "dlogits"),
        ("binary_cross_entropy_with_logits", "dlogits"),
    }


def test_the_table_and_what_is_said_of_it() -> None:
    """A line a row; how many rows of either side are beyond."""
    rows = worst_errors(plain({"x": np.array([0.5, 40.0])}), "float64", SETTINGS)
    assert table(rows).row_count == 2
    said = summary(rows)
    assert said.startswith("refimpl: 2 rows, all within their limits, at most 0.")
    assert said.endswith("torch: 1 beyond")
