"""`parity check`"""

from __future__ import annotations

import json
import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, WRONG_CALL, wrong_call
from parity.commands.needs import need
from parity.commands.options import Jobs, Seed, default_jobs
from parity.commands.terminal import counted, progress_bar

if TYPE_CHECKING:
    from parity.candidates.verdict import Verdict
    from parity.candidates.whole import Wanted


CANDIDATE, START = 2.0, 1.0  # seconds that a candidate takes, and that more processes do


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"


class Layout(StrEnum):
    NCHW = "NCHW"
    NHWC = "NHWC"


def check(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE:NAME…",
            help="a function, a class, or forward,backward in a file, a notebook or a module; "
            "without a name what is like --like",
        ),
    ],
    like: Annotated[
        str | None,
        typer.Option(
            metavar="FUNCTION", help="of refimpl: conv2d, conv2d_backward, … (by its name)"
        ),
    ] = None,
    style: Annotated[
        str | None,
        typer.Option(
            metavar="STYLE",
            help="refimpl, cs231n, deeplearning.ai, layer, torch, jax, array (what it looks like)",
        ),
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option(help="the order of its axes (found by trying)")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="what is printed")] = Format.TEXT,
    no_answers: Annotated[
        bool, typer.Option("--no-answers", help="no expected value, no formula, no correct code")
    ] = False,
    time_limit: Annotated[
        float, typer.Option(min=0.1, metavar="S", help="seconds for all calls of a candidate")
    ] = 10.0,
    memory_limit: Annotated[int, typer.Option(min=16, metavar="MB")] = 2048,
    seed: Seed = None,
    python: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="the interpreter that runs the candidate (this one)"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="run all cells of a notebook")
    ] = False,
    show_output: Annotated[
        bool, typer.Option("--show-output", help="what the candidate printed")
    ] = False,
    jobs: Jobs = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE.csv", help="a table that goes on where it was ended"),
    ] = None,
) -> None:
    """Judge somebody's own layer. Exit code 0 right, 1 wrong, 2 it could not be judged."""
    need("flint", "parity check")
    from parity.candidates.process import Limits
    from parity.candidates.whole import Wanted
    from parity.results.settings import DEFAULT_SEED

    wanted = Wanted(
        like,
        style,
        layout.value if layout else None,
        DEFAULT_SEED if seed is None else seed,
        Limits(time_limit, memory_limit),
        python or sys.executable,
        everything,
    )
    jobs = jobs or default_jobs(CANDIDATE * len(targets), START)
    if out is not None:
        raise typer.Exit(_into_table(out, targets, wanted, jobs))
    found = _verdicts(targets, wanted, jobs)
    _print(found, output, not no_answers, show_output)
    raise typer.Exit(max(map(_code, found)))


def _verdicts(targets: list[str], wanted: Wanted, jobs: int) -> list[Verdict]:
    """The verdicts in the order of the targets."""
    from parity.candidates.many import check_many

    bar, done = progress_bar("checking", len(targets))
    found: dict[int, Verdict] = {}
    with bar:
        for number, verdict in check_many(targets, wanted, jobs):
            found[number] = verdict
            done(1)
    return [found[number] for number in range(len(targets))]


def _into_table(path: Path, targets: list[str], wanted: Wanted, jobs: int) -> int:
    """A row for each target, each as soon as it is known; rows that are there are kept."""
    from parity.candidates.many import check_many, digest
    from parity.report import submissions

    try:
        before = submissions.read(path)
        asked = [
            {
                "file": f"{target} {digest(target)}" if digest(target) else "",
                "like": wanted.like or "",
                "wanted_style": wanted.style or "",
                "wanted_layout": wanted.layout or "",
                "seed": wanted.seed,
            }
            for target in targets
        ]
        rows = {n: row for n, one in enumerate(asked) if (row := submissions.done(before, one))}
        left = [n for n in range(len(targets)) if n not in rows]
        bar, done = progress_bar("checking", len(left))
        with bar:
            for number, verdict in check_many([targets[n] for n in left], wanted, jobs):
                rows[left[number]] = submissions.row(verdict, asked[left[number]])
                submissions.write(path, [rows[n] for n in sorted(rows)])
                done(1)
        submissions.write(path, [rows[n] for n in sorted(rows)])
    except (submissions.TableError, OSError) as error:
        wrong_call(error)
    states = Counter(row["status"] for row in rows.values())
    said = ", ".join(f"{count} {status}" for status, count in states.items())
    typer.echo(f"{counted(len(targets), 'candidate')}: {said}; {len(left)} checked now; {path}")
    return DISAGREE if set(states) - {"right", "right norm-wise"} else 0


def _print(found: list[Verdict], output: Format, answers: bool, show_output: bool) -> None:
    from parity.report.check import COLUMNS, as_json, as_row

    if output is Format.JSON:
        documents = [as_json(verdict, answers) for verdict in found]
        whole = documents[0] if len(documents) == 1 else documents
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=2, allow_nan=False))
    elif output is Format.CSV:
        import csv

        writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(as_row(verdict) for verdict in found)
    else:
        for verdict in found:
            typer.echo(verdict.text(answers))
            if show_output and verdict.output:
                typer.echo(f"  it printed:\n{verdict.output.rstrip()}")


def _code(verdict: Verdict) -> int:
    from parity.candidates.verdict import FAILED, UNCLEAR

    if verdict.status in (FAILED, UNCLEAR):
        return WRONG_CALL
    return 0 if verdict else DISAGREE
