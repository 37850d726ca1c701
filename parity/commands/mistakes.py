"""`parity mistakes`"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.commands.options import FOLDER, Jobs, Seed, default_jobs
from parity.commands.reports import write_table
from parity.commands.terminal import progress_bar, wide_console
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need
from parity.results.writing import check_writable

if TYPE_CHECKING:
    from parity.mistakes.mistake import Mistake
    from parity.power.survey import Power
    from parity.results.settings import Settings

# Seconds that a step takes one process: a case under all mistakes of its function; the same under
# each circumstance.
STEP, CIRCUMSTANCE = 0.03, 0.04


def mistakes(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="NAME", help="known mistakes (all)")
    ] = None,
    function: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="those in a function, forward or backward"),
    ] = None,
    seed: Seed = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where the table goes (reports, of all mistakes)"),
    ] = None,
    jobs: Jobs = None,
    circumstances: Annotated[
        bool,
        typer.Option(
            "--circumstances",
            help="each mistake made only where something holds: groups > 1, x is a view, …",
        ),
    ] = False,
) -> None:
    """Show that known mistakes are refused. Exit code 1 if one is not, or correct code is."""
    sleep_when_idle()
    need("torch", "parity mistakes")
    from parity.power.survey import MistakeRow, select
    from parity.report.mistakes import describe, problems, summary, table
    from parity.results.settings import DEFAULT_SEED, Settings
    from parity.suite.selection import SelectionError

    started = time.perf_counter()
    target = out or (None if names or function else FOLDER)
    try:
        chosen = select(names or [], function or [])
        if target:
            check_writable(target)
    except (SelectionError, OSError) as error:
        wrong_call(error)
    settings = Settings(DEFAULT_SEED if seed is None else seed)
    if circumstances:
        raise typer.Exit(in_circumstances(chosen, settings, jobs, target, bool(names)))
    power = power_with_progress(chosen, settings, jobs)
    shown = wide_console()
    shown.print(table(power.rows))
    described = [describe(row) for row in power.rows if names and not row.control]
    for line in (*described, *problems(power)):
        typer.echo(f"\n{line}")
    typer.echo(f"\n{summary(power)}; {time.perf_counter() - started:.1f} s")
    write_table(target, "mistakes.csv", MistakeRow, power.rows)
    raise typer.Exit(0 if power.holds else DISAGREE)


def power_with_progress(known: list[Mistake], settings: Settings, jobs: int | None) -> Power:
    """Run the mistakes behind a progress bar."""
    from parity.power.survey import power, steps

    total = steps(known)
    bar, done = progress_bar("making mistakes", total, "step")
    with bar:
        return power(known, settings, jobs or default_jobs(STEP * total), done)


def in_circumstances(
    known: list[Mistake], settings: Settings, jobs: int | None, target: Path | None, named: bool
) -> int:
    """Each mistake only where a circumstance holds; the exit code."""
    from parity.power.conditional import CircumstanceRow, asked_cases, conditional
    from parity.report.circumstances import describe, summary, table, unmet, unrefused

    started = time.perf_counter()
    known = [one for one in known if not one.loses_digits]
    total = len(asked_cases(known, settings.seed))
    bar, done = progress_bar("making mistakes", total, "step")
    with bar:
        found = conditional(known, settings, jobs or default_jobs(CIRCUMSTANCE * total), done)
    wide_console().print(table(found.rows))
    described = [describe(row) for row in found.rows] if named else []
    for line in (*described, *unmet(found), *unrefused(found)):
        typer.echo(line)
    typer.echo(f"\n{summary(found)}; {time.perf_counter() - started:.1f} s")
    write_table(target, "mistakes_circumstances.csv", CircumstanceRow, found.rows)
    return 0 if found.holds else DISAGREE
