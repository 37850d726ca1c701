"""How much faster a sweep is with more processes, measured in one run.

Sweeps of the same new cases with one process and with several take turns, each with its
coordinator and a store on the disk. The processes are started before: how long that takes is in
`sweep.json` of a sweep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from parity.bench.timing import ratio
from parity.bench.workloads import SEED
from parity.cases.random_cases import Selection
from parity.sweep import executor
from parity.sweep.coordinator import Plan, Progress, sweep
from parity.sweep.executor import Pool
from parity.sweep.store import opened
from parity.sweep.versions import versions

CASES = 4000  # of a sweep: forty batches, so that waiting for the last one counts little
SELECTION = Selection(SEED)


@dataclass(frozen=True)
class ScalingRow:
    """A sweep with so many processes: the columns of bench_sweep.csv."""

    processes: int
    cases: int
    seconds: float
    cases_per_second: float
    speedup: float  # over one process, the median of the rounds' ratios
    efficiency: float  # speedup / processes: 1 is linear
    busy: float  # the share of the time that the processes judged
    coordinator: float  # its seconds over those of the processes
    rounds: int


def bench_scaling(
    processes: Sequence[int],
    rounds: int,
    cases: int = CASES,
    done: Callable[[], None] = lambda: None,
) -> list[ScalingRow]:
    """Sweep with so many processes, in turns. One process is always among them."""
    counts = sorted({1, *processes})
    found: dict[str, list[Progress]] = {str(n): [] for n in counts}
    with ExitStack() as stack:
        pools = {n: stack.enter_context(executor.local(n)) for n in counts}
        for number in range(rounds + 1):  # the first one warms up
            # Each round begins with another one.
            start = number % len(counts)
            for n in (*counts[start:], *counts[:start]):
                progress = once(pools[n], number * cases, cases)
                if number:
                    found[str(n)].append(progress)
                done()
    return _rows(found, cases)


def once(pool: Pool, first: int, cases: int) -> Progress:
    """One sweep into a store that is new."""
    plan = Plan(SELECTION, first, cases, f"parity sweep --seed {SEED}")
    with (
        TemporaryDirectory() as folder,
        opened(Path(folder) / "sweep.sqlite", SELECTION, versions()) as store,
    ):
        return sweep(plan, store, lambda: nullcontext(pool), lambda progress: None)


def _rows(found: dict[str, list[Progress]], cases: int) -> list[ScalingRow]:
    seconds = {n: [progress.seconds for progress in each] for n, each in found.items()}
    rows = []
    for n, each in found.items():
        speedup = ratio(seconds, "1", n)
        rows.append(
            ScalingRow(
                int(n),
                cases,
                median(seconds[n]),
                median(progress.rate for progress in each),
                speedup,
                speedup / int(n),
                median(progress.efficiency for progress in each),
                median(progress.own_seconds / progress.busy_seconds for progress in each),
                len(each),
            )
        )
    return rows
