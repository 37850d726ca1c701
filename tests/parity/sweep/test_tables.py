"""The tables of a sweep: counts and quantiles against their definitions; progress in words."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from parity.sweep import display
from parity.sweep.batch import Disagreement, Result
from parity.sweep.coordinator import Progress
from parity.sweep.display import progress_line, shown
from parity.sweep.duration import seconds, spoken
from parity.sweep.tables import ALL, SweepRow, by_function, by_size, summarise


def result(number: int, ratio: float, **changes: object) -> Result:
    plain = {"function": "relu", "dtype": "float32", "verdict": "within", "elements": 12}
    return Result(
        number=number,
        worst_ratio=ratio,
        tensor="y",
        seconds=0.5,
        **{**plain, **changes},  # type: ignore[arg-type]
    )


RESULTS = [
    *(result(n, n / 100) for n in range(1, 101)),
    result(101, 0.0, verdict="identical"),
    result(102, 0.0, verdict="blind"),
    result(103, 5.0, verdict="outside", elements=100),
    result(104, 0.25, function="tanh", dtype="float64", elements=20_000),
]
ROWS = summarise(RESULTS)


def row(function: str, dtype: str, elements: str) -> SweepRow:
    (found,) = (r for r in ROWS if (r.function, r.dtype, r.elements) == (function, dtype, elements))
    return found


def test_counts() -> None:
    """Every case is in the row of its function and in that of its size."""
    everything = row("relu", "float32", ALL)
    assert (everything.cases, everything.identical, everything.within) == (103, 1, 100)
    assert (everything.blind, everything.outside) == (1, 1)
    assert (everything.ratio_max, everything.worst_case) == (5.0, 103)
    assert everything.seconds == 51.5
    small = row("relu", "float32", "1-99")
    assert (small.cases, small.outside, small.worst_case) == (102, 0, 100)
    assert row(ALL, "float64", "10000-").cases == 1


def test_quantiles() -> None:
    """Of 1 to 100 hundredths; a case without a bound above 0 has no part in them."""
    small = row("relu", "float32", "1-99")
    assert (small.ratio_50, small.ratio_90, small.ratio_99) == (0.5, 0.9, 0.99)
    assert small.ratio_max == 1.0


def test_rows_of_all_functions_come_last() -> None:
    """Dtype by dtype, each with its sizes that occur."""
    assert [(r.function, r.dtype, r.elements) for r in ROWS] == [
        ("relu", "float32", ALL),
        ("relu", "float32", "1-99"),
        ("relu", "float32", "100-999"),
        ("tanh", "float64", ALL),
        ("tanh", "float64", "10000-"),
        (ALL, "float32", ALL),
        (ALL, "float32", "1-99"),
        (ALL, "float32", "100-999"),
        (ALL, "float64", ALL),
        (ALL, "float64", "10000-"),
    ]


def test_nothing_but_identical() -> None:
    """Where every bound is 0 there is no ratio, and no worst case."""
    (alone, *_) = summarise([result(1, 0.0, verdict="identical")])
    assert (alone.ratio_50, alone.ratio_max, alone.worst_case) == (0.0, 0.0, None)


def test_nothing_at_all() -> None:
    """A sweep that was ended before its first batch has empty tables."""
    assert summarise([]) == []
    assert by_function([]).row_count == by_size([]).row_count == 0


def printed(table: object) -> list[list[str]]:
    console = Console(file=io.StringIO(), width=140)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return [line.split() for line in console.file.getvalue().splitlines()]


def test_tables() -> None:
    """One line for a function and dtype; one for a size and dtype."""
    *_, relu, tanh, _, _ = printed(by_function(ROWS))
    assert relu == [
        "relu",
        "float32",
        "103",
        "1",
        "0.51",
        "0.91",
        "1",
        "5",
        "103",
        "1",
        "outside,",
        "1",
        "blind",
    ]
    assert tanh == [
        "tanh",
        "float64",
        "1",
        "0",
        "0.25",
        "0.25",
        "0.25",
        "0.25",
        "104",
        "all",
        "hold",
    ]
    assert [line[:2] for line in printed(by_size(ROWS))[2:]] == [
        ["1-99", "float32"],
        ["100-999", "float32"],
        ["10000-", "float64"],
    ]


# --- progress -----------------------------------------------------------------------------

WRONG = Disagreement(3, "{}", "{}", "FAIL relu")


def told(terminal: bool, progress: Progress) -> tuple[list[str], str]:
    """What is said of disagreements, and what a console shows."""
    said: list[str] = []
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120)
    with shown(console, said.append) as tell:
        tell(progress)
    assert isinstance(console.file, io.StringIO)
    return said, console.file.getvalue()


def test_a_terminal_shows_one_line() -> None:
    """And every disagreement at once."""
    progress = Progress(100, 50, 1, 0.25, judged=50, seconds=10.0, new=[WRONG])
    said, screen = told(True, progress)
    assert said == ["FAIL relu"]
    assert "50 of 100 cases · 5/s · 10s left · worst error/bound 0.25 · 1 DISAGREE" in screen


def test_elsewhere_a_line_now_and_then(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not one for every batch; disagreements at once there too."""
    progress = Progress(100, 50, 0, 0.25, judged=50, seconds=10.0, new=[WRONG], lost=2)
    assert told(False, progress)[0] == ["FAIL relu"]
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(display, "EVERY", 0.0)
    told(False, progress)
    assert capsys.readouterr().err == (
        "50 of 100 cases · 5/s · 10s left · worst error/bound 0.25 · workers lost 2 times\n"
    )


def test_no_rate_before_the_first_batch() -> None:
    """Nothing is divided by 0."""
    assert progress_line(Progress(9, 0, 0, 0.0)) == (
        "0 of 9 cases · 0/s · 0s left · worst error/bound 0"
    )


@pytest.mark.parametrize("text", ["", "x", "1", "1.5h", "10m5", "-3s", "1s1h"])
def test_durations_that_are_none(text: str) -> None:
    """The error shows what would be one."""
    with pytest.raises(ValueError, match=r"^--time must be like 90s, 15m or 1h30m, but is "):
        seconds(text)


@pytest.mark.parametrize("text", ["45s", "2m5s", "3h20m"])
def test_durations_there_and_back(text: str) -> None:
    """What is said is what is read."""
    assert spoken(seconds(text)) == text
