"""What a run says on the terminal."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from rich.table import Table

from parity.cases.functions import forward_of
from parity.results.findings import Findings
from parity.results.judging import SERIAL
from parity.results.rows import Refusal, Row, TrainingRow
from parity.results.verdicts import BLIND, EMPTY, EXPECTED, IDENTICAL, INFORMATION, VERDICTS, WITHIN

FREE = ("accumulated", "free training")  # both sides run free
JUDGED = (WITHIN, IDENTICAL)
COLUMNS = (
    "function",
    "cases",
    "refused",
    "tensors",
    "error/\nbound",
    "roundings\nrefimpl",  # the largest error in u·Σ|terms|
    "roundings\ntorch",
    "closer\nr:t",  # in how many tensors refimpl is closer to the exact value, in how many torch
    "resolution\nmedian…coarsest",  # of the rows: the smallest relative error that is refused
    "kinks",
    "verdict",
)


class Line(NamedTuple):
    """One line of the table: a function, or one way of running a network."""

    name: str
    cases: int
    refused: str
    tensors: int
    worst_ratio: float
    refimpl_roundings: float | None
    torch_roundings: float | None
    closer: tuple[int, int] | None  # tensors in which refimpl is closer, in which torch is
    resolution: tuple[float, float] | None  # the median and the coarsest of the rows that see
    kinks: int
    verdict: str


def lines(findings: Findings) -> list[Line]:
    """The table's lines, in the order of the catalogue."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in findings.judged:
        groups[group(row)].append(row)
    refusals: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in findings.refusals:
        refusals[forward_of(refusal.function)].append(refusal)
    for name in refusals:
        groups.setdefault(name, [])
    return [_line(name, rows, refusals.get(name, [])) for name, rows in groups.items()]


def group(row: Row) -> str:
    """What a row is counted with: its function, or its network and how that was run."""
    return f"{row.network}, {row.kind}" if row.network else row.function


def _line(name: str, rows: Sequence[Row], refusals: Sequence[Refusal]) -> Line:
    held = sum(refusal.refused for refusal in refusals)
    return Line(
        name,
        len({row.case for row in rows}),
        f"{held}/{len(refusals)}" if refusals else "",
        len(rows),
        max((row.worst_ratio for row in rows if row.verdict != EXPECTED), default=0.0),
        largest(row.refimpl_roundings for row in rows),
        largest(row.torch_roundings for row in rows),
        _closer(rows),
        _resolution(rows),
        sum(row.kinks for row in rows),
        _verdicts(rows, held == len(refusals)),
    )


def largest(values: Iterable[float | None]) -> float | None:
    """The largest of those that are there."""
    return max((value for value in values if value is not None), default=None)


def _resolution(rows: Iterable[Row]) -> tuple[float, float] | None:
    """Of the rows that would see a known mistake: the smallest error they refuse."""
    seen = [r.resolution for r in rows if r.resolution is not None and r.verdict in JUDGED]
    return (median(seen), max(seen)) if seen else None


def _closer(rows: Iterable[Row]) -> tuple[int, int] | None:
    """In how many tensors each side has the smaller largest error; None if there are no truths."""
    counts = Counter(row.closer for row in rows if row.closer)
    return (counts["refimpl"], counts["torch"]) if counts else None


def _verdicts(rows: Iterable[Row], refused: bool) -> str:
    """How many tensors got each verdict, the worst first."""
    counts = Counter(row.verdict for row in rows)
    said = [f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict]]
    return ", ".join(said if refused else ["bad input accepted", *said])


def table(findings: Findings) -> Table:
    """The table of a run."""
    shown = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        left = column in ("function", "verdict")
        shown.add_column(column, justify="left" if left else "right", no_wrap=column != "verdict")
    for line in lines(findings):
        style = "red" if "outside" in line.verdict or "accepted" in line.verdict else None
        shown.add_row(
            line.name,
            str(line.cases),
            line.refused,
            str(line.tensors),
            f"{line.worst_ratio:.3g}",
            *map(_short, (line.refimpl_roundings, line.torch_roundings)),
            ":".join(map(str, line.closer or ())),
            "…".join(map(_short, line.resolution or ())),
            str(line.kinks),
            line.verdict,
            style=style,
        )
    return shown


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}"


def exact_note(rows: Sequence[Row]) -> list[str]:
    """How many elements have an exact value, and what stood in the way, in a line."""
    found = [row for row in rows if row.exact_elements is not None]
    if not found:
        return []
    elements = sum(row.exact_elements or 0 for row in found)
    unfit, sampled = sum(row.unfit for row in found), sum(row.sampled for row in found)
    slow = f", {unfit} of them by balls, as their numbers don't fit slices" if unfit else ""
    return [f"exact values: {elements} elements of {len(found)} tensors{slow}; {sampled} sampled"]


def blind_note(rows: Sequence[Row]) -> list[str]:
    """How many rows could not have seen a known mistake, by kind; how many have nothing to see."""
    kinds: Counter[str] = Counter()
    for row in rows:
        if row.verdict == BLIND:
            way = "local" if row.network else "layer"
            kinds["accumulated" if row.kind in FREE else way] += 1
    empty = sum(row.verdict == EMPTY for row in rows)
    said = [f"{kinds[kind]} {kind}" for kind in ("layer", "local", "accumulated") if kinds[kind]]
    lines = (
        [f"blind rows, not counted: {', '.join(said)} (why: note in summary.csv)"] if said else []
    )
    return [*lines, f"empty rows, with nothing to judge: {empty}"] if empty else lines


def serial_notes(rows: Sequence[Row]) -> list[str]:
    """Where torch adds one term after another, in a line."""
    found = [row for row in rows if SERIAL in row.note]
    if not found:
        return []
    worst = max(found, key=lambda row: row.torch_roundings or 0)
    return [
        f"torch adds up serially in {len(found)} tensors, at most {worst.torch_roundings:.3g} "
        f"roundings of Σ|terms| ({worst.case} {worst.tensor} {worst.dtype}); refimpl is right there"
    ]


def half_note(rows: Sequence[Row]) -> list[str]:
    """How torch does in half precision, in a line."""
    found = [row for row in rows if row.verdict == INFORMATION]
    if not found:
        return []
    seen = [row for row in found if row.elements]
    missing = sum(not row.elements for row in found)
    beyond = sum(row.worst_ratio > 1 for row in seen)
    largest = max((row.worst_ratio for row in seen), default=0.0)
    dtypes = " and ".join(dict.fromkeys(row.dtype for row in found))
    without = f", {missing} without a kernel" if missing else ""
    return [
        f"torch in {dtypes}, for information: {len(seen)} tensors, error/bound ≤ {largest:.3g}, "
        f"{beyond} beyond the bound{without}"
    ]


def training_notes(training: Sequence[TrainingRow]) -> list[str]:
    """From which step on the free-running bound of each training says nothing."""
    said = []
    for network, dtype in dict.fromkeys((row.network, row.dtype) for row in training):
        steps = [row for row in training if (row.network, row.dtype) == (network, dtype)]
        last = steps[-1]
        blind = next((row.step for row in steps if row.accumulated_verdict == "blind"), None)
        until = f"bound blind from step {blind}" if blind else "bound never blind"
        said.append(
            f"{network} {dtype}: {len(steps)} steps, loss {steps[0].torch_loss:.4f} → "
            f"{last.torch_loss:.4f} (refimpl {last.refimpl_loss:.4f}), weights apart by at most "
            f"{max(row.weight_difference for row in steps):.1e}, free-running {until}"
        )
    return said
