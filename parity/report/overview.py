"""What a run says at first: a line for each function and network, under headings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from math import isinf
from typing import NamedTuple

from rich.table import Table

from parity.cases.functions import GROUPS, forward_of
from parity.report.text import largest
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.verdicts import BLIND, EMPTY, EXPECTED

NETWORKS_HEADING = "networks"
COLUMNS = ("", "cases", "tensors", "error/\nbound", "roundings\nrefimpl", "\ntorch", "")
HOLDS, FAILS, UNSEEN = "holds", "FAILS", "blind"


class Summary(NamedTuple):
    """A function or a network: how much was compared, how far apart, whether it holds.

    The roundings are the largest of ordinary numbers: where they are tiny or huge, a rounding says
    nothing of the code. Without exact values there are none.
    """

    heading: str
    name: str
    cases: int | None  # of a network none: it is one
    tensors: int
    worst_ratio: float
    refimpl_roundings: float | None
    torch_roundings: float | None
    verdict: str


def summaries(findings: Findings) -> list[Summary]:
    """Each function and network of a run, headings in the order of the catalogue."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for row in findings.judged:
        rows[row.network or row.function].append(row)
    for refusal in findings.refusals:
        rows.setdefault(forward_of(refusal.function), [])
    failed = set(_failing(findings))
    found = [_summary(name, of_it, name in failed) for name, of_it in rows.items()]
    headings = [*dict.fromkeys(GROUPS.values()), NETWORKS_HEADING]
    return sorted(found, key=lambda one: headings.index(one.heading))


def _failing(findings: Findings) -> Iterator[str]:
    """What something stands against: torch, a witness, a bad input."""
    yield from (row.network or row.function for row in findings.failures)
    yield from (row.network or row.function for row in findings.refuted)
    yield from (forward_of(refusal.function) for refusal in findings.accepted)


def _summary(name: str, rows: Sequence[Row], failed: bool) -> Summary:
    network = NETWORKS_HEADING if any(row.network for row in rows) else ""
    ordinary = [row for row in rows if row.ordinary]
    judged = [row for row in rows if row.verdict not in (BLIND, EMPTY)]
    return Summary(
        network or GROUPS[name],
        name,
        None if network else len({row.case for row in rows}),
        len(rows),
        max((row.worst_ratio for row in rows if row.verdict != EXPECTED), default=0.0),
        largest(row.refimpl_roundings for row in ordinary),
        largest(row.torch_roundings for row in ordinary),
        FAILS if failed else HOLDS if judged or not rows else UNSEEN,
    )


def overview(findings: Findings) -> Table:
    """The table of a run: 80 columns hold it."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    for number, column in enumerate(COLUMNS):
        side = "left" if number in (0, len(COLUMNS) - 1) else "right"
        shown.add_column(column, justify=side, no_wrap=True)  # type: ignore[arg-type]
    heading = ""
    for one in summaries(findings):
        if one.heading != heading:
            heading = one.heading
            shown.add_row(heading, style="bold")
        shown.add_row(*_cells(one), style="red" if one.verdict == FAILS else None)
    return shown


def _cells(one: Summary) -> Iterator[str]:
    yield f"  {one.name}"
    yield "" if one.cases is None else str(one.cases)
    yield str(one.tensors)
    yield ratio(one.worst_ratio)
    yield roundings(one.refimpl_roundings)
    yield roundings(one.torch_roundings)
    yield one.verdict


def ratio(number: float) -> str:
    """An error over its bound; how many millions it is too large says no more.

    >>> ratio(0.25), ratio(281.8), ratio(1.12e307), ratio(float("inf"))
    ('0.25', '282', '>1e6', 'bound 0')
    """
    if isinf(number):
        return "bound 0"
    return f"{number:.3g}" if number < 1e6 else ">1e6"


def roundings(number: float | None) -> str:
    """An error in roundings, or nothing where there are no exact values.

    >>> roundings(1.234), roundings(281.8), roundings(None)
    ('1.2', '282', '')
    """
    if number is None:
        return ""
    return f"{number:.2g}" if number < 100 else f"{number:.0f}" if number < 1e6 else ">1e6"
