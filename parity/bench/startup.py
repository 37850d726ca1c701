"""How long `parity` takes to start, and a run beyond importing torch and the arithmetic itself.

All of them are fresh processes, timed in turns.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from parity.bench.timing import interleaved

HELP, LIBRARIES = "parity --help", "import typer, rich"
RUN, TORCH = "one small case: whole process", "import torch"
ARITHMETIC, REST = "one small case: refimpl and torch compute", "one small case: the rest"
CASE = ("run", "conv2d", "--case", "plain", "--dtype", "float64", "--quick")


@dataclass(frozen=True)
class StartRow:
    """How long something takes in a fresh process: the columns of bench_startup.csv."""

    what: str
    seconds: float
    beside: str  # what the ratio is to
    ratio: float
    rounds: int


def processes(out: Path) -> dict[str, Sequence[str]]:
    """What Python is started with; the run writes its reports to `out`."""
    return {
        LIBRARIES: ("-c", LIBRARIES),
        HELP: ("-m", "parity", "--help"),
        TORCH: ("-c", TORCH),
        RUN: ("-m", "parity", *CASE, "--out", str(out)),
    }


def bench_startup(rounds: int, done: Callable[[], Any] = lambda: None) -> list[StartRow]:
    """Time every process, in turns.

    Raises: CalledProcessError if one of them fails.
    """
    with TemporaryDirectory() as folder:
        out, computed = Path(folder), []

        def call(name: str, arguments: Sequence[str]) -> None:
            start(arguments)
            if name == RUN:
                computed.append(arithmetic_seconds(out))
            done()

        calls = {name: partial(call, name, given) for name, given in processes(out).items()}
        seconds = interleaved(calls, rounds)
    return rows_of(seconds, computed[-rounds:], rounds)  # those before were warming up


def start(arguments: Sequence[str]) -> None:
    """A Python process, with the byte code of earlier ones."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run([sys.executable, *arguments], env=kept, capture_output=True, check=True)


def arithmetic_seconds(out: Path) -> float:
    """What both sides took to compute, by the run's own timings.csv."""
    with (out / "timings.csv").open(encoding="utf-8", newline="") as file:
        return sum(
            float(row[f"{side}_seconds"])
            for row in csv.DictReader(file)
            for side in ("refimpl", "torch")
        )


def rows_of(
    seconds: Mapping[str, Sequence[float]], computed: Sequence[float], rounds: int
) -> list[StartRow]:
    """The medians, and each beside what no start can do without."""
    rest = [
        whole - torch - arithmetic
        for whole, torch, arithmetic in zip(seconds[RUN], seconds[TORCH], computed, strict=True)
    ]
    every = {**seconds, ARITHMETIC: computed, REST: rest}
    least = {LIBRARIES: LIBRARIES, HELP: LIBRARIES}  # of the others it is torch
    return [
        StartRow(
            name,
            median(times),
            to := least.get(name, TORCH),
            median(a / b for a, b in zip(times, seconds[to], strict=True)),
            rounds,
        )
        for name, times in every.items()
    ]
