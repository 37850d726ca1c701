"""`parity check`"""

from __future__ import annotations

import json
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, WRONG_CALL, wrong_call
from parity.commands.needs import need
from parity.commands.options import Seed

if TYPE_CHECKING:
    from parity.candidates.verdict import Verdict
    from parity.candidates.whole import Wanted


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
    found = [_verdict(target, wanted) for target in targets]
    _print(found, output, not no_answers, show_output)
    raise typer.Exit(max(map(_code, found)))


def _verdict(target: str, wanted: Wanted) -> Verdict:
    from parity.candidates.alone import split
    from parity.candidates.causes import causes
    from parity.candidates.whole import check_file

    source, names = split(target)
    if not source:
        wrong_call(f"{target!r} names no file or module: FILE:NAME")
    return check_file(source, names, wanted, causes)


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
