"""Where the commands write their reports."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from parity.commands.ending import wrong_call

if TYPE_CHECKING:
    from collections.abc import Sequence


def check_writable(out: Path) -> None:
    """Refuse a folder that cannot be written to before anything is computed."""
    if out.exists() and not out.is_dir():
        raise NotADirectoryError(f"{out}: is not a folder")
    out.mkdir(parents=True, exist_ok=True)
    if not os.access(out, os.W_OK):
        raise PermissionError(f"{out}: cannot be written to")


def write_table(target: Path | None, name: str, row_type: type, rows: Sequence[Any]) -> None:
    """Write a report of one table, and say where; say so, too, where none is wanted."""
    from parity.results.writing import replace_files, to_csv

    if target is None:
        typer.echo("report: none of a part; --out DIR writes one")
        return
    try:
        written = replace_files({target / name: to_csv(row_type, rows)})
    except OSError as error:
        wrong_call(f"the report could not be written, the old one stands: {error}")
    typer.echo(f"report: {written[0]}")
