"""What was seen of a model, in words: the first wrong place first."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from parity.models.watch_tables import NoticedRow, OperationRow, WatchTables
from parity.results.rows import Row
from parity.results.verdicts import BLIND, OUTSIDE
from parity.texts.counts import counted

SHOWN = 8  # lines of each kind
SERIAL = 64  # roundings of torch past which its sum is worth a line
T = TypeVar("T", NoticedRow, OperationRow)


def lines(name: str, found: WatchTables) -> Iterator[str]:
    """All that is to be said."""
    yield headline(name, found)
    yield from _some([_of_wrong(row) for row in found.wrong])
    if not any(row.backward for row in found.operations):
        yield "no backward was seen: values alone were judged"
    doubtful, meant = (list(_of_noticed(name, found, meant)) for meant in (False, True))
    yield from _headed("noticed: legal, but often a mistake", doubtful)
    yield from _headed("not its formula, and meant so", meant)
    yield from _headed("not understood, and not judged", list(_of_unknown(name, found)))
    yield from _headed("right, but inexact", list(_of_losses(name, found)))
    yield from _of_blind(found)


def headline(name: str, found: WatchTables) -> str:
    """The verdict, and of how much."""
    known = [row for row in found.operations if row.counts]
    back = sum(row.backward for row in known)
    of = f"{counted(len(known), 'operation')}, {back} of them backward"
    steps = f"{_steps([row.step for row in found.steps])}: " if found.steps else ""
    judged = counted(len(found.rows), "tensor")
    if not found.wrong:
        return f"{name}: {found.status}: {steps}{of}, {judged} judged"
    return f"{name}: wrong: {steps}{len(found.wrong)} of {judged} ({of}); the first:"


def loses_digits(row: Row) -> bool:
    """Whether torch is right, and farther off than any sum in blocks would be."""
    known = row.exact_value is not None and row.torch_roundings is not None
    return known and row.verdict != OUTSIDE and (row.torch_roundings or 0) >= SERIAL


def alike(rows: Iterable[T], names: Sequence[str]) -> list[list[T]]:
    """Rows that are the same but for their step, or how often."""
    found: dict[Hashable, list[T]] = {}
    for row in rows:
        found.setdefault(tuple(getattr(row, name) for name in names), []).append(row)
    return list(found.values())


def _of_wrong(row: Row) -> str:
    step = "" if row.step is None else f"step {row.step}: "
    said = f"  {step}{row.layer or row.network}: {row.tensor} of {row.function}, {row.direction}: "
    if not row.compared or row.torch_value is None or row.refimpl_value is None:
        return f"{said}{row.note}"
    return (
        f"{said}at {row.worst_index} the model has {row.torch_value:.9g}, refimpl "
        f"{row.refimpl_value:.9g}, {row.worst_ratio:.3g} times the bound "
        f"({row.outside} of {row.elements} elements outside): {row.note}"
    )


def _of_noticed(name: str, found: WatchTables, meant: bool) -> Iterator[str]:
    noticed = [row for row in found.noticed if row.meant == meant]
    for rows in alike(noticed, ("module", "line", "what")):
        first, times = rows[0], max(row.times for row in rows)
        where = f"{first.module or name}: {_at(first.line)}"
        yield f"  {_in_steps(rows)}{where}{first.what}{_times(times)}"


def _of_unknown(name: str, found: WatchTables) -> Iterator[str]:
    unknown = [row for row in found.operations if not row.understood]
    for rows in alike(unknown, ("operation", "note")):
        first, share = rows[0], sum(row.share for row in rows) / max(len(found.steps), 1)
        where = f"{first.module or name}: {first.line}".rstrip(": ")
        said = f"{first.operation}{_times(len(rows))}: {first.note}"
        yield f"  {_in_steps(rows)}{where}: {said}; {share:.1%} of torch’s time"


def _of_losses(name: str, found: WatchTables) -> Iterator[str]:
    rows = [row for row in found.rows if loses_digits(row)]
    rows.sort(key=lambda row: -(row.torch_roundings or 0))
    for row in rows:
        step = "" if row.step is None else f"step {row.step}: "
        yield (
            f"  {step}{row.layer or name}: {row.tensor} of {row.function}: at {row.worst_index} "
            f"{row.torch_value:.7g}, exactly {row.exact_value:.7g}: {row.torch_roundings:.3g} "
            "roundings of Σ|terms|, where a sum in blocks has some 10"
        )


def _of_blind(found: WatchTables) -> Iterator[str]:
    blind = [row for row in found.rows if row.verdict == BLIND]
    if blind:
        worst = max(row.resolution or 0 for row in blind)
        yield (
            f"of {counted(len(blind), 'tensor')} a mistake of 0.05 % would not be seen: their "
            f"sums are long, and torch’s order is not known (at worst {worst:.2g} of the value)"
        )


def _steps(numbers: Sequence[int]) -> str:
    """
    >>> _steps([4]), _steps([0, 100]), _steps([0, 100, 200, 300])
    ('step 4', 'steps 0, 100', '4 steps from 0 to 300')
    """
    if len(numbers) == 1:
        return f"step {numbers[0]}"
    if len(numbers) <= 3:
        return f"steps {', '.join(map(str, numbers))}"
    return f"{len(numbers)} steps from {numbers[0]} to {numbers[-1]}"


def _in_steps(rows: Sequence[T]) -> str:
    """Where rows are of steps, of which."""
    numbers = list(dict.fromkeys(row.step for row in rows if row.step is not None))
    return f"{_steps(numbers)}: " if numbers else ""


def _some(said: list[str]) -> Iterator[str]:
    yield from said[:SHOWN]
    if len(said) > SHOWN:
        yield f"  … and {len(said) - SHOWN} more"


def _headed(head: str, said: list[str]) -> Iterator[str]:
    if said:
        yield f"{head}:"
        yield from _some(said)


def _at(line: str) -> str:
    return f"{line}: " if line else ""


def _times(count: int) -> str:
    return f", {count} times" if count > 1 else ""
