"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
import time
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console
    from rich.progress import Progress

    from parity.bench.plan import Plan
    from parity.bench.run import BenchRow
    from parity.documents.audit import AuditRow
    from parity.documents.ledger import LedgerRow
    from parity.findings import Findings, Settings
    from parity.mistakes import Mistake
    from parity.power import Power
    from parity.run import Task

DISAGREE, WRONG_CALL = 1, 2
TABLE_WIDTH = 120  # a narrower terminal folds the lines; rich would cut the verdicts off
# Typer brings its own Click; this is how it names the base class of wrong usage.
USAGE_ERROR: Any = typer.BadParameter.__base__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


class Dtype(StrEnum):
    """The dtypes that a run can be narrowed to."""

    float32 = "float32"
    float64 = "float64"


def main() -> None:
    """Entry point of `parity`."""
    try:
        code = app(standalone_mode=False)
    except USAGE_ERROR as error:
        if len(sys.argv) < 2:
            error.show()  # the help
            sys.exit(WRONG_CALL)
        typer.echo(f"parity: {error.format_message()}", err=True)
        sys.exit(WRONG_CALL)
    sys.exit(code or 0)


def show_version(wanted: bool) -> None:
    """`--version`"""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cnn-parity {version('cnn-parity')}")
        raise typer.Exit


@app.callback()
def parity(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="and exit")
    ] = False,
) -> None:
    """Compare refimpl's formulas with torch.autograd, under bounds derived from the arithmetic."""


@app.command()
def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="functions and networks (all)")
    ] = None,
    case: Annotated[str | None, typer.Option(metavar="ID", help="one case, as listed")] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="one dtype (both)")] = None,
    device: Annotated[str, typer.Option(help="where torch computes: cpu, cuda, …")] = "cpu",
    tf32: Annotated[
        bool, typer.Option("--tf32", help="let CUDA round the factors of float32 products")
    ] = False,
    seed: Annotated[int | None, typer.Option(min=0, help="of all random numbers")] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="where the reports go")] = Path(
        "reports"
    ),
    jobs: Annotated[
        int | None, typer.Option(min=1, help="processes (as many as there are cores, at most 8)")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="also the networks that take long (alexnet)")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="torch alone, and the first steps of training")
    ] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="also write JUnit XML")] = None,
    elements: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="cases whose every element goes to gradients.csv (the documents' worked examples)",
        ),
    ] = None,
    rtol: Annotated[
        float | None, typer.Option(min=0, help="override the derived bounds: atol + rtol·|torch|")
    ] = None,
    atol: Annotated[
        float | None, typer.Option(min=0, help="override the derived bounds: atol + rtol·|torch|")
    ] = None,
) -> None:
    """Run the suite: a table here, CSV reports in DIR. Exit code 1 if both sides disagree."""
    from parity import oracle
    from parity.findings import DEFAULT_SEED, Settings
    from parity.run import element_cases, select
    from parity.selection import SelectionError

    started = time.perf_counter()
    dtypes = [d.value for d in dtype or Dtype]
    try:
        tasks = select(names or [], case, dtypes, full, witnesses=not quick)
        shown = element_cases(elements)
        oracle.check_device(device)
        if tf32:
            oracle.check_tf32(device)
        check_tolerances(rtol, atol)
        check_writable(out)
        if junit:
            check_junit(junit, out)
    except (SelectionError, oracle.DeviceError, OSError, ValueError) as error:
        wrong_call(str(error))
    settings = Settings(
        seed=DEFAULT_SEED if seed is None else seed,
        device=device,
        tf32=tf32,
        rtol=rtol,
        atol=atol,
        elements=shown,
        quick=quick,
    )
    jobs = jobs or default_jobs(len(tasks))
    findings = with_progress(tasks, settings, jobs)
    report(findings, settings, jobs, started, out, junit)
    raise typer.Exit(0 if findings.holds else DISAGREE)


@app.command("list")
def list_cases(
    name: Annotated[str | None, typer.Argument(help="a function or network: its cases")] = None,
) -> None:
    """List the functions and networks, or the cases of one of them."""
    from parity.cases import BAD, GOOD
    from parity.cases.networks import NETWORKS
    from parity.functions import forward_of
    from parity.run import select
    from parity.selection import SelectionError

    if name is None:
        for function in dict.fromkeys(case.function for case in GOOD):
            good = sum(case.function == function for case in GOOD)
            bad = sum(forward_of(case.function) == function for case in BAD)
            typer.echo(f"{function}: {good} cases, {bad} bad inputs")
        for network in NETWORKS.values():
            training = f", {network.steps} steps of training" if network.steps else ""
            behind = ", with --full or by name" if network.full else ""
            typer.echo(f"{network.name}: network{training}{behind}")
        return
    try:
        tasks = select([name], None, [d.value for d in Dtype])
    except SelectionError as error:
        wrong_call(str(error))
    for task_id in dict.fromkeys(t.id for t in tasks if t.kind in ("case", "network")):
        typer.echo(task_id)


@app.command()
def audit(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="statements, D0.1 … (all)")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="D2", help="all statements of a document")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where audit.csv goes (reports, of the whole audit)"),
    ] = None,
) -> None:
    """Check the verdict on every formula of the documents. Exit code 1 if one is not supported."""
    from parity.documents.audit import AuditRow, UnknownRowError, select
    from parity.report.audit import counts, details, problems

    narrowed = bool(ids or document)
    target = out or (None if narrowed else Path("reports"))
    try:
        chosen = select(ids or [], document or [])
        if target:
            check_writable(target)
        rows = audited_with_progress(chosen)
    except (UnknownRowError, OSError, ValueError) as error:
        wrong_call(str(error))
    shown = wide_console()
    shown.print(counts(rows))
    for line in (*details(rows, everything=bool(ids)), *problems(rows)):
        typer.echo(f"\n{line}")
    unsupported = sum(not row.supported for row in rows)
    typer.echo(
        f"\n{_counted(len(rows), 'statement')}, {_counted(sum(r.checks for r in rows), 'check')}: "
        + (f"{unsupported} NOT SUPPORTED" if unsupported else "every verdict is supported")
    )
    write_table(target, "audit.csv", AuditRow, rows)
    raise typer.Exit(DISAGREE if unsupported else 0)


@app.command()
def mistakes(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="known mistakes (all)")
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="those in a function, forward or backward"),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="of all random numbers")] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where mistakes.csv goes (reports, of all mistakes)"),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="processes (as many as there are cores, at most 8)")
    ] = None,
) -> None:
    """Show that known mistakes are refused. Exit code 1 if one is not, or correct code is."""
    from parity.findings import DEFAULT_SEED, Settings
    from parity.power import MistakeRow, select
    from parity.report.mistakes import describe, problems, summary, table
    from parity.selection import SelectionError

    started = time.perf_counter()
    target = out or (None if names or function else Path("reports"))
    try:
        chosen = select(names or [], function or [])
        if target:
            check_writable(target)
    except (SelectionError, OSError) as error:
        wrong_call(str(error))
    settings = Settings(DEFAULT_SEED if seed is None else seed)
    power = power_with_progress(chosen, settings, jobs)
    shown = wide_console()
    shown.print(table(power.rows))
    described = [describe(row) for row in power.rows if names and not row.control]
    for line in (*described, *problems(power)):
        typer.echo(f"\n{line}")
    typer.echo(f"\n{summary(power)}; {time.perf_counter() - started:.1f} s")
    write_table(target, "mistakes.csv", MistakeRow, power.rows)
    raise typer.Exit(0 if power.holds else DISAGREE)


@app.command()
def sweep(
    cases: Annotated[int, typer.Option(min=1, help="how many random cases")] = 10_000,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="one function (all)")
    ] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="one dtype (both)")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="of all cases")] = None,
    first: Annotated[int, typer.Option(min=0, help="the number of the first case")] = 0,
    only: Annotated[int | None, typer.Option(min=0, help="one case, by its number")] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="processes (as many as there are cores, at most 8)")
    ] = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="the scheduler of a Dask cluster")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="where results are kept (DIR/sweep.sqlite)"),
    ] = None,
    time_limit: Annotated[
        str | None, typer.Option("--time", metavar="1h30m", help="end after so long")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="where the reports go")] = Path(
        "reports"
    ),
) -> None:
    """Judge random cases, as many as wanted; the same command continues where it was ended."""
    from parity.findings import DEFAULT_SEED
    from parity.sweep import command, duration

    try:
        selection = command.select(
            DEFAULT_SEED if seed is None else seed, function or [], [d.value for d in dtype or ()]
        )
        if only is not None:
            raise typer.Exit(command.repeat(selection, only, typer.echo))
        check_writable(out)
        options = command.Options(
            selection,
            first,
            cases,
            jobs or default_jobs(cases),
            dask,
            store or out / "sweep.sqlite",
            duration.seconds(time_limit) if time_limit is not None else None,
            out,
            ["parity", *sys.argv[1:]],
        )
        shown = wide_console()
        code = command.run(options, shown, console(stderr=True), typer.echo)
    except (OSError, ValueError) as error:
        wrong_call(str(error))
    raise typer.Exit(code)


@app.command()
def bench(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="workloads and networks (all)")
    ] = None,
    dtype: Annotated[list[Dtype] | None, typer.Option(help="one dtype (both)")] = None,
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="of the BLAS and of torch (1 and 2)")
    ] = None,
    rounds: Annotated[int, typer.Option(min=1, help="samples of each contender")] = 7,
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
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where bench.csv goes (reports, of the whole benchmark)"),
    ] = None,
) -> None:
    """Time refimpl beside torch, in turns in one process: seconds, ratios, peak memory."""
    if check:
        if names or dtype or threads or rivals:
            wrong_call(
                "--check times one convolution in float64: it takes --rounds and --out alone"
            )
        bench_checkers_into(out or Path("reports"), rounds)
        return
    if sweep:
        if names or dtype or threads or rivals:
            wrong_call("--sweep times random cases: it takes --rounds and --out alone")
        bench_scaling_into(out or Path("reports"), rounds)
        return
    from parity.bench.plan import Plan, UnknownWorkloadError, chosen
    from parity.bench.run import BenchRow
    from parity.report.bench import mean_lines, table

    dtypes = [d.value for d in dtype or (Dtype.float64, Dtype.float32)]
    whole = not (names or dtype or threads)
    target = out or (Path("reports") if whole else None)
    try:
        workloads, networks = chosen(names or [])
        if target:
            check_writable(target)
    except (UnknownWorkloadError, OSError) as error:
        wrong_call(str(error))
    plan = Plan(
        workloads, networks, tuple(dtypes), tuple(threads or (1, 2)), rounds, rivals, memory
    )
    rows = timed_with_progress(plan)
    shown = wide_console()
    shown.print(table(rows))
    for line in mean_lines(rows):
        typer.echo(line)
    write_table(target, "bench.csv", BenchRow, rows)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A.csv", help="the summary.csv of a run")],
    after: Annotated[Path, typer.Argument(metavar="B.csv", help="that of a later one")],
) -> None:
    """Say what changed between two runs. Exit code 1 if anything did."""
    from parity.report.diff import SummaryError, changes

    try:
        found = changes(before, after)
    except SummaryError as error:
        wrong_call(str(error))
    for change in found:
        typer.echo(
            f"{change.what:8} {change.tensor}: {change.before or '-'} → {change.after or '-'}"
        )
    typer.echo(f"{len(found)} changes" if found else "no changes")
    raise typer.Exit(DISAGREE if found else 0)


# --- what the commands share --------------------------------------------------------------


def wrong_call(message: str) -> NoReturn:
    """One line on stderr, exit code 2."""
    typer.echo(f"parity: {message}", err=True)
    raise typer.Exit(WRONG_CALL)


def check_writable(out: Path) -> None:
    """Refuse a folder that cannot be written to before anything is computed."""
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out}: is not a folder")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(f"{out}: cannot be written to")


def check_junit(junit: Path, out: Path) -> None:
    """Refuse a place for the JUnit file that is a folder or one of the run's own reports."""
    from parity.report.files import REPORTS

    check_writable(junit.parent)
    if junit.is_dir():
        raise IsADirectoryError(f"--junit {junit}: is a folder, a file is needed")
    if junit.resolve().parent == out.resolve() and junit.name in REPORTS:
        raise ValueError(f"--junit {junit}: is one of the run's own reports")


def check_tolerances(*tolerances: float | None) -> None:
    """Refuse tolerances that are no finite numbers."""
    for tolerance in tolerances:
        if tolerance is not None and not isfinite(tolerance):
            raise ValueError(f"--rtol and --atol must be finite, but one is {tolerance}")


def default_jobs(tasks: int) -> int:
    """As many processes as there are cores to use; one where starting more takes longer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, 8) if tasks > 100 else 1


def console(stderr: bool = False) -> Console:
    """A console that stays wide where there is no terminal to ask for its width."""
    from rich.console import Console

    shown = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not shown.is_terminal:
        shown.width = 140
    return shown


def wide_console() -> Console:
    """A console that is wide enough for a table."""
    shown = console()
    shown.width = max(shown.width, TABLE_WIDTH)
    return shown


def write_table(target: Path | None, name: str, row_type: type, rows: Sequence[Any]) -> None:
    """Write a report of one table, and say where; say so, too, where none is wanted."""
    from parity.report.files import replace_files, to_csv

    if target is None:
        typer.echo("report: none of a part; --out DIR writes one")
        return
    try:
        written = replace_files({target / name: to_csv(row_type, rows)})
    except OSError as error:
        wrong_call(f"the report could not be written, the old one stands: {error}")
    typer.echo(f"report: {written[0]}")


def progress_bar(description: str, total: int) -> tuple[Progress, Callable[[int], None]]:
    """A progress bar, shown on terminals only, and what moves it on."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    target = console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=target,
        transient=True,
        disable=not target.is_terminal,
    )
    shown = bar.add_task(description, total=total)
    return bar, lambda count: bar.advance(shown, count)


def bench_checkers_into(out: Path, rounds: int) -> None:
    """`parity bench --check`"""
    from parity.bench.checkers import CheckerRow, bench_checkers, checkers
    from parity.report.bench import checker_table

    try:
        check_writable(out)
    except OSError as error:
        wrong_call(str(error))
    bar, done = progress_bar("timing", len(checkers()) * (rounds + 2))
    with bar:
        rows = bench_checkers(rounds, lambda: done(1))
    console().print(checker_table(rows))
    write_table(out, "bench_check.csv", CheckerRow, rows)


def bench_scaling_into(out: Path, rounds: int) -> None:
    """`parity bench --sweep`"""
    from parity.bench.scaling import ScalingRow, bench_scaling
    from parity.report.bench import scaling_table

    try:
        check_writable(out)
    except OSError as error:
        wrong_call(str(error))
    counts = sorted({1, 2, default_jobs(10**6)})
    bar, done = progress_bar("sweeping", len(counts) * (rounds + 1))
    with bar:
        rows = bench_scaling(counts, rounds, done=lambda: done(1))
    console().print(scaling_table(rows))
    write_table(out, "bench_sweep.csv", ScalingRow, rows)


def timed_with_progress(plan: Plan) -> list[BenchRow]:
    """Time a plan behind a progress bar."""
    from parity.bench.run import bench as bench_rows

    bar, done = progress_bar("timing", plan.steps)
    with bar:
        return bench_rows(plan, lambda: done(1))


def audited_with_progress(rows: list[LedgerRow]) -> list[AuditRow]:
    """Audit the rows behind a progress bar."""
    from parity.documents.audit import audit as audit_rows

    bar, done = progress_bar("auditing", len(rows))
    with bar:
        return audit_rows(rows, lambda: done(1))


def power_with_progress(known: list[Mistake], settings: Settings, jobs: int | None) -> Power:
    """Run the mistakes behind a progress bar."""
    from parity.power import power, steps

    total = steps(known)
    bar, done = progress_bar("making mistakes", total)
    with bar:
        return power(known, settings, jobs or default_jobs(total), done)


def with_progress(tasks: list[Task], settings: Settings, jobs: int) -> Findings:
    """Run the tasks behind a progress bar."""
    from parity.run import run as run_tasks

    bar, done = progress_bar("comparing", len(tasks))
    with bar:
        return run_tasks(tasks, settings, jobs, done)


def report(
    findings: Findings,
    settings: Settings,
    jobs: int,
    started: float,
    out: Path,
    junit: Path | None,
) -> None:
    """The table and the messages, then the files."""
    from parity.report.about import about_run
    from parity.report.files import write_reports
    from parity.report.text import failures, half_note, table, training_notes
    from parity.report.witnesses import refutations, witness_notes

    shown = wide_console()
    shown.print(table(findings))
    for line in (
        *training_notes(findings.training),
        *witness_notes(findings.witnesses),
        *half_note(findings.rows),
        *failures(findings),
        *refutations(findings.refuted, settings.seed),
    ):
        typer.echo(line)
    if settings.override:
        typer.echo(f"The verdicts rest on an override, not on derived bounds: {settings.override}")
    seconds = time.perf_counter() - started
    about = about_run(findings, settings, ["parity", *sys.argv[1:]], jobs, seconds)
    try:
        written = write_reports(findings, about, out, junit)
    except OSError as error:
        wrong_call(f"the reports could not be written, the old ones stand: {error}")
    typer.echo(f"{summary_line(findings)}; {seconds:.1f} s")
    typer.echo(f"reports: {', '.join(map(str, written))}")


def summary_line(findings: Findings) -> str:
    """The run in one sentence."""
    failed = len(findings.failures) + len(findings.accepted) + len(findings.refuted)
    cases = len({row.case for row in findings.judged if not row.network})
    networks = len({row.network for row in findings.rows if row.network})
    blind = sum(row.verdict == "blind" for row in findings.rows)
    unseen = f"; {_counted(blind, 'blind accumulated row')}: not counted" if blind else ""
    return (
        f"{_counted(len(findings.judged), 'tensor')} ({_counted(cases, 'layer case')}, "
        f"{_counted(networks, 'network')}), {_counted(len(findings.refusals), 'bad input')}: "
        f"{f'{failed} DO NOT HOLD' if failed else 'all hold'}{unseen}"
    )


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


if __name__ == "__main__":
    main()
