"""Processes killed for real: nothing stored is lost, nothing is stored twice."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest
from forked import has_ended, workers
from sweeping import call, call_here, committed, start, stored, table, wait_until

from parity.sweep import memory

pytestmark = pytest.mark.faults

CASES = 2000  # some seconds: time enough for what the tests do meanwhile
NARROW = ("--seed", 7, "--function", "conv2d", "--function", "linear")


def asked(out: Path, *more: object) -> tuple[object, ...]:
    return ("--cases", CASES, *NARROW, "--out", out, *more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an uninterrupted sweep."""
    out = tmp_path_factory.mktemp("whole")
    assert call_here(*asked(out)).code == 0
    return out


def results(out: Path) -> list[tuple[Any, ...]]:
    return stored(out / "sweep.sqlite")


def until_stored(process: subprocess.Popen[str], out: Path, least: int = 1) -> None:
    """Wait for the first batch, while the sweep is still at work."""
    store = out / "sweep.sqlite"
    wait_until(lambda: process.poll() is not None or committed(store) >= least)
    assert process.poll() is None, process.communicate()


def end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def test_the_coordinator_is_killed(tmp_path: Path, whole: Path) -> None:
    """kill -9, and the same command goes on to what one process finds; no worker stays behind."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        until_stored(process, tmp_path)
        left = workers(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert len(left) == 2
        wait_until(lambda: all(map(has_ended, left)))
    finally:
        end(process)
    some = len(results(tmp_path))
    assert 0 < some < CASES
    ended = call_here(*asked(tmp_path))
    assert ended.code == 0, ended.err
    assert f"sweep.sqlite has {some} of {CASES} cases already" in ended.out
    assert f"; {CASES - some} judged now" in ended.out
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_a_worker_is_killed(tmp_path: Path, whole: Path) -> None:
    """The sweep itself goes on, and says how often that happened."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        until_stored(process, tmp_path)
        workers(process.pid)[0].kill()
        out, err = process.communicate(timeout=120)
    finally:
        end(process)
    assert process.returncode == 0, err
    assert "workers lost once, their cases judged anew" in out
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_ctrl_c(tmp_path: Path, whole: Path) -> None:
    """The terminal sends it to all processes: one sentence on what is stored."""
    process = start(*asked(tmp_path, "--jobs", 2))
    try:
        until_stored(process, tmp_path)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        end(process)
    assert (process.returncode, out) == (130, "")
    some, store = len(results(tmp_path)), tmp_path / "sweep.sqlite"
    assert err == (
        f"parity: interrupted: {some} of {CASES} cases are in {store}; the same command goes on, "
        "earlier reports stand\n"
    )
    assert call_here(*asked(tmp_path)).code == 0
    assert results(tmp_path) == results(whole)
    assert table(tmp_path) == table(whole)


def test_two_coordinators(tmp_path: Path, whole: Path) -> None:
    """The second is told at once that the store is in use; the first is not disturbed."""
    process = start("--cases", 10**6, *asked(tmp_path)[2:], "--jobs", 1)
    try:
        until_stored(process, tmp_path)
        second = call_here(*asked(tmp_path))
        until_stored(process, tmp_path, least=committed(tmp_path / "sweep.sqlite") + 1)
    finally:
        end(process)
    assert second.code == 2
    assert second.err == (
        f"parity: {tmp_path}/sweep.sqlite: another sweep is writing to it; wait for its end, or "
        "give another --store\n"
    )
    assert call_here(*asked(tmp_path)).code == 0
    assert results(tmp_path)[:CASES] == results(whole)
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
        full = call_here(*asked(tmp_path, "--store", store))
        assert full.code == 2
        assert full.err == (
            f"parity: {store}: the disk is full; what is stored stays: make room and give the "
            "same command again\n"
        )
        subprocess.run(["mount", "-o", "remount,size=4m", str(disk)], check=True)
        some = len(stored(store))
        assert 0 < some < CASES
        again = call_here(*asked(tmp_path, "--store", store))
        assert again.code == 0, again.err
        assert f"; {CASES - some} judged now" in again.out
        assert stored(store) == results(whole)
    finally:
        subprocess.run(["umount", str(disk)], check=True)


# --- memory -------------------------------------------------------------------------------


def test_memory_stays_flat(tmp_path: Path) -> None:
    """A leak of two kilobytes a case in either process would be seen."""
    # The largest array of a convolution decides how much glibc keeps: others are steadier.
    functions = ("--function", "linear", "--function", "relu")
    ended = call("--cases", 3000, *functions, "--jobs", 1, "--out", tmp_path)
    assert ended.returncode == 0, ended.stderr
    found = json.loads((tmp_path / "sweep.json").read_text())["memory_MB_by_tenth"]
    if not memory.STATM.exists():
        pytest.skip("only Linux tells how much is resident")
    for tenths in (found["coordinator"], found["largest worker"]):
        assert len(tenths) == 10
        assert tenths[-1] - tenths[0] < 2 * 2.7
