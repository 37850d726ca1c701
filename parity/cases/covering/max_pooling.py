"""The factors of max_pool1d, max_pool2d and max_pool3d."""

from __future__ import annotations

from parity.cases.covering.levels import (
    POOLED,
    kernel_of,
    per_axis,
    sides_of,
    some,
    spans_of,
    spelled,
)
from parity.cases.covering.pooling import factors, padding_of, pooled
from parity.cases.covering.table import Row, Table
from parity.cases.dice import Arguments, Dice

VALUES = {
    **{name: kinds for name, kinds in POOLED.items() if name not in ("wide", "tiny")},
    "ties": ("ties", "integers"),
    "near ties": ("near_ties", "normal"),
    "several NaN": ("nans", "normal"),
}
# Nothing ties in a window of one place.
ALONE = tuple(
    (("window", "one"), ("values", values)) for values in ("ties", "near ties", "several NaN")
)


def _maximum(n: int) -> Table:
    def arguments(row: Row, dice: Dice) -> Arguments:
        dice.taken(row["samples"], row["maps"])
        window = kernel_of(dice, row["window"], n)
        padding = padding_of(row["padding"], window)
        spans, dilation = spans_of(window, row["dilation"]), per_axis(row["dilation"], n)
        # At least d long, so that no dilated window steps over all of it.
        least = [max(1, d, s - 2 * p) for s, d, p in zip(spans, dilation, padding, strict=True)]
        options = spelled(
            kernel_size=window,
            stride=row["stride"],
            padding=padding,
            dilation=row["dilation"],
            ceil_mode=row["ceil_mode"],
        )
        return pooled(row, dice, sides_of(dice, row["sides"], least), options, VALUES)

    return Table(
        {**factors(n, VALUES), "dilation": (1, 2, some(n, 3, 1, 2))},
        arguments,
        ALONE,
    )


TABLES = {f"max_pool{n}d": _maximum(n) for n in (1, 2, 3)}
