"""Rows read back from the CSV that they were written as."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_type_hints

from parity.results.rows import columns

T = TypeVar("T")


def rows_of(row_type: type[T], text: str, also: Sequence[str] = ()) -> list[T]:
    """The rows of a CSV file, each field of the type that it was written from.

    also: as `to_csv` was told.
    Raises: ValueError for other columns, or a field that is none of its type.

    >>> from parity.results.rows import Refusal
    >>> from parity.results.writing import to_csv
    >>> rows_of(Refusal, to_csv(Refusal, [Refusal("relu[text]", "relu", True, "")]))
    [Refusal(case='relu[text]', function='relu', refused=True, message='')]
    """
    head, *lines = csv.reader(io.StringIO(text, newline=""))
    names = [*columns(row_type), *also]
    if head != names:
        raise ValueError(f"has the columns {', '.join(head)}, not {', '.join(names)}")
    types = {name: get_type_hints(row_type)[name] for name in names}
    return [_row(row_type, types, line) for line in lines]


def _row(row_type: type[T], types: Mapping[str, Any], line: Sequence[str]) -> T:
    fields = zip(types.items(), line, strict=True)
    return row_type(**{name: _read(wanted, text) for (name, wanted), text in fields})


def _read(wanted: Any, field: str) -> Any:
    if wanted is str:
        return field
    if wanted is bool:
        return field == "True"
    if field == "":
        return None
    return int(field) if wanted in (int, int | None) else float(field)
