"""What the tests of `parity sweep` share: workers in this process, and `parity` as a process."""

from __future__ import annotations

import csv
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import parity
from parity.sweep.coordinator import Plan
from parity.sweep.executor import Pool
from parity.sweep.geometry import Selection

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
