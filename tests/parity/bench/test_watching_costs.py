"""`parity bench --watch`: a watched step beside a plain one."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from calling import Call

from parity.bench import watching_costs
from parity.bench.watching_costs import PLAIN, bench_watch, ways
from parity.oracle.observed.residual import ResNet18


def test_the_model() -> None:
    """ResNet-18 as the paper has it."""
    assert sum(p.numel() for p in ResNet18().parameters()) == 11_689_512


def test_every_way_runs() -> None:
    """On one image; the watched step raises if anything were wrong."""
    for way in ways(1).values():
        assert way() in (None, True)


def test_the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ratios are to the plain step; every round of every way is told."""
    told: list[int] = []
    monkeypatch.setattr(watching_costs, "ways", lambda batch: {PLAIN: list, "watched": list})
    monkeypatch.setattr(
        watching_costs, "_peak_of", lambda name, batch: {PLAIN: 4.0, "watched": 6.0}[name]
    )
    rows = bench_watch(2, 1, lambda: told.append(1))
    assert [row.way for row in rows] == [PLAIN, "watched"]
    assert rows[0].ratio_to_plain == 1
    assert [row.peak_ratio for row in rows] == [1, 1.5]
    assert told


def test_the_command(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Table and file."""
    found = [watching_costs.WatchCost("watched", 8, 4.0, 9.5, 300.0, 1.8, 3)]
    monkeypatch.setattr(watching_costs, "ways", lambda batch: {})
    monkeypatch.setattr(watching_costs, "bench_watch", lambda *_, **__: found)
    outcome = call("bench", "--watch", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "watched" in outcome.out
    with (tmp_path / "bench_watch.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["ratio_to_plain"], row["peak_ratio"]) == ("9.5", "1.8")


@pytest.mark.parametrize("words", [["relu"], ["--rivals"], ["--sweep"], ["--exact"]])
def test_what_it_would_ignore_is_refused(call: Call, tmp_path: Path, words: list[str]) -> None:
    outcome = call("bench", *words, "--watch", "--out", tmp_path / "none")
    assert outcome.code == 2
    assert outcome.err == (
        "parity: --watch times ResNet-18 in float32: it takes --rounds and --out alone\n"
    )
    assert not (tmp_path / "none").exists()
