"""A real Dask cluster over TCP on the loopback: the same results, also where a worker is lost."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sweeping import call_here, committed, environment, start, stored, table, wait_until

from parity.sweep import executor
from parity.sweep.executor import PoolError

pytestmark = pytest.mark.faults

CASES = 600
NARROW = ("--seed", 7, "--function", "linear", "--function", "relu")


def dask(*arguments: object, log: Path) -> subprocess.Popen[bytes]:
    """`dask …` in a session of its own, so that all its processes can be ended."""
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *map(str, arguments)],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment(),
            cwd=log.parent,
            start_new_session=True,
        )


def said(log: Path, pattern: str) -> str:
    """What a process says of itself, once it has said it."""
    wait_until(lambda: re.search(pattern, log.read_text(errors="replace")) is not None)
    found = re.search(pattern, log.read_text(errors="replace"))
    assert found is not None
    return found[1]


Cluster = tuple[str, list[subprocess.Popen[bytes]]]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """The address of a scheduler, and its two workers, each a process of one thread."""
    logs = [tmp_path / f"{name}.log" for name in ("scheduler", "one", "two")]
    quiet = ("--no-dashboard",)
    started = [dask("scheduler", "--host", "127.0.0.1", "--port", 0, *quiet, log=logs[0])]
    try:
        address = said(logs[0], r"Scheduler at:\s+(tcp://127\.0\.0\.1:\d+)")
        for log in logs[1:]:
            options = ("--nthreads", 1, "--no-nanny", *quiet)
            started.append(dask("worker", address, *options, log=log))
        for log in logs[1:]:
            said(log, r"(Starting established connection|Registered to)")
        yield address, started[1:]
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_cluster_that_loses_a_worker_finds_what_one_process_finds(
    cluster: Cluster, tmp_path: Path
) -> None:
    """One of two workers is killed in the middle: every case is judged, and stored once."""
    address, workers = cluster
    alone, spread = tmp_path / "alone", tmp_path / "spread"
    process = start("--cases", CASES, *NARROW, "--dask", address, "--out", spread)
    try:
        store = spread / "sweep.sqlite"
        wait_until(lambda: process.poll() is not None or committed(store) > 0)
        assert process.poll() is None, process.communicate()
        os.killpg(workers[0].pid, signal.SIGKILL)
        out, err = process.communicate(timeout=180)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, err
    assert f"{CASES} of {CASES} cases: all hold" in out
    assert workers[0].poll() is not None
    assert workers[1].poll() is None
    assert call_here("--cases", CASES, *NARROW, "--out", alone).code == 0
    assert stored(spread / "sweep.sqlite") == stored(alone / "sweep.sqlite")
    assert table(spread) == table(alone)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the address."""
    monkeypatch.setattr(executor, "ANSWER", 0.2)
    with (
        pytest.raises(PoolError, match=r"^--dask tcp://127\.0\.0\.1:9: no scheduler answers \("),
        executor.dask("tcp://127.0.0.1:9"),
    ):
        pass


def test_a_cluster_without_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would ever judge a batch: one sentence with the way out."""
    distributed = pytest.importorskip("distributed")
    # Port 0: without an address the scheduler takes 8787, where another may listen.
    options = {"processes": False, "protocol": "tcp", "dashboard_address": "127.0.0.1:0"}
    monkeypatch.setattr(executor, "ANSWER", 2.0)
    with distributed.LocalCluster(n_workers=0, **options) as cluster:
        address = cluster.scheduler_address
        with pytest.raises(PoolError) as raised, executor.dask(address):
            pass
    assert str(raised.value) == (
        f"the cluster at {address} has no workers: start some with `dask worker {address}`"
    )


def test_without_dask(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(PoolError) as raised, executor.dask("tcp://127.0.0.1:9"):
        pass
    assert str(raised.value) == (
        "--dask needs Dask: pip install -e '.[dask]' in the clone, here and on every worker"
    )
