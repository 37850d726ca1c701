"""A sweep with more processes is timed beside one process; what does not scale is seen."""

from __future__ import annotations

import csv
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from calling import Call

from parity.bench import scaling
from parity.bench.scaling import ScalingRow, bench_scaling
from parity.cases.random_cases import Selection
from parity.sweep import coordinator, executor
from parity.sweep.batch import Judged, Result
from parity.sweep.executor import Pool
from parity.sweep.versions import versions

BATCH = 0.05  # seconds


@contextmanager
def threads(jobs: int) -> Iterator[Pool]:
    with ThreadPoolExecutor(jobs) as pool:
        yield Pool(pool, jobs)


def judging(wait: Callable[[], None]) -> Callable[..., Judged]:
    """Workers that only wait."""

    def judge(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
        begun = time.perf_counter()
        wait()
        results = [Result(n, "relu", "float32", "identical", 0.0, "y", 1, 0.0) for n in numbers]
        return Judged(results, versions=versions(), seconds=time.perf_counter() - begun)

    return judge


@pytest.fixture(autouse=True)
def _workers_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "local", threads)
    monkeypatch.setattr(coordinator, "judge_batch", judging(lambda: time.sleep(BATCH)))


def test_workers_that_do_not_meet_scale() -> None:
    """Two are nearly twice as fast as one."""
    one, two = bench_scaling([2], rounds=3, cases=1000)
    assert (one.processes, one.speedup, one.efficiency) == (1, 1.0, 1.0)
    assert (two.processes, two.cases, two.rounds) == (2, 1000, 3)
    assert 1.3 < two.speedup < 2.2
    assert two.efficiency == two.speedup / 2
    assert two.seconds < one.seconds
    assert 0 < two.coordinator < 1


def test_workers_that_wait_for_each_other_do_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although they seem to be busy all the time: that is why the speed-up is measured."""
    lock = threading.Lock()

    def wait() -> None:
        with lock:
            time.sleep(BATCH)

    monkeypatch.setattr(coordinator, "judge_batch", judging(wait))
    _, two = bench_scaling([2], rounds=3, cases=1000)
    assert two.efficiency < 0.65
    assert two.busy > 0.7


def test_every_round_has_new_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for one process and for two; none is judged for the second time."""
    seen: list[tuple[int, int]] = []
    right = scaling.once

    def once(pool: Pool, first: int, cases: int) -> coordinator.Progress:
        seen.append((pool.workers, first))
        return right(pool, first, cases)

    monkeypatch.setattr(scaling, "once", once)
    bench_scaling([1, 2], rounds=2, cases=100)
    assert seen == [(1, 0), (2, 0), (2, 100), (1, 100), (1, 200), (2, 200)]


def test_the_command(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line and a row for each number of processes."""
    rows = [ScalingRow(n, 9, 2.0 / n, 4.5 * n, 1.0 * n, 1.0, 0.95, 0.012, 3) for n in (1, 2)]
    monkeypatch.setattr(scaling, "bench_scaling", lambda *_, **__: rows)
    outcome = call("bench", "--sweep", "--rounds", 3, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[5].split() == [
        "2",
        "9",
        "2.00",
        "100.0",
        "%",
        "95.0",
        "%",
        "1.2",
        "%",
    ]
    with (tmp_path / "bench_sweep.csv").open(encoding="utf-8", newline="") as file:
        assert [row["processes"] for row in csv.DictReader(file)] == ["1", "2"]


def test_a_wrong_call(call: Call) -> None:
    """What it would ignore is refused."""
    outcome = call("bench", "--sweep", "--threads", 1)
    assert outcome.code == 2
    assert outcome.err == (
        "parity: --sweep times random cases: it takes --rounds and --out alone\n"
    )
