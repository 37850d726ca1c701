"""Processes killed for real: nothing stored is lost, nothing is stored twice."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psutil
import pytest
from sweeping import ROOT, call, environment, start, stored, table

from parity.sweep.geometry import Selection
from parity.sweep.store import opened
from parity.sweep.versions import versions

pytestmark = pytest.mark.faults

CASES = 500
SELECTION = Selection(7, ("conv2d", "linear"))
NARROW = ("--seed", 7, "--function", "conv2d", "--function", "linear")


def asked(out: Path, *more: object) -> tuple[object, ...]:
    return ("--cases", CASES, *NARROW, "--out", out, *more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted sweep by one process."""
    out = tmp_path_factory.mktemp("whole")
    ended = call(*asked(out, "--jobs", 1))
    assert ended.returncode == 0, ended.stderr
    return out


def results(out: Path) -> list[tuple[Any, ...]]:
    return stored(out / "sweep.sqlite")


def written(out: Path) -> int:
    """The bytes of the store and of its log; SQLite's lock keeps readers out."""
    paths = (out / f"sweep.sqlite{end}" for end in ("", "-wal"))
    return sum(path.stat().st_size for path in paths if path.exists())


def wait_until(holds: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


@pytest.fixture(scope="module")
def nothing(tmp_path_factory: pytest.TempPathFactory) -> int:
    """The bytes of a store without results."""
    out = tmp_path_factory.mktemp("nothing")
    with opened(out / "sweep.sqlite", SELECTION, versions()):
        return written(out)


def stored_something(out: Path, nothing: int) -> None:
    """Wait for the first batch: SQLite's log grows with it."""
    wait_until(lambda: written(out) > nothing)


def end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def workers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes that judge; the other child is multiprocessing's resource tracker."""
    children = psutil.Process(process.pid).children()
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


def test_the_coordinator_is_killed(tmp_path: Path, whole: Path, nothing: int) -> None:
    """kill -9, and the same command goes on to the same table; no worker stays behind."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        stored_something(tmp_path, nothing)
        left = workers(process)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert len(left) == 2
        wait_until(lambda: not any(worker.is_running() for worker in left))
    finally:
        end(process)
    some = len(results(tmp_path))
    assert 0 < some < CASES
    ended = call(*asked(tmp_path, "--jobs", 1))
    assert ended.returncode == 0, ended.stderr
    assert f"sweep.sqlite has {some} of {CASES} cases already" in ended.stdout
    assert f"; {CASES - some} judged now" in ended.stdout
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_a_worker_is_killed(tmp_path: Path, whole: Path, nothing: int) -> None:
    """The sweep itself goes on, and says how often that happened."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        stored_something(tmp_path, nothing)
        workers(process)[0].kill()
        out, err = process.communicate(timeout=120)
    finally:
        end(process)
    assert process.returncode == 0, err
    assert "workers lost 1 times, their cases judged anew" in out
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_ctrl_c(tmp_path: Path, whole: Path, nothing: int) -> None:
    """The terminal sends it to all processes: the table of what is stored, and no traceback."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        stored_something(tmp_path, nothing)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        end(process)
    assert process.returncode == 130, err
    assert err == ""
    assert "the same command continues" in out
    some = len(results(tmp_path))
    assert f"{some} of {CASES} cases: all hold" in out
    assert call(*asked(tmp_path, "--jobs", 1)).returncode == 0
    assert table(tmp_path) == table(whole)


def test_two_coordinators(tmp_path: Path, whole: Path, nothing: int) -> None:
    """The second is told at once that the store is in use; the first is not disturbed."""
    process = start("--cases", 10**6, *asked(tmp_path)[2:], "--jobs", 1)
    try:
        stored_something(tmp_path, nothing)
        second = call(*asked(tmp_path, "--jobs", 1))
        log = tmp_path / "sweep.sqlite-wal"
        before = log.stat().st_mtime_ns
        wait_until(lambda: log.stat().st_mtime_ns > before)
        assert process.poll() is None
    finally:
        end(process)
    assert second.returncode == 2
    assert second.stderr == (
        f"parity: {tmp_path}/sweep.sqlite: another sweep is writing to it; wait for its end, or "
        "give another --store\n"
    )
    assert call(*asked(tmp_path, "--jobs", 1)).returncode == 0
    assert results(tmp_path)[:CASES] == results(whole)
    assert table(tmp_path) == table(whole)


def test_two_processes_store_what_one_stores(tmp_path: Path, whole: Path) -> None:
    """And a narrower range first changes nothing."""
    end = ("--cases", 150, "--first", 250)
    assert call(*end, *asked(tmp_path)[2:], "--jobs", 1).returncode == 0
    assert [row[0] for row in results(tmp_path)] == list(range(250, 400))
    assert call(*asked(tmp_path, "--jobs", 2)).returncode == 0
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_a_full_disk(tmp_path: Path, whole: Path) -> None:
    """A file system without room: one sentence, exit code 2; with room the same command goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=72k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system")
    try:
        store = disk / "sweep.sqlite"
        full = call(*asked(tmp_path, "--jobs", 1, "--store", store))
        assert full.returncode == 2
        assert full.stderr == (
            f"parity: {store}: the disk is full; what is stored stays: make room and give the "
            "same command again\n"
        )
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        with closing(sqlite3.connect(store)) as connection:
            ((some,),) = connection.execute("SELECT count(*) FROM results")
        assert 0 < some < CASES
        again = call(*asked(tmp_path, "--jobs", 1, "--store", store))
        assert again.returncode == 0, again.stderr
        assert f"; {CASES - some} judged now" in again.stdout
        assert stored(store) == results(whole)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- memory -------------------------------------------------------------------------------

MEASURE = """
import resource, sys
from parity.cli import main
sys.argv = ["parity", *sys.argv[1:]]
try:
    main()
finally:
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        print("peak", resource.getrusage(who).ru_maxrss)
"""


def peaks(out: Path, cases: int) -> list[int]:
    """The largest memory of the coordinator and of its worker, in kilobytes."""
    # oneDNN keeps the code of a thousand convolutions: their memory grows up to there.
    functions = ("--function", "linear", "--function", "relu")
    options = ("sweep", "--cases", cases, *functions, "--jobs", 1, "--out", out)
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, *map(str, options)],
        capture_output=True,
        text=True,
        check=True,
        env=environment(),
        cwd=ROOT,
    )
    return [int(peak) for peak in re.findall(r"^peak (\d+)$", ended.stdout, re.MULTILINE)]


def test_memory_stays_flat(tmp_path: Path) -> None:
    """Ten times the cases: a leak of two kilobytes a case in either process would be seen."""
    few, many = peaks(tmp_path / "few", 300), peaks(tmp_path / "many", 3000)
    assert len(few) == len(many) == 2
    for before, after in zip(few, many, strict=True):
        assert after - before < 2 * 2700
