"""What was seen of a model: printed, as tables, as files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.models.seen import Noticed, Seen
from parity.notebook.markup import BAD, GOOD, OPEN, folded, headline, table
from parity.notebook.plots import Dots, over_bounds
from parity.results.data_frames import frame_of
from parity.results.rows import Row
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN
from parity.results.writing import check_folder_can_be, replace_files, to_csv
from parity.texts.counts import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RIGHT, WRONG, EMPTY_HANDED = "right", "wrong", "undecided"
SHOWN = 8  # lines of each kind, in words
SERIAL = 64  # roundings of torch past which its sum is worth a line


@dataclass(frozen=True)
class OperationRow:
    """One operation that was seen: the columns of operations.csv."""

    number: int
    operation: str
    module: str
    line: str
    elements: int
    share: float  # of the time that torch took for all of them
    understood: bool
    backward: bool  # whether its backward was seen
    tensors: int  # that were judged
    verdict: str  # the worst of them
    note: str


@dataclass(frozen=True)
class NoticedRow:
    """Something legal that is often a mistake: the columns of noticed.csv."""

    module: str
    line: str
    times: int
    what: str


@dataclass(frozen=True, repr=False, eq=False)
class WatchReport:
    """What `parity.watch` found of a model: true if nothing is wrong.

    It can be printed; `frame` has a row for each tensor that was judged, `operations` one for each
    operation, `noticed` one for what is legal but often a mistake.
    """

    name: str
    rows: tuple[Row, ...]
    seen: tuple[Seen, ...]
    things: Mapping[Noticed, int]
    about: Mapping[str, Any] = field(default_factory=dict)

    # --- the verdict ----------------------------------------------------------------------

    @property
    def wrong(self) -> list[Row]:
        """The tensors that are not what their formula gives, in the order of the model."""
        return [row for row in self.rows if row.verdict == OUTSIDE]

    @property
    def status(self) -> str:
        """ "right", "wrong", or "undecided" where nothing could be judged."""
        if self.wrong:
            return WRONG
        return RIGHT if self.rows else EMPTY_HANDED

    def __bool__(self) -> bool:
        return self.status == RIGHT

    def raise_if_wrong(self, strict: bool = False) -> None:
        """Raise AssertionError with all that is to be said, unless nothing is wrong.

        strict: also if something was noticed.
        """
        if not self or (strict and self.things):
            raise AssertionError(f"\n{self}")

    # --- in words -------------------------------------------------------------------------

    def __repr__(self) -> str:
        return self._headline()

    def __str__(self) -> str:
        return "\n".join(
            [
                self._headline(),
                *_some(list(map(_of_wrong, self.wrong))),
                *self._of_no_backward(),
                *self._of_noticed(),
                *self._of_unknown(),
                *self._of_losses(),
                *self._of_blind(),
            ]
        )

    def _headline(self) -> str:
        known = [seen for seen in self.seen if not seen.made and not seen.why_not]
        back = sum(seen.differentiated for seen in known)
        of = f"{counted(len(known), 'operation')}, {back} of them backward"
        judged = counted(len(self.rows), "tensor")
        if not self.wrong:
            return f"{self.name}: {self.status}: {of}, {judged} judged"
        return f"{self.name}: wrong: {len(self.wrong)} of {judged} ({of}); the first:"

    def _of_no_backward(self) -> Iterator[str]:
        if not any(seen.differentiated for seen in self.seen):
            yield "no backward was seen: values alone were judged"

    def _of_noticed(self) -> Iterator[str]:
        lines = [
            f"  {row.module or self.name}: {_at(row.line)}{row.what}{_times(row.times)}"
            for row in self._noticed()
        ]
        yield from _headed("noticed: legal, but often a mistake", lines)

    def _of_unknown(self) -> Iterator[str]:
        found: dict[tuple[str, str], list[Seen]] = {}
        for seen in self.seen:
            if seen.why_not:
                found.setdefault((seen.operation, seen.why_not), []).append(seen)
        total = sum(seen.seconds for seen in self.seen) or 1.0
        lines = []
        for (name, why), alike in found.items():
            share = sum(seen.seconds for seen in alike) / total
            where = f"{alike[0].module or self.name}: {alike[0].line}".rstrip(": ")
            lines.append(
                f"  {where}: {name}{_times(len(alike))}: {why}; {share:.1%} of torch’s time"
            )
        yield from _headed("not understood, and not judged", lines)

    def _of_losses(self) -> Iterator[str]:
        rows = [row for row in self.rows if loses_digits(row)]
        rows.sort(key=lambda row: -(row.torch_roundings or 0))
        lines = [
            f"  {row.layer or self.name}: {row.tensor} of {row.function}: at {row.worst_index} "
            f"{row.torch_value:.7g}, exactly {row.exact_value:.7g}: {row.torch_roundings:.3g} "
            "roundings of Σ|terms|, where a sum in blocks has some 10"
            for row in rows
        ]
        yield from _headed("right, but inexact", lines)

    def _of_blind(self) -> Iterator[str]:
        blind = [row for row in self.rows if row.verdict == BLIND]
        if blind:
            worst = max(row.resolution or 0 for row in blind)
            yield (
                f"of {counted(len(blind), 'tensor')} a mistake of 0.05 % would not be seen: their "
                f"sums are long, and torch’s order is not known (at worst {worst:.2g} of the value)"
            )

    def _noticed(self) -> list[NoticedRow]:
        """What is alike of several parameters is one thing."""
        alike: dict[tuple[str, str], list[Noticed]] = {}
        for thing in self.things:
            alike.setdefault((thing.what, thing.line), []).append(thing)
        return [
            NoticedRow(_first_of(things), line, max(self.things[t] for t in things), what)
            for (what, line), things in alike.items()
        ]

    # --- as tables ------------------------------------------------------------------------

    @property
    def frame(self) -> Any:
        """A row for each tensor that was judged, as a pandas DataFrame: summary.csv."""
        return frame_of(Row, self.rows)

    @property
    def operations(self) -> Any:
        """A row for each operation: operations.csv."""
        return frame_of(OperationRow, self._operations())

    @property
    def noticed(self) -> Any:
        """A row for what is legal, but often a mistake: noticed.csv."""
        return frame_of(NoticedRow, self._noticed())

    def _operations(self) -> list[OperationRow]:
        total = sum(seen.seconds for seen in self.seen) or 1.0
        return [_operation_row(seen, total) for seen in self.seen]

    def to_csv(self, folder: str | Path) -> list[Path]:
        """summary.csv, operations.csv, noticed.csv and watch.json in a folder, all or none.

        Raises: OSError; old files then stand.
        """
        place = Path(folder)
        check_folder_can_be(place)
        place.mkdir(parents=True, exist_ok=True)
        about = {"model": self.name, "status": self.status, **self.about}
        return replace_files(
            {
                place / "summary.csv": to_csv(Row, self.rows),
                place / "operations.csv": to_csv(OperationRow, self._operations()),
                place / "noticed.csv": to_csv(NoticedRow, self._noticed()),
                place / "watch.json": json.dumps(about, indent=2, ensure_ascii=False) + "\n",
            }
        )

    def plot(self, ax: Axes | None = None) -> Axes:
        """The error of every tensor over its bound, a row for each function.

        ax: where to draw; a figure of its own. Raises: ImportError without Matplotlib; ValueError
        where nothing was judged.
        """
        found: dict[str, list[Row]] = {}
        for row in self.rows:
            found.setdefault(row.function, []).append(row)
        dots = {
            function: [
                Dots("right", [r.worst_ratio for r in rows if r.verdict != OUTSIDE]),
                Dots("wrong", [r.worst_ratio for r in rows if r.verdict == OUTSIDE]),
            ]
            for function, rows in found.items()
        }
        return over_bounds(f"{self.name}: {self.status}", dots, ax)

    def _repr_html_(self) -> str:
        colour = {RIGHT: GOOD, WRONG: BAD, EMPTY_HANDED: OPEN}[self.status]
        head = ("module", "function", "tensors", "worst error/bound", "verdict")
        return "".join(
            [
                headline(self.status, colour, self._headline()),
                table("By module", head, self._by_module(), ("module", "function", "verdict")),
                folded("All that is to be said", str(self), not self or bool(self.things)),
            ]
        )

    def _by_module(self) -> Iterator[tuple[str, ...]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.layer or self.name, row.function), []).append(row)
        for (module, function), rows in found.items():
            worst = max(row.worst_ratio for row in rows)
            yield module, function, str(len(rows)), f"{worst:.3g}", worst_verdict(rows)


def loses_digits(row: Row) -> bool:
    """Whether torch is right, and farther off than any sum in blocks would be."""
    known = row.exact_value is not None and row.torch_roundings is not None
    return known and row.verdict != OUTSIDE and (row.torch_roundings or 0) >= SERIAL


def worst_verdict(rows: Sequence[Row]) -> str:
    """Of several rows; nothing of none."""
    found = {row.verdict for row in rows}
    order = (OUTSIDE, BLIND, WITHIN, IDENTICAL)
    return next((verdict for verdict in order if verdict in found), next(iter(found), ""))


def _operation_row(seen: Seen, total: float) -> OperationRow:
    return OperationRow(
        seen.number,
        seen.operation,
        seen.module,
        seen.line,
        seen.elements,
        seen.seconds / total,
        not seen.why_not,
        seen.differentiated,
        len(seen.rows),
        worst_verdict(seen.rows),
        seen.why_not,
    )


def _first_of(things: list[Noticed]) -> str:
    more = f" and {len(things) - 1} more" if len(things) > 1 else ""
    return f"{things[0].module}{more}"


def _of_wrong(row: Row) -> str:
    where = row.layer or row.network
    said = f"  {where}: {row.tensor} of {row.function}, {row.direction}: "
    if not row.compared:
        return f"{said}{row.note}"
    return (
        f"{said}at {row.worst_index} the model has {row.torch_value:.9g}, refimpl "
        f"{row.refimpl_value:.9g}, {row.worst_ratio:.3g} times the bound "
        f"({row.outside} of {row.elements} elements outside): {row.note}"
    )


def _some(lines: list[str]) -> Iterator[str]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield f"  … and {len(lines) - SHOWN} more"


def _headed(head: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"{head}:"
        yield from _some(lines)


def _at(line: str) -> str:
    return f"{line}: " if line else ""


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""
