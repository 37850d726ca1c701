"""`parity bench`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parity.commands.ending import wrong_call
from parity.commands.options import FOLDER, Dtype, Dtypes, default_jobs
from parity.commands.reports import write_table
from parity.commands.terminal import console, progress_bar, wide_console
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need, need_installed
from parity.results.writing import check_writable

if TYPE_CHECKING:
    from parity.bench.plan import Plan

ROUNDS, EXACT_ROUNDS, WATCH_ROUNDS = 7, 3, 3
AN_HOUR = 3600.0


def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="workloads and networks (all)")
    ] = None,
    dtype: Dtypes = None,
    threads: Annotated[
        list[int] | None,
        typer.Option(min=1, metavar="N", help="of the BLAS and of torch (1 and 2)"),
    ] = None,
    rounds: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="how often each contender is timed (7; of exact values 3)"
        ),
    ] = None,
    rivals: Annotated[
        bool, typer.Option("--rivals", help="also im2col, MyGrad and JAX, if they are installed")
    ] = False,
    memory: Annotated[bool, typer.Option(help="also the peak memory of each call")] = True,
    check: Annotated[
        bool, typer.Option("--check", help="instead: how long a check takes beside other checkers")
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="instead: a sweep with one process and with more")
    ] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="instead: exact values beside refimpl's floats, by size")
    ] = False,
    watch: Annotated[
        bool,
        typer.Option("--watch", help="instead: a watched step of a model beside a plain one"),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where bench.csv goes (reports, of the whole benchmark)"),
    ] = None,
) -> None:
    """Time refimpl beside torch, in turns in one process: seconds, ratios, peak memory."""
    options = bool(dtype or threads or rivals or not memory)
    others = options or bool(names)
    often = rounds or ROUNDS
    if watch:
        if others or check or sweep or exact:
            wrong_call("--watch times ResNet-18 in float32: it takes --rounds and --out alone")
        bench_watch_into(out or FOLDER, rounds or WATCH_ROUNDS)
    elif exact:
        if options or check or sweep:
            wrong_call(
                "--exact times exact values on one thread: it takes names, --rounds and --out alone"
            )
        bench_exact_into(out or (None if names else FOLDER), names or [], rounds or EXACT_ROUNDS)
    elif check:
        if others or sweep:
            wrong_call(
                "--check times one convolution in float64: it takes --rounds and --out alone"
            )
        bench_checkers_into(out or FOLDER, often)
    elif sweep:
        if others:
            wrong_call("--sweep times random cases: it takes --rounds and --out alone")
        bench_scaling_into(out or FOLDER, often)
    else:
        target = out or (None if names or dtype or threads else FOLDER)
        plan = planned(names, dtype, threads, often, rivals, memory, target)
        bench_workloads_into(target, plan)


def planned(
    names: list[str] | None,
    dtype: list[Dtype] | None,
    threads: list[int] | None,
    rounds: int,
    rivals: bool,
    memory: bool,
    target: Path | None,
) -> Plan:
    """What is timed; a wrong name or a folder that cannot be written to ends the command."""
    from parity.bench.plan import Plan, UnknownWorkloadError, chosen

    dtypes = tuple(d.value for d in dtype or (Dtype.float64, Dtype.float32))
    try:
        workloads, networks = chosen(names or [])
        if target:
            check_writable(target)
    except (UnknownWorkloadError, OSError) as error:
        wrong_call(error)
    return Plan(workloads, networks, dtypes, tuple(threads or (1, 2)), rounds, rivals, memory)


def bench_workloads_into(target: Path | None, plan: Plan) -> None:
    """`parity bench` of functions and networks, behind a progress bar."""
    need("torch", "parity bench")
    from parity.bench.speed import BenchRow, missing_rivals
    from parity.bench.speed import bench as bench_rows
    from parity.report.bench import mean_lines, table

    for rival in missing_rivals() if plan.rivals else ():
        typer.echo(f"{rival} is not installed: left out", err=True)
    about = told_machine()
    bar, done = progress_bar("timing", plan.steps, "workload")
    with bar:
        rows = bench_rows(plan, lambda: done(1))
    wide_console().print(table(rows))
    for line in mean_lines(rows):
        typer.echo(line)
    write_table(target, "bench.csv", BenchRow, rows, about)


def told_machine() -> dict[str, Any]:
    """Say on which machine the figures are from; what stands of it beside the table."""
    from parity.bench.machine import about_bench
    from parity.report.bench import machine_lines

    about = about_bench(["parity", *sys.argv[1:]])
    for line in machine_lines(about):
        typer.echo(line)
    return about


def bench_checkers_into(out: Path, rounds: int) -> None:
    """`parity bench --check`: torch's threads wait as they do in a run."""
    sleep_when_idle()
    need("torch", "parity bench")
    from parity.bench.checkers import CheckerRow, bench_checkers, checkers
    from parity.bench.startup import StartRow, bench_startup, processes
    from parity.report.bench import checker_table, startup_table

    try:
        check_writable(out)
    except OSError as error:
        wrong_call(error)
    about = told_machine()
    timed = len(checkers()) + len(processes(out))
    bar, done = progress_bar("timing", timed * (rounds + 2), "timing")
    with bar:
        checked = bench_checkers(rounds, lambda: done(1))
        started = bench_startup(rounds, lambda: done(1))
    console().print(checker_table(checked))
    console().print(startup_table(started))
    write_table(out, "bench_check.csv", CheckerRow, checked, about)
    write_table(out, "bench_startup.csv", StartRow, started)


def bench_scaling_into(out: Path, rounds: int) -> None:
    """`parity bench --sweep`"""
    need_installed("torch", "parity bench")
    from parity.bench.scaling import ScalingRow, bench_scaling
    from parity.report.bench import scaling_table

    try:
        check_writable(out)
    except OSError as error:
        wrong_call(error)
    counts = sorted({1, 2, default_jobs(AN_HOUR)})
    bar, done = progress_bar("sweeping", len(counts) * (rounds + 1), "sweep")
    with bar:
        rows = bench_scaling(counts, rounds, done=lambda: done(1))
    about = told_machine()  # behind it: the sweep's coordinator does without torch
    console().print(scaling_table(rows))
    write_table(out, "bench_sweep.csv", ScalingRow, rows, about)


def bench_exact_into(target: Path | None, names: list[str], rounds: int) -> None:
    """`parity bench --exact`"""
    from parity.bench.growth import EXACT_WORKLOADS, NETWORKS
    from parity.bench.plan import UnknownWorkloadError, chosen

    try:
        workloads, networks = chosen(names, EXACT_WORKLOADS, NETWORKS)
        if target:
            check_writable(target)
    except (UnknownWorkloadError, OSError) as error:
        wrong_call(error)
    need("flint", "parity bench --exact")
    need("torch", "parity bench")
    from parity.bench.exactness import ExactRow, bench_exact, steps
    from parity.report.bench import exact_table

    about = told_machine()
    bar, done = progress_bar("timing", steps(workloads, networks), "timing")
    with bar:
        rows = bench_exact(workloads, networks, rounds, lambda: done(1))
    wide_console().print(exact_table(rows))
    write_table(target, "bench_exact.csv", ExactRow, rows, about)


def bench_watch_into(out: Path, rounds: int) -> None:
    """`parity bench --watch`"""
    need("torch", "parity bench")
    from parity.bench.watching_costs import WatchCost, bench_watch, ways
    from parity.report.bench import watch_table

    try:
        check_writable(out)
    except OSError as error:
        wrong_call(error)
    about = told_machine()
    bar, done = progress_bar("timing", len(ways(1)) * (rounds + 1), "step")
    with bar:
        rows = bench_watch(rounds, done=lambda: done(1))
    console().print(watch_table(rows))
    write_table(out, "bench_watch.csv", WatchCost, rows, about)
