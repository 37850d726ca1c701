"""The factors of linear and flatten."""

from __future__ import annotations

from parity.cases.covering.levels import AFFINE, LAYOUT, MANY, MOVED, affine, drawn, shape_of
from parity.cases.covering.table import BLOCKS, DY, Row, Table
from parity.cases.dice import Arguments, Dice

SQUARE = "as many"


def _linear(row: Row, dice: Dice) -> Arguments:
    features = row["features in"]
    nodes = features if row["features out"] == SQUARE else row["features out"]
    dice.taken(features, nodes)
    x = (*shape_of(dice, row["axes in front"]), features)
    arrays, upstream = affine(row, x, (nodes, features))
    return Arguments(arrays, {}, upstream)


def _flatten(row: Row, dice: Dice) -> Arguments:
    values, upstream = MOVED[row["values"]]
    return Arguments(drawn(row, values, x=shape_of(dice, row["axes"])), {}, upstream)


TABLES = {
    "linear": Table(
        {
            "axes in front": (1, 0, 2, 3, 4),
            "features in": (4, 1, 5, 8, MANY),
            "features out": (3, 1, 2, SQUARE),
            **AFFINE,
            BLOCKS: (None, 1),
        },
        _linear,
        apart=((("features in", MANY), ("features out", SQUARE)),),  # it would be slow
    ),
    "flatten": Table(
        {"axes": (4, 2, 3, 5, 6), "values": tuple(MOVED), "x": LAYOUT, DY: LAYOUT}, _flatten
    ),
}
