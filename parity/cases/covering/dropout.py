"""The factors of dropout."""

from __future__ import annotations

from parity.cases.covering.levels import AXES, MOVED, drawn, layouts, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice


def _dropout(row: Row, dice: Dice) -> Arguments:
    values, upstream = MOVED[row["values"]]
    shape = shape_of(dice, row["axes"])
    arrays = {**drawn(row, values, x=shape), **drawn(row, "mask", mask=shape)}
    return Arguments(arrays, {"p": row["p"]}, upstream)


TABLES = {
    "dropout": Table(
        {
            "axes": AXES,
            "p": (0.5, 0, 0.1, 0.75, 0.999),
            "values": tuple(MOVED),
            **layouts("x", "mask", DY),
        },
        _dropout,
    )
}
