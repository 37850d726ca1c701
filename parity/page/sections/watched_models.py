"""What `parity watch` found: somebody's own models, by module; wrong places first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from parity.models.watch_report import WatchReport
from parity.models.watch_tables import OperationRow, worst_verdict
from parity.models.watch_words import alike, loses_digits
from parity.page.figures import digits, grouped, short
from parity.page.tables import Tables
from parity.results.rows import Row
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN

TITLE = "Your models"
WRONG = 100  # that are written out; summary.csv has them all
MODULES = 600
STEPS = 200


class Place(NamedTuple):
    """A tensor of a module; of a training the step in which it is worst."""

    row: Row
    steps: tuple[int, ...]  # in which it is as bad

    @property
    def operation(self) -> str:
        """Which of its module's: the second "mul"."""
        return self.row.case.partition("[")[2].removesuffix("]")

    @property
    def values(self) -> tuple[str, str, str]:
        """What the model has at the worst place, refimpl, and exactly."""
        row = self.row
        found = (row.torch_value, row.refimpl_value, row.exact_value)
        return tuple("" if v is None else digits(repr(v), row.dtype) for v in found)  # type: ignore[return-value]


@dataclass(frozen=True)
class Module:
    """The tensors of a module."""

    path: str
    places: list[Place]

    @property
    def verdict(self) -> str:
        return worst_verdict(place.row for place in self.places)

    @property
    def mood(self) -> str:
        """How the verdict is coloured."""
        return {OUTSIDE: "bad", WITHIN: "fine", IDENTICAL: "fine"}.get(self.verdict, "open")

    @property
    def worst(self) -> str:
        return short(max(place.row.worst_ratio for place in self.places))


class Unknown(NamedTuple):
    """An operation that is not understood."""

    first: OperationRow
    times: int
    share: str


@dataclass(frozen=True)
class Shown:
    """A model as the template shows it."""

    number: int
    report: WatchReport

    @property
    def figures(self) -> dict[str, str]:
        """Counts of its first sentence."""
        known = [row for row in self.report.tables.operations if row.counts]
        return {
            "operations": grouped(len(known)),
            "backward": grouped(sum(row.backward for row in known)),
            "tensors": grouped(len(self.report.rows)),
        }

    @property
    def asked(self) -> str:
        """How the command was called, where it was."""
        said = self.report.about.get("asked", {})
        return ", ".join(f"{name} {value}" for name, value in said.items())

    @cached_property
    def wrong(self) -> list[Place]:
        """Each where it is wrong first."""
        found = [row for row in self.report.rows if row.verdict == OUTSIDE]
        return [Place(rows[0], _steps(rows)) for rows in _by_tensor(found)]

    @cached_property
    def modules(self) -> list[Module]:
        """In the order in which they ran."""
        found: dict[str, list[Row]] = {}
        for row in self.report.rows:
            found.setdefault(row.layer or self.report.name, []).append(row)
        return [Module(path, places(rows)) for path, rows in found.items()]

    @property
    def noticed(self) -> list[tuple[str, list[Any]]]:
        """What is often a mistake, and what is meant: a heading and what stands below it."""
        tables = self.report.tables
        meant = [row for row in tables.noticed if row.meant]
        kinds = (
            ("Legal, but often a mistake", tables.doubtful),
            ("Not its formula, and meant so", meant),
        )
        return [(title, alike(rows, ("module", "line", "what"))) for title, rows in kinds if rows]

    @property
    def unknown(self) -> list[Unknown]:
        steps = max(len(self.report.tables.steps), 1)
        return [
            Unknown(rows[0], len(rows), f"{sum(row.share for row in rows) / steps:.1%}")
            for rows in alike(self.report.unknown, ("operation", "note"))
        ]

    @property
    def lost(self) -> list[Place]:
        return places(row for row in self.report.rows if loses_digits(row))

    @property
    def blind(self) -> int:
        return sum(row.verdict == BLIND for row in self.report.rows)


def context(tables: Tables) -> dict[str, Any] | None:
    """The models; nothing where there is no report of one."""
    if not tables.watches:
        return None
    return {
        "models": [Shown(k, report) for k, report in enumerate(tables.watches, 1)],
        "numbers_of": numbers_of,
        "limits": {"wrong": WRONG, "modules": MODULES, "steps": STEPS},
        "grouped": grouped,
    }


def places(rows: Iterable[Row]) -> list[Place]:
    """Each tensor once: of several steps the one in which it is farthest off."""
    return [_worst(alike_rows) for alike_rows in _by_tensor(rows)]


def _by_tensor(rows: Iterable[Row]) -> list[list[Row]]:
    """The rows of each tensor, step after step."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault((row.case, row.layer, row.tensor, row.direction), []).append(row)
    return list(found.values())


def _worst(rows: Sequence[Row]) -> Place:
    worst = max(rows, key=lambda row: (row.verdict == OUTSIDE, row.worst_ratio))
    return Place(worst, _steps([row for row in rows if row.verdict == worst.verdict]))


def _steps(rows: Sequence[Row]) -> tuple[int, ...]:
    return tuple(row.step for row in rows if row.step is not None)


def numbers_of(steps: Sequence[int | None]) -> str:
    """Steps as people write them, many of them in short.

    >>> numbers_of([0, 100]), numbers_of([0, 100, 200, 300, 400])
    ('0, 100', '0 … 400')
    """
    known = list(dict.fromkeys(step for step in steps if step is not None))
    return ", ".join(map(str, known)) if len(known) <= 3 else f"{known[0]} … {known[-1]}"
