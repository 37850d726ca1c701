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
from parity.commands.needs import need, need_installed
from parity.commands.options import FOLDER, Dtype, Dtypes, Jobs, Seed, Shapes, default_jobs
from parity.commands.reports import check_file, check_writable
from parity.commands.terminal import counted, narrow_console, progress_bar, wide_console
from parity.commands.threads import sleep_when_idle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from parity.results.findings import Findings
    from parity.results.settings import Settings
    from parity.suite.task import Task

EVERY = "all"  # of --elements
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
        bool, typer.Option("--full", help="also what takes long: alexnet, all witnesses")
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
    from parity import oracle
    from parity.results.settings import DEFAULT_SEED, Settings
    from parity.suite.costs import seconds

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
    raise typer.Exit(0 if findings.holds else DISAGREE)


class Asked(NamedTuple):
    """What options choose."""

    names: Sequence[str]
    case: str | None
    dtypes: Sequence[str]
    full: bool
    quick: bool
    seed: int
    elements: Sequence[str]

    @property
    def shown(self) -> list[str]:
        """The cases whose every element is reported."""
        return [name for name in self.elements if name != EVERY]


class Chosen(NamedTuple):
    """What is run; the ids of cases whose every element is reported; what is not asked."""

    tasks: list[Task]
    shown: tuple[str, ...]
    notes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()  # of a file, in words


def of_catalogue(asked: Asked) -> Chosen:
    """Listed and generated cases. Raises: SelectionError."""
    from parity.suite.tasks import element_cases, select

    names, case, dtypes, full, quick, seed, _ = asked
    tasks = select(names, case, dtypes, full, not quick, seed)
    return Chosen(tasks, element_cases(asked.shown or None, names))


def of_layers(file: Path, asked: Asked) -> Chosen:
    """The layers of a file. Raises: OwnDataError, SelectionError."""
    from parity.own_data.layers import read_layers
    from parity.suite.own_layers import element_layers, layers_meant, not_asked, own_tasks

    layers = layers_meant(read_layers(file), asked.names, asked.case)
    tasks = own_tasks(layers, asked.dtypes, not asked.quick, asked.full)
    notes = not_asked(layers, not asked.quick, asked.full)
    shown = element_layers(layers, asked.shown)
    return Chosen(tasks, shown, tuple(notes), tuple(map(str, layers)))


def scope_of(
    names: Sequence[str],
    case: str | None,
    dtypes: Sequence[Dtype],
    full: bool,
    quick: bool,
    shapes: Path | None = None,
) -> str:
    """Which suite is run, "default", "quick" or "full", or which part of it.

    >>> scope_of(["relu"], "maps", [], full=False, quick=True)
    "part: relu --case 'maps' of quick"
    """
    from parity.results.about import PART

    suite = "full" if full else "quick" if quick else "default"
    chosen = [*names, *([f"--shapes {shapes}"] if shapes else [])]
    chosen += [*([f"--case '{case}'"] if case else []), *(f"--dtype {d}" for d in dtypes)]
    return f"{PART}: {' '.join(chosen)} of {suite}" if chosen else suite


def report_folder(out: Path | None, scope: str) -> Path:
    """Where the reports go: those of a part of the suite never in the place of a whole run's."""
    from parity.report.files import is_whole
    from parity.results.about import PART

    if out is None:
        return FOLDER / PART if scope.startswith(PART) else FOLDER
    if scope.startswith(PART) and is_whole(out):
        raise ValueError(
            f"--out {out}: holds the report of a whole run, which that of a part would replace; "
            "give another folder"
        )
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
    from parity.suite.causes import causes
    from parity.suite.gaps import gaps
    from parity.suite.run import in_order
    from parity.suite.run import run as run_tasks
    from parity.suite.vouching import planted_tasks

    everything = [*tasks, *planted_tasks(tasks, settings.quick)]
    bar, done = progress_bar("comparing", len(everything), "task")
    results: dict[int, Findings] = {}
    try:
        with bar:
            findings = run_tasks(everything, settings, jobs, done, results)
    except KeyboardInterrupt:
        if results:
            share = f"{len(results)} of {len(everything)} tasks"
            keep(in_order(results), settings, outputs, share, jobs, started)
        raise
    findings.gaps = gaps(tasks, findings)
    findings.causes = causes(tasks, findings, settings)
    return findings


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
    for line in messages(findings, settings, outputs):
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


def messages(findings: Findings, settings: Settings, outputs: Outputs) -> Iterator[str]:
    """What is said under the table: notes, then what does not hold."""
    from parity.report.failures import failures
    from parity.report.lost_digits import torch_notes
    from parity.report.text import blind_note, exact_note, half_note, serial_notes, training_notes
    from parity.report.vouching import reservations
    from parity.report.witnesses import refutations, witness_notes

    yield from training_notes(findings.training)
    for note in (exact_note, blind_note, serial_notes):
        yield from note(findings.rows)
    yield from torch_notes(findings.torch, outputs.verbose)
    yield from witness_notes(findings.witnesses)
    yield from half_note(findings.rows)
    yield from outputs.notes
    yield from failures(findings)
    yield from refutations(findings.refuted, settings.seed, settings.shapes_option)
    yield from reservations(findings)
    if settings.override:
        yield f"The verdicts rest on an override, not on derived bounds: {settings.override}"


def summary_line(findings: Findings) -> str:
    """The run in one sentence."""
    from parity.results.verdicts import BLIND, EMPTY

    failed = len(findings.failures) + len(findings.accepted) + len(findings.refuted)
    cases = len({row.case for row in findings.judged if not row.network})
    networks = len({row.network for row in findings.rows if row.network})
    unseen = sum(row.verdict in (BLIND, EMPTY) for row in findings.judged)
    without = f", {unseen} of them blind or empty and not counted" if unseen else ""
    dtypes = {row.dtype for row in findings.judged if row.dtype}
    held = f"all hold{f', in {next(iter(dtypes))} alone' if len(dtypes) == 1 else ''}"
    if not findings.holds:
        held = "nothing disagrees, but THE RUN CANNOT VOUCH FOR ITSELF"
    return (
        f"{counted(len(findings.judged), 'tensor')} ({counted(cases, 'layer case')}, "
        f"{counted(networks, 'network')}){without}, "
        f"{counted(len(findings.refusals), 'bad input')}: "
        f"{f'{failed} DO NOT HOLD' if failed else held}"
    )
