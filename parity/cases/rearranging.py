"""What the catalogue knows of transpose, reshape, channel_shuffle, slice_axis and split."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from parity.cases.case import LAYOUTS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MOVED, PLAIN, shape_of, told
from parity.cases.function import Function, moved
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import X2, Texts, Valid

GROUP = "rearranging"

ROWS: tuple[Function, ...] = (
    moved("transpose", ("x",), in_networks=True),
    moved("reshape", ("x",), in_networks=True),
    moved("channel_shuffle", ("x",), in_networks=True),
    moved("slice_axis", ("x",), in_networks=True),
    moved("split", ("x",), several=True),
)

VALUES = (
    ("integers", "integers"),
    ("wide", "wide"),
    ("largest", "largest"),
    ("subnormal", "subnormal"),
    ("negative_zero", "negative_zero"),
    ("special", "special"),
)  # of x and of dy


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for random numbers."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case(function, name, {"x": source}, options, upstream)


def _in_every_way(function: str, x: Shape, **options: Any) -> tuple[Case, ...]:
    """All kinds of values, and all layouts."""
    return (
        *(
            _case(function, values.replace("_", " "), x, values, upstream=dy, **options)
            for values, dy in VALUES
        ),
        *(
            _case(function, f"{layout} views", x, layout=layout, **options)
            for layout in LAYOUTS
            if layout != "contiguous"
        ),
    )


TRANSPOSE = (
    _case("transpose", "a matrix", (3, 4), axes=(1, 0)),
    _case("transpose", "a matrix, no axes said", (4, 3)),
    _case("transpose", "three axes in turn", (2, 3, 4), axes=(2, 0, 1)),
    _case("transpose", "three axes in turn, the other way", (2, 3, 4), axes=(1, 2, 0)),
    _case("transpose", "the last two of three", (2, 3, 4), axes=(0, 2, 1)),
    _case("transpose", "the outer two of three", (4, 2, 3), axes=(2, 1, 0)),
    _case("transpose", "channels last", (2, 3, 5, 4), axes=(0, 2, 3, 1)),
    _case("transpose", "channels first", (2, 5, 4, 3), axes=(0, 3, 1, 2)),
    _case("transpose", "four axes in turn", (2, 3, 5, 4), axes=(1, 2, 3, 0)),
    _case("transpose", "four axes, no axes said", (2, 3, 5, 4)),
    _case("transpose", "two pairs", (2, 3, 5, 4), axes=(1, 0, 3, 2)),
    _case("transpose", "counted from the end", (2, 3, 5, 4), axes=(-2, 0, -1, 1)),
    _case("transpose", "five axes", (2, 3, 1, 5, 4), axes=(3, 0, 4, 2, 1)),
    _case("transpose", "six axes", (2, 3, 1, 5, 4, 2), axes=(3, 5, 0, 4, 2, 1)),
    _case("transpose", "every axis stays", (2, 3, 4), axes=(0, 1, 2)),
    _case("transpose", "one axis", (5,), axes=(0,)),
    _case("transpose", "one axis, as a number", (4,), axes=-1),
    _case("transpose", "a single value", (), axes=()),
    _case("transpose", "an empty batch", (0, 3, 4), axes=(2, 0, 1)),
    _case("transpose", "a large matrix", (41, 67), axes=(1, 0)),
    *_in_every_way("transpose", (2, 4, 3), axes=(1, 2, 0)),
    _case(
        "transpose",
        "numbers that say their places",
        Given((((111, 112, 113), (121, 122, 123)),)),
        upstream="integers",
        axes=(2, 0, 1),
    ),
)

RESHAPE = (
    _case("reshape", "two axes become one", (3, 4), shape=(12,)),
    _case("reshape", "one number for one axis", (3, 4), shape=12),
    _case("reshape", "one axis becomes two", (15,), shape=(3, 5)),
    _case("reshape", "other rows", (3, 4), shape=(2, 6)),
    _case("reshape", "as many rows as columns", (3, 4), shape=(4, 3)),
    _case("reshape", "maps as a vector", (2, 3, 5, 4), shape=(2, 60)),
    _case("reshape", "maps as a vector, worked out", (2, 3, 5, 4), shape=(2, -1)),
    _case("reshape", "the first axis worked out", (2, 3, 5, 4), shape=(-1, 20)),
    _case("reshape", "an axis between worked out", (2, 3, 5, 4), shape=(4, -1, 3)),
    _case("reshape", "all in one", (2, 3, 5, 4), shape=-1),
    _case("reshape", "into groups of channels", (2, 6, 5, 3), shape=(2, 2, 3, 5, 3)),
    _case("reshape", "a vector as maps", (2, 60), shape=(2, 3, 4, 5)),
    _case("reshape", "the shape that it has", (2, 3, 4), shape=(2, 3, 4)),
    _case("reshape", "axes of one", (3, 4), shape=(1, 3, 1, 4, 1)),
    _case("reshape", "a single value", (), shape=(1, 1)),
    _case("reshape", "to a single value", (1, 1), shape=()),
    _case("reshape", "an empty batch", (0, 3, 4), shape=(0, 12)),
    _case("reshape", "an empty batch, worked out", (0, 3, 4), shape=(-1, 12)),
    _case("reshape", "no elements, another shape", (0, 3), shape=(5, 0, 2)),
    _case("reshape", "long", (41, 66), shape=(82, 33)),
    *_in_every_way("reshape", (2, 4, 3), shape=(3, 8)),
    _case(
        "reshape",
        "numbers that say their order",
        Given(((1, 2, 3), (4, 5, 6))),
        upstream="integers",
        shape=(3, 2),
    ),
)

CHANNEL_SHUFFLE = (
    _case("channel_shuffle", "two groups of three", (2, 6, 5, 4), groups=2),
    _case("channel_shuffle", "three groups of two", (2, 6, 5, 4), groups=3),
    _case("channel_shuffle", "three groups of four", (2, 12, 5, 4), groups=3),
    _case("channel_shuffle", "four groups of three", (2, 12, 5, 4), groups=4),
    _case("channel_shuffle", "two groups of five", (3, 10, 2, 4), groups=2),
    _case("channel_shuffle", "five groups of three", (2, 15, 4, 3), groups=5),
    _case("channel_shuffle", "as many groups as channels in each", (2, 9, 5, 4), groups=3),
    _case("channel_shuffle", "one group", (2, 6, 5, 4), groups=1),
    _case("channel_shuffle", "a group for each channel", (2, 6, 5, 4), groups=6),
    _case("channel_shuffle", "vectors", (3, 8), groups=2),
    _case("channel_shuffle", "vectors, four groups", (3, 8), groups=4),
    _case("channel_shuffle", "signals", (3, 8, 5), groups=4),
    _case("channel_shuffle", "volumes", (2, 6, 5, 4, 3), groups=2),
    _case("channel_shuffle", "one sample", (1, 6, 5, 4), groups=3),
    _case("channel_shuffle", "one pixel", (2, 6, 1, 1), groups=2),
    _case("channel_shuffle", "an empty batch", (0, 6, 5, 4), groups=2),
    _case("channel_shuffle", "58 channels, as in ShuffleNet", (1, 58, 3, 2), groups=2),
    *_in_every_way("channel_shuffle", (2, 6, 3, 4), groups=2),
    _case(
        "channel_shuffle",
        "numbers that say group and channel",
        Given(((11, 12, 13, 21, 22, 23),)),
        upstream="integers",
        groups=2,
    ),
)

SLICE_AXIS = (
    _case("slice_axis", "the middle of the columns", (3, 7), axis=1, start=2, stop=5),
    _case("slice_axis", "the middle of the rows", (7, 4), axis=0, start=2, stop=5),
    _case("slice_axis", "every second place", (3, 8), axis=1, step=2),
    _case("slice_axis", "every second place, from the second", (3, 8), axis=1, start=1, step=2),
    _case("slice_axis", "every third of an odd number", (3, 8), axis=1, start=1, stop=8, step=3),
    _case("slice_axis", "some channels", (2, 7, 5, 4), axis=1, start=3, stop=6),
    _case("slice_axis", "the first channel", (2, 7, 5, 4), axis=1, stop=1),
    _case("slice_axis", "rows of maps", (2, 3, 8, 4), axis=2, start=1, stop=7, step=2),
    _case("slice_axis", "columns of maps", (2, 3, 4, 9), axis=3, start=2, step=3),
    _case("slice_axis", "the last axis, from the end", (2, 3, 4, 9), axis=-1, start=-4, stop=-1),
    _case("slice_axis", "an axis before it, from the end", (2, 7, 5, 4), axis=-3, start=-5, step=2),
    _case("slice_axis", "all but the last two", (3, 8), axis=1, stop=-2),
    _case("slice_axis", "the last one", (3, 8), axis=1, start=-1),
    _case("slice_axis", "all of it", (3, 5), axis=1),
    _case("slice_axis", "ends left open", (3, 8), axis=1, start=None, stop=None, step=3),
    _case("slice_axis", "beyond the end", (3, 8), axis=1, start=5, stop=99),
    _case("slice_axis", "beyond both ends", (3, 8), axis=1, start=-99, stop=99, step=2),
    _case("slice_axis", "a step beyond the end", (3, 8), axis=1, start=2, step=9),
    _case("slice_axis", "nothing of it", (3, 8), axis=1, start=5, stop=2),
    _case("slice_axis", "volumes", (2, 3, 7, 4, 5), axis=2, start=1, step=2),
    _case("slice_axis", "a row", (9,), axis=0, start=1, stop=8, step=3),
    _case("slice_axis", "an empty batch", (0, 7, 3), axis=1, start=2),
    _case("slice_axis", "an empty axis", (3, 0, 2), axis=1, start=1),
    _case("slice_axis", "long", (2, 131), axis=1, start=3, stop=120, step=7),
    *_in_every_way("slice_axis", (3, 9, 4), axis=1, start=1, stop=8, step=3),
    _case(
        "slice_axis",
        "numbers that say their places",
        Given(((0, 1, 2, 3, 4, 5, 6), (10, 11, 12, 13, 14, 15, 16))),
        upstream="integers",
        axis=1,
        start=2,
        step=2,
    ),
)

SPLIT = (
    _case("split", "three parts of the channels", (2, 6, 5, 4), sizes=(1, 3, 2), axis=1),
    _case("split", "two halves of the channels", (2, 6, 5, 4), sizes=3, axis=1),
    _case("split", "the last part smaller", (2, 7, 5, 4), sizes=3, axis=1),
    _case("split", "parts of one", (2, 5, 3), sizes=1, axis=1),
    _case("split", "one part", (3, 5), sizes=5, axis=1),
    _case("split", "a size above the axis", (3, 5), sizes=8, axis=1),
    _case("split", "samples", (7, 3, 2), sizes=(4, 3)),
    _case("split", "samples, one size", (7, 3, 2), sizes=3),
    _case("split", "the last axis, from the end", (2, 3, 9), sizes=(2, 4, 3), axis=-1),
    _case("split", "columns", (3, 9), sizes=(5, 1, 3), axis=1),
    _case("split", "four parts", (2, 11, 3), sizes=(4, 1, 5, 1), axis=1),
    _case("split", "an empty part", (3, 7), sizes=(2, 0, 5), axis=1),
    _case("split", "empty parts alone", (3, 0), sizes=(0, 0), axis=1),
    _case("split", "an empty axis", (3, 0), sizes=2, axis=1),
    _case("split", "an empty batch", (0, 7), sizes=(3, 4), axis=1),
    _case("split", "volumes", (2, 3, 7, 4, 5), sizes=(2, 5), axis=2),
    _case("split", "a row", (9,), sizes=(2, 4, 3)),
    _case("split", "a list of sizes", (2, 8, 3), sizes=[5, 3], axis=1),
    *_in_every_way("split", (3, 7, 4), sizes=(2, 1, 4), axis=1),
    _case(
        "split",
        "numbers that say their places",
        Given(((0, 1, 2, 3, 4, 5), (10, 11, 12, 13, 14, 15))),
        upstream="integers",
        sizes=(1, 2, 3),
        axis=1,
    ),
)

GOOD: tuple[Case, ...] = TRANSPOSE + RESHAPE + CHANNEL_SHUFFLE + SLICE_AXIS + SPLIT

# --- bad arguments ------------------------------------------------------------------------

X = Draw((2, 6, 5))
PARTS = (np.ones((2, 4, 5)), np.ones((2, 2, 5)))

VALID: Valid = {
    "transpose": {"x": X, "axes": (1, 2, 0)},
    "transpose_backward": {"dy": Draw((6, 5, 2)), "x": X, "axes": (1, 2, 0)},
    "reshape": {"x": X, "shape": (4, 15)},
    "reshape_backward": {"dy": Draw((4, 15)), "x": X, "shape": (4, 15)},
    "channel_shuffle": {"x": X2, "groups": 3},
    "channel_shuffle_backward": {"dy": X2, "x": X2, "groups": 3},
    "slice_axis": {"x": X, "axis": 1, "start": 1, "stop": 5, "step": 2},
    "slice_axis_backward": {"dy": Draw((2, 2, 5)), "x": X, "axis": 1, "start": 1, "step": 3},
    "split": {"x": X, "sizes": (4, 2), "axis": 1},
    "split_backward": {"dy": PARTS, "x": X, "sizes": (4, 2), "axis": 1},
}
says = Texts(VALID)


def _order(function: str, name: str, axes: tuple[int, ...], hint: str = "") -> BadCase:
    message = f"axes must name each of the 3 axes of x once, but is {axes} (x (2, 6, 5)){hint}"
    return says.value_error(function, name, message, axes=axes)


def _kind(function: str, name: str, option: str, what: str, value: Any) -> BadCase:
    """An option that is of another kind."""
    message = f"{option} must be {what}, but is {value!r}"
    return says.type_error(function, name, message, **{option: value})


def _new_shape(function: str, name: str, shape: Any, message: str) -> BadCase:
    return says.value_error(function, name, f"shape {message}", shape=shape)


def _add_up(function: str, name: str, sizes: Any, hint: str = "") -> BadCase:
    message = (
        f"sizes must add up to the 6 of axis 1 of x, but {sizes} add up to {sum(sizes)} "
        f"(x (2, 6, 5)){hint}"
    )
    return says.value_error(function, name, message, sizes=sizes)


def _no_axis(function: str, axis: int) -> BadCase:
    message = f"axis is {axis}, but x has 3 axes (x (2, 6, 5))"
    return says.value_error(function, f"axis {axis}", message, axis=axis)


INTEGERS = "an integer or a sequence of them"
OPEN = "must have sizes of at least 0, of which one may be -1 to be worked out"
PER_PART = "None for a part that is not used"

BAD: tuple[BadCase, ...] = (
    _order(
        "transpose",
        "two axes, as of torch.transpose",
        (1, 2),
        "; to swap these two, give (0, 2, 1)",
    ),
    _order("transpose", "an axis twice", (0, 1, 1)),
    _order("transpose", "an axis that x has not", (0, 1, 3)),
    _order("transpose_backward", "too many", (0, 1, 2, 3)),
    _order(
        "transpose_backward", "two from the end", (-1, -3), "; to swap these two, give (2, 1, 0)"
    ),
    _order("transpose", "one axis of three", (1,)),
    _kind("transpose", "text", "axes", INTEGERS, "NHWC"),
    _kind("transpose_backward", "numbers with a point", "axes", INTEGERS, (1.0, 2.0, 0.0)),
    says.not_real("transpose", "complex x", "x", "complex128"),
    says.dy("transpose_backward", "dy of the shape of x", "(6, 5, 2)", dy=X),
    says.mixed("transpose_backward", "dy", "x", float32="dy"),
    _new_shape(
        "reshape",
        "too many elements",
        (4, 16),
        "is (4, 16), 64 elements, but x has 60 (x (2, 6, 5)); one size may be -1 to be worked out",
    ),
    _new_shape(
        "reshape",
        "no multiple",
        (7, -1),
        "is (7, -1), but the 60 elements of x are no multiple of 7 (x (2, 6, 5))",
    ),
    _new_shape(
        "reshape_backward",
        "two sizes left open",
        (-1, -1, 4),
        f"{OPEN}, but is (-1, -1, 4)",
    ),
    _new_shape(
        "reshape",
        "a negative size",
        (-2, 30),
        f"{OPEN}, but is (-2, 30)",
    ),
    says.value_error(
        "reshape",
        "any size would do",
        "shape is (0, -1), where x (0, 3) has no elements: the -1 may be any size; give it",
        x=Draw((0, 3)),
        shape=(0, -1),
    ),
    _new_shape(
        "reshape",
        "nothing times what is left open",
        (0, -1),
        "is (0, -1), but the 60 elements of x are no multiple of 0 (x (2, 6, 5))",
    ),
    _kind("reshape", "text", "shape", INTEGERS, "4x15"),
    _kind("reshape_backward", "a number with a point", "shape", INTEGERS, (4, 15.0)),
    says.not_real("reshape", "boolean x", "x", "bool", x=Given((True, False)), shape=2),
    says.dy("reshape_backward", "dy of the shape of x", "(4, 15)", dy=X),
    says.mixed("reshape_backward", "dy", "x", float32="x"),
    *(
        says.value_error(
            function,
            f"{groups} groups",
            f"groups must divide the 3 channels of x, but is {groups} (x (2, 3, 7, 6))",
            groups=groups,
        )
        for function, groups in (
            ("channel_shuffle", 2),
            ("channel_shuffle", 0),
            ("channel_shuffle_backward", -3),
            ("channel_shuffle_backward", 4),
        )
    ),
    _kind("channel_shuffle", "a number with a point", "groups", "an integer", 3.0),
    _kind("channel_shuffle_backward", "no groups", "groups", "an integer", None),
    says.value_error(
        "channel_shuffle",
        "a sample alone",
        "x must have at least 2 axes (N, C, …), but has 1 (x (6,)); give x[None] if it lacks the "
        "batch axis",
        x=Draw((6,)),
    ),
    says.dy(
        "channel_shuffle_backward",
        "dy with channels last",
        "(2, 3, 7, 6)",
        "; if the channels are last, give dy.transpose(0, 3, 1, 2)",
        dy=Draw((2, 7, 6, 3)),
    ),
    says.mixed("channel_shuffle_backward", "dy", "x", float32="dy"),
    _no_axis("slice_axis", 3),
    _no_axis("slice_axis_backward", -4),
    _kind("slice_axis", "axes by name", "axis", "an integer", "H"),
    _kind("slice_axis", "start with a point", "start", "an integer or None", 1.0),
    _kind("slice_axis_backward", "stop as text", "stop", "an integer or None", "5"),
    _kind("slice_axis", "no step", "step", "an integer", None),
    *(
        says.value_error(
            function,
            f"step {step}",
            f"step must be at least 1, but is {step}; np.flip(x, axis) gives the reverse order",
            step=step,
        )
        for function, step in (("slice_axis", -1), ("slice_axis_backward", 0))
    ),
    says.dy("slice_axis_backward", "dy of another step", "(2, 2, 5)", dy=Draw((2, 3, 5))),
    says.dy("slice_axis_backward", "dy of the shape of x", "(2, 2, 5)", dy=X),
    says.mixed("slice_axis_backward", "dy", "x", float32="x"),
    _add_up("split", "one part missing", (4, 1)),
    _add_up(
        "split",
        "places to cut at",
        (1, 3),
        "; if they are the places to cut at, as of np.split, give (1, 2, 3)",
    ),
    _add_up("split_backward", "sizes of another axis", (3, 2)),
    says.value_error(
        "split", "a part of no size", "sizes must be at least 1 for every part, but is 0", sizes=0
    ),
    says.value_error(
        "split", "a negative size", "sizes must be at least 0, but is (8, -2)", sizes=(8, -2)
    ),
    says.value_error("split", "no sizes", "sizes must have at least one size, but is ()", sizes=()),
    _kind("split", "a size with a point", "sizes", INTEGERS, 3.0),
    _kind("split_backward", "sizes with a point", "sizes", INTEGERS, (4.0, 2.0)),
    _no_axis("split", 3),
    _kind("split_backward", "no axis", "axis", "an integer", None),
    says.type_error(
        "split_backward",
        "one array",
        f"dy must be a list of 2 gradients, one for each part, {PER_PART}, but is an array "
        "(2, 6, 5)",
        dy=np.ones((2, 6, 5)),
    ),
    says.value_error(
        "split_backward",
        "a gradient missing",
        f"dy must have one gradient for each of the 2 parts, {PER_PART}, but has 1",
        dy=PARTS[:1],
    ),
    says.value_error(
        "split_backward",
        "gradients in the reverse order",
        "dy[0] is (2, 2, 5), but part 0 is (2, 4, 5)",
        dy=PARTS[::-1],
    ),
    says.type_error(
        "split_backward",
        "a gradient of other floats",
        "x is float64, but dy[1] is float32; give both the same dtype",
        dy=(PARTS[0], PARTS[1].astype(np.float32)),
    ),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("transpose", "three axes", {"x": (2, 3, 4)}, axes=(2, 0, 1)),
    sums("reshape", "two axes", {"x": (3, 4)}, shape=(2, -1)),
    sums("channel_shuffle", "two groups", {"x": (2, 6, 2)}, groups=2),
    sums("slice_axis", "every second place", {"x": (2, 7)}, axis=1, start=1, step=2),
    sums("split", "three parts", {"x": (2, 6)}, sizes=(1, 3, 2), axis=1),
)

# --- random arguments ---------------------------------------------------------------------


def _arguments(dice: Dice, x: Shape, **options: Any) -> Arguments:
    values, upstream = dice.kinds(PLAIN, MOVED)
    return Arguments({"x": Draw(x, values, dice.layout())}, options, upstream)


def shuffled(dice: Dice, ndim: int) -> tuple[int, ...]:
    """The axes in any order, now and then counted from the end."""
    left, order = list(range(ndim)), []
    while left:
        order.append(left.pop(dice.whole(0, len(left) - 1)))
    return tuple(axis - ndim if dice.chance(0.2) else axis for axis in order)


def _random_transpose(dice: Dice) -> Arguments:
    """Arguments of transpose."""
    shape = shape_of(dice)
    axes = {} if dice.chance(0.1) else {"axes": shuffled(dice, len(shape))}
    return _arguments(dice, shape, **axes)


def divided(dice: Dice, count: int) -> tuple[int, ...]:
    """Sizes of so many elements."""
    sizes = []
    while count > 1:
        divisor = dice.one_of([n for n in range(2, count + 1) if count % n == 0][:8])
        sizes.append(divisor)
        count //= divisor
    return tuple(sizes)


def _random_reshape(dice: Dice) -> Arguments:
    """Arguments of reshape."""
    shape = shape_of(dice)
    if not prod(shape):
        return _arguments(dice, shape, shape=dice.one_of([(0,), (3, 0, 2), shape]))
    sizes = list(divided(dice, prod(shape)))
    if dice.chance(0.2):
        sizes.insert(dice.whole(0, len(sizes)), 1)
    if sizes and dice.chance(0.4):
        sizes[dice.whole(0, len(sizes) - 1)] = -1
    alone = len(sizes) == 1 and dice.chance(0.5)
    return _arguments(dice, shape, shape=sizes[0] if alone else tuple(sizes))


def _random_channel_shuffle(dice: Dice) -> Arguments:
    """Arguments of channel_shuffle."""
    groups = dice.whole(1, 5)
    rest = dice.sizes(dice.whole(0, 3), 1, 5)
    shape = (dice.batch(), groups * dice.whole(1, 5), *rest)
    return _arguments(dice, shape, groups=groups)


def an_axis(dice: Dice, ndim: int) -> int:
    """One of the axes, now and then counted from the end."""
    return dice.whole(0, ndim - 1) - (ndim if dice.chance(0.3) else 0)


def _random_slice_axis(dice: Dice) -> Arguments:
    """Arguments of slice_axis."""
    shape = shape_of(dice, least=1)
    axis = an_axis(dice, len(shape))
    size = shape[axis]
    options = {
        "start": None if dice.chance(0.1) else dice.whole(-size - 1, size + 1),
        "stop": None if dice.chance(0.3) else dice.whole(-size - 1, size + 2),
        "step": dice.whole(1, 4),
    }
    if dice.chance(0.6):  # at least one place
        options["start"] = dice.whole(0, max(0, size - 1))
        options["stop"] = None
    return _arguments(dice, shape, axis=axis, **told(dice, options, start=0, stop=None, step=1))


def _random_split(dice: Dice) -> Arguments:
    """Arguments of split."""
    shape = list(shape_of(dice, least=1))
    axis = an_axis(dice, len(shape))
    sizes: int | tuple[int, ...] = dice.whole(1, shape[axis] + 2)
    if dice.chance(0.6):
        sizes = tuple(dice.whole(0 if dice.chance(0.1) else 1, 4) for _ in range(dice.whole(1, 4)))
        shape[axis] = sum(sizes)
    return _arguments(dice, tuple(shape), **told(dice, {"sizes": sizes, "axis": axis}, axis=0))


RANDOM: dict[str, Maker] = {
    "transpose": _random_transpose,
    "reshape": _random_reshape,
    "channel_shuffle": _random_channel_shuffle,
    "slice_axis": _random_slice_axis,
    "split": _random_split,
}
