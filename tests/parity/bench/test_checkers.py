"""Checkers are timed on gradients that they accept; wrong ones would be noticed."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from calling import Call

import refimpl
from parity import oracle
from parity.bench import checkers, startup
from parity.bench.checkers import CASE, DTYPE, QUICK, SEED, by_all_witnesses, by_differences
from parity.cases.case import case_arrays


def wrong(*given: Any, **options: Any) -> Any:
    """dweight one per cent too large."""
    right = BACKWARD(*given, **options)
    return right._replace(dweight=right.dweight * 101 / 100)


BACKWARD = refimpl.conv2d_backward


def test_all_witnesses_answer() -> None:
    """None of them says that the convolution is too large for it."""
    findings = by_all_witnesses()
    assert findings.holds
    assert {(row.witness, row.verdict) for row in findings.witnesses} == {
        ("integers", "identical"),
        ("derivative", "agrees"),
    }
    assert all(row.refimpl_ulp is not None for row in findings.rows)


@pytest.mark.parametrize("name", ["parity, all witnesses", QUICK])
def test_parity_refuses_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What is timed is a check that can fail."""
    assert checkers.checkers()[name]()
    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)
    assert not checkers.checkers()[name]()


def test_differences_refuse_a_wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the courses sees one per cent."""
    arrays = {
        "x": case_arrays(CASE, DTYPE, SEED)["x"][:, :2, :6, :7],
        "weight": case_arrays(CASE, DTYPE, SEED)["weight"][:3, :2],
        "bias": case_arrays(CASE, DTYPE, SEED)["bias"][:3],
    }
    assert by_differences(arrays)
    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)
    assert not by_differences(arrays)


@pytest.mark.parametrize("fast", [True, False])
def test_gradcheck_checks_torch(fast: bool) -> None:
    """torch's own check, of torch's convolution."""
    arrays = {"x": case_arrays(CASE, DTYPE, SEED)["x"][:, :2, :6, :7]}
    arrays["weight"] = case_arrays(CASE, DTYPE, SEED)["weight"][:3, :2]
    assert oracle.gradcheck("conv2d", arrays, {}, fast)


def test_a_checker_that_refuses_what_is_right_is_no_figure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The benchmark ends instead of timing it."""
    monkeypatch.setattr(checkers, "checkers", lambda: {QUICK: lambda: False})
    with pytest.raises(RuntimeError, match=r"^parity, quick: refuses gradients that are right$"):
        checkers.bench_checkers(1)


def test_the_command(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line and a row for each checker."""
    quick = {QUICK: lambda: True, "gradcheck": lambda: True}
    monkeypatch.setattr(checkers, "checkers", lambda: quick)
    monkeypatch.setattr(startup, "bench_startup", lambda rounds, done: [])
    outcome = call("bench", "--check", "--rounds", 2, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    with (tmp_path / "bench_check.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["checker"] for row in rows] == list(quick)
    assert rows[0]["ratio_to_quick"] == "1.0"
    assert all(name in outcome.out for name in quick)


@pytest.mark.parametrize("words", [["relu"], ["--rivals"], ["--threads", "1"], ["--sweep"]])
def test_what_check_would_ignore_is_refused(call: Call, tmp_path: Path, words: list[str]) -> None:
    """It times one convolution, whatever else is asked for."""
    outcome = call("bench", *words, "--check", "--out", tmp_path / "none")
    assert outcome.code == 2
    assert outcome.err == (
        "parity: --check times one convolution in float64: it takes --rounds and --out alone\n"
    )
    assert not (tmp_path / "none").exists()
