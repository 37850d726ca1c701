"""What the benchmark says on the terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table

from parity.bench.checkers import QUICK, CheckerRow
from parity.bench.contenders import REFIMPL, TORCH
from parity.bench.exactness import ExactRow
from parity.bench.scaling import ScalingRow
from parity.bench.speed import FORWARD, STEP, BenchRow, means
from parity.bench.startup import StartRow
from parity.bench.watching_costs import WatchCost

COLUMNS = (
    *("workload", "dtype", "threads", "forward", "ratio", "of GEMM", "MiB"),
    *("forward+backward", "ratio", "of GEMM", "MiB"),
)

EXACT_COLUMNS = (
    *("workload", "dtype", "10⁶\nmult-adds", "elements", "exact"),
    *("float ms\nCPU/wall", "exact ms\nCPU/wall", "CPU\nratio"),
    *("µs/mult-add\nfloat/exact", "method"),
)


def table(rows: Sequence[BenchRow]) -> Table:
    """refimpl on every workload: seconds, ratio to torch, share of the GEMM peak, memory."""
    shown = Table(box=None, pad_edge=False)
    for number, column in enumerate(COLUMNS):
        shown.add_column(column, justify="left" if number < 2 else "right", no_wrap=True)
    found = {(r.workload, r.dtype, r.threads, r.direction, r.contender): r for r in rows}
    for workload, dtype, threads in dict.fromkeys((r.workload, r.dtype, r.threads) for r in rows):
        cells = [workload, dtype, str(threads)]
        for direction in (FORWARD, STEP):
            ours = found[workload, dtype, threads, direction, REFIMPL]
            theirs = found[workload, dtype, threads, direction, TORCH]
            cells += [
                f"{1e3 * ours.seconds:.3g} ms",
                f"{ours.ratio_to_torch:.2f}",
                f"{100 * ours.gemm_share:.0f} %" if ours.gemm_share else "",
                _memory(ours.extra_bytes, theirs.extra_bytes),
            ]
        shown.add_row(*cells)
    return shown


def checker_table(rows: Sequence[CheckerRow]) -> Table:
    """Each way to check a convolution's gradients, and how long it takes."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("checker")
    shown.add_column("seconds", justify="right")
    shown.add_column(f"× {QUICK}", justify="right")
    for row in rows:
        shown.add_row(row.checker, f"{row.seconds:.3g}", f"{row.ratio_to_quick:.3g}")
    return shown


def watch_table(rows: Sequence[WatchCost]) -> Table:
    """What a watched step costs beside a plain one."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("a step of ResNet-18")
    for column in ("seconds", "× plain", "peak MB", "× plain"):
        shown.add_column(column, justify="right")
    for row in rows:
        memory = [
            "" if number is None else f"{number:.3g}"
            for number in (row.peak_megabytes, row.peak_ratio)
        ]
        shown.add_row(row.way, f"{row.seconds:.3g}", f"{row.ratio_to_plain:.3g}", *memory)
    return shown


def scaling_table(rows: Sequence[ScalingRow]) -> Table:
    """A sweep with one process and with more."""
    shown = Table(box=None, pad_edge=False)
    for column in ("processes", "cases/s", "speed-up", "efficiency", "busy", "coordinator"):
        shown.add_column(column, justify="right")
    for row in rows:
        shares = (row.efficiency, row.busy, row.coordinator)
        shown.add_row(
            str(row.processes),
            f"{row.cases_per_second:.0f}",
            f"{row.speedup:.2f}",
            *(f"{100 * share:.1f} %" for share in shares),
        )
    return shown


def exact_table(rows: Sequence[ExactRow]) -> Table:
    """The exact values of each subject beside its floats."""
    shown = Table(box=None, pad_edge=False)
    for number, column in enumerate(EXACT_COLUMNS):
        last = number == len(EXACT_COLUMNS) - 1
        left = number < 2 or last
        shown.add_column(column, justify="left" if left else "right", no_wrap=not last)
    for row in rows:
        work = row.multiply_adds
        shown.add_row(
            row.workload,
            row.dtype,
            f"{work / 1e6:.3g}" if work else "",
            str(row.elements),
            f"{math.floor(1000 * row.exact_share) / 10:g} %",  # 100 % are all
            _milliseconds(row.float_cpu_seconds, row.float_wall_seconds),
            _milliseconds(row.exact_cpu_seconds, row.exact_wall_seconds),
            _digits(row.ratio),
            f"{row.float_us:.2g}/{row.exact_us:.2g}" if row.float_us and row.exact_us else "",
            row.method,
        )
    return shown


def _milliseconds(cpu: float, wall: float) -> str:
    return f"{_digits(1e3 * cpu)}/{_digits(1e3 * wall)}"


def _digits(number: float) -> str:
    """Three digits, or as many as stand before the point."""
    return f"{number:.0f}" if number >= 1000 else f"{number:.3g}"


def startup_table(rows: Sequence[StartRow]) -> Table:
    """How long processes take, beside what they cannot do without."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("fresh process")
    shown.add_column("seconds", justify="right")
    shown.add_column("ratio", justify="right")
    for row in rows:
        shown.add_row(row.what, f"{row.seconds:.3g}", f"{row.ratio:.3g} × {row.beside}")
    return shown


def machine_lines(about: Mapping[str, Any]) -> Iterator[str]:
    """Of `about_bench`: the processor and its vectors, both sides' BLAS, and what it comes to."""
    cpu, torch, products = about["cpu"], about["torch"], about["products"]
    vectors = " ".join(cpu["vectors"]) or "no vector extensions"
    yield f"processor: {cpu['model']}, {cpu['cores']} cores; {vectors} (by NumPy)"
    found = [library for library in about["blas"] if library["user_api"] == "blas"]
    ours = [_blas(said) for said in found if said["package"] == "numpy"] or map(_blas, found)
    theirs = [_blas(said) for said in found if said["package"] == "torch"]
    yield (
        f"BLAS: NumPy's {' '.join(ours) or 'unknown'}, "
        f"torch's {' '.join(theirs) or torch['blas']} for {torch['cpu_capability']}"
    )
    ratios = ", ".join(f"{p['dtype']} {p['ratio']:.2f}" for p in products)
    size = products[0]["size"]
    yield f"matrix products {size}×{size}, CPU time of refimpl over torch's: {ratios}"


def _blas(said: Mapping[str, Any]) -> str:
    """`openblas 0.3.31 for SkylakeX`"""
    named = f"{said['internal_api']} {said['version']}"
    return f"{named} for {said['architecture']}" if said.get("architecture") else named


def _memory(ours: int | None, theirs: int | None) -> str:
    """Both sides' peaks, in MiB."""
    if ours is None or theirs is None:
        return ""
    return f"{ours / 2**20:.1f}/{theirs / 2**20:.1f}"


def mean_lines(rows: Sequence[BenchRow]) -> Iterator[str]:
    """The geometric means of the ratios to torch: refimpl's, and its rivals' beside it."""
    found = means(rows)
    for (group, dtype, threads, direction, contender), ratio in found.items():
        if contender == TORCH or group in ("overhead", "network"):
            continue
        who = "" if contender == REFIMPL else f", {contender}"
        cores = f"{threads} thread{'s' * (threads > 1)}"
        yield f"{group}{who}: {dtype}, {cores}, {direction}: {ratio:.2f} × torch"
