"""The factors of the models of one layer, perceptron_loss and log_likelihood."""

from __future__ import annotations

from parity.cases.case import Draw
from parity.cases.covering.levels import LAYOUT, MANY, drawn, layouts, shape_of
from parity.cases.covering.losses import AXES, two_classes
from parity.cases.covering.table import BLOCKS, Row, Table
from parity.cases.dice import Arguments, Dice
from parity.cases.linear_models import ONE_LAYER

FINITE = ("normal", "integers", "spread", "tiny", "negative_zero")
SCORES = ("normal", "integers", "wide", "tails", "tiny", "negative_zero", "special")


def _model(row: Row, dice: Dice) -> Arguments:
    features, nodes = row["features"], row["nodes"]
    dice.taken(features, nodes)
    x = (*shape_of(dice, row["axes in front"]), features)
    arrays = drawn(row, row["values"], x=x, weight=(nodes, features))
    if row["bias"]:
        arrays["bias"] = Draw((nodes,), row["values"])
    return Arguments(arrays, {})


def _score(row: Row, dice: Dice) -> Arguments:
    shape = shape_of(dice, row["axes"])
    scores, labels = drawn(row, row["values"], score=shape), drawn(row, "labels", target=shape)
    return Arguments({**scores, **labels}, {})


MODEL = Table(
    {
        "axes in front": (1, 0, 2, 3, 4),
        "features": (4, 1, 7, MANY),
        "nodes": (3, 1, 4),
        "bias": (True, False),
        "values": FINITE,
        **layouts("x", "weight"),
        BLOCKS: (None, 1),
    },
    _model,
)
TABLES = {
    **dict.fromkeys(ONE_LAYER, MODEL),
    "log_likelihood": two_classes("logits"),
    "perceptron_loss": Table(
        {"axes": AXES, "values": SCORES, "score": LAYOUT, "target": LAYOUT}, _score
    ),
}
