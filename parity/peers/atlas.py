"""peers.csv read again, and what changed between two of them."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from parity.peers.group_verdicts import SELF_TEST, PeerRow

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

    A self-test is a row only where it goes wrong: that one has it is a change, too.
    """
    old, new = {key(row): row for row in before}, {key(row): row for row in after}
    both = {k[:2] for k in old} & {k[:2] for k in new}
    return [
        f"{one[0]} {_versions(before, after, one[0])}: {one[1]}, {one[2]}: "
        f"{_said(old.get(one))} → {_said(new.get(one))}"
        for one in dict.fromkeys((*old, *new))
        if one[:2] in both
        and (one[2] == SELF_TEST or _as_many(old.get(one), new.get(one)))
        and _said(old.get(one)) != _said(new.get(one))
    ]


def not_compared(before: Sequence[PeerRow], after: Sequence[PeerRow]) -> int:
    """How many groups of a library and function in both were asked once only, or of other cases:
    by --function, --full or a run that was stopped, not by a release."""
    old, new = {key(row): row for row in before}, {key(row): row for row in after}
    both = {k[:2] for k in old} & {k[:2] for k in new}
    every = [one for one in {*old, *new} if one[:2] in both and one[2] != SELF_TEST]
    return sum(not _as_many(old.get(one), new.get(one)) for one in every)


def _as_many(first: PeerRow | None, second: PeerRow | None) -> bool:
    """Whether both were asked, as many cases."""
    return first is not None and second is not None and first.cases == second.cases


def _said(row: PeerRow | None) -> str:
    if row is None:
        return "right"  # of self-tests only what is wrong is a row
    return f"{row.verdict} ({row.convention})" if row.convention else row.verdict


def _versions(before: Iterable[PeerRow], after: Iterable[PeerRow], library: str) -> str:
    first, second = (
        next((row.version for row in rows if row.library == library), "-")
        for rows in (before, after)
    )
    return first if first == second else f"{first} → {second}"
