"""`parity explain`"""

from __future__ import annotations

import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from parity.commands.ending import wrong_call

WIDEST, NARROWEST = 100, 40


class Language(StrEnum):
    """The languages of the pages."""

    en = "en"
    zh = "zh"


def explain(
    name: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME …", help="a function, D1.23, a known mistake, a word or a question"
        ),
    ] = None,
    size: Annotated[
        str,
        typer.Option(metavar="SIZE", help="of the example: '5x5 kernel 3x3 stride 2 padding 1'"),
    ] = "",
    symbols: Annotated[
        bool,
        typer.Option("--symbols/--numbers", help="the formulas of that size, or its numbers"),
    ] = False,
    at: Annotated[
        str, typer.Option(metavar="INDEX", help="the element to explain: 0,0,1,1 or dx[0,0,1,1]")
    ] = "",
    lang: Annotated[Language, typer.Option(help="English or Chinese")] = Language.en,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="LIBRARY", help="with `conventions FUNCTION`: ported from"),
    ] = None,
    target: Annotated[
        str | None, typer.Option("--to", metavar="LIBRARY", help="and to (torch)")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="a peers.csv of your own (the one that parity brings)"),
    ] = None,
    width: Annotated[
        int | None,
        typer.Option(min=NARROWEST, metavar="COLUMNS", help="of the page (the terminal's)"),
    ] = None,
) -> None:
    """Explain a formula, step by step, in small exact numbers that refimpl computes."""
    if start or target or table:
        porting(name or [], start, target or "torch", table)
        return
    from parity.explain.finding import UnknownNameError
    from parity.explain.page_of import Look, contents, lines_of

    look = Look(lang.value, width or terminal_width(), in_colours(), in_chinese())
    try:
        lines = lines_of(name, look, size, symbols, at) if name else contents(look)
    except (UnknownNameError, ValueError, TypeError) as error:
        wrong_call(error)
    typer.echo("\n".join(lines))


def porting(words: list[str], start: str | None, target: str, table: Path | None) -> None:
    """Which conventions of a function differ between two libraries."""
    from parity.peers.atlas import AtlasError, read
    from parity.peers.porting import SAMPLE, PortingError, changes, not_compared

    if words[:1] != ["conventions"] or len(words) < 2 or not start:
        wrong_call(
            "--from and --to belong to a function's conventions: "
            "parity explain conventions max_pool2d --from tensorflow --to torch"
        )
    _, function, *options = words
    try:
        rows = read(table or SAMPLE)
        found = changes(rows, function, start, target, options)
        unknown = not_compared(rows, function, start, target, options)
    except (AtlasError, PortingError, OSError) as error:
        wrong_call(error)
    named = {row.library: f"{row.library} {row.version}" for row in rows}
    typer.echo(f"{function}, from {named[start]} to {named[target]}")
    for change in found:
        typer.echo(f"\n{change.group}")
        typer.echo(f"  {start}: {change.here}")
        typer.echo(f"  {target}: {change.there}")
        if change.form:
            typer.echo(f"  in {start} as {target} does: {change.form}")
    if not found:
        about = f" about {', '.join(options)}" if options else ""
        typer.echo(f"\nnothing that both answered{about} comes out otherwise")
    if unknown:
        typer.echo(f"\nnot known, for want of an answer: {'; '.join(unknown)}")


def terminal_width() -> int:
    """The terminal's columns, or 80 where there is none."""
    columns = shutil.get_terminal_size((80, 24)).columns
    return max(NARROWEST, min(columns, WIDEST))


def in_chinese() -> bool:
    """Whether the terminal's language is Chinese."""
    said = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return next(filter(None, said), "").lower().startswith("zh")


def in_colours() -> bool:
    """Whether the output is a terminal, and nobody has asked for no colours."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
