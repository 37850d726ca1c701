"""What the tests of `parity sweep` share: workers in this process, and `parity` as a process."""

from __future__ import annotations

import csv
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from calling import Outcome

import parity
from parity import cli
from parity.cases.random_cases import Selection
from parity.sweep import executor
from parity.sweep.coordinator import Plan
from parity.sweep.executor import Pool

ROOT = Path(parity.__file__).parents[1]
AGAIN = "parity sweep --seed 7"
QUICK = Selection(seed=7, functions=("relu", "linear", "max_pool2d"))


def plan(cases: int, selection: Selection = QUICK, **changes: Any) -> Plan:
    return Plan(**{"selection": selection, "first": 0, "cases": cases, "again": AGAIN, **changes})


@contextmanager
def here() -> Iterator[Pool]:
    """One worker in this process: it sees mistakes that a test has planted."""
    with ThreadPoolExecutor(1) as executor:
        yield Pool(executor, 1)


def environment() -> dict[str, str]:
    """Processes of a test import the packages that the test itself imports."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "parity", "sweep", *map(str, arguments)]


def start(*arguments: object) -> subprocess.Popen[str]:
    """`parity sweep …` as a process of its own, in a session of its own."""
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        start_new_session=True,
    )


def call(*arguments: object) -> subprocess.CompletedProcess[str]:
    """`parity sweep …` until its end."""
    return subprocess.run(
        command(*arguments), capture_output=True, text=True, env=environment(), check=False
    )


def call_here(*arguments: object) -> Outcome:
    """`parity sweep …` in this process, which has imported everything; its worker is a thread."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(executor, "local", lambda jobs: here())
        patch.setattr(sys, "argv", ["parity", "sweep", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    code = ended.value.code
    assert isinstance(code, int)
    return Outcome(code, out.getvalue(), err.getvalue())


def committed(path: Path) -> int:
    """How many results a store has that a coordinator is writing to.

    Its lock keeps readers out, so a copy is read; half a transaction in SQLite's log is none.
    """
    with tempfile.TemporaryDirectory() as folder:
        for end in ("", "-wal"):
            if path.with_name(path.name + end).exists():
                shutil.copy(path.with_name(path.name + end), folder)
        try:
            return len(stored(Path(folder) / path.name))
        except sqlite3.OperationalError:  # no table yet
            return 0


def wait_until(holds: Callable[[], bool], seconds: float = 180) -> None:
    """Until it holds; an error if it never does."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def stored(path: Path) -> list[tuple[Any, ...]]:
    """All results of a store, without their times."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT number, function, dtype, verdict, worst_ratio, tensor, elements "
            "FROM results ORDER BY number"
        ).fetchall()


def table(out: Path) -> list[dict[str, str]]:
    """The rows of sweep.csv, without their times."""
    with (out / "sweep.csv").open(encoding="utf-8", newline="") as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]
