"""What the factors of the poolings share: windows, strides, paddings, maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import Shape
from parity.cases.covering.levels import (
    CHANNELS,
    LAYOUT,
    SAMPLES,
    SIDES,
    drawn,
    some,
    windows,
)
from parity.cases.covering.table import BLOCKS, DY, Row
from parity.cases.dice import Arguments, Dice

BLOCK_BYTES = {1: 200, 2: 1200, 3: 5000}  # some maps, not all of them
FIRST, ALL = "along the first axis", "along every axis"


def factors(n: int, values: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    """Of a pooling over so many axes."""
    return {
        "samples": SAMPLES,
        "maps": CHANNELS,
        "window": windows(n),
        "stride": (None, 1, some(n, 3, 1, 2), some(n, 5, 6, 4)),
        "padding": ("none", ALL) if n == 1 else ("none", FIRST, ALL),
        "ceil_mode": (False, True),
        "sides": SIDES,
        "values": tuple(values),
        "x": LAYOUT,
        DY: LAYOUT,
        BLOCKS: (None, 1, BLOCK_BYTES[n]),
    }


def padding_of(level: str, window: Shape) -> Shape:
    """Half of the window, which is all that a pooling allows."""
    kept = {"none": 0, FIRST: 1, ALL: len(window)}[level]
    return tuple(k // 2 if axis < kept else 0 for axis, k in enumerate(window))


def pooled(
    row: Row, dice: Dice, sides: Shape, options: Mapping[str, Any], values: Mapping[str, Any]
) -> Arguments:
    """Maps of these sides."""
    kind, upstream = values[row["values"]]
    shape = (row["samples"], row["maps"], *sides)
    return Arguments(drawn(row, kind, x=shape), options, upstream)
