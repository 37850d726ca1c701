"""What a sweep found: tables for people, CSV for programs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from rich.table import Table

from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN
from parity.sweep.batch import Result

ALL = "all"
LEAST = {"1-99": 0, "100-999": 100, "1000-9999": 1000, "10000-": 10_000}  # elements
SHARES = (0.5, 0.9, 0.99)


@dataclass(frozen=True)
class SweepRow:
    """The cases of a function, a dtype and a size: the columns of sweep.csv."""

    function: str
    dtype: str
    elements: str  # compared in a case: a class of `LEAST`, or all
    cases: int
    identical: int
    within: int
    blind: int
    outside: int
    ratio_50: float
    ratio_90: float
    ratio_99: float
    ratio_max: float
    worst_case: int | None
    seconds: float


@dataclass
class _Group:
    """What is counted of the cases of one row; eight bytes for each."""

    cases: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    ratios: array[float] = field(default_factory=lambda: array("d"))
    worst: tuple[float, int] | None = None  # the ratio, minus the number
    seconds: float = 0.0

    def add(self, result: Result) -> None:
        self.cases += 1
        self.verdicts[result.verdict] = self.verdicts.get(result.verdict, 0) + 1
        self.seconds += result.seconds
        if result.verdict in (WITHIN, OUTSIDE):
            self.ratios.append(result.worst_ratio)
            place = (result.worst_ratio, -result.number)
            self.worst = max(self.worst or place, place)

    def row(self, function: str, dtype: str, elements: str) -> SweepRow:
        ratios = np.frombuffer(self.ratios) if self.ratios else np.zeros(1)
        quantiles = np.quantile(ratios, SHARES, method="inverted_cdf")
        worst_ratio, worst_case = self.worst or (0.0, None)
        return SweepRow(
            function,
            dtype,
            elements,
            self.cases,
            identical=self.verdicts.get(IDENTICAL, 0),
            within=self.verdicts.get(WITHIN, 0),
            blind=self.verdicts.get(BLIND, 0),
            outside=self.verdicts.get(OUTSIDE, 0),
            ratio_50=float(quantiles[0]),
            ratio_90=float(quantiles[1]),
            ratio_99=float(quantiles[2]),
            ratio_max=worst_ratio,
            worst_case=None if worst_case is None else -worst_case,
            seconds=round(self.seconds, 3),
        )


def summarise(results: Iterable[Result]) -> list[SweepRow]:
    """A row for each function and dtype, all sizes and each class of sizes; then of all functions.

    The results come function by function, dtype by dtype. Quantiles are of the worst error/bound
    of each case that has a bound above 0.
    """
    rows = []
    total: dict[tuple[str, str], _Group] = {}
    for (function, dtype), found in groupby(results, key=lambda r: (r.function, r.dtype)):
        groups: dict[str, _Group] = {}
        for result in found:
            for size in (ALL, size_class(result.elements)):
                groups.setdefault(size, _Group()).add(result)
                total.setdefault((dtype, size), _Group()).add(result)
        rows += [groups[size].row(function, dtype, size) for size in _ordered(groups)]
    for dtype in sorted({dtype for dtype, _ in total}):
        sizes = _ordered({size for d, size in total if d == dtype})
        rows += [total[dtype, size].row(ALL, dtype, size) for size in sizes]
    return rows


def _ordered(sizes: Iterable[str]) -> list[str]:
    return [size for size in (ALL, *LEAST) if size in set(sizes)]


def size_class(elements: int) -> str:
    """The class of a case with so many compared elements.

    >>> size_class(99), size_class(100), size_class(123456)
    ('1-99', '100-999', '10000-')
    """
    return [name for name, least in LEAST.items() if elements >= least][-1]


COLUMNS = (
    *("cases", "identical"),
    *("error/bound\n50 %", "90 %", "99 %", "max"),  # of so many cases it is at most this
    *("worst case", "verdict"),
)


def by_function(rows: Sequence[SweepRow]) -> Table:
    """Of every function and dtype, all sizes: the distribution of error/bound."""
    shown = [row for row in rows if row.elements == ALL]
    return _table(("function", "dtype"), [((row.function, row.dtype), row) for row in shown])


def by_size(rows: Sequence[SweepRow]) -> Table:
    """Of all functions by size: does the bound stay tight as sizes grow?

    Function by function that is in sweep.csv.
    """
    shown = [row for row in rows if row.function == ALL and row.elements != ALL]
    return _table(
        ("elements\nof a case", "dtype"), [((row.elements, row.dtype), row) for row in shown]
    )


def _table(names: tuple[str, str], rows: Sequence[tuple[tuple[str, str], SweepRow]]) -> Table:
    shown = Table(box=None, pad_edge=False)
    for name in (*names, *COLUMNS):
        left = name in (*names, "verdict")
        shown.add_column(name, justify="left" if left else "right", no_wrap=True)
    for labels, row in rows:
        ratios = (row.ratio_50, row.ratio_90, row.ratio_99, row.ratio_max)
        shown.add_row(
            *labels,
            str(row.cases),
            str(row.identical),
            *(f"{ratio:.3g}" for ratio in ratios),
            "" if row.worst_case is None else str(row.worst_case),
            _verdict(row),
            style="red" if row.outside else None,
        )
    return shown


def _verdict(row: SweepRow) -> str:
    odd = [f"{n} {name}" for name, n in ((OUTSIDE, row.outside), (BLIND, row.blind)) if n]
    return ", ".join(odd) or "all hold"
