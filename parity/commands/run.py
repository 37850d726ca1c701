"""`parity run`"""

from __future__ import annotations

import sys
import time
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from parity.commands import interruption
from parity.commands.ending import DISAGREE, in_words, wrong_call
from parity.commands.options import (
    FOLDER,
    Dtype,
    Dtypes,
    Jobs,
    Seed,
    Shapes,
    default_jobs,
    most_jobs,
)
from parity.commands.page import Open, page_of_run
from parity.commands.reports import check_file
from parity.commands.terminal import narrow_console, progress_bar, wide_console
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need, need_installed
from parity.results.writing import check_writable
from parity.suite.processes import load_ahead

if TYPE_CHECKING:
    from parity.results.findings import Findings
    from parity.results.settings import Settings
    from parity.suite.task import Task

EXACT = ("parity.suite.witness_tasks", "parity.witnesses.closeness")  # what --quick does without
INTERRUPTED = "interrupted"  # the folder of what was found before Ctrl-C
OutOrPart = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help=f"where the reports go ({FOLDER}; of a part {FOLDER}/part)"),
]


def run(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="functions and networks (all)")
    ] = None,
    case: Annotated[str | None, typer.Option(metavar="ID", help="one case, as listed")] = None,
    shapes: Shapes = None,
    dtype: Dtypes = None,
    device: Annotated[
        str, typer.Option(metavar="NAME", help="where torch computes: cpu, cuda, …")
    ] = "cpu",
    tf32: Annotated[
        bool, typer.Option("--tf32", help="let CUDA round the factors of float32 products")
    ] = False,
    seed: Seed = None,
    out: OutOrPart = None,
    jobs: Jobs = None,
    full: Annotated[
        bool, typer.Option("--full", help="also what takes long: alexnet, resnet18, all witnesses")
    ] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="torch, few properties, and the first steps of training")
    ] = False,
    junit: Annotated[Path | None, typer.Option(metavar="FILE", help="also write JUnit XML")] = None,
    verbose: Annotated[
        bool,
        typer.Option(
            "--verbose",
            "-v",
            help="the table with all its columns and a line for each way a network is run",
        ),
    ] = False,
    elements: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ID",
            help="cases whose every element goes to gradients.csv (the documents' worked "
            "examples); all: every element of what is outside, too",
        ),
    ] = None,
    page: Annotated[
        bool | None,
        typer.Option(
            "--page/--no-page", help="also make DIR/index.html, to read offline (of a whole run)"
        ),
    ] = None,
    show: Open = False,
    rtol: Annotated[
        float | None,
        typer.Option(min=0, metavar="N", help="override the derived bounds: atol + rtol·|torch|"),
    ] = None,
    atol: Annotated[
        float | None,
        typer.Option(min=0, metavar="N", help="override the derived bounds: atol + rtol·|torch|"),
    ] = None,
) -> None:
    """Run the suite: a table here, CSV reports in DIR. Exit code 1 if both sides disagree.

    At its end the run plants mistakes on both sides; it fails if it does not see them.
    """
    if quick and full:
        wrong_call("--quick and --full are two different suites; give one of them")
    sleep_when_idle()
    if junit:
        need_installed("junitparser", "parity run --junit")
    for package in () if quick else ("flint", "mpmath"):
        need_installed(package, "parity run")
    for package in ("rich", "threadpoolctl", "torch"):
        need(package, "parity run")
    if not (names or case or shapes) and (jobs or most_jobs()) > 1:
        load_ahead(*(() if quick else EXACT))  # a whole suite is work for several processes
    from parity import oracle
    from parity.own_data.layer_tasks import of_layers
    from parity.results.settings import DEFAULT_SEED, Settings
    from parity.suite.costs import seconds
    from parity.suite.scope import EVERY, Asked, of_catalogue, scope_of

    started = time.perf_counter()
    dtypes = [d.value for d in dtype or Dtype]
    used_seed = DEFAULT_SEED if seed is None else seed
    try:
        asked = Asked(names or [], case, dtypes, full, quick, used_seed, elements or [])
        chosen = of_layers(shapes, asked) if shapes else of_catalogue(asked)
        oracle.check_device(device)
        if tf32:
            oracle.check_tf32(device)
        check_tolerances(rtol, atol)
        scope = scope_of(names or [], case, dtype or [], full, quick, shapes)
        folder = report_folder(out, scope)
        check_writable(folder)
        if junit:
            check_junit(junit, folder)
    except (oracle.DeviceError, OSError, ValueError) as error:  # SelectionError, OwnDataError
        wrong_call(error)
    settings = Settings(
        seed=used_seed,
        device=device,
        tf32=tf32,
        rtol=rtol,
        atol=atol,
        elements=chosen.shown,
        all_elements=EVERY in (elements or []),
        quick=quick,
        shapes=str(shapes or ""),
    )
    jobs = jobs or default_jobs(seconds(chosen.tasks, quick))
    outputs = Outputs(folder, junit, scope, verbose, chosen.notes, chosen.layers)
    findings = with_progress(chosen.tasks, settings, outputs, jobs, started)
    report(findings, settings, outputs, jobs, started)
    if show or (page if page is not None else is_whole_scope(scope)):
        page_of_run(folder, show)
    raise typer.Exit(0 if findings.holds else DISAGREE)


def is_whole_scope(scope: str) -> bool:
    """Whether a suite is run, not a part of it."""
    from parity.results.about import PART

    return not scope.startswith(PART)


def report_folder(out: Path | None, scope: str) -> Path:
    """Where the reports go: those of a part of the suite never in the place of a whole run's."""
    from parity.report.files import check_place
    from parity.results.about import PART

    if out is None:
        return FOLDER / PART if scope.startswith(PART) else FOLDER
    check_place(out, scope)
    return out


def check_junit(junit: Path, out: Path) -> None:
    """Refuse a place for the JUnit file that is a folder or one of the run's own reports."""
    from parity.report.files import REPORTS

    check_writable(junit.parent)
    check_file("--junit", junit)
    folders = (out.resolve(), FOLDER.resolve())
    if junit.resolve().parent in folders and junit.name in REPORTS:
        raise ValueError(f"--junit {junit}: is one of the run's own reports")


def check_tolerances(*tolerances: float | None) -> None:
    """Refuse tolerances that are no finite numbers."""
    for tolerance in tolerances:
        if tolerance is not None and not isfinite(tolerance):
            raise ValueError(f"--rtol and --atol must be finite, but one is {tolerance}")


class Outputs(NamedTuple):
    """What a run writes and shows: where its reports go, and what they say it was of."""

    folder: Path
    junit: Path | None
    scope: str
    verbose: bool
    notes: tuple[str, ...]  # what is not asked, in sentences
    layers: tuple[str, ...]  # of a file, in words


def with_progress(
    tasks: list[Task], settings: Settings, outputs: Outputs, jobs: int, started: float
) -> Findings:
    """Run the tasks, and what the run vouches for itself by, behind a progress bar."""
    from parity.suite.run import in_order
    from parity.suite.vouched import vouched
    from parity.suite.vouching import planted_tasks

    planted = planted_tasks(tasks, settings.quick)
    total = len(tasks) + len(planted)
    bar, done = progress_bar("comparing", total, "task")
    results: dict[int, Findings] = {}
    try:
        with bar:
            return vouched(tasks, planted, settings, jobs, done, results)
    except KeyboardInterrupt:
        if results:
            share = f"{len(results)} of {total} tasks"
            keep(in_order(results), settings, outputs, share, jobs, started)
        raise


def keep(
    findings: Findings, settings: Settings, outputs: Outputs, share: str, jobs: int, started: float
) -> None:
    """What was found before Ctrl-C, in a folder where it replaces nothing else."""
    from parity.report.files import write_reports
    from parity.results.about import PART, about_run

    folder = outputs.folder / INTERRUPTED
    interruption.answer(f"interrupted after {share}; what they found goes to {folder}")
    scope = f"{PART}: {share} of {outputs.scope}"
    seconds = time.perf_counter() - started
    write_reports(
        findings,
        about_run(findings, settings, ["parity", *sys.argv[1:]], jobs, seconds, scope),
        folder,
    )


def report(
    findings: Findings, settings: Settings, outputs: Outputs, jobs: int, started: float
) -> None:
    """The files first, so that what cannot be shown is written all the same; then the messages."""
    from parity.report.files import write_reports
    from parity.report.run_words import messages, summary_line
    from parity.report.vouching import vouching_note
    from parity.results.about import about_run

    seconds = time.perf_counter() - started
    command = ["parity", *sys.argv[1:]]
    about = about_run(findings, settings, command, jobs, seconds, outputs.scope)
    if settings.shapes:
        about |= {"shapes": settings.shapes, "layers": outputs.layers}
    try:
        written: list[Path] | OSError = write_reports(
            findings, about, outputs.folder, outputs.junit
        )
        interruption.keeps("the reports are written")
    except OSError as error:
        written = error  # said at the end: the table is all there is
    show_tables(findings, settings, outputs)
    for line in messages(findings, settings, outputs.notes, outputs.verbose):
        typer.echo(line)
    if isinstance(written, OSError):
        wrong_call(f"the reports could not be written, the old ones stand: {in_words(written)}")
    typer.echo(f"{summary_line(findings)}; {seconds:.1f} s")
    typer.echo(f"reports: {', '.join(map(str, written))}")
    typer.echo(vouching_note(findings, settings))


def show_tables(findings: Findings, settings: Settings, outputs: Outputs) -> None:
    """By function, or by one's own layers; all columns if wanted."""
    from parity.report.layers import layer_table
    from parity.report.overview import overview
    from parity.report.text import table

    if settings.shapes:
        narrow_console().print(layer_table(findings))
    if outputs.verbose:
        wide_console().print(table(findings))
    elif not settings.shapes:
        narrow_console().print(overview(findings))
