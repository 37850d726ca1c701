"""What was seen of a model: printed, as tables, as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.models.watch_files import read, write
from parity.models.watch_tables import (
    EMPTY_HANDED,
    RIGHT,
    WRONG,
    NoticedRow,
    OperationRow,
    StepRow,
    WatchTables,
    worst_verdict,
)
from parity.models.watch_words import headline, lines
from parity.notebook.markup import BAD, GOOD, OPEN, folded, table
from parity.notebook.markup import headline as badge
from parity.notebook.plots import Dots, over_bounds
from parity.results.data_frames import frame_of
from parity.results.rows import Row
from parity.results.verdicts import OUTSIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, repr=False, eq=False)
class WatchReport:
    """What `parity.watch` found of a model: true if nothing is wrong.

    It can be printed; `frame` has a row for each tensor that was judged, `operations` one for each
    operation, `noticed` one for what is legal but often a mistake, `steps` one for each step of a
    training that was watched.
    """

    name: str
    tables: WatchTables

    @classmethod
    def read(cls, folder: str | Path) -> WatchReport:
        """The report that lies in a folder; of a training that was killed what it had written.

        Raises: WatchError in one sentence for a folder without a report, or another version's.
        """
        tables = read(Path(folder))
        return cls(str(tables.about["model"]), tables)

    @property
    def about(self) -> Mapping[str, Any]:
        """What the numbers depend on: watch.json."""
        return self.tables.about

    # --- the verdict ----------------------------------------------------------------------

    @property
    def rows(self) -> tuple[Row, ...]:
        """The tensors that were judged, in the order of the model."""
        return self.tables.rows

    @property
    def wrong(self) -> list[Row]:
        """Those that are not what their formula gives."""
        return self.tables.wrong

    @property
    def unknown(self) -> list[OperationRow]:
        """The operations that were not understood, and not judged."""
        return [row for row in self.tables.operations if not row.understood]

    @property
    def status(self) -> str:
        """ "right", "wrong", or "undecided" where nothing could be judged."""
        return self.tables.status

    def __bool__(self) -> bool:
        return self.status == RIGHT

    def raise_if_wrong(self, strict: bool = False) -> None:
        """Raise AssertionError with all that is to be said, unless nothing is wrong.

        strict: also if something was noticed that nobody says to be meant.
        """
        if not self or (strict and self.tables.doubtful):
            raise AssertionError(f"\n{self}")

    # --- in words -------------------------------------------------------------------------

    def __repr__(self) -> str:
        return headline(self.name, self.tables)

    def __str__(self) -> str:
        return "\n".join(lines(self.name, self.tables))

    # --- as tables ------------------------------------------------------------------------

    @property
    def frame(self) -> Any:
        """A row for each tensor that was judged, as a pandas DataFrame: summary.csv."""
        return self._framed(Row, self.tables.rows)

    @property
    def operations(self) -> Any:
        """A row for each operation: operations.csv."""
        return self._framed(OperationRow, self.tables.operations)

    @property
    def noticed(self) -> Any:
        """A row for what is legal, but often a mistake: noticed.csv."""
        return self._framed(NoticedRow, self.tables.noticed)

    @property
    def steps(self) -> Any:
        """A row for each step of a training that was watched: steps.csv."""
        return frame_of(StepRow, self.tables.steps)

    def _framed(self, row_type: type, rows: Any) -> Any:
        frame = frame_of(row_type, rows)
        return frame.assign(step=[row.step for row in rows]) if self.tables.steps else frame

    def to_csv(self, folder: str | Path) -> list[Path]:
        """summary.csv, operations.csv, noticed.csv and watch.json in a folder, all or none.

        Raises: OSError, and old files then stand; WatchError where another model's report lies.
        """
        return write(Path(folder), self.name, self.tables)

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
                badge(self.status, colour, repr(self)),
                table("By module", head, self._by_module(), ("module", "function", "verdict")),
                folded("All that is to be said", str(self), not self or bool(self.tables.doubtful)),
            ]
        )

    def _by_module(self) -> Iterator[tuple[str, ...]]:
        found: dict[tuple[str, str], list[Row]] = {}
        for row in self.rows:
            found.setdefault((row.layer or self.name, row.function), []).append(row)
        for (module, function), rows in found.items():
            worst = max(row.worst_ratio for row in rows)
            yield module, function, str(len(rows)), f"{worst:.3g}", worst_verdict(rows)
