"""Where the commands write their reports."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from parity.commands import interruption
from parity.commands.ending import in_words, wrong_call

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def check_file(option: str, path: Path) -> None:
    """Refuse a place for a file, given by an option, before anything is computed.

    Raises: OSError that says what is in the way.
    """
    if path.is_dir():
        raise IsADirectoryError(f"{option} {path}: is a folder, a file is needed")
    if path.exists() and not path.is_file():
        raise OSError(f"{option} {path}: is a device, a file is needed")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{option} {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise PermissionError(f"{option} {path}: {path.parent} cannot be written to")


def write_table(
    target: Path | None,
    name: str,
    row_type: type,
    rows: Sequence[Any],
    about: Mapping[str, Any] | None = None,
) -> None:
    """Write a report of one table, and say where; say so, too, where none is wanted.

    about: what the numbers depend on, for a JSON file beside it.
    """
    from parity.results.writing import replace_files, to_csv

    if target is None:
        typer.echo("report: none of a part; --out DIR writes one")
        return
    try:
        texts = {target / name: to_csv(row_type, rows)}
        if about is not None:
            texts[(target / name).with_suffix(".json")] = json.dumps(about, indent=2) + "\n"
        written = replace_files(texts)
    except OSError as error:
        wrong_call(f"the report could not be written, the old one stands: {in_words(error)}")
    interruption.keeps("the report is written")
    typer.echo(f"report{'s' * (len(written) > 1)}: {', '.join(map(str, written))}")
    if (target / "index.html").exists():
        typer.echo(f"the page there is older: parity page {target} makes it anew")
