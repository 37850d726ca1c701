"""What a watched step costs, beside a plain one and a comparison of two models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from parity.bench.memory import CLEAR, MALLOC, peak_extra_bytes
from parity.bench.timing import interleaved, ratio
from parity.bench.workloads import SEED
from parity.models.in_python import watch
from parity.oracle.observed.residual import comparison_of_two, step_of

BATCH = 8
PLAIN = "a plain step"


@dataclass(frozen=True)
class WatchCost:
    """One way to run a step of ResNet-18: the columns of bench_watch.csv."""

    way: str
    batch: int
    seconds: float
    ratio_to_plain: float
    peak_megabytes: float | None  # beyond what was there before; None where it is not told
    peak_ratio: float | None
    rounds: int


def ways(batch: int) -> dict[str, Callable[[], Any]]:
    """A plain step, a watched one, and two models compared by hooks."""
    model, step = step_of(batch, SEED)

    def watched() -> None:
        with watch(model) as seen:
            step()
        seen.report.raise_if_wrong()

    return {
        PLAIN: step,
        "watched": watched,
        "two models compared, hooks and allclose": comparison_of_two(batch, SEED),
    }


def bench_watch(
    rounds: int, batch: int = BATCH, done: Callable[[], Any] = lambda: None
) -> list[WatchCost]:
    """Every way in turns; then the peak memory of each in a process of its own."""
    calls = {name: _telling(way, done) for name, way in ways(batch).items()}
    seconds = interleaved(calls, rounds)
    peaks = {name: _peak_of(name, batch) for name in calls}
    plain = peaks[PLAIN]
    return [
        WatchCost(
            name,
            batch,
            median(times),
            ratio(seconds, name, PLAIN),
            peaks[name],
            _over(peaks[name], plain),
            rounds,
        )
        for name, times in seconds.items()
    ]


def _over(peak: float | None, plain: float | None) -> float | None:
    return None if peak is None or not plain else peak / plain


def _telling(way: Callable[[], Any], done: Callable[[], Any]) -> Callable[[], None]:
    def call() -> None:
        way()
        done()

    return call


def _peak_of(name: str, batch: int) -> float | None:
    """Megabytes, as a process of its own sees them."""
    if not CLEAR.exists():
        return None
    command = [sys.executable, "-m", __name__, name, str(batch)]
    environment = {**os.environ, **MALLOC}
    found = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return float(json.loads(found.stdout)) / 2**20


if __name__ == "__main__":
    print(json.dumps(peak_extra_bytes(ways(int(sys.argv[2]))[sys.argv[1]])))
