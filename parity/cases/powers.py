"""What the catalogue knows of power."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nan
from typing import Any

from parity.cases.broadcasting import SHAPES, repeated
from parity.cases.case import LAYOUTS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.expected import Expected
from parity.cases.function import MEETING, Function
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import THIRDS, Texts, Valid

GROUP = "element by element"

ROWS: tuple[Function, ...] = (
    Function("power", ("x", "exponent"), elementary=True, rounded=("exponent",), pieces=MEETING),
)

# Of x, exponent and dy: of a negative x an exponent that is no integer gives NaN.
VALUES = (
    ("positive", "normal", "normal"),
    ("positive", "integers", "normal"),
    ("positive", "ties", "normal"),
    ("positive", "saturated", "normal"),
    ("positive_wide", "normal", "wide"),
    ("positive_wide", "spread", "normal"),
    ("near_one", "normal", "normal"),
    ("near_one", "wide", "normal"),
    ("near_one", "logits_1e4", "normal"),
    ("positive", "near_one", "normal"),
    ("positive", "tiny", "normal"),
    ("positive", "subnormal", "normal"),
    ("positive", "normal", "huge"),
    ("positive", "normal", "tiny"),
    ("positive", "normal", "subnormal"),
)
OF_NUMBERS = (
    ("squares", "normal", 2),
    ("cubes", "normal", 3),
    ("the fifth power", "normal", 5),
    ("the power 0", "normal", 0),
    ("the power 1", "normal", 1),
    ("reciprocals", "normal", -1),
    ("reciprocals of squares", "normal", -2),
    ("roots", "positive", 0.5),
    ("reciprocals of roots", "positive", -0.5),
    ("a power of 0.1", "positive_wide", 0.1),
    ("a power of -2.7", "positive_wide", -2.7),
    ("a tiny power", "positive_wide", 1e-30),
    ("a high power", "positive", 31),
    ("a high power of negative numbers", "negative", -7),
)


def _pair(
    name: str,
    shapes: tuple[Shape, Shape],
    values: tuple[str, str] = ("positive", "normal"),
    layouts: tuple[str, str] = ("contiguous", "contiguous"),
    **more: Any,
) -> Case:
    """One case: shapes, values and layouts of x and of the exponent."""
    arrays = {
        key: Draw(shape, kind, layout)
        for key, shape, kind, layout in zip(("x", "exponent"), shapes, values, layouts, strict=True)
    }
    return Case("power", name, arrays, **more)


def _number(name: str, x: Source, exponent: float, **more: Any) -> Case:
    """One case of a number."""
    return Case("power", name, {"x": x}, {"exponent": exponent}, **more)


def _given(name: str, x: Any, exponent: Any, **more: Any) -> Case:
    """Numbers that are written out."""
    return Case("power", name, {"x": Given(x), "exponent": Given(exponent)}, **more)


BOTH = SHAPES["both are repeated"]
ONE = SHAPES["one of each channel"]
FAR = (1e90, 3e120, 7e150, 2.5e210, 1.7e300, 4e250)
FAR_BELOW = tuple(1 / x for x in FAR)
EXPONENTS = (4.7, 3.9, 3.3, -3.1, -2.05, 2.6)
SMALL = (-0.3, 0.123, 0.05, -0.7, -0.011, 0.0377)
ROOT = "torch takes the root of a number ½, which of −∞ is NaN and of −0 is −0; pow gives ∞ and 0"

GOOD: tuple[Case, ...] = (
    *(_pair(name, shapes) for name, shapes in SHAPES.items()),
    *(_pair(f"x {x}, exponent {p}, dy {dy}", ONE, (x, p), upstream=dy) for x, p, dy in VALUES),
    *(
        _pair(f"{layout} views", BOTH, layouts=(layout, layout))
        for layout in LAYOUTS
        if layout != "contiguous"
    ),
    _pair("reversed beside transposed", ONE, layouts=("reversed", "transposed")),
    _pair("special upstream", ((3, 4), (3, 4)), upstream="special"),
    _pair("zero upstream", ONE, upstream="zeros"),
    _pair("special", ((6, 5), (6, 5)), ("special", "integers")),
    _pair("special exponents", ((6, 5), (6, 5)), ("positive", "special")),
    *(_number(name, Draw((3, 5), values), p) for name, values, p in OF_NUMBERS),
    _number("squares of wide numbers", Draw((3, 5), "wide"), 2, upstream="wide"),
    _number("reciprocals of the smallest", Draw((3, 5), "tiny"), -2),
    _number("a cube of a single value", Draw(()), 3),
    _number("squares of an empty batch", Draw((0, 3)), 2),
    # where a rounded p − 1 costs |ln x| roundings: in float32 refimpl has digits to spare
    _given("far above 1", FAR, SMALL, dtypes=("float64",)),
    _given("far below 1", FAR_BELOW, SMALL, dtypes=("float64",)),
    _given("far from 1, a matrix", (FAR, FAR_BELOW), SMALL, dtypes=("float64",)),
    _number("far from 1, a number", Given(FAR), -0.3, dtypes=("float64",)),
    # what x^(p−1) and x^p are too large or too small for, dy makes good
    _given("powers too small alone", FAR_BELOW, EXPONENTS, upstream="largest", dtypes=("float64",)),
    _given("powers too large alone", FAR, EXPONENTS, upstream="tiny", dtypes=("float64",)),
    _given("rows of powers", ((1, 2, 3), (4, 5, 6)), (3, 2, -1), upstream="integers"),
    _given("negative numbers, integer powers", ((-2, -3), (-1, -4)), ((3, -1), (0, 2))),
    _given("0 to powers, and ∞", (0.0, 0.0, 0.0, 0.0, inf), (0.0, 0.5, 1.0, 3.0, 2.0)),
    _given("0 to negative powers", (0.0, 0.0, -0.0, 0.0, inf), (-1.0, -2.5, -1.0, -2.0, -2.0)),
    _given("−0 to powers", (-0.0, -0.0, -0.0, -0.0, inf), (0.0, 0.5, 1.0, 3.0, 0.0)),
    _given("negative numbers, other powers", (-2.0, -0.5, -1.0, inf), (0.5, -1.5, 2.0, -1.0)),
    _given("1 to any power", (1.0, 1.0, 1.0, 1.0), (inf, -inf, nan, 1e30)),
    _given("anything to the power 0", (nan, inf, -inf, -2.0, 0.0), (0.0, 0.0, -0.0, 0.0, 0.0)),
    _given("∞ to powers", (inf, -inf, -inf, inf), (2.0, 3.0, -2.0, -0.5)),
    _given("to infinite powers", (2.0, 0.5, 0.0, 3.0), (inf, inf, -inf, -inf)),
    _number(
        "½ of what has no root",
        Given((4.0, -0.0, -inf, -1.0)),
        0.5,
        upstream="positive",
        expect=(
            Expected("y", ((2,),), inf, nan, ROOT),
            Expected("dx", ((1,),), inf, -inf, ROOT),
            Expected("dx", ((2,),), 0.0, nan, ROOT),
        ),
    ),
    _number(
        "-½ of what has no root",
        Given((4.0, -0.0, -inf, -1.0)),
        -0.5,
        expect=(
            Expected("y", ((1,),), inf, -inf, ROOT),
            Expected("y", ((2,),), 0.0, nan, ROOT),
        ),
    ),
)

# --- bad arguments ------------------------------------------------------------------------

X, EXPONENT = Draw((2, 3, 4), "positive"), Draw((3, 1))
VALID: Valid = {
    "power": {"x": X, "exponent": EXPONENT},
    "power_backward": {"dy": Draw((2, 3, 4)), "x": X, "exponent": EXPONENT},
}
says = Texts(VALID)
HALF = {"x": THIRDS, "exponent": Fraction(1, 2)}
ROOTS = (
    "exponent must hold integers beside Fraction, whose other powers are no exact numbers, but "
    "holds 1/2; give floats"
)


def _apart(function: str, name: str, exponent: Draw, hint: str = "") -> BadCase:
    message = (
        f"x is (2, 3, 4), but exponent is {exponent.shape}; counted from the last axis, sizes must "
        f"be equal, or one of them 1 or missing{hint}"
    )
    return says.value_error(function, name, message, exponent=exponent)


BAD: tuple[BadCase, ...] = (
    _apart("power", "one of each channel without its axes", Draw((3,))),
    _apart("power_backward", "transposed", Draw((4, 3))),
    says.dy("power_backward", "dy of the exponent's shape", "(2, 3, 4)", dy=EXPONENT),
    says.mixed("power", "x", "exponent", float32="exponent"),
    says.mixed("power_backward", "dy", "x", float32="dy"),
    says.not_real("power", "complex x", "x", "complex128"),
    says.not_real("power", "boolean exponent", "exponent", "bool", exponent=Given((True,))),
    says.number("power", "a word", "exponent", "2"),
    says.number("power_backward", "a switch", "exponent", True),
    says.number("power", "a complex number", "exponent", 2j),
    says.beyond("power", "exponent"),
    says.type_error(
        "power", "no exponent", "exponent must hold real numbers, but is None", exponent=None
    ),
    says.type_error("power", "a root of fractions", ROOTS, **HALF),
    says.type_error("power_backward", "a root of fractions", ROOTS, dy=THIRDS, **HALF),
    says.type_error(
        "power_backward",
        "an array of fractions",
        "x holds Fraction, which has no method log; give floats, or objects that have it",
        dy=THIRDS,
        x=THIRDS,
        exponent=THIRDS * 0 + 2,
    ),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching("power", "alike", {"x": (2, 2), "exponent": (2, 2)}),
    branching("power", "a row repeated", {"x": (2, 3), "exponent": (3,)}),
    branching("power", "both repeated", {"x": (3, 1), "exponent": (2, 1, 2)}),
    branching("power", "cubes", {"x": (2, 3)}, exponent=3),
    branching("power", "roots", {"x": (2,)}, exponent=Fraction(1, 2)),
)

# --- random arguments ---------------------------------------------------------------------

NUMBERS = (0, 1, 2, 3, 4, -1, -2, -3, 0.5, -0.5, 1.5, 0.1, 2.2)


def _random(dice: Dice) -> Arguments:
    """Arguments of power; y has the axes of both. Of a negative x integers alone."""
    shape = dice.sizes(dice.whole(0, 4), 1, 5)
    if dice.chance(0.3):
        number = dice.one_of(NUMBERS)
        values = "normal" if isinstance(number, int) and dice.chance(0.5) else "positive"
        return Arguments({"x": Draw(shape, values, dice.layout())}, {"exponent": number}, "normal")
    values, exponents, upstream = dice.kinds(("positive", "normal", "normal"), VALUES)
    arrays = {
        "x": Draw(repeated(dice, shape), values, dice.layout()),
        "exponent": Draw(repeated(dice, shape), exponents, dice.layout()),
    }
    return Arguments(arrays, {}, upstream)


RANDOM: dict[str, Maker] = {"power": _random}
