"""A table of many candidates: what it already says is not asked again."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from parity.candidates.verdict import Verdict
from parity.report.check import COLUMNS, as_row
from parity.results.writing import replace_files

# The state of the file and what was asked: a row with others is of something else.
ASKED = ("file", "like", "wanted_style", "wanted_layout", "seed", "limits", "python")
ALL = (*COLUMNS, *ASKED)
Row = dict[str, str]


class TableError(ValueError):
    """A file that is no such table."""


def read(path: Path) -> list[Row]:
    """The rows of a table that is there; none where there is no file.

    Raises: TableError for a file with other columns.
    """
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if tuple(rows.fieldnames or ()) != ALL:
            raise TableError(f"{path} is no table of parity check: move it away or name another")
        return list(rows)


def row(verdict: Verdict, asked: Mapping[str, Any]) -> Row:
    """A verdict, and what was asked, as text."""
    return {name: str(value) for name, value in {**as_row(verdict), **asked}.items()}


def done(rows: Iterable[Row], asked: Mapping[str, Any]) -> Row | None:
    """The row that answers this already: the same file in the same state, asked the same."""
    wanted = {name: str(asked[name]) for name in ASKED}
    for one in rows:
        if wanted["file"] and all(one[name] == wanted[name] for name in ASKED):
            return one
    return None


def others(rows: Iterable[Row], targets: Iterable[str]) -> list[Row]:
    """The rows of candidates that are not asked now: they stay in the table."""
    asked = set(targets)
    return [
        one for one in rows if (one["file"].rpartition(" ")[0] or one["candidate"]) not in asked
    ]


def write(path: Path, rows: Sequence[Row]) -> None:
    """The whole table in the place of the old one."""
    replace_files({path: text(rows)})


def text(rows: Sequence[Row]) -> str:
    """As CSV."""
    buffer = StringIO()
    writer = csv.DictWriter(buffer, ALL, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
