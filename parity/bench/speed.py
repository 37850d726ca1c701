"""The benchmark: every workload, both directions, both dtypes, as rows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import product
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from parity import oracle
from parity.bench import memory
from parity.bench.contenders import OURS, REFIMPL, RIVALS, TORCH, of_network
from parity.bench.plan import BATCHES, Plan
from parity.bench.timing import interleaved, ratio
from parity.bench.workloads import SEED, Workload
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.oracle import Calls

FORWARD, STEP = "forward", "forward+backward"
GEMM = 1024  # the size of the square product that the peak is measured with


@dataclass(frozen=True)
class BenchRow:
    """One contender on one workload: the columns of bench.csv."""

    group: str
    workload: str
    shapes: str
    dtype: str
    threads: int
    direction: str
    contender: str
    seconds: float
    ratio_to_torch: float
    gflops: float | None
    gemm_share: float | None
    extra_bytes: int | None
    rounds: int


@contextmanager
def computing_with(threads: int) -> Iterator[None]:
    """So many threads for the BLAS and for torch alike."""
    with threadpool_limits(threads), oracle.single_threaded():
        oracle.set_threads(threads)
        yield


def bench(plan: Plan, done: Callable[[], None] = lambda: None) -> list[BenchRow]:
    """Time everything of a plan; `done` is told after each workload."""
    rows: list[BenchRow] = []
    for threads, dtype in product(plan.threads, plan.dtypes):
        with computing_with(threads):
            peak = gemm_gflops(dtype)
            for workload in plan.workloads:
                rows += _workload_rows(workload, dtype, threads, plan, peak)
                done()
            for name in plan.networks:
                rows += _network_rows(name, dtype, threads, plan)
                done()
    return with_memory(rows, plan) if plan.memory else rows


def with_memory(rows: list[BenchRow], plan: Plan) -> list[BenchRow]:
    """The same, with the peak memory of each call of both sides."""
    names = [workload.name for workload in plan.workloads]
    peaks = {
        (contender, dtype): memory.peaks(contender, dtype, names)
        for contender, dtype in product((REFIMPL, TORCH), plan.dtypes)
    }

    def measured(row: BenchRow) -> BenchRow:
        of_workload = peaks.get((row.contender, row.dtype), {}).get(row.workload)
        if of_workload is None:
            return row
        return replace(row, extra_bytes=of_workload[row.direction == STEP])

    return [measured(row) for row in rows]


def gemm_gflops(dtype: str) -> float:
    """The fastest of several products of square matrices, in GFLOP/s: the machine's peak."""
    a = np.random.default_rng(SEED).normal(size=(GEMM, GEMM)).astype(dtype)
    out = np.empty_like(a)
    seconds = interleaved({"gemm": lambda: np.matmul(a, a, out=out)}, 7)["gemm"]
    return 2 * GEMM**3 / min(seconds) / 1e9


def contenders(workload: Workload, dtype: str, rivals: bool) -> tuple[dict[str, Calls], int | None]:
    """Who can run a workload, and how many floating-point operations its forward has."""
    arrays = workload.draw(dtype)
    y = FUNCTIONS[workload.function].forward(arrays, workload.options)
    dy = workload.upstream(y.shape, dtype)
    makers = dict(OURS)
    if rivals and workload.function == "conv2d":
        makers |= {name: make for name, make in RIVALS.items() if installed(name)}
    calls = {name: make(workload, arrays, dy) for name, make in makers.items()}
    return {n: c for n, c in calls.items() if n in OURS or runs(c)}, workload.flops(y.shape)


def runs(calls: Calls) -> bool:
    """Whether a rival can do it at all: MyGrad refuses windows that leave pixels over."""
    try:
        calls.forward()
    except ValueError:
        return False
    return True


def installed(rival: str) -> bool:
    """Whether a rival's package is there; im2col is written here."""
    return rival == "im2col" or find_spec(rival.lower()) is not None


def missing_rivals() -> list[str]:
    """Those that are not installed."""
    return [rival for rival in RIVALS if not installed(rival)]


def _workload_rows(
    workload: Workload, dtype: str, threads: int, plan: Plan, peak: float
) -> Iterator[BenchRow]:
    calls, flops = contenders(workload, dtype, plan.rivals and threads == 1)
    for direction in (FORWARD, STEP):
        chosen = {n: c.forward if direction == FORWARD else c.step for n, c in calls.items()}
        seconds = interleaved(chosen, plan.rounds)
        # The backward of a sum of products has two such sums.
        work = None if flops is None else flops * (1 if direction == FORWARD else 3) / 1e9
        for name, times in seconds.items():
            speed = None if work is None else work / median(times)
            yield BenchRow(
                workload.group,
                workload.name,
                workload.shapes,
                dtype,
                threads,
                direction,
                name,
                median(times),
                ratio(seconds, name, TORCH),
                speed,
                None if speed is None else speed / peak,
                None,
                plan.rounds,
            )


def _network_rows(name: str, dtype: str, threads: int, plan: Plan) -> Iterator[BenchRow]:
    batch = BATCHES[name]
    calls = of_network(NETWORKS[name], dtype, batch, SEED)
    for direction in (FORWARD, STEP):
        chosen = {n: c.forward if direction == FORWARD else c.step for n, c in calls.items()}
        seconds = interleaved(chosen, plan.rounds)
        for contender, times in seconds.items():
            yield BenchRow(
                "network",
                f"{name}, batch {batch}",
                "",
                dtype,
                threads,
                direction,
                contender,
                median(times),
                ratio(seconds, contender, TORCH),
                None,
                None,
                None,
                plan.rounds,
            )


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios.

    >>> geometric_mean([0.5, 2.0])
    1.0
    """
    return math.exp(sum(map(math.log, values)) / len(values))


def means(rows: Sequence[BenchRow]) -> dict[tuple[str, str, int, str, str], float]:
    """The geometric mean of the ratios to torch, by group, dtype, threads, direction, contender."""
    grouped: dict[tuple[str, str, int, str, str], list[float]] = {}
    for row in rows:
        key = (row.group, row.dtype, row.threads, row.direction, row.contender)
        grouped.setdefault(key, []).append(row.ratio_to_torch)
    return {key: geometric_mean(ratios) for key, ratios in grouped.items()}
