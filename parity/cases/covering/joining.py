"""The factors of add and concatenate."""

from __future__ import annotations

from parity.cases.case import Draw
from parity.cases.covering.levels import AXES, LAYOUT, MOVED, WEIGHTED, drawn, layouts, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

NAMES = "abcdef"


def _add(row: Row, dice: Dice) -> Arguments:
    values, others, upstream = WEIGHTED[row["values"]]
    shape = shape_of(dice, row["axes"])
    arrays = {**drawn(row, values, x=shape), **drawn(row, others, branch=shape)}
    return Arguments(arrays, {}, upstream)


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
    "add": Table(
        {"axes": AXES, "values": tuple(WEIGHTED), **layouts("x", "branch", DY)},
        _add,
    ),
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
