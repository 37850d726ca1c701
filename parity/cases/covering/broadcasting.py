"""The factors of add, multiply, subtract and divide."""

from __future__ import annotations

from collections.abc import Mapping

from parity.cases.case import Draw, Shape
from parity.cases.covering.levels import LAYOUT, layouts, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

# Of x, other and dy; no divisor is 0.
VALUES: Mapping[str, tuple[str, str, str]] = {
    "normal": ("normal", "normal", "normal"),
    "integers": ("integers", "normal", "integers"),
    "wide": ("wide", "wide", "wide"),
    "tiny": ("tiny", "normal", "tiny"),
    "subnormal": ("subnormal", "normal", "subnormal"),
    "special": ("special", "normal", "normal"),
}
# Which of an array's axes are there, counted from the last, and which have one place.
FORMS = ("all", "first axis missing", "first of one", "last of one", "every second of one", "one")


def formed(shape: Shape, form: str) -> Shape:
    match form:
        case "first axis missing":
            return shape[1:]
        case "first of one":
            return (1, *shape[1:])
        case "last of one":
            return (*shape[:-1], 1)
        case "every second of one":
            return tuple(1 if axis % 2 else size for axis, size in enumerate(shape))
        case "one":
            return (1,) * len(shape)
    return shape


def _pair(row: Row, dice: Dice) -> Arguments:
    shape, (x, other, upstream) = shape_of(dice, row["axes"]), VALUES[row["values"]]
    arrays = {
        "x": Draw(formed(shape, row["form of x"]), x, row["x"]),
        "other": Draw(formed(shape, row["form of other"]), other, row["other"]),
    }
    return Arguments(arrays, {}, upstream)


def _table() -> Table:
    return Table(
        {
            "axes": (3, 1, 2, 4, 5, 6),
            "form of x": FORMS,
            "form of other": FORMS,
            "values": tuple(VALUES),
            **layouts("x", "other"),
            DY: LAYOUT,
        },
        _pair,
    )


TABLES = {name: _table() for name in ("add", "multiply", "subtract", "divide")}
