"""The factors of transpose, reshape, channel_shuffle, slice_axis and split."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from parity.cases.case import Draw, Shape
from parity.cases.covering.levels import LAYOUT, LONG, MOVED, SAMPLES, shape_of
from parity.cases.covering.table import DY, Row, Table
from parity.cases.dice import Arguments, Dice


def _moved(row: Row, x: Shape, **options: Any) -> Arguments:
    values, upstream = MOVED[row["values"]]
    return Arguments({"x": Draw(x, values, row["x"])}, options, upstream)


def _table(factors: dict[str, tuple[Any, ...]], made: Callable[[Row, Dice], Arguments]) -> Table:
    return Table({**factors, "values": tuple(MOVED), "x": LAYOUT, DY: LAYOUT}, made)


# --- axes and shapes ----------------------------------------------------------------------


def _transpose(row: Row, dice: Dice) -> Arguments:
    n = row["axes of x"]
    order: list[int] = list(range(n))
    match row["order"]:
        case "in turn":
            order = [*order[1:], 0]
        case "in turn backwards":
            order = [n - 1, *order[:-1]]
        case "last two swapped":
            order[-2:] = order[:-3:-1]
        case "first two swapped":
            order[:2] = order[1::-1]
        case "reversed":
            order = order[::-1]
    order = [axis - n if row["counted from the end"] else axis for axis in order]
    shape = shape_of(dice, n)
    return _moved(row, shape, **({} if row["order"] == "not said" else {"axes": tuple(order)}))


def _reshape(row: Row, dice: Dice) -> Arguments:
    first, *rest = x = shape_of(dice, row["axes of x"])
    shapes: dict[str, tuple[int, ...]] = {
        "one axis": (prod(x),),
        "the first stays": (first, prod(rest)),
        "the last stays": (prod(x[:-1]), x[-1]),
        "axes of one": (1, *x, 1),
        "reversed": x[::-1],
        "rotated": (*rest, first),
    }
    shape = list(shapes[row["new"]])
    if row["worked out"] == "first":
        shape[0] = -1
    if row["worked out"] == "last":
        shape[-1] = -1
    return _moved(row, x, shape=tuple(shape))


def _channel_shuffle(row: Row, dice: Dice) -> Arguments:
    dice.taken(row["samples"], row["groups"], row["channels of each"])
    channels = row["groups"] * row["channels of each"]
    shape = (row["samples"], channels, *shape_of(dice, row["axes behind"]))
    return _moved(row, shape, groups=row["groups"])


# --- parts along an axis ------------------------------------------------------------------


def _along(row: Row, dice: Dice, size: int) -> tuple[Shape, int]:
    """A shape with so many places along the axis, and the axis."""
    n = row["axes of x"]
    axis = {"first": 0, "last": n - 1, "between": n // 2}[row["axis"]]
    dice.taken(size)
    shape = list(shape_of(dice, n))
    shape[axis] = size
    return tuple(shape), axis - n if row["counted from the end"] else axis


def _slice_axis(row: Row, dice: Dice) -> Arguments:
    size = LONG if row["size"] == "long" else dice.whole(7, 11)
    shape, axis = _along(row, dice, size)
    start = {"0": 0, "2": 2, "None": None, "from the end": -5}[row["start"]]
    stop = {"None": None, "6": 6, "beyond": 2 * size, "from the end": -1}[row["stop"]]
    return _moved(row, shape, axis=axis, start=start, stop=stop, step=row["step"])


SIZES: dict[str, tuple[int, ...]] = {
    "unequal": (1, 4, 2),
    "equal": (3, 3),
    "ascending": (1, 2, 3, 4),
    "one": (5,),
    "one empty": (2, 0, 3),
}


def _split(row: Row, dice: Dice) -> Arguments:
    if row["sizes"] in SIZES:
        sizes: Any = SIZES[row["sizes"]]
        size = sum(sizes)
    else:
        sizes, size = {"2, nothing left": (2, 6), "3, one left": (3, 7), "too large": (9, 5)}[
            row["sizes"]
        ]
    shape, axis = _along(row, dice, size)
    return _moved(row, shape, sizes=sizes, axis=axis)


AXIS: dict[str, tuple[Any, ...]] = {
    "axes of x": (3, 1, 2, 4, 5),
    "axis": ("between", "first", "last"),
    "counted from the end": (False, True),
}

TABLES = {
    "transpose": _table(
        {
            "axes of x": (4, 2, 3, 5, 6),
            "order": (
                *("in turn", "in turn backwards", "last two swapped", "first two swapped"),
                *("reversed", "not said"),
            ),
            "counted from the end": (False, True),
        },
        _transpose,
    ),
    "reshape": _table(
        {
            "axes of x": (3, 1, 2, 4, 5),
            "new": (
                *("one axis", "the first stays", "the last stays"),
                *("axes of one", "reversed", "rotated"),
            ),
            "worked out": ("none", "first", "last"),
        },
        _reshape,
    ),
    "channel_shuffle": _table(
        {
            "samples": SAMPLES,
            "groups": (2, 1, 3, 4, 5),
            "channels of each": (3, 1, 2, 4, 5),
            "axes behind": (2, 0, 1, 3),
        },
        _channel_shuffle,
    ),
    "slice_axis": _table(
        {
            **AXIS,
            "size": ("short", "long"),
            "start": ("2", "0", "None", "from the end"),
            "stop": ("None", "6", "beyond", "from the end"),
            "step": (2, 1, 3, 5),
        },
        _slice_axis,
    ),
    "split": _table(
        {**AXIS, "sizes": (*SIZES, "2, nothing left", "3, one left", "too large")},
        _split,
    ),
}
