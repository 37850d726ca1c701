"""Levels that the tables of several subjects share, and the sizes that they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.cases.case import LAYOUTS, WEIGHTED_VALUES, Draw, Shape, Source
from parity.cases.covering.table import DY, Row
from parity.cases.dice import Dice

SAMPLES = (2, 1, 3, 4, 5)
CHANNELS = (3, 1, 2, 4, 5)
AXES = (2, 1, 3, 4, 5, 6)
LAYOUT = tuple(LAYOUTS)
MANY = 1030  # features or classes
LONG = 41  # a side, longer than any of the listed cases of ordinary size

# --- kinds of values ----------------------------------------------------------------------

# Of x, weight and dy.
WEIGHTED: Mapping[str, tuple[str, str, str]] = {
    "normal": ("normal", "normal", "normal"),
    **{
        name: (x, weight, dy)
        for name, x, weight, dy in WEIGHTED_VALUES
        if name in ("integers", "ternary", "wide values", "largest", "negative zero", "special")
    },
}
# Of x and of dy.
POOLED: Mapping[str, tuple[str, str]] = {
    "normal": ("normal", "normal"),
    "integers": ("integers", "integers"),
    "negative": ("negative", "normal"),
    "negative zero": ("negative_zero", "normal"),
    "special": ("special", "normal"),
    "special dy": ("normal", "special"),
    "wide": ("wide", "wide"),
    "tiny": ("tiny", "tiny"),
}
MOVED: Mapping[str, tuple[str, str]] = {
    "normal": ("normal", "normal"),
    "integers": ("integers", "integers"),
    "negative zero": ("negative_zero", "negative_zero"),
    "special": ("special", "special"),
    "subnormal": ("subnormal", "subnormal"),
}

# --- layouts ------------------------------------------------------------------------------


def layouts(*arrays: str) -> dict[str, tuple[str, ...]]:
    """A factor for the layout of each array; the last one is mostly dy."""
    return dict.fromkeys(arrays, LAYOUT)


def drawn(row: Row, values: str, **shapes: Shape) -> dict[str, Source]:
    """Arrays of these shapes, of a kind of values each lying as its factor says."""
    return {name: Draw(shape, values, row[name]) for name, shape in shapes.items()}


def affine(
    row: Row, x: Shape, weight: Shape, outputs: int | None = None
) -> tuple[dict[str, Source], str]:
    """x, weight and, if the row has one, a bias; the kind of values of dy.

    outputs: how many numbers a bias has; None: as many as the weight has first.
    """
    values, weights, upstream = WEIGHTED[row["values"]]
    arrays = {**drawn(row, values, x=x), **drawn(row, weights, weight=weight)}
    if row["bias"]:
        arrays["bias"] = Draw(weight[:1] if outputs is None else (outputs,), weights)
    return arrays, upstream


AFFINE = {
    "bias": (True, False),
    "values": tuple(WEIGHTED),
    **layouts("x", "weight", DY),
}

# --- windows ------------------------------------------------------------------------------

SIDES = ("unequal", "equal", "long", "tight")


def windows(n: int) -> tuple[str, ...]:
    """Of one axis no two can differ."""
    return ("unequal", "equal", "one") if n > 1 else ("equal", "one")


def kernel_of(dice: Dice, level: str, n: int) -> tuple[int, ...]:
    """Sizes of a window: different ones, two or three along every axis, or one place."""
    if level == "one":
        return (1,) * n
    if level == "equal":
        return (dice.whole(2, 3),) * n
    return dice.sizes(n, 2, 3 if n == 1 else 5 - n // 3)


def per_axis(option: int | tuple[int, ...], n: int) -> tuple[int, ...]:
    """An option that may be one number for all axes."""
    return option if isinstance(option, tuple) else (option,) * n


def spans_of(kernel: Sequence[int], dilation: int | tuple[int, ...]) -> list[int]:
    """How far a dilated window reaches along each axis."""
    steps = per_axis(dilation, len(kernel))
    return [d * (k - 1) + 1 for k, d in zip(kernel, steps, strict=True)]


def some(n: int, *values: int) -> tuple[int, ...]:
    """As many of the values as there are axes."""
    return values[:n]


def sides_of(dice: Dice, level: str, least: Sequence[int]) -> tuple[int, ...]:
    """Sides of at least so many places; tight: no more than these."""
    if level == "tight":
        return tuple(least)
    if level == "equal":
        return (max(least) + dice.whole(0, 3),) * len(least)
    *others, last = least
    behind = max(LONG, last) if level == "long" else last
    return (*(dice.size(low, low + 4) for low in others), dice.size(behind, behind + 5))


def shape_of(dice: Dice, axes: int) -> Shape:
    """So many sizes, different ones as far as that goes."""
    return dice.sizes(axes, 1, max(3, 8 - axes))


def spelled(**options: Any) -> dict[str, Any]:
    """Options; what is None is left out."""
    return {name: value for name, value in options.items() if value is not None}
