"""peers.csv read again, and what changed between two of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from parity.peers.group_verdicts import PeerRow

Key = tuple[str, str, str]  # library, function, group


class AtlasError(ValueError):
    """A file that is no peers.csv; one sentence."""


def read(path: Path) -> list[PeerRow]:
    """The rows of a peers.csv.

    Raises: AtlasError for another file; OSError where none is.
    """
    with path.open(encoding="utf-8", newline="") as file:
        try:
            found = csv.DictReader(file)
            missing = [f.name for f in fields(PeerRow) if f.name not in (found.fieldnames or [])]
            if missing:
                raise AtlasError(f"{path}: is no peers.csv: it has no column {missing[0]}")
            return [row_of(row) for row in found]
        except (ValueError, TypeError, csv.Error) as error:
            if isinstance(error, AtlasError):
                raise
            raise AtlasError(f"{path}: is no peers.csv: {error}") from None


def row_of(row: Mapping[Any, Any]) -> PeerRow:
    """A row from its texts.

    Raises: ValueError where a count is none.
    """
    numbers = {name: int(row[name]) for name in ("cases", "answered", "held")}
    roundings = float(row["roundings"]) if row["roundings"] else None
    texts = {f.name: row[f.name] for f in fields(PeerRow)}
    return PeerRow(**{**texts, **numbers, "roundings": roundings})


def key(row: PeerRow) -> Key:
    return row.library, row.function, row.group


def changes(before: Sequence[PeerRow], after: Sequence[PeerRow]) -> list[str]:
    """A line for each row of a library that is in both, where verdict or convention is another.

    What only one has is a change where the library and the function are in both.
    """
    old, new = {key(row): row for row in before}, {key(row): row for row in after}
    both = {k[:2] for k in old} & {k[:2] for k in new}
    said = []
    for one in dict.fromkeys((*old, *new)):
        if one[:2] not in both:
            continue
        first, second = old.get(one), new.get(one)
        if first and second and _said(first) == _said(second):
            continue
        versions = _versions(before, after, one[0])
        said.append(
            f"{one[0]} {versions}: {one[1]}, {one[2]}: "
            f"{_said(first) if first else 'not asked'} → {_said(second) if second else 'not asked'}"
        )
    return said


def _said(row: PeerRow) -> str:
    return f"{row.verdict} ({row.convention})" if row.convention else row.verdict


def _versions(before: Iterable[PeerRow], after: Iterable[PeerRow], library: str) -> str:
    first, second = (
        next((row.version for row in rows if row.library == library), "-")
        for rows in (before, after)
    )
    return first if first == second else f"{first} → {second}"
