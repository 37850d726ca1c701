"""The digits that both sides keep, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from parity.bench.accuracy import AccuracyRow

COLUMNS = (
    "function",
    "tensor",
    "dtype",
    "arguments",
    "in",
    "limit",
    "refimpl",
    "torch",
    "torch at",
)
LEAST = 0.01  # nobody asks for a smaller part of an ULP
LEFT = (0, 1, 2, 3, 4, 8)


def table(rows: Sequence[AccuracyRow]) -> Table:
    """The worst error of both sides, and where torch has it."""
    shown = Table(box=None, pad_edge=False)
    for number, column in enumerate(COLUMNS):
        shown.add_column(column, justify="left" if number in LEFT else "right", no_wrap=True)
    before = ""
    for row in rows:
        shown.add_row(
            row.function if row.function != before else "",
            row.tensor,
            row.dtype,
            row.arguments,
            row.unit,
            f"{row.limit:.3g}",
            _figure(row.refimpl),
            _figure(row.torch),
            row.torch_at,
        )
        before = row.function
    return shown


def _figure(error: float) -> str:
    return f"{error:.3g}" if error >= LEAST else "0"


def summary(rows: Sequence[AccuracyRow]) -> str:
    """How many rows keep to their limits, the nearest of them, how often torch would not."""
    beyond = [row for row in rows if row.refimpl_over_limit > 1]
    nearest = max(rows, key=lambda row: row.refimpl_over_limit)
    theirs = sum(row.torch > row.torch_limit for row in rows)
    said = f"{len(beyond)} OF THEM BEYOND ITS LIMIT" if beyond else "all within their limits"
    return (
        f"refimpl: {len(rows)} rows, {said}, at most {nearest.refimpl_over_limit:.2f} of it "
        f"({nearest.function} {nearest.tensor}, {nearest.dtype}); torch: {theirs} beyond"
    )
