"""What a run says of the layers of somebody's own network: a line for each, in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.table import Table

from parity.report.overview import FAILS, HOLDS, UNSEEN, ratio, roundings
from parity.report.text import largest
from parity.results.findings import Findings
from parity.results.message import case_name
from parity.results.rows import Row
from parity.results.verdicts import BLIND, EMPTY

COLUMNS = (
    *("", "function", "dtype", "error/\nbound", "roundings\nrefimpl", "\ntorch"),
    "seen\nfrom",  # the smallest relative error that every tensor shows
    "",
)
LEFT = ("", "function", "dtype")


class LayerLine(NamedTuple):
    """A layer in a dtype: how far apart, and the smallest relative error that each tensor shows.

    The roundings are the largest errors in u·Σ|terms|; without exact values there are none.
    """

    name: str
    function: str
    dtype: str
    worst_ratio: float
    refimpl_roundings: float | None
    torch_roundings: float | None
    resolution: float | None
    verdict: str


def layer_lines(findings: Findings) -> list[LayerLine]:
    """Each layer, in each dtype."""
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in findings.judged:
        rows[row.case, row.dtype].append(row)
    failing = {(row.case, row.dtype) for row in findings.failures}
    failing |= {(row.case, row.dtype) for row in findings.refuted}
    return [_line(of_it, at in failing) for at, of_it in rows.items()]


def _line(rows: Sequence[Row], failed: bool) -> LayerLine:
    first = rows[0]
    blind = any(row.verdict in (BLIND, EMPTY) for row in rows)
    return LayerLine(
        case_name(first),
        first.function,
        first.dtype,
        max(row.worst_ratio for row in rows),
        largest(row.refimpl_roundings for row in rows),
        largest(row.torch_roundings for row in rows),
        largest(row.resolution for row in rows),
        FAILS if failed else UNSEEN if blind else HOLDS,
    )


def layer_table(findings: Findings) -> Table:
    """The table of a run of layers: 80 columns hold it."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(COLUMNS):
        left = column in LEFT or number == len(COLUMNS) - 1
        shown.add_column(column, justify="left" if left else "right", no_wrap=number > 0)
    before = ""
    for line in layer_lines(findings):
        again = line.name == before
        before = line.name
        style = "red" if line.verdict == FAILS else None
        shown.add_row(*_cells(line, again), style=style)
    return shown


def _cells(line: LayerLine, again: bool) -> Iterator[str]:
    """again: the line above is about the same layer."""
    yield from ("", "") if again else (line.name, line.function)
    yield line.dtype
    yield ratio(line.worst_ratio)
    yield roundings(line.refimpl_roundings)
    yield roundings(line.torch_roundings)
    yield "" if line.resolution is None else f"{line.resolution:.0e}"
    yield line.verdict
