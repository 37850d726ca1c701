"""Rows read back from the CSV that they were written as."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
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
    types = get_type_hints(row_type)
    readers = [_reader(types[name]) for name in names]
    rows = []
    for line in lines:
        fields = [read(text) for read, text in zip(readers, line, strict=True)]
        rows.append(row_type(**dict(zip(names, fields, strict=True))))
    return rows


def _reader(wanted: Any) -> Callable[[str], Any]:
    """What reads a field of a type; an empty one is None where that may be."""
    if wanted is bool:
        return _truth
    if wanted in (str, int, float):
        return wanted  # type: ignore[no-any-return]
    number = int if wanted == int | None else float
    return lambda text: number(text) if text else None


def _truth(text: str) -> bool:
    return text == "True"
