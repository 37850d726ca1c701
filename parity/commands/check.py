"""`parity check`"""

from __future__ import annotations

import sys
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands import interruption
from parity.commands.ending import DISAGREE, WRONG_CALL, wrong_call
from parity.commands.options import Jobs, Seed, default_jobs
from parity.commands.reports import check_file
from parity.commands.terminal import progress_bar
from parity.environment.needs import need
from parity.texts.counts import counted

if TYPE_CHECKING:
    from parity.candidates.verdict import Verdict
    from parity.candidates.whole import Wanted
    from parity.report.check_forms import Shown


CANDIDATE, START = 2.0, 1.0  # seconds that a candidate takes, and that more processes do


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    GRADESCOPE = "gradescope"


SUFFIXES = {".json": Format.JSON, ".txt": Format.TEXT}  # of --out; all others are tables


class Layout(StrEnum):
    NCHW = "NCHW"
    NHWC = "NHWC"
    CHW = "CHW"
    HWC = "HWC"
    HW = "HW"
    D = "D"
    DN = "DN"
    D1 = "D1"
    NC = "NC"


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
        Layout | None,
        typer.Option(
            help="its axes; CHW, HWC, HW, D, D1: one sample at a time; DN: samples in columns; "
            "NC: y (N, C) (found by trying)"
        ),
    ] = None,
    output: Annotated[
        Format | None, typer.Option("--format", help="of what is printed or written (text)")
    ] = None,
    no_answers: Annotated[
        bool, typer.Option("--no-answers", help="no expected value, no formula, no correct code")
    ] = False,
    time_limit: Annotated[
        float | None,
        typer.Option(
            min=0.1, metavar="S", help="seconds for all calls of a candidate (10; in JAX 60)"
        ),
    ] = None,
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
        typer.Option(
            metavar="FILE",
            help="FILE.csv: a table that goes on where it was ended; FILE.json, FILE.txt; else "
            "as --format says",
        ),
    ] = None,
    points: Annotated[
        float, typer.Option(min=0, metavar="N", help="of a right candidate, for Gradescope")
    ] = 100.0,
) -> None:
    """Judge somebody's own layer. Exit code 0 right, 1 wrong, 2 it could not be judged."""
    need("flint", "parity check")
    from parity.candidates.process import Limits
    from parity.candidates.whole import Wanted
    from parity.report.check_forms import Shown
    from parity.results.settings import DEFAULT_SEED

    form = output or (SUFFIXES.get(out.suffix, Format.CSV) if out else Format.TEXT)
    _refuse(targets, like, style, form, out)
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
    if out is not None and form is Format.CSV:
        raise typer.Exit(_into_table(out, targets, wanted, jobs))
    shown = Shown(form.value, not no_answers, show_output, points)
    raise typer.Exit(_at_once(out, targets, wanted, jobs, shown))


def _refuse(
    targets: list[str], like: str | None, style: str | None, form: Format, out: Path | None
) -> None:
    """End a call that no candidate can answer."""
    from parity.candidates.styles.recognition import unknown

    said = unknown(like, style)
    if said:
        wrong_call(said)
    if form is Format.GRADESCOPE and len(targets) > 1:
        wrong_call(
            f"--format gradescope is for one candidate, but {len(targets)} are given: Gradescope "
            "runs it for each submission"
        )
    if out is not None:
        try:
            check_file("--out", out)
        except OSError as error:
            wrong_call(error)


def _at_once(out: Path | None, targets: list[str], wanted: Wanted, jobs: int, shown: Shown) -> int:
    """All verdicts, printed or written when the last is known."""
    from parity.report.check_forms import rendered
    from parity.results.writing import replace_files

    interruption.keeps(
        f"{out} is as it was" if out else "no verdict is kept, --out FILE keeps them"
    )
    found = _verdicts(targets, wanted, jobs)
    text = rendered(found, shown)
    if out is None:
        typer.echo(text, nl=False)
    else:
        try:
            replace_files({out: text})
        except OSError as error:
            wrong_call(f"--out {out}: {error.strerror or error}")
        typer.echo(_summary([verdict.status for verdict in found], "", out))
    return max(_code(verdict.status) for verdict in found)


def _verdicts(targets: list[str], wanted: Wanted, jobs: int) -> list[Verdict]:
    """The verdicts in the order of the targets."""
    from parity.candidates.many import check_many

    bar, done = progress_bar("checking", len(targets), "candidate")
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
                "limits": f"{wanted.limits.seconds or ''} s, {wanted.limits.memory_mb} MB",
                "python": wanted.python,
            }
            for target in targets
        ]
        others = submissions.others(before, targets)
        rows = {n: row for n, one in enumerate(asked) if (row := submissions.done(before, one))}
        left = [n for n in range(len(targets)) if n not in rows]
        interruption.keeps(
            lambda: f"{len(rows)} of {len(targets)} are in {path}, the same command goes on"
        )
        bar, done = progress_bar("checking", len(left), "candidate")
        with bar:
            for number, verdict in check_many([targets[n] for n in left], wanted, jobs):
                rows[left[number]] = submissions.row(verdict, asked[left[number]])
                submissions.write(path, [*others, *(rows[n] for n in sorted(rows))])
                done(1)
        submissions.write(path, [*others, *(rows[n] for n in sorted(rows))])
    except (submissions.TableError, OSError) as error:
        wrong_call(error)
    states = [row["status"] for row in rows.values()]
    typer.echo(_summary(states, f"{len(left)} checked now; ", path))
    return max(map(_code, states))


def _summary(states: list[str], more: str, path: Path) -> str:
    """How many there are of each kind, and where they are written."""
    said = ", ".join(f"{count} {status}" for status, count in Counter(states).items())
    return f"{counted(len(states), 'candidate')}: {said}; {more}{path}"


def _code(status: str) -> int:
    from parity.candidates.verdict import FAILED, UNCLEAR, WRONG

    return {WRONG: DISAGREE, FAILED: WRONG_CALL, UNCLEAR: WRONG_CALL}.get(status, 0)
