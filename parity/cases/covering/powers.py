"""The factors of power."""

from __future__ import annotations

from typing import Any

from parity.cases.case import Draw
from parity.cases.covering.broadcasting import FORMS, formed
from parity.cases.covering.levels import LAYOUT, layouts, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

# Of x, exponent and dy.
VALUES = {
    "normal": ("positive", "normal", "normal"),
    "integers": ("positive", "integers", "integers"),
    "wide": ("positive_wide", "normal", "wide"),
    "near 1": ("near_one", "spread", "normal"),
    "high": ("positive", "saturated", "normal"),
    "special": ("positive", "special", "normal"),
}
NUMBERS = ("an array", 2, 3, -1, 0.5, 0, 2.2)


def _power(row: Row, dice: Dice) -> Arguments:
    shape, (x, p, upstream) = shape_of(dice, row["axes"]), VALUES[row["values"]]
    arrays = {"x": Draw(formed(shape, row["form of x"]), x, row["x"])}
    options: dict[str, Any] = {}
    if row["exponent is"] == "an array":
        arrays["exponent"] = Draw(formed(shape, row["form of exponent"]), p, row["exponent"])
    else:
        options["exponent"] = row["exponent is"]
    return Arguments(arrays, options, upstream)


TABLES = {
    "power": Table(
        {
            "axes": (3, 1, 2, 4, 5),
            "exponent is": NUMBERS,
            "form of x": FORMS,
            "form of exponent": FORMS,
            "values": tuple(VALUES),
            **layouts("x", "exponent"),
            DY: LAYOUT,
        },
        _power,
    ),
}
