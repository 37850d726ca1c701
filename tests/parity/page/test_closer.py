"""Which side is closer to the truth: said of each function, from the rows of a report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pages_made import report_in
from reported import CASE

from parity.page.build import section
from parity.page.sections import closer
from parity.page.tables import read_tables
from parity.results.rows import Row, TorchRow
from parity.results.writing import to_csv

LOST = TorchRow(
    *("softmax", "y", "float32", 4, "softmax[tails]", "", "(0, 2)", "x −40.5 of 3 numbers"),
    *(1e-18, 1e-18, 0.0, 0.25, 1.6e7, 0.25, 1.6e7, 3.2e7),
)


def row(function: str, ours: float, theirs: float, **changed: Any) -> Row:
    """A tensor whose worst element is 1, both sides so many ULP off."""
    ulp = 2.0**-23
    side = "equal" if ours == theirs else "refimpl" if ours < theirs else "torch"
    given: dict[str, Any] = {
        "case": f"{function}[plain]",
        "function": function,
        "dtype": "float32",
        "verdict": "within",
        "exact_value": 1.0,
        "refimpl_value": 1 + ours * ulp,
        "torch_value": 1 - theirs * ulp,
        "refimpl_ulp": ours,
        "torch_ulp": theirs,
        "closer": side,
        "worst_index": "(0, 1)",
    }
    return replace(CASE, **{**given, **changed})


def said(folder: Path, rows: list[Row], lost: list[TorchRow] | None = None) -> str:
    """The section's English, without tags."""
    report_in(folder)
    (folder / "summary.csv").write_text(to_csv(Row, rows), encoding="utf-8")
    (folder / "torch.csv").write_text(to_csv(TorchRow, lost or []), encoding="utf-8")
    found = section(closer, read_tables(folder))
    assert found is not None
    english = re.sub(r'<i lang="zh.*?</i>', "", str(found.body))
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", english))


@pytest.mark.parametrize(
    ("ours", "theirs", "who"),
    [(1, 5, "refimpl is closer there."), (6, 2, "torch is closer there.")],
)
def test_who_is_closer_and_where(tmp_path: Path, ours: int, theirs: int, who: str) -> None:
    """At the element where both differ most, of all tensors: the exact value and both sides."""
    rows = [row("tanh", ours, theirs), row("tanh", 1, 2, tensor="dx"), row("tanh", 3, 3)]
    text = said(tmp_path, rows)
    counts = (2, 0) if ours < theirs else (1, 1)
    assert f"refimpl is closer in {counts[0]} of 3 tensors, torch in {counts[1]}; in 1 both" in text
    assert "of tanh[plain] at (0, 1): exact 1, refimpl 1.0000" in text
    assert who in text


def test_both_are_equal(tmp_path: Path) -> None:
    """Equally close, or exact to the last digit."""
    text = said(tmp_path, [row("relu", 0, 0), row("sigmoid", 2, 2)])
    assert "Both sides give the exact value, to the last digit, in all 1 tensors." in text
    assert "Both sides are equally close in all 1 tensors." in text
    assert "Farthest apart" not in text


def test_tails_are_counted_by_themselves(tmp_path: Path) -> None:
    """The cases of saturated numbers, as the catalogue has them."""
    rows = [row("softmax", 1, 2), row("softmax", 4, 1, case="softmax[saturated]")]
    text = said(tmp_path, rows)
    assert "In its tail alone: refimpl in 0 of 1 tensors, torch in 1, both equally in 0." in text
    assert "In the tail: Farthest apart in dweight, float32, of softmax[saturated]" in text
    assert text.count("Farthest apart") == 1
    assert "tail" not in said(tmp_path, rows[:1]).partition("softmax")[2]


def test_huge_and_special_numbers_are_no_tail(tmp_path: Path) -> None:
    """They are far, but nothing saturates there."""
    rows = [row("softmax", 1, 2), row("softmax", 4, 1, case="softmax[special]")]
    assert "tail" not in said(tmp_path, rows).partition("softmax")[2]


@pytest.mark.parametrize(
    ("refimpl", "torch", "verdict"),
    [
        (0, 2, "torch, wherever the two differ."),
        (2, 0, "refimpl, wherever the two differ."),
        (3, 1, "refimpl, in most of the tensors in which the two differ."),
        (1, 3, "torch, in most of the tensors in which the two differ."),
        (2, 1, "No clear winner."),
    ],
)
def test_who_is_closer_by_counts(tmp_path: Path, refimpl: int, torch: int, verdict: str) -> None:
    """Where torch loses no digits."""
    better, worse = row("tanh", 1, 2), row("tanh", 2, 1)
    text = said(tmp_path, [row("tanh", 1, 1), *[better] * refimpl, *[worse] * torch])
    assert f"tanh {verdict}" in text


def test_the_criterion_stands_first(tmp_path: Path) -> None:
    """What losing digits means, before it is said of a function."""
    text = said(tmp_path, [row("tanh", 1, 2)])
    assert 0 < text.index("is more than 1024 times refimpl’s") < text.index("Function by function")


def test_lost_digits_are_said_with_their_arguments(tmp_path: Path) -> None:
    """All that torch.csv says of a function; how many tensors, and how many rows that makes."""
    text = said(tmp_path, [row("softmax", 1, 2)], [LOST])
    assert "tensors in which torch loses digits that refimpl keeps: 4." in text
    assert "y, float32, at x −40.5 of 3 numbers: exact 1e-18, refimpl 1e-18 (0.25 ULP off)" in text
    assert "torch 0 (1.6e+07 ULP off). refimpl is closer there." in text
    assert "in 4 tensors of single functions torch’s error is more than 1024 times" in text
    assert "the worst of each function, tensor and dtype, 1 of them" in text


def test_arguments_in_chinese() -> None:
    """Words are translated, numbers and names stay."""
    html = str(
        closer.arguments("x 58.4 of 7 numbers from -33.4 to 58.4, dy 2×3 numbers from 0 to 1")
    )
    chinese = re.sub(r'<i lang="en">.*?</i>|</?i[^>]*>', "", html)
    assert chinese == "x 7 个数（-33.4 至 58.4）中的 58.4, dy 2×3 个数（0 至 1）"
    assert closer.arguments("x 41.9, dy -0.7") == "x 41.9, dy -0.7"


def test_what_nobody_judged_does_not_count(tmp_path: Path) -> None:
    """Half precision, networks, and reports without exact values."""
    text = said(
        tmp_path,
        [
            row("relu", 1, 2, verdict="information"),
            row("tanh", 1, 2, kind="local"),
            row("sign", 1, 2, closer=""),
        ],
    )
    assert "This report asked for no exact values." in text


def test_a_function_leads_to_its_answer(tmp_path: Path) -> None:
    """From its entry, and from the overview."""
    from parity.page.sections import functions, overview

    folder = report_in(tmp_path)
    (folder / "summary.csv").write_text(to_csv(Row, [row("softmax", 1, 2)]), encoding="utf-8")
    (folder / "torch.csv").write_text(to_csv(TorchRow, [LOST]), encoding="utf-8")
    tables = read_tables(folder)
    for module in (functions, overview):
        found = section(module, tables)
        assert found is not None
        assert 'href="#closer-softmax"' in found.body
