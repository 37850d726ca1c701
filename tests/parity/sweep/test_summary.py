"""What a sweep says of its costs: shares, efficiency, memory."""

from __future__ import annotations

from mmap import mmap
from pathlib import Path

import numpy as np
import pytest

from parity.sweep import memory
from parity.sweep.coordinator import Progress
from parity.sweep.memory import Memory, resident
from parity.sweep.summary import costs, measured


def progress(**changes: float) -> Progress:
    """Two workers of which each judged 4 of 10 seconds, 2 of them before anything began."""
    found = Progress(500, 500, 0, 0.5, judged=500, seconds=10.0, own_seconds=0.5, workers=2)
    found.busy_seconds, found.starting_seconds = 8.0, 2.0
    for name, value in changes.items():
        setattr(found, name, value)
    return found


def test_efficiency() -> None:
    """8 of 2 × 10 seconds; of 2 × 8 without the start."""
    assert progress().efficiency == 0.4
    assert progress().efficiency_once_started == 0.5


def test_no_efficiency_before_anything_was_judged() -> None:
    """Nothing is divided by 0."""
    assert Progress(9, 0, 0, 0.0).efficiency == 0.0
    assert progress(starting_seconds=10.0).efficiency_once_started == 0.0


def test_costs_of_one_worker() -> None:
    """In the singular; nothing about memory where the system does not tell."""
    (line,) = costs(progress(workers=1))
    assert line == (
        "a case took 16.00 ms of a worker and 1.00 ms of the coordinator (6.2 % of that); 1 worker "
        "was busy 80 % of the time, 100 % once it had started"
    )


@pytest.mark.parametrize("nothing", [progress(judged=0), progress(busy_seconds=0.0)])
def test_no_costs_of_nothing(nothing: Progress) -> None:
    """A sweep that judged nothing new says nothing of it."""
    assert list(costs(nothing)) == []


def test_figures_of_the_json_file() -> None:
    """The same, rounded."""
    found = measured(progress())
    assert (found["worker_seconds"], found["starting_seconds"]) == (8.0, 2.0)
    assert (found["efficiency"], found["efficiency_once_started"]) == (0.4, 0.5)
    assert found["memory_MB_by_tenth"] == {"coordinator": [], "largest worker": []}


def test_resident_memory_grows_with_an_array() -> None:
    """Of this process, in bytes."""
    if not memory.STATM.exists():
        pytest.skip("Linux alone tells it")
    array = np.frombuffer(mmap(-1, 64_000_000))  # fresh pages, not some that were freed before
    before = resident()
    array.fill(1)
    assert 60e6 < resident() - before < 70e6


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is known, nothing is said."""
    monkeypatch.setattr(memory, "STATM", tmp_path / "statm")
    assert resident() == 0
    nothing = Memory()
    nothing.saw(0.5, resident(), resident())
    assert nothing.megabytes() == {"coordinator": [], "largest worker": []}


def test_the_most_of_each_tenth() -> None:
    """Tenths in which no batch ended are left out; the end belongs to the last."""
    seen = Memory()
    for done, size in ((0.05, 3), (0.09, 2), (0.55, 4), (0.99, 5), (1.0, 4)):
        seen.saw(done, round(size * 1e6), round(10 * size * 1e6))
    assert seen.megabytes() == {"coordinator": [3, 4, 5], "largest worker": [30, 40, 50]}
