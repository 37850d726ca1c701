"""peers.csv written and read, what changed, what a porter meets, the page of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from parity.peers.atlas import AtlasError, changes, not_compared, read
from parity.peers.group_verdicts import PeerRow
from parity.peers.porting import SAMPLE, PortingError, form_of
from parity.peers.porting import changes as porting
from parity.peers.porting import not_compared as unknown
from parity.report.conventions_page import conventions_page
from parity.results.writing import to_csv

ROW = PeerRow(
    *("torch", "2.13.0", "relu", "kinks: the derivative at 0", "convention"),
    *("the derivative at 0 is 0", 1, 1, 1, None, "", "3.11.7", "2026-11-30"),
)
CASES = replace(ROW, group="cases, float32", verdict="within", convention="", roundings=1.25)
OTHER = replace(ROW, library="other", version="1.0", convention="the derivative at 0 is ½")


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Counts as numbers, what does not apply as nothing."""
    path = tmp_path / "peers.csv"
    path.write_text(to_csv(PeerRow, [ROW, CASES]), encoding="utf-8")
    assert read(path) == [ROW, CASES]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("library,version\n", "is no peers.csv: it has no column function"),
        (
            to_csv(PeerRow, [ROW]).replace(",1,1,1,", ",one,1,1,"),
            "is no peers.csv: invalid literal for int() with base 10: 'one'",
        ),
    ],
)
def test_another_table_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """In one sentence."""
    path = tmp_path / "peers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AtlasError) as refused:
        read(path)
    assert str(refused.value) == f"{path}: {said}"


def test_what_a_release_changed() -> None:
    """Verdicts and conventions; roundings and dates are none, nor are libraries of one alone."""
    later = replace(ROW, version="2.14.1", date="2026-12-24", convention="the derivative at 0 is 1")
    near = replace(CASES, version="2.14.1", roundings=1.5)
    assert changes([ROW, CASES, OTHER], [later, near]) == [
        "torch 2.13.0 → 2.14.1: relu, kinks: the derivative at 0: convention (the derivative at 0 "
        "is 0) → convention (the derivative at 0 is 1)"
    ]
    assert changes([ROW, CASES], [replace(ROW, date="2027-01-01"), CASES]) == []


def test_what_one_run_asked_is_no_change() -> None:
    """A group that one has alone, or with other cases; but a self-test is a row where it fails."""
    more = replace(CASES, verdict="identical", cases=7)
    assert changes([ROW, CASES], [ROW]) == changes([CASES], [more]) == []
    assert not_compared([ROW, CASES], [ROW]) == not_compared([CASES], [more]) == 1
    assert not_compared([ROW, CASES], [ROW, CASES]) == 0
    wrong = replace(ROW, group="self-test", verdict="adapter", convention="", said="turned")
    assert changes([ROW], [ROW, wrong]) == ["torch 2.13.0: relu, self-test: right → adapter"]
    assert not_compared([ROW], [ROW, wrong]) == 0


def test_what_a_porter_meets() -> None:
    """Both conventions, and the form that gives the second; nothing that both do."""
    rows = [ROW, CASES, OTHER, replace(CASES, library="other", verdict="identical")]
    [change] = porting(rows, "relu", "other", "torch")
    assert (change.group, change.here, change.there, change.form) == (
        "kinks: the derivative at 0",
        "the derivative at 0 is ½",
        "the derivative at 0 is 0",
        "where(x > 0, x, 0)",
    )
    with pytest.raises(PortingError, match="no question about relu has 'padding': kinks"):
        porting(rows, "relu", "other", "torch", ["padding"])
    assert porting(rows, "relu", "other", "torch", ["derivative"]) == [change]
    neither = [
        replace(row, verdict="missing", convention="", said=row.library) for row in (ROW, OTHER)
    ]
    assert porting(neither, "relu", "other", "torch") == []
    assert unknown(neither, "relu", "other", "torch") == [ROW.group]
    assert unknown([ROW, CASES, OTHER], "relu", "other", "torch") == [CASES.group]
    assert unknown([ROW, CASES, OTHER], "relu", "other", "torch", ["derivative"]) == []
    wrong = replace(CASES, library="other", verdict="differs", said="x 2×3: y is wrong")
    [change] = porting([CASES, wrong], "relu", "other", "torch")
    assert (change.here, change.there) == (
        "differs: x 2×3: y is wrong",
        "the exact value, to its bound",
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("relu", "jax", "torch"), "peers.csv has no jax: it has torch, other"),
        (("relu", "torhc", "other"), "peers.csv has no torhc: did you mean torch?"),
        (("rleu", "torch", "other"), "peers.csv has no function rleu: did you mean relu?"),
    ],
)
def test_a_name_that_the_table_has_not(names: tuple[str, str, str], said: str) -> None:
    """In one sentence."""
    with pytest.raises(PortingError) as refused:
        porting([ROW, OTHER], *names)
    assert str(refused.value) == said


def test_the_committed_page_is_that_of_the_committed_table() -> None:
    """docs/conventions.md."""
    page = SAMPLE.parents[2] / "docs" / "conventions.md"
    assert page.read_text(encoding="utf-8") == conventions_page(read(SAMPLE))


@pytest.mark.parametrize(
    ("function", "said", "form"),
    [
        ("leaky_relu", "the derivative at 0 is 1", "where(x >= 0, x, slope·x)"),
        ("leaky_relu", "the derivative at 0 is 0", ""),
        ("sigmoid", "NaN stays NaN", "where(isnan(x), x, sigmoid(x))"),
        ("max_pool2d", "the odd zero stands behind", "pad with −∞ by hand"),
        ("conv2d", "the odd zero stands behind", "pad with zeros by hand"),
        ("max_pool3d", "the first maximum of a window gets dy", "take the windows apart"),
    ],
)
def test_a_form_is_of_its_function(function: str, said: str, form: str) -> None:
    """The form of relu is none for another function with the same answer."""
    found = form_of(function, ROW.group, replace(ROW, function=function, convention=said))
    assert found.startswith(form)
    assert bool(found) == bool(form)


def test_the_page_says_what_is_incomplete_and_which_runs() -> None:
    """A library that was stopped, two runs in one table."""
    stopped = replace(OTHER, incomplete="stopped after 90 s, at pad", date="2026-12-01 10:15")
    page = conventions_page([ROW, stopped])
    assert "in 2 runs (2026-11-30, 2026-12-01 10:15)." in page
    assert "- other is incomplete: stopped after 90 s, at pad. It was asked no further." in page
    assert "torch is incomplete" not in page
    assert "Each was asked all" in conventions_page([ROW])


def test_the_page_has_what_came_out() -> None:
    """Conventions with their libraries, what differs, the sign of each verdict."""
    wrong = replace(CASES, library="other", verdict="differs", said="x 2×3: y is wrong")
    lines = conventions_page([ROW, CASES, OTHER, wrong]).splitlines()
    assert "| `relu` | the derivative at 0 | the derivative at 0 is 0 | torch |" in lines
    assert "|  |  | the derivative at 0 is ½ | other |" in lines
    assert "| torch | 2.13.0 | 1 | 0 | 1 | 0 | 0 |" in lines
    assert "| `relu` | w | d |" in lines
    assert "- other, `relu`, float32: x 2×3: y is wrong" in lines
