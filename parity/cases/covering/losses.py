"""The factors of cross_entropy, of two classes too, mse_loss and squared_error."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import Classes, Draw, Probabilities, Shape, Source
from parity.cases.covering.levels import LAYOUT, MANY, drawn, layouts, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice

REDUCTION = ("mean", "sum", "none")
INDICES = ("int64", "int32", "uint8", "int16")
LOGITS = ("normal", "tails", "ties", "spread", "saturated", "minus_inf", "special", "subnormal")
ODDS: Mapping[str, tuple[str, str]] = {
    "normal": ("normal", "normal"),
    "tails": ("tails", "normal"),
    "saturated": ("saturated", "wide"),
    "wide": ("wide", "normal"),
    "largest": ("largest", "normal"),
    "subnormal": ("subnormal", "normal"),
    "negative zero": ("negative_zero", "normal"),
}
# Of output and target; the last two are of the same numbers, one of them a little off.
DISTANCES: Mapping[str, tuple[str, str]] = {
    "normal": ("normal", "normal"),
    "integers": ("integers", "integers"),
    "wide": ("wide", "wide"),
    "tiny": ("tiny", "tiny"),
    "special": ("special", "special"),
    "near the target": ("near_marks", "marks"),
    "at the target": ("marks", "marks"),
}
AXES = (2, 0, 1, 3, 4, 5)


def _cross_entropy(row: Row, dice: Dice) -> Arguments:
    """Logits (C,) or (N, C, …); class indices of an integer dtype, or probabilities."""
    axes, classes = row["axes"], row["classes"]
    dice.taken(classes)
    samples, *behind = shape_of(dice, max(1, axes - 1))
    if classes == MANY:  # few rows of them
        behind = [1] * len(behind)
    shape = (classes,) if axes == 1 else (samples, classes, *behind)
    target = _target(row, shape, classes)
    arrays = {**drawn(row, row["values"], logits=shape), "target": target}
    if row["weights"]:
        arrays["weight"] = Probabilities((classes,), 0, row["weight"])
    options: dict[str, Any] = {"reduction": row["reduction"]}
    if row["ignored"]:
        options["ignore_index"] = classes // 2
    if row["smoothing"]:
        options["label_smoothing"] = row["smoothing"]
    return Arguments(arrays, options)


def _target(row: Row, shape: Shape, classes: int) -> Source:
    kind, layout, axis = row["kind of target"], row["target"], min(1, len(shape) - 1)
    if kind == "probabilities":
        return Probabilities(shape, axis, layout)
    if kind == "any numbers":
        return Draw(shape, "normal", layout)
    places = shape[:axis] + shape[axis + 1 :]
    return Classes(places, min(classes, 255) if kind == "uint8" else classes, kind, layout)


def two_classes(name: str, **options: tuple[str, ...]) -> Table:
    """Logits, of which the target is a probability; of all sizes of numbers."""

    def arguments(row: Row, dice: Dice) -> Arguments:
        values, upstream = ODDS[row["values"]]
        shape = shape_of(dice, row["axes"])
        logits = drawn(row, values, logits=shape)
        target = drawn(row, row["values of target"], target=shape)
        given = {option: row[option] for option in options}
        return Arguments({**logits, **target}, given, upstream)

    return Table(
        {
            "axes": AXES,
            "values": tuple(ODDS),
            "values of target": ("certainty", "mask"),
            **options,
            **layouts("logits", "target", *([DY] if options else [])),
        },
        arguments,
    )


def _mse_loss(row: Row, dice: Dice) -> Arguments:
    return Arguments(_squared_error(row, dice).arrays, {"reduction": row["reduction"]})


def _squared_error(row: Row, dice: Dice) -> Arguments:
    output, target = DISTANCES[row["values"]]
    shape = shape_of(dice, row["axes"])
    return Arguments({**drawn(row, output, output=shape), **drawn(row, target, target=shape)}, {})


TABLES = {
    "cross_entropy": Table(
        {
            "axes": (2, 1, 3, 4, 5),
            "classes": (5, 1, 2, MANY),
            "kind of target": (*INDICES, "probabilities", "any numbers"),
            "reduction": REDUCTION,
            "weights": (False, True),
            "ignored": (False, True),
            "smoothing": (0.0, 0.1, 0.5),
            "values": LOGITS,
            **layouts("logits", "target", "weight", DY),
        },
        _cross_entropy,
        # A cost of 0 · ∞ has no value, and an ignored sample of NaN no gradient in torch: listed
        # cases have them. Of probabilities no class can be ignored.
        (
            (("kind of target", "probabilities"), ("ignored", True)),
            (("kind of target", "any numbers"), ("ignored", True)),
            (("ignored", True), ("values", "minus_inf")),
            (("ignored", True), ("values", "special")),
            (("kind of target", "probabilities"), ("values", "minus_inf")),
            (("kind of target", "any numbers"), ("values", "minus_inf")),
        ),
    ),
    "binary_cross_entropy_with_logits": two_classes("logits", reduction=REDUCTION),
    "mse_loss": Table(
        {
            "axes": AXES,
            "values": tuple(DISTANCES),
            "reduction": REDUCTION,
            **layouts("output", "target", DY),
        },
        _mse_loss,
    ),
    "squared_error": Table(
        {"axes": AXES, "values": tuple(DISTANCES), "output": LAYOUT, "target": LAYOUT},
        _squared_error,
    ),
}
