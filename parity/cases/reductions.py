"""What the catalogue knows of mean."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.cases.case import LAYOUTS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import PLAIN, told
from parity.cases.function import Function
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import Texts, Valid

GROUP = "reductions"

ROWS: tuple[Function, ...] = (
    Function("mean", ("x",), bound="sums", integers="averages", ordered=False, in_networks=True),
)


def _mean(
    name: str,
    x: Shape | Source,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case("mean", name, {"x": source}, options, upstream)


MAPS = (2, 3, 5, 4)
# Of x and dy.
VALUES = (
    ("integers", "integers"),
    ("equal", "equal"),
    ("wide", "wide"),
    ("huge", "huge"),
    ("largest", "normal"),
    ("some_largest", "normal"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
    ("negative_zero", "normal"),
    ("special", "normal"),
    ("normal", "special"),
    ("normal", "largest"),
    ("zeros", "normal"),
)

GOOD: tuple[Case, ...] = (
    _mean("of everything", MAPS),
    _mean("of everything, its axes kept", MAPS, keepdims=True),
    _mean("None says everything", (3, 4), axis=None),
    _mean("of each map", MAPS, axis=(2, 3)),
    _mean("of each map, counted from behind", MAPS, axis=(-1, -2), keepdims=True),
    _mean("of each channel", MAPS, axis=(0, 2, 3)),
    _mean("of each sample", (4, 7), axis=1),
    _mean("of the batch", (4, 7), axis=0),
    _mean("of the last axis", (2, 3, 7), axis=-1),
    _mean("of the middle axis, kept", (2, 7, 3), axis=1, keepdims=True),
    _mean("axes in another order", MAPS, axis=(3, 1)),
    _mean("an axis before and one behind", MAPS, axis=(-1, 0), keepdims=True),
    _mean("a tuple of one axis", (5, 3), axis=(0,)),
    _mean("every axis named", (5, 3), axis=(0, 1)),
    _mean("volumes", (2, 3, 4, 5, 6), axis=(2, 4)),
    _mean("a row", (7,), axis=0),
    _mean("a single value", ()),
    _mean("of one number each", (4, 1, 3), axis=1),
    _mean("of two, which divide exactly", (5, 2), axis=1),
    _mean("of 300", (300, 2), axis=0),
    _mean("of 1031 in a row", (2, 1031), axis=-1),
    _mean("empty batch", (0, 3, 4), axis=(1, 2)),
    _mean("no channels, mean of the batch", (5, 0), axis=0, keepdims=True),
    *(_mean(f"{x}, dy {dy}", MAPS, x, upstream=dy, axis=(1, 3)) for x, dy in VALUES),
    _mean("large and small beside each other", (6, 9), "wide", axis=1, keepdims=True),
    *(
        _mean(f"{layout} views", (4, 3, 5), layout=layout, axis=1)
        for layout in LAYOUTS
        if layout != "contiguous"
    ),
    _mean("reversed views, the last axis", (4, 3, 17), layout="reversed", axis=2),
    _mean("two rows", Given(((1, 2, 6), (30, 40, 80))), upstream="integers", axis=1),
    _mean("two columns", Given(((1, 2), (30, 40), (8, 3))), upstream="integers", axis=0),
    _mean("infinite", Given(((1.0, inf, 2.0), (-inf, 5.0, 6.0), (1.0, 2.0, 4.5))), axis=1),
)

# --- bad arguments ------------------------------------------------------------------------

X = Draw((2, 3, 4))
VALID: Valid = {
    "mean": {"x": X, "axis": (1, 2)},
    "mean_backward": {"dy": Draw((2,)), "x": X, "axis": (1, 2)},
}
says = Texts(VALID)
NO_AXIS = (
    "axis names no axis, which NumPy takes for none and torch for all; leave x as it is, or give "
    "None for all"
)


def _empty(function: str, axis: Any, shape: Shape, **more: Any) -> BadCase:
    message = f"x has no places along axis {axis!r}, so that there is no mean (x {shape})"
    name = f"no places along {axis!r}"
    return says.value_error(function, name, message, x=Draw(shape), axis=axis, **more)


BAD: tuple[BadCase, ...] = (
    says.value_error("mean", "no such axis", "axis is 3, but x has 3 axes (x (2, 3, 4))", axis=3),
    says.value_error(
        "mean", "no such axis from behind", "axis is -4, but x has 3 axes (x (2, 3, 4))", axis=-4
    ),
    says.value_error(
        "mean",
        "an axis of a single value",
        "axis is 0, but x has 0 axes (x ())",
        x=Draw(()),
        axis=0,
    ),
    says.value_error("mean", "no axis", NO_AXIS, axis=()),
    says.value_error("mean_backward", "no axis", NO_AXIS, axis=()),
    says.value_error(
        "mean",
        "an axis twice",
        "axis names an axis twice: (0, 0) (x (2, 3, 4))",
        axis=(0, 0),
    ),
    says.value_error(
        "mean_backward",
        "an axis twice, once from behind",
        "axis names an axis twice: (1, -2) (x (2, 3, 4))",
        axis=(1, -2),
    ),
    _empty("mean", 0, (0, 3)),
    _empty("mean", None, (2, 0)),
    _empty("mean", (1, 2), (2, 3, 0)),
    _empty("mean_backward", 0, (0, 3), dy=Draw((3,))),
    *(
        says.type_error(
            "mean",
            f"axis {axis!r}",
            f"axis must be an integer, a tuple of them or None, but is {axis!r}",
            axis=axis,
        )
        for axis in (1.0, "rows", True, (0, None))
    ),
    says.flag("mean", "keepdims", 1),
    says.flag("mean_backward", "keepdims", None),
    says.dy("mean_backward", "dy of x", "(2,)", dy=X),
    says.dy(
        "mean_backward",
        "dy with its axes kept",
        "(2,)",
        "; give dy.reshape(2)",
        dy=Draw((2, 1, 1)),
    ),
    says.dy(
        "mean_backward",
        "dy without its axes",
        "(2, 1, 1)",
        "; give dy.reshape(2, 1, 1)",
        keepdims=True,
        dy=Draw((2,)),
    ),
    says.dy("mean_backward", "dy of the other axis", "(2,)", dy=Draw((3,))),
    says.mixed("mean_backward", "dy", "x", float32="dy"),
    says.not_real("mean", "complex x", "x", "complex128"),
    says.not_real("mean", "boolean x", "x", "bool", x=Given((True, False)), axis=0),
    says.type_error("mean", "no x", "x must hold real numbers, but is None", x=None),
    says.masked("mean", "x"),
    says.not_added("mean_backward", "dy", "x"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("mean", "rows", {"x": (2, 3)}, axis=1),
    sums("mean", "columns kept", {"x": (2, 3)}, axis=0, keepdims=True),
    sums("mean", "two of three axes", {"x": (2, 2, 3)}, axis=(0, -1)),
)

# --- random arguments ---------------------------------------------------------------------


def some_axes(dice: Dice, count: int) -> Any:
    """All of so many axes, one or several, some of them counted from behind."""
    if not count or dice.chance(0.2):
        return None
    chosen = [axis for axis in range(count) if dice.chance(0.5)] or [dice.whole(0, count - 1)]
    named = [axis - count if dice.chance(0.3) else axis for axis in chosen]
    if len(named) == 1 and dice.chance(0.7):
        return named[0]
    return tuple(reversed(named) if dice.chance(0.3) else named)


def _random(dice: Dice) -> Arguments:
    """Arguments of mean."""
    shape, (values, upstream) = dice.sizes(dice.whole(0, 4), 1, 6), dice.kinds(PLAIN, VALUES)
    options = {"axis": some_axes(dice, len(shape)), "keepdims": dice.chance(0.4)}
    arrays = {"x": Draw(shape, values, dice.layout())}
    return Arguments(arrays, told(dice, options, axis=None, keepdims=False), upstream)


RANDOM: dict[str, Maker] = {"mean": _random}
