"""The factors of the activation functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from parity.cases.activations import CURVED, CUT, SIGNED
from parity.cases.covering.levels import AXES, LAYOUT, MANY, drawn, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

TAILS = ("tails", "normal")
# Of what the random cases draw, the kinds that differ in what they reach.
KINDS = (
    ("negative_zero", "normal"),
    ("saturated", "largest"),
    ("wide", "wide"),
    ("subnormal", "subnormal"),
    ("special", "normal"),
    ("normal", "special"),
)
SHARED_OUT = (
    ("ties", "normal"),
    ("spread", "wide"),
    ("saturated", "normal"),
    ("minus_inf", "normal"),
    ("special", "normal"),
    ("normal", "special"),
)


def _named(kinds: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """By a name: the values of x and, where they are not normal, of dy."""
    chosen = (("normal", "normal"), TAILS, *kinds)
    return {x if dy == "normal" else f"{x}, dy {dy}": (x, dy) for x, dy in chosen}


def elementwise(
    kinds: Iterable[tuple[str, str]], name: str = "x", **options: tuple[Any, ...]
) -> Table:
    """One array, and options that depend on nothing."""
    values = _named(kind for kind in KINDS if kind in kinds)

    def arguments(row: Row, dice: Dice) -> Arguments:
        kind, upstream = values[row["values"]]
        given = {option: row[option] for option in options}
        return Arguments(drawn(row, kind, **{name: shape_of(dice, row["axes"])}), given, upstream)

    factors = {"axes": AXES, "values": tuple(values), **options, name: LAYOUT}
    return Table(factors | ({DY: LAYOUT} if name == "x" else {}), arguments)


def _cut_off() -> Table:
    """hardtanh: its two limits are one factor."""
    table = elementwise(CUT, limits=((-1, 1), (0, 6), (-0.5, 0.25), (0.1, 0.1)))

    def arguments(row: Row, dice: Dice) -> Arguments:
        made = table.arguments(row, dice)
        low, high = row["limits"]
        return made._replace(options={"min_val": low, "max_val": high})

    return Table(table.factors, arguments)


def _along_an_axis() -> Table:
    """Classes along an axis counted from the front or from behind."""
    values = _named(SHARED_OUT)

    def arguments(row: Row, dice: Dice) -> Arguments:
        kind, upstream = values[row["values"]]
        axes = row["axes"]
        axis = {"first": 0, "last": axes - 1, "-1": -1, "middle": axes // 2}[row["axis"]]
        shape = list(shape_of(dice, axes))
        if row["classes"] == MANY:  # few rows of them
            shape = [2 if place == (axis == 0) else 1 for place in range(axes)]
        if row["classes"] != "some":
            shape[axis] = row["classes"]
        return Arguments(drawn(row, kind, x=tuple(shape)), {"axis": axis}, upstream)

    factors: Mapping[str, tuple[Any, ...]] = {
        "axes": (2, 1, 3, 4, 5),
        "axis": ("-1", "first", "last", "middle"),
        "classes": ("some", 1, MANY),
        "values": tuple(values),
        "x": LAYOUT,
        DY: LAYOUT,
    }
    return Table(factors, arguments)


TABLES = {
    "relu": elementwise(CURVED),
    "leaky_relu": elementwise(CURVED, negative_slope=(0.01, 0, 1, 2.0, -0.5)),
    "hardtanh": _cut_off(),
    "sigmoid": elementwise(CURVED),
    "tanh": elementwise(CURVED),
    "sign": elementwise(SIGNED),
    "dsigmoid": elementwise(CURVED, "o"),
    "dtanh": elementwise(CURVED, "o"),
    "softmax": _along_an_axis(),
    "log_softmax": _along_an_axis(),
}
