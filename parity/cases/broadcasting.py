"""What the catalogue knows of add, multiply, subtract and divide."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.cases.case import LAYOUTS, BadCase, Case, Draw, Given, Shape
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import ALIKE, WEIGHTED
from parity.cases.function import MEETING, Function
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import Texts, Valid

GROUP = "element by element"

ROWS: tuple[Function, ...] = (
    Function(
        "add",
        ("x", "other"),
        ("D4.16",),
        integers="sums",
        ordered=False,
        pieces=MEETING,
        in_networks=True,
    ),
    Function(
        "multiply",
        ("x", "other"),
        integers="repeated",
        ordered=False,
        pieces=MEETING,
        in_networks=True,
    ),
    Function("subtract", ("x", "other"), integers="repeated", ordered=False, pieces=MEETING),
    Function("divide", ("x", "other"), integers="quotients", ordered=False, pieces=MEETING),
)
NAMES = ("add", "multiply", "subtract", "divide")

# By name, the shapes of x and other; y then has every size.
SHAPES: dict[str, tuple[Shape, Shape]] = {
    "alike": ((2, 3, 5, 4), (2, 3, 5, 4)),
    "a factor of each map": ((2, 3, 5, 4), (2, 3, 1, 1)),
    "one of each channel": ((2, 3, 5, 4), (3, 1, 1)),
    "one of each column": ((2, 3, 5, 4), (4,)),
    "a single value": ((2, 3, 5), ()),
    "an array of one": ((2, 3, 5), (1,)),
    "x is repeated": ((3, 1), (2, 3, 5)),
    "both are repeated": ((4, 1, 3), (2, 1)),
    "both, of as many axes": ((4, 1, 3), (1, 2, 3)),
    "a column and a row": ((5, 1), (1, 4)),
    "two values": ((), ()),
    "300 samples": ((300, 2), (2,)),
    "empty batch": ((0, 3, 2), (3, 1)),
    "an empty factor": ((2, 1), (1, 0)),
}
# Of x, other and dy. A divisor of 0, and NaN, have cases of their own.
VALUES = (
    ("integers", "integers", "integers"),
    ("wide", "wide", "wide"),
    ("tiny", "normal", "normal"),
    ("normal", "tiny", "normal"),
    ("normal", "normal", "tiny"),
    ("huge", "huge", "normal"),
    ("subnormal", "normal", "subnormal"),
)


def _pair(
    function: str,
    name: str,
    shapes: tuple[Shape, Shape],
    values: tuple[str, str] = ("normal", "normal"),
    layouts: tuple[str, str] = ("contiguous", "contiguous"),
    **more: Any,
) -> Case:
    """One case: shapes, values and layouts of x and of the other."""
    arrays = {
        key: Draw(shape, kind, layout)
        for key, shape, kind, layout in zip(("x", "other"), shapes, values, layouts, strict=True)
    }
    return Case(function, name, arrays, **more)


def _of_every_function(function: str) -> tuple[Case, ...]:
    one, both = SHAPES["one of each channel"], SHAPES["both are repeated"]
    return (
        *(_pair(function, name, shapes) for name, shapes in SHAPES.items()),
        *(
            _pair(function, f"{x}, {other}, dy {dy}", shapes, (x, other), upstream=dy)
            for x, other, dy in VALUES
            if not (function == "divide" and other == "integers")
            for shapes in (one,)
        ),
        *(
            _pair(function, f"{layout} views", both, layouts=(layout, layout))
            for layout in LAYOUTS
            if layout != "contiguous"
        ),
        _pair(function, "reversed beside transposed", one, layouts=("reversed", "transposed")),
        _pair(function, "special upstream", ((3, 4), (3, 4)), upstream="special"),
        _pair(function, "zero upstream", one, upstream="zeros"),
        Case(
            function,
            "two rows and a row",
            {"x": Given(((1, -2, 3), (40, 50, -60))), "other": Given((8, 2, -4))},
            upstream="integers",
        ),
        Case(
            function,
            "infinite",
            {"x": Given((inf, -inf, 1.0, -2.0)), "other": Given((2.0, -3.0, inf, -inf))},
        ),
    )


OTHERS = (
    _pair("add", "maps", ((2, 3, 4, 5),) * 2, documents=("D4.16",)),
    _pair("add", "vectors", ((3, 4), (3, 4))),
    _pair("add", "volumes", ((2, 3, 4, 5, 6),) * 2),
    _pair("add", "a bias of each map", ((2, 3, 5, 4), (3, 1, 1)), ("wide", "normal")),
    _pair("add", "no maps", ((2, 0, 4, 5),) * 2),
    _pair("add", "other of zeros", SHAPES["alike"], ("normal", "zeros"), documents=("D4.16",)),
    _pair("add", "other far larger", SHAPES["alike"], ("normal", "huge")),
    _pair("add", "other far smaller", SHAPES["alike"], ("wide", "tiny")),
    _pair("add", "special", ((6, 5), (6, 5)), ("special", "special"), upstream="special"),
    _pair("add", "largest", SHAPES["alike"], ("largest", "largest"), upstream="largest"),
    _pair("add", "nearly opposite", SHAPES["alike"], ("near_marks", "marks")),
    _pair("add", "negative zero", SHAPES["alike"], ("negative_zero", "negative_zero")),
    _pair("add", "dy of the largest", SHAPES["one of each channel"], upstream="largest"),
    Case(  # h = x + f(θ, x)
        "add",
        "x and what a residual block adds to it",
        {"x": Given(((1, -2, 3), (40, 50, -60))), "other": Given(((7, 2, -1), (-2, 5, 8)))},
        upstream="integers",
        documents=("D4.16",),
    ),
    _pair("multiply", "special", ((6, 5), (6, 5)), ("special", "special")),
    _pair("multiply", "largest", SHAPES["one of each channel"], ("largest", "normal")),
    _pair("multiply", "negative zero", SHAPES["alike"], ("negative_zero", "negative_zero")),
    _pair("multiply", "a gate of 0 and 1", SHAPES["a factor of each map"], ("normal", "mask")),
    _pair("subtract", "special", ((6, 5), (6, 5)), ("special", "special")),
    _pair("subtract", "largest", SHAPES["one of each channel"], ("largest", "largest")),
    _pair("subtract", "nearly equal", SHAPES["alike"], ("near_marks", "marks")),
    _pair("subtract", "negative zero", SHAPES["alike"], ("negative_zero", "negative_zero")),
    Case(
        "divide",
        "by 0",
        {"x": Given((1.0, -2.0, 0.0, 3.0, inf)), "other": Given((0.0, 0.0, 0.0, -0.0, 0.0))},
    ),
    _pair("divide", "integers by one number", SHAPES["a single value"], ("integers", "normal")),
)

GOOD: tuple[Case, ...] = (*(case for name in NAMES for case in _of_every_function(name)), *OTHERS)

# --- bad arguments ------------------------------------------------------------------------

X, OTHER = Draw((2, 3, 4)), Draw((3, 1))

VALID: Valid = {
    name: arrays
    for function in NAMES
    for name, arrays in (
        (function, {"x": X, "other": OTHER}),
        (f"{function}_backward", {"dy": X, "x": X, "other": OTHER}),
    )
}
says = Texts(VALID)


def _apart(function: str, name: str, other: Draw, hint: str = "") -> BadCase:
    message = (
        f"x is (2, 3, 4), but other is {other.shape}; counted from the last axis, sizes must be "
        f"equal, or one of them 1 or missing{hint}"
    )
    return says.value_error(function, name, message, other=other)


BAD: tuple[BadCase, ...] = tuple(
    case
    for function in NAMES
    for case in (
        _apart(function, "one of each channel without its axes", Draw((3,))),
        _apart(function, "of another size", Draw((2, 3, 5))),
        _apart(f"{function}_backward", "transposed", Draw((4, 3))),
        _apart(f"{function}_backward", "of another batch", Draw((5, 3, 4))),
        says.dy(f"{function}_backward", "dy of the other's shape", "(2, 3, 4)", dy=OTHER),
        says.mixed(function, "x", "other", float32="other"),
        says.mixed(f"{function}_backward", "dy", "x", float32="dy"),
        says.not_real(function, "complex x", "x", "complex128"),
        says.type_error(
            function, "no other", "other must hold real numbers, but is None", other=None
        ),
    )
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = tuple(
    sums(function, name, {"x": x, "other": other})
    for function in NAMES
    for name, x, other in (
        ("alike", (2, 3), (2, 3)),
        ("a row repeated", (2, 3), (3,)),
        ("both repeated", (3, 1), (2, 1, 2)),
    )
)

# --- random arguments ---------------------------------------------------------------------


def repeated(dice: Dice, shape: Shape) -> Shape:
    """A shape that broadcasts to this one: some of its axes of one place, the first ones gone."""
    kept = shape[dice.whole(0, len(shape)) :] if dice.chance(0.5) else shape
    return tuple(1 if dice.chance(0.4) else size for size in kept)


def _random(function: str) -> Maker:
    kinds = tuple(
        found
        for found in WEIGHTED
        if not (function == "divide" and found[1] not in ("normal", "tiny", "huge", "wide"))
    )

    def make(dice: Dice) -> Arguments:
        """Arguments of a function of two arrays; y has the axes of both."""
        shape = dice.sizes(dice.whole(0, 4), 1, 5)
        values, others, upstream = dice.kinds(ALIKE, kinds)
        arrays = {
            "x": Draw(repeated(dice, shape), values, dice.layout()),
            "other": Draw(repeated(dice, shape), others, dice.layout()),
        }
        return Arguments(arrays, {}, upstream)

    return make


RANDOM: dict[str, Maker] = {function: _random(function) for function in NAMES}
