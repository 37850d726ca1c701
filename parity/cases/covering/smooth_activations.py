"""The factors of the smooth activation functions."""

from __future__ import annotations

from parity.cases.activations import CURVED
from parity.cases.covering.activations import elementwise
from parity.cases.covering.table import Row, Table
from parity.cases.dice import Arguments, Dice
from parity.cases.smooth_activations import FINITE, SMALLER


def _softplus() -> Table:
    """Without a threshold the option is left out."""
    table = elementwise(CURVED, beta=(1, 0.5, 2.0, 1.7), threshold=(None, 20, 0, 2.5))

    def arguments(row: Row, dice: Dice) -> Arguments:
        made = table.arguments(row, dice)
        given = {name: value for name, value in made.options.items() if value is not None}
        return made._replace(options=given)

    return Table(table.factors, arguments)


TABLES = {
    "exp": elementwise(CURVED),
    "softplus": _softplus(),
    "silu": elementwise(FINITE),
    "gelu": elementwise(SMALLER, approximate=("none", "tanh")),
    "elu": elementwise(FINITE, alpha=(1, 0.5, 2.0, 0, -0.5)),
}
