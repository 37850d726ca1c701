"""The factors of padding."""

from __future__ import annotations

from typing import Any

from parity.cases.case import Shape
from parity.cases.covering.levels import CHANNELS, LAYOUT, LONG, MOVED, SAMPLES, drawn
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice
from parity.cases.padding import MODES

SIDES = ("unequal", "equal", "long")
# On which sides there is padding; turned: along the next axis before and after are exchanged.
BOTH, FRONT, BEHIND, ONE, TURNED, MOST = "both", "in front", "behind", "a number", "turned", "most"
NONE, CUT, CUT_AND_ADDED = "none", "cut", "cut in front, added behind"
FRAMES = (BOTH, FRONT, BEHIND, ONE, TURNED, MOST, NONE, CUT, CUT_AND_ADDED)


def _frame(level: str, mode: str, sides: Shape) -> Any:
    """The padding of each axis; every mode can fill it."""
    if level == ONE:
        return 2
    most = {"reflect": [n - 1 for n in sides], "circular": list(sides)}
    return tuple(
        {
            BOTH: (1 + axis, 3 - axis),
            FRONT: (2 + axis % 2, 0),
            BEHIND: (0, 3 - axis % 2),
            TURNED: (3, 1) if axis % 2 else (1, 3),
            MOST: (most.get(mode, sides)[axis],) * 2,
            NONE: (0, 0),
            CUT: (-1, axis - 2),
            CUT_AND_ADDED: (-2, 3 + axis),
        }[level]
        for axis in range(len(sides))
    )


def _arguments(row: Row, dice: Dice) -> Arguments:
    values, upstream = MOVED[row["values"]]
    n, mode = row["axes"], row["mode"]
    dice.taken(row["samples"], row["maps"])
    sides = (dice.one_of((6, 7, 8)),) * n if row["sides"] == "equal" else dice.sizes(n, 4, 9)
    sides = (*sides[:-1], LONG) if row["sides"] == "long" else sides
    options = {"padding": _frame(row["padding"], mode, sides), "mode": mode}
    if mode == "constant":
        options["value"] = row["value"]
    shape = (row["samples"], row["maps"], *sides)
    return Arguments(drawn(row, values, x=shape), options, upstream)


# Only a constant takes places away, and has a value.
APART = tuple(
    (("mode", mode), other)
    for mode in MODES[1:]
    for other in (
        *(("padding", cut) for cut in (CUT, CUT_AND_ADDED)),
        *(("value", value) for value in (2.5, -1)),
    )
)

TABLES = {
    "pad": Table(
        {
            "mode": MODES,
            "padding": FRAMES,
            "value": (0, 2.5, -1),
            "axes": (2, 1, 3),
            "samples": SAMPLES,
            "maps": CHANNELS,
            "sides": SIDES,
            "values": tuple(MOVED),
            "x": LAYOUT,
            DY: LAYOUT,
        },
        _arguments,
        APART,
    )
}
