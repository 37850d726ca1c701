"""The factors of the activation functions made of pieces."""

from __future__ import annotations

from parity.cases.activations import CURVED
from parity.cases.case import Draw
from parity.cases.covering.activations import elementwise
from parity.cases.covering.levels import LAYOUT
from parity.cases.covering.table import Row, Table
from parity.cases.dice import Arguments, Dice
from parity.cases.piecewise_activations import PRODUCTS
from parity.cases.smooth_activations import FINITE


def _prelu() -> Table:
    """One slope for all, or one for each channel."""
    table = elementwise(PRODUCTS)
    slopes = {"slopes": ("each channel", "one"), "of": ("normal", "negative"), "weight": LAYOUT}
    factors = {**table.factors, **slopes}

    def arguments(row: Row, dice: Dice) -> Arguments:
        made = table.arguments(row, dice)
        shape = made.arrays["x"].shape
        channels = shape[1] if len(shape) > 1 and row["slopes"] == "each channel" else 1
        weight = Draw((channels,), row["of"], row["weight"])
        return made._replace(arrays={**made.arrays, "weight": weight})

    return Table(factors, arguments)


TABLES = {
    "prelu": _prelu(),
    "hardsigmoid": elementwise(CURVED),
    "hardswish": elementwise(FINITE),
}
