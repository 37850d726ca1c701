"""The factors of downsample."""

from __future__ import annotations

from parity.cases.covering.levels import (
    CHANNELS,
    LAYOUT,
    POOLED,
    SAMPLES,
    SIDES,
    kernel_of,
    sides_of,
    windows,
)
from parity.cases.covering.pooling import BLOCK_BYTES, pooled
from parity.cases.covering.table import BLOCKS, DY, Row, Table
from parity.cases.dice import Arguments, Dice

VALUES = {**POOLED, "ties": ("ties", "integers"), "near ties": ("near_ties", "normal")}


def _downsample(row: Row, dice: Dice) -> Arguments:
    dice.taken(row["samples"], row["maps"])
    window = kernel_of(dice, row["window"], 2)
    least = window if row["edge"] == "drop" else (1, 1)
    options = {"size": window, "how": row["how"], "edge": row["edge"]}
    return pooled(row, dice, sides_of(dice, row["sides"], least), options, VALUES)


TABLES = {
    "downsample": Table(
        {
            "samples": SAMPLES,
            "maps": CHANNELS,
            "window": windows(2),
            "how": ("max", "mean"),
            "edge": ("zero_pad", "drop"),
            "sides": SIDES,
            "values": tuple(VALUES),
            "x": LAYOUT,
            DY: LAYOUT,
            BLOCKS: (None, 1, BLOCK_BYTES[2]),
        },
        _downsample,
    )
}
