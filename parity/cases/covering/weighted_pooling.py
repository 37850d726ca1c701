"""The factors of weighted_pool2d and gaussian_pool2d."""

from __future__ import annotations

from parity.cases.covering.levels import (
    AFFINE,
    CHANNELS,
    LAYOUT,
    POOLED,
    SAMPLES,
    affine,
    drawn,
    kernel_of,
    sides_of,
    spelled,
    windows,
)
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

WINDOWS = {
    "samples": SAMPLES,
    "maps": CHANNELS,
    "window": windows(2),
    "stride": (None, 1, (3, 1), (5, 6)),
    "sides": ("unequal", "equal", "long", "tight"),
}
SMOOTHED = ("normal", "integers", "negative zero", "special", "special dy", "wide")


def _maps(row: Row, dice: Dice) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The shape of x, the window."""
    dice.taken(row["samples"], row["maps"])
    window = kernel_of(dice, row["window"], 2)
    return (row["samples"], row["maps"], *sides_of(dice, row["sides"], window)), window


def _weighted(row: Row, dice: Dice) -> Arguments:
    x, window = _maps(row, dice)
    arrays, upstream = affine(row, x, (row["maps"], *window))
    return Arguments(arrays, spelled(stride=row["stride"]), upstream)


def _gaussian(row: Row, dice: Dice) -> Arguments:
    x, window = _maps(row, dice)
    values, upstream = POOLED[row["values"]]
    options = spelled(kernel_size=window, sigma=row["sigma"], stride=row["stride"])
    return Arguments(drawn(row, values, x=x), options, upstream)


TABLES = {
    "weighted_pool2d": Table({**WINDOWS, **AFFINE}, _weighted),
    "gaussian_pool2d": Table(
        {**WINDOWS, "sigma": (0.8, 0.1, 100.0, 2), "values": SMOOTHED, "x": LAYOUT, DY: LAYOUT},
        _gaussian,
    ),
}
