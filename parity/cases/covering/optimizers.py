"""The factors of the steps of optimisers."""

from __future__ import annotations

from parity.cases.case import Draw
from parity.cases.covering.levels import AXES, LAYOUT, drawn, layouts, shape_of
from parity.cases.covering.table import Row, Table
from parity.cases.dice import Arguments, Dice

VALUES = ("normal", "integers", "negative_zero", "wide", "special", "largest")


def _options(row: Row, *names: str) -> dict[str, object]:
    return {name: row[name] for name in names}


def _sgd(row: Row, dice: Dice) -> Arguments:
    shape = shape_of(dice, row["axes"])
    names = ("value", "gradient") + (("velocity",) if row["velocity"] else ())
    given = {"velocity": row["velocity"] or "contiguous"}
    arrays = drawn({**row, **given}, row["values"], **dict.fromkeys(names, shape))
    named = ("learning_rate", "momentum", "dampening", "weight_decay", "nesterov", "maximize")
    return Arguments(arrays, _options(row, *named))


def _adam(row: Row, dice: Dice) -> Arguments:
    shape = shape_of(dice, row["axes"])
    arrays = drawn(row, row["values"], value=shape, gradient=shape)
    if row["step"] > 1:
        arrays["first_moment"] = Draw(shape, "normal", row["moments"])
        arrays["second_moment"] = Draw(shape, "certainty", row["moments"])
        if row["amsgrad"]:
            arrays["max_second_moment"] = Draw(shape, "certainty", row["moments"])
    named = ("step", "learning_rate", "betas", "eps", "weight_decay", "amsgrad", "maximize")
    return Arguments(arrays, _options(row, *named, "decoupled_weight_decay"))


FLAG = (False, True)
RATE = (0.1, 0.001, 1.0)
DECAY = (0, 0.3, 0.01)

TABLES = {
    "sgd_step": Table(
        {
            "axes": AXES,
            "learning_rate": RATE,
            "momentum": (0.9, 0, 0.5, 1.0),
            "dampening": (0, 0.5, 1.0, -0.25),
            "weight_decay": DECAY,
            "nesterov": FLAG,
            "maximize": FLAG,
            "values": VALUES,
            **layouts("value", "gradient"),
            "velocity": (*LAYOUT, ""),  # none: the first step
        },
        _sgd,
        apart=(
            (("nesterov", True), ("momentum", 0)),
            *((("nesterov", True), ("dampening", share)) for share in (0.5, 1.0, -0.25)),
        ),
    ),
    "adam_step": Table(
        {
            "axes": AXES,
            "step": (3, 1, 2, 1000),
            "learning_rate": RATE,
            "betas": ((0.9, 0.999), (0.6, 0.75), (0.99, 0.9)),
            "eps": (1e-8, 0.1),
            "weight_decay": DECAY,
            "amsgrad": FLAG,
            "maximize": FLAG,
            "decoupled_weight_decay": FLAG,
            "values": VALUES,
            **layouts("value", "gradient", "moments"),
        },
        _adam,
    ),
}
