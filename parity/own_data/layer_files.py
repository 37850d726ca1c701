"""Files that list the layers of a network: CSV with a row for each, TOML with a [[layer]] table.

What stands in them is handed on as text, by column; nothing is understood here.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from parity.own_data.errors import OwnDataError

LARGEST = 1 << 20  # bytes of a file: some ten thousand layers
DELIMITERS = ",;\t"  # of a CSV: the one that its first line has most of
LAYER = "layer"  # the tables of a TOML
TABLE = re.compile(rf"\s*\[\[\s*{LAYER}\s*\]\]")


class Listed(NamedTuple):
    """A layer as a file has it. where: for messages. name: what it is called without a name."""

    where: str  # "lenet.csv, line 3"
    name: str  # "line 3"
    cells: dict[str, str]


def read_listed(path: Path) -> list[Listed]:
    """The layers of a file, in its order, empty cells left out.

    Raises: OwnDataError for a file that cannot be read, or lists nothing.
    """
    kind = path.suffix.lower()
    if kind not in (".csv", ".toml"):
        raise OwnDataError(f"{path}: is neither .csv nor .toml")
    text = _text(path)
    found = [*(_of_csv(path, text) if kind == ".csv" else _of_toml(path, text))]
    if not found:
        raise OwnDataError(f"{path}: lists no layers; {_SHORTEST[kind]}")
    return found


_SHORTEST = {
    ".csv": "a first line `function,x` and a second `relu,2x3x4x5` make one",
    ".toml": 'the lines [[layer]], function = "relu" and x = [2, 3, 4, 5] make one',
}


def _text(path: Path) -> str:
    if path.is_dir():
        raise OwnDataError(f"{path}: is a folder; a file is needed")
    if not path.is_file():
        raise OwnDataError(f"{path}: there is no such file")
    try:
        if path.stat().st_size > LARGEST:
            raise OwnDataError(
                f"{path}: has {path.stat().st_size} bytes, at most {LARGEST} are read; a layer is "
                "one short line"
            )
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise OwnDataError(
            f"{path}: is no text in UTF-8; a table of Excel is saved as “CSV UTF-8”"
        ) from None
    except OSError as error:
        raise OwnDataError(f"{path}: cannot be read: {error.strerror or error}") from None


# --- CSV ----------------------------------------------------------------------------------


def _of_csv(path: Path, text: str) -> Iterator[Listed]:
    """Lines with # are comments; the first other one has the columns."""
    rows = _rows(path, text)
    number, header = next(rows, (0, []))
    columns = [column.strip() for column in header]
    if number:
        _check_columns(f"{path}, line {number}", columns)
    for number, cells in rows:
        where = f"{path}, line {number}"
        _check_length(where, cells, columns)
        given = {c: cell.strip() for c, cell in zip(columns, cells, strict=True) if cell.strip()}
        if given:
            yield Listed(where, f"line {number}", given)


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """The cells of each line that has any, and its number."""
    lines = ["" if line.lstrip().startswith("#") else line for line in text.splitlines()]
    first = next((line for line in lines if line.strip()), "")
    delimiter = max(DELIMITERS, key=first.count)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            (cells,) = csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True)
        except csv.Error as error:
            raise OwnDataError(
                f"{path}, line {number}: cannot be read as CSV: {error}; is a quote not closed?"
            ) from None
        yield number, cells


def _check_columns(where: str, columns: Sequence[str]) -> None:
    twice = [column for column, count in Counter(columns).items() if count > 1]
    if twice:
        count = columns.count(twice[0])
        raise OwnDataError(f"{where}: the column {twice[0]!r} is there {count} times")
    if "function" not in columns:
        raise OwnDataError(
            f"{where}: has no column `function`, but {', '.join(columns)}; the first line names "
            "the columns: function,x,out_channels,kernel_size"
        )


def _check_length(where: str, cells: Sequence[str], columns: Sequence[str]) -> None:
    if len(cells) == len(columns):
        return
    more = '; commas within a cell need quotes: "2,1"' if len(cells) > len(columns) else ""
    raise OwnDataError(
        f"{where}: has {_cells(len(cells))}, but the columns are {len(columns)}{more}"
    )


def _cells(count: int) -> str:
    return f"{count} cell{'s' * (count != 1)}"


# --- TOML ---------------------------------------------------------------------------------


def _of_toml(path: Path, text: str) -> Iterator[Listed]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OwnDataError(f"{path}: cannot be read as TOML: {_lower(str(error))}") from None
    tables = document.pop(LAYER, [])
    if document:
        raise OwnDataError(
            f"{path}: has {next(iter(document))!r} outside a layer; each layer is a table, "
            f"[[{LAYER}]]"
        )
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise OwnDataError(f"{path}: {LAYER} is no list of tables; each begins with [[{LAYER}]]")
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if TABLE.match(line)]
    for number, table in enumerate(tables, start=1):
        line = f" (line {lines[number - 1]})" if len(lines) == len(tables) else ""
        where = f"{path}, {LAYER} {number}{line}"
        cells = {key: _as_text(where, key, value) for key, value in table.items()}
        yield Listed(where, f"{LAYER} {number}", cells)


def _as_text(where: str, key: str, value: Any) -> str:
    """A value as a cell of a CSV has it: [2, 1] as 2,1 and [[1, 2], [0, 1]] as (1,2),(0,1)."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        inner = [_as_text(where, key, one) for one in value]
        if any(isinstance(one, list) for one in value):
            inner = [f"({one})" for one in inner]
        return ",".join(inner) if len(inner) != 1 else f"({inner[0]},)"
    if isinstance(value, dict):
        raise OwnDataError(f"{where}: {key} is a table; a number, a text or a list is needed")
    return str(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
