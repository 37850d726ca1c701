"""The start-up rows: real processes, and what is left beside torch and the arithmetic."""

from __future__ import annotations

import csv
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from calling import Call

from parity.bench import checkers, startup, timing
from parity.bench.checkers import QUICK
from parity.bench.startup import ARITHMETIC, HELP, LIBRARIES, REST, RUN, TORCH, StartRow, rows_of

SECONDS = {
    LIBRARIES: [0.1, 0.2, 0.1],
    HELP: [0.2, 0.2, 0.3],
    TORCH: [2.0, 4.0, 2.0],
    RUN: [3.0, 4.5, 2.5],
}


def test_the_rest_is_what_torch_and_arithmetic_leave() -> None:
    """Round by round, so that a slow round counts against nobody."""
    rows = {row.what: row for row in rows_of(SECONDS, [0.25, 0.25, 0.125], 3)}
    assert list(rows) == [LIBRARIES, HELP, TORCH, RUN, ARITHMETIC, REST]
    assert rows[REST].seconds == 0.375  # 0.75, 0.25, 0.375
    assert rows[ARITHMETIC].seconds == 0.25
    assert (rows[HELP].ratio, rows[HELP].beside) == (2.0, LIBRARIES)
    assert (rows[RUN].ratio, rows[RUN].beside) == (1.25, TORCH)


def test_real_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run of one case really runs: its arithmetic comes out of its own report."""
    told: list[int] = []

    def warm_up(call: Callable[[], None]) -> int:
        call()
        return 1

    monkeypatch.setattr(timing, "warmed_up", warm_up)
    light = dict.fromkeys((LIBRARIES, HELP, TORCH), ("-c", "pass"))
    right = startup.processes
    monkeypatch.setattr(startup, "processes", lambda out: {**light, RUN: right(out)[RUN]})
    rows = {row.what: row for row in startup.bench_startup(1, lambda: told.append(1))}
    assert len(told) == 4 * 2
    assert 0 < rows[ARITHMETIC].seconds < rows[RUN].seconds
    assert rows[REST].seconds < rows[RUN].seconds


def test_a_process_that_fails_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark ends instead of timing it."""
    monkeypatch.setattr(startup, "processes", lambda out: {HELP: ("-c", "raise SystemExit(3)")})
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        startup.bench_startup(1)


def test_the_command(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line and a row for each, behind those of the checkers."""
    monkeypatch.setattr(checkers, "checkers", lambda: {QUICK: lambda: True})
    rows = rows_of(SECONDS, [0.25, 0.25, 0.125], 3)
    monkeypatch.setattr(startup, "bench_startup", lambda rounds, done: rows)
    outcome = call("bench", "--check", "--rounds", 1, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    with (tmp_path / "bench_startup.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["what"] for row in written] == [row.what for row in rows]
    assert list(written[0]) == list(StartRow.__dataclass_fields__)
    assert any(
        line.startswith(HELP) and line.endswith(f"2 × {LIBRARIES}")
        for line in outcome.out.splitlines()
    )
