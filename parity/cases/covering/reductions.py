"""The factors of mean."""

from __future__ import annotations

from typing import Any

from parity.cases.case import Draw
from parity.cases.covering.levels import AXES, LAYOUT, shape_of, spelled
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

# Of x and of dy.
VALUES = {
    "normal": ("normal", "normal"),
    "integers": ("integers", "integers"),
    "wide": ("wide", "wide"),
    "tiny": ("tiny", "tiny"),
    "largest": ("largest", "largest"),
    "subnormal": ("subnormal", "subnormal"),
    "special": ("special", "special"),
}
OVER = ("last", "first", "all", "first and last", "all named", "last but one", "one from behind")


def _axis(over: str, axes: int) -> Any:
    """Which axes a level names, of so many."""
    return {
        "last": axes - 1,
        "first": 0,
        "all": None,
        "first and last": (0, axes - 1) if axes > 1 else (0,),
        "all named": tuple(range(axes)),
        "last but one": max(axes - 2, 0),
        "one from behind": -axes,
    }[over]


def _mean(row: Row, dice: Dice) -> Arguments:
    values, upstream = VALUES[row["values"]]
    arrays = {"x": Draw(shape_of(dice, row["axes"]), values, row["x"])}
    options = spelled(axis=_axis(row["over"], row["axes"]), keepdims=row["keepdims"] or None)
    return Arguments(arrays, options, upstream)


TABLES = {
    "mean": Table(
        {
            "axes": AXES,
            "over": OVER,
            "keepdims": (False, True),
            "values": tuple(VALUES),
            "x": LAYOUT,
            DY: LAYOUT,
        },
        _mean,
    ),
}
