"""The factors of concatenate."""

from __future__ import annotations

from parity.cases.case import Draw
from parity.cases.covering.levels import LAYOUT, MOVED, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

NAMES = "abcdef"


def _concatenate(row: Row, dice: Dice) -> Arguments:
    """Maps of different depths or, where they are equal, of one."""
    values, upstream = MOVED[row["values"]]
    first, *behind = shape_of(dice, row["axes"] - 1)
    depths = [1] * row["maps"] if row["depths"] == "equal" else range(1, 1 + row["maps"])
    lying = (row["a"], row["the others"], row["the others"], row["a"], row["a"], row["the others"])
    arrays = {
        name: Draw((first, depth, *behind), values, layout)
        for name, depth, layout in zip(NAMES, depths, lying, strict=False)
    }
    return Arguments(arrays, {}, upstream)


TABLES = {
    "concatenate": Table(
        {
            "maps": (3, 1, 2, 4, 5, 6),
            "axes": (4, 2, 3, 5, 6),
            "depths": ("unequal", "equal"),
            "values": tuple(MOVED),
            "a": LAYOUT,
            "the others": LAYOUT,
            DY: LAYOUT,
        },
        _concatenate,
    ),
}
