"""The tables of a model under watch: its operations, what was noticed, its steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parity.models.seen import Noticed, Seen
from parity.results.rows import Row
from parity.results.verdicts import BLIND, EXPECTED, IDENTICAL, OUTSIDE, WITHIN

RIGHT, WRONG, EMPTY_HANDED = "right", "wrong", "undecided"


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
    step: int | None = field(default=None, metadata={"written": False})

    @property
    def counts(self) -> bool:
        """Whether it was judged: what makes numbers out of none has nothing to judge."""
        return self.understood and (self.tensors > 0 or self.backward)


@dataclass(frozen=True)
class NoticedRow:
    """Something legal that is often a mistake, or is meant so: the columns of noticed.csv."""

    module: str
    line: str
    times: int
    what: str
    meant: bool  # as somebody says: no failure, strict or not
    step: int | None = field(default=None, metadata={"written": False})


@dataclass(frozen=True)
class StepRow:
    """One step of a training that was watched: the columns of steps.csv.

    The last three say how long the other files are up to the end of the step, in bytes.
    """

    step: int
    status: str
    tensors: int
    wrong: int  # tensors
    noticed: int
    not_understood: int  # operations
    worst_ratio: float
    recomputed: int  # operations that a checkpoint ran once more
    seconds: float  # that the step took, watched
    summary_bytes: int = 0
    operations_bytes: int = 0
    noticed_bytes: int = 0


@dataclass(frozen=True)
class WatchTables:
    """All that a watch found, or one step of it.

    steps: of a training, whose steps were watched one by one; empty of what ran in one piece.
    """

    rows: tuple[Row, ...]
    operations: tuple[OperationRow, ...]
    noticed: tuple[NoticedRow, ...]
    steps: tuple[StepRow, ...] = ()
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def wrong(self) -> list[Row]:
        """The tensors that are not what their formula gives, in the order of the model."""
        return [row for row in self.rows if row.verdict == OUTSIDE]

    @property
    def doubtful(self) -> list[NoticedRow]:
        """What is often a mistake, and nobody says to be meant."""
        return [row for row in self.noticed if not row.meant]

    @property
    def status(self) -> str:
        """ "right", "wrong", or "undecided" where nothing could be judged."""
        if self.wrong:
            return WRONG
        return RIGHT if self.rows else EMPTY_HANDED

    def of_step(
        self, step: int, seconds: float, recomputed: int, about: Mapping[str, Any]
    ) -> WatchTables:
        """The same as one step of a training. about: what holds for all of them."""
        said = StepRow(
            step,
            self.status,
            len(self.rows),
            len(self.wrong),
            len(self.doubtful),
            sum(not row.understood for row in self.operations),
            max((row.worst_ratio for row in self.rows), default=0.0),
            recomputed,
            seconds,
        )
        return WatchTables(
            tuple(replace(row, step=step) for row in self.rows),
            tuple(replace(row, step=step) for row in self.operations),
            tuple(replace(row, step=step) for row in self.noticed),
            (said,),
            about,
        )


def joined(parts: Sequence[WatchTables]) -> WatchTables:
    """Several steps, in their order; about: that of the last."""
    return WatchTables(
        tuple(row for part in parts for row in part.rows),
        tuple(row for part in parts for row in part.operations),
        tuple(row for part in parts for row in part.noticed),
        tuple(row for part in parts for row in part.steps),
        parts[-1].about,
    )


def operation_rows(every: Sequence[Seen]) -> tuple[OperationRow, ...]:
    """A row for each operation."""
    total = sum(seen.seconds for seen in every) or 1.0
    return tuple(_operation_row(seen, total) for seen in every)


def noticed_rows(things: Mapping[Noticed, int]) -> tuple[NoticedRow, ...]:
    """A row for each thing; what is alike of several parameters is one thing."""
    alike: dict[tuple[str, str, bool], list[Noticed]] = {}
    for thing in things:
        alike.setdefault((thing.what, thing.line, thing.meant), []).append(thing)
    return tuple(
        NoticedRow(_first_of(found), line, max(things[t] for t in found), what, meant)
        for (what, line, meant), found in alike.items()
    )


def worst_verdict(rows: Iterable[Row]) -> str:
    """Of several rows; nothing of none."""
    found = {row.verdict for row in rows}
    order = (OUTSIDE, EXPECTED, BLIND, WITHIN, IDENTICAL)
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
