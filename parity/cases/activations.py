"""What the catalogue knows of the activation functions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import inf, nan
from typing import Any

import numpy as np

from parity.cases.case import FLOATS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import PLAIN, SHARED_OUT, Kinds, alone
from parity.cases.expected import Expected
from parity.cases.function import ELEMENT, Function
from parity.cases.symbol_case import AnyNumber, SymbolCase, branching
from parity.cases.texts import LOGITS, Texts, Valid

GROUP, LOSSES = "activations", "softmax and losses"

ROWS: tuple[Function, ...] = (
    Function(
        "relu",
        ("x",),
        ("D2.9", "D2.19"),
        bound="moved",
        integers="signs",
        pieces=ELEMENT,
        in_networks=True,
    ),
    Function(
        "leaky_relu",
        ("x",),
        ("D2.9",),
        integers="signs",
        rounded=("negative_slope",),
        pieces=ELEMENT,
        in_networks=True,
    ),
    Function(
        "hardtanh",
        ("x",),
        bound="moved",
        integers="regions",
        rounded=("min_val", "max_val"),
        kinks=("min_val", "max_val"),
        pieces=ELEMENT,
    ),
    Function(
        "sigmoid",
        ("x",),
        ("D1.10", "D2.9"),
        ordered=False,
        elementary=True,
        pieces=ELEMENT,
        in_networks=True,
    ),
    Function(
        "tanh",
        ("x",),
        ("D1.2", "D1.10"),
        ordered=False,
        elementary=True,
        pieces=ELEMENT,
        in_networks=True,
    ),
    # Derivatives themselves, as functions of the output: no formula differentiates them again.
    Function("dsigmoid", (), ("D1.10", "D1.30"), ordered=False, pieces=ELEMENT),
    Function("dtanh", (), ("D1.10", "D1.30"), ordered=False, pieces=ELEMENT),
    Function("sign", ("x",), ("D1.2",), bound="moved", integers="signs", pieces=ELEMENT),
    Function("softmax", ("x",), ("D1.28", "D2.8"), elementary=True, in_networks=True, group=LOSSES),
    Function("log_softmax", ("x",), ("D2.8", "D2.17"), elementary=True, group=LOSSES),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    values: str = "normal",
    *,
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    dtypes: tuple[str, ...] = FLOATS,
    expect: Expected | None = None,
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case(function, name, {"x": source}, options, upstream, documents, dtypes, expect)


# --- element by element -------------------------------------------------------------------

DOCUMENTS = {
    "relu": ("D2.9", "D2.19", "D4.4"),
    "leaky_relu": ("D2.9",),
    "hardtanh": (),
    "sigmoid": ("D1.2", "D1.10", "D2.9"),
    "tanh": ("D1.2", "D1.10"),
    "sign": ("D1.2",),
}
# What torch does otherwise at NaN; among 1000 numbers there is a NaN whatever the seed is.
OTHERWISE = {
    "sign": Expected("y", "x is NaN", nan, 0, "torch takes 0 for the sign of NaN, refimpl NaN"),
    "hardtanh": Expected(
        "dx",
        "x is NaN",
        "dy",
        ("dy", 0),
        "where x is NaN, torch lets dy pass or gives 0, by the place in the tensor; in refimpl it "
        "passes",
    ),
}
SPECIAL_SHAPES = {"sign": (200, 5), "hardtanh": (200, 5)}

# What torch's sigmoid may lose (`sigmoid_floor`) is more than a subnormal gradient has; hardtanh
# would only hand it on.
SUBNORMAL_UPSTREAM = {"sigmoid": "normal", "hardtanh": "normal"}

ELEMENTWISE = tuple(
    case
    for function, documents in DOCUMENTS.items()
    for case in (
        _case(function, "maps", (2, 3, 5, 4), documents=documents),
        _case(function, "one axis", (67,)),
        _case(function, "a single value", ()),
        _case(function, "empty batch", (0, 3, 4)),
        _case(function, "zero and minus zero", (5, 7), "negative_zero"),
        _case(
            function,
            "special",
            SPECIAL_SHAPES.get(function, (6, 7)),
            "special",
            expect=OTHERWISE.get(function),
        ),
        _case(function, "special upstream", (6, 7), upstream="special"),
        _case(
            function,
            "subnormal",
            (6, 7),
            "subnormal",
            upstream=SUBNORMAL_UPSTREAM.get(function, "subnormal"),
        ),
        _case(function, "tiny", (6, 7), "tiny", upstream="tiny"),
        _case(function, "largest", (6, 7), "largest", upstream="largest"),
        _case(function, "reversed views", (3, 5, 4), layout="reversed"),
        _case(function, "strided views", (3, 4, 5), layout="strided"),
        _case(function, "transposed views", (5, 4, 3), layout="transposed"),
    )
)

SIGNS = Given((-2, -1, 0, 1, 2))
# The numbers of float32 beside ±1.
BELOW_ONE, ABOVE_ONE = 1 - 2.0**-24, 1 + 2.0**-23
NEIGHBOURS = Given((-ABOVE_ONE, -BELOW_ONE, BELOW_ONE, ABOVE_ONE))

EITHER_NAN = replace(OTHERWISE["sign"], where=((0,), (1,)))
KINKED = (
    _case(
        "relu", "both sides of the kink", SIGNS, upstream="integers", documents=("D2.19", "D2.22")
    ),
    _case("relu", "ternary", (6, 7), "ties", upstream="integers"),
    _case("sign", "both sides of the step", SIGNS, upstream="integers", documents=("D1.2",)),
    _case("sign", "ternary", (6, 7), "ties", upstream="integers"),
    _case("sign", "a NaN of either sign", Given((nan, -nan, 1, -1)), expect=EITHER_NAN),
    _case("relu", "negative only", (3, 4), "negative", documents=("D2.19",)),
    _case("leaky_relu", "slope 0.1", (5, 7), negative_slope=0.1, documents=("D2.9",)),
    _case("leaky_relu", "slope 0.5 on integers", SIGNS, upstream="integers", negative_slope=0.5),
    _case("leaky_relu", "slope 0", (5, 7), "special", negative_slope=0),
    _case("leaky_relu", "slope 1", (5, 7), negative_slope=1),
    _case("leaky_relu", "slope 2 is below the other branch", (5, 7), negative_slope=2.0),
    _case("leaky_relu", "slope −0.5 turns the sign", (5, 7), negative_slope=-0.5),
    _case("leaky_relu", "slope 0.1 of subnormal", (5, 7), "subnormal", negative_slope=0.1),
    _case("leaky_relu", "slope 1e30", (5, 7), negative_slope=1e30),
    _case("leaky_relu", "slope 1e-30 underflows", (5, 7), "tiny", negative_slope=1e-30),
)

CUT_OFF = (
    _case("hardtanh", "both sides of both kinks", SIGNS, upstream="integers"),
    _case("hardtanh", "ternary", (6, 7), "ties", upstream="integers"),
    _case("hardtanh", "relu6", (9, 31), "spread", min_val=0, max_val=6),
    _case("hardtanh", "relu6 of integers", (9, 31), "integers", min_val=0, max_val=6),
    _case(
        "hardtanh",
        "relu6 at its kinks",
        Given((-1, -0.0, 0, 5e-324, 3, 5.5, 6, 6.5)),
        min_val=0,
        max_val=6,
    ),
    _case("hardtanh", "limits that are rounded", (5, 7), min_val=-0.1, max_val=0.3),
    _case(
        "hardtanh", "at limits that are rounded", Given((-0.1, 0, 0.3)), min_val=-0.1, max_val=0.3
    ),
    _case("hardtanh", "the neighbours of both limits", NEIGHBOURS),
    _case("hardtanh", "limits far away", (6, 7), min_val=-1e30, max_val=1e30),
    _case("hardtanh", "limits beside 0", (6, 7), min_val=-1e-30, max_val=1e-30),
    _case("hardtanh", "limits above 0", (6, 7), min_val=0.25, max_val=1.5),
    _case("hardtanh", "limits alike", (6, 7), min_val=0.5, max_val=0.5),
    _case("hardtanh", "saturated", (9, 31), "saturated", upstream="wide"),
)

# torch's sigmoid is 1/(1 + e^(−x)): where e^(−x) overflows it gives 0, although the value is a
# subnormal number. The bound knows (`sigmoid_floor`): less than 1/largest is lost.
STEEP = (
    _case("sigmoid", "saturated", (9, 31), "saturated"),
    _case(
        "sigmoid",
        "largest upstream where e^(−x) overflows",
        (9, 31),
        "saturated",
        upstream="largest",
    ),
    _case(
        "sigmoid",
        "subnormal values",
        Given((-88.5, -89, -95, -100, -103, -104, -709, -709.5, -709.9, -730, -744, -746)),
    ),
    # Where 1 − o has no digits left: o is within a few roundings of 1, or is 1.
    _case("sigmoid", "both tails", Given((-40, 17, -30.5, 36.5, 37, 60, 87, -300, 300, 700))),
    _case("tanh", "both tails", Given((-20, 8.5, -9, 17, 18.25, -18.5, 30, 43, -150, 350))),
    _case("tanh", "saturated", (9, 31), "saturated"),
    _case("relu", "saturated", (9, 31), "saturated", upstream="wide"),
    _case("sigmoid", "1e4", (6, 5), "logits_1e4"),
    _case("tanh", "1e4", (6, 5), "logits_1e4"),
    _case("sigmoid", "wide upstream", (9, 31), upstream="wide"),
    _case("tanh", "wide", (9, 31), "wide", upstream="wide"),
    _case("tanh", "spread", (9, 31), "spread"),
)

# --- derivatives, given the output --------------------------------------------------------


def _of_output(
    function: str,
    name: str,
    o: Shape | Source,
    values: str = "normal",
    layout: str = "contiguous",
    documents: tuple[str, ...] = (),
) -> Case:
    """One case; the output may be any number: the formula is a polynomial."""
    source = Draw(o, values, layout) if isinstance(o, tuple) else o
    return Case(function, name, {"o": source}, documents=documents)


ONE_AND_NEIGHBOURS = (-1, -0.9999999403953552, 0.9999999403953552, 1, 1.0000001192092896)

OF_OUTPUT = tuple(
    case
    for function, example in {
        "dsigmoid": (0, 0.25, 0.5, 0.75, 1),
        "dtanh": (-1, -0.5, 0, 0.5, 1),
    }.items()
    for case in (
        _of_output(function, "maps", (2, 3, 5, 4), documents=("D1.10", "D1.30")),
        _of_output(function, "quarters", Given(example), documents=("D1.10", "D1.30")),
        _of_output(function, "between 0 and 1", (9, 31), "certainty"),
        _of_output(function, "1 and its neighbours", Given(ONE_AND_NEIGHBOURS)),
        _of_output(function, "one axis", (67,)),
        _of_output(function, "a single value", ()),
        _of_output(function, "empty batch", (0, 3, 4)),
        _of_output(function, "zero and minus zero", (5, 7), "negative_zero"),
        _of_output(function, "special", (6, 7), "special"),
        _of_output(function, "subnormal", (6, 7), "subnormal"),
        _of_output(function, "tiny", (6, 7), "tiny"),
        _of_output(function, "wide", (9, 31), "wide"),
        _of_output(function, "huge", (6, 7), "huge"),
        _of_output(function, "largest overflows", (6, 7), "some_largest"),
        _of_output(function, "reversed views", (3, 5, 4), layout="reversed"),
        _of_output(function, "strided views", (3, 4, 5), layout="strided"),
        _of_output(function, "transposed views", (5, 4, 3), layout="transposed"),
    )
)

# --- along an axis ------------------------------------------------------------------------

ALONG_AN_AXIS = tuple(
    case
    for function, documents in {"softmax": ("D2.8", "D1.28"), "log_softmax": ("D2.14",)}.items()
    for case in (
        _case(function, "plain", (4, 5), documents=documents),
        _case(function, "axis 0", (4, 5), axis=0),
        _case(function, "axis 1 of four", (2, 5, 4, 3), axis=1),
        _case(function, "axis -1", (2, 3, 5), axis=-1),
        _case(function, "axis -2", (2, 5, 3), axis=-2),
        _case(function, "one axis", (6,), axis=0),
        _case(function, "one sample", (1, 6)),
        _case(function, "one class", (5, 1)),
        _case(function, "1000 classes", (3, 1000)),
        _case(function, "1003 classes, ascending", (1, 1003), "ascending"),
        _case(function, "ascending", (5, 8), "ascending"),
        _case(function, "empty batch", (0, 5)),
        _case(function, "empty last axis, axis 0", (5, 0), axis=0),
        _case(function, "all equal", (4, 7), "zeros"),
        _case(function, "ties", (4, 7), "ties"),
        _case(function, "integers", (4, 7), "integers", upstream="integers"),
        _case(function, "spread", (6, 7), "spread"),
        _case(function, "saturated", (6, 7), "saturated"),
        _case(function, "1e4", (6, 7), "logits_1e4"),
        _case(function, "largest", (6, 7), "largest"),
        _case(function, "subnormal", (6, 7), "subnormal"),
        _case(function, "minus infinity", (6, 7), "minus_inf"),
        _case(function, "special", (9, 7), "special"),
        _case(function, "special upstream", (9, 7), upstream="special"),
        _case(function, "huge upstream", (6, 7), upstream="huge"),
        _case(function, "zero upstream", (6, 7), upstream="zeros"),
        _case(
            function,
            "one number above minus infinity, nothing above it, infinity",
            Given(((-inf, 0.5, -inf), (-inf, -inf, -inf), (0.0, inf, 1.0), (nan, 0.0, 1.0))),
        ),
        _case(function, "1, 2, 4", Given((1, 2, 4)), documents=("D2.8",)),
        _case(function, "reversed views", (4, 3, 5), layout="reversed", axis=1),
        _case(function, "strided views", (4, 5, 3), layout="strided", axis=0),
        _case(function, "transposed views", (5, 3, 4), layout="transposed"),
    )
)

GOOD: tuple[Case, ...] = ELEMENTWISE + KINKED + CUT_OFF + STEEP + OF_OUTPUT + ALONG_AN_AXIS

# --- bad arguments ------------------------------------------------------------------------

ACTIVATED = ("relu", "leaky_relu", "hardtanh", "sigmoid", "tanh", "sign", "softmax", "log_softmax")

VALID: Valid = {
    **{function: {"x": LOGITS} for function in ACTIVATED},
    **{f"{function}_backward": {"dy": LOGITS, "x": LOGITS} for function in ACTIVATED},
    "dsigmoid": {"o": LOGITS},
    "dtanh": {"o": LOGITS},
}
says = Texts(VALID)

BAD_ACTIVATIONS = (
    *(
        case
        for function in ACTIVATED
        for case in (
            says.not_real(function, "complex x", "x", "complex128"),
            says.dy(f"{function}_backward", "dy of another shape", "(4, 5)", dy=Draw((5, 4))),
            says.mixed(f"{function}_backward", "dy", "x", float32="x"),
        )
    ),
    *(
        says.value_error(
            f"{function}{backward}", f"axis {axis}", f"axis is {axis}, but {axes}", **changes
        )
        for function in ("softmax", "log_softmax")
        for backward, axis, axes, changes in (
            ("", 2, "x has 2 axes (x (4, 5))", {"axis": 2}),
            ("_backward", -3, "x has 2 axes (x (4, 5))", {"axis": -3}),
            ("", -1, "x has 0 axes (x ())", {"x": Given(3)}),
        )
    ),
    says.not_real("relu", "boolean x", "x", "bool", x=Given((True, False))),
    says.not_real("tanh", "text", "x", "<U1", x=Given(("a", "b"))),
    says.dy("relu_backward", "dy would broadcast", "(4, 5)", dy=Draw((1, 5))),
    says.number("relu_backward", "at_zero as text", "at_zero", "half"),
    says.beyond("relu_backward", "at_zero"),
    says.beyond("leaky_relu", "negative_slope"),
    says.beyond("leaky_relu_backward", "negative_slope"),
    says.beyond("hardtanh", "max_val"),
    says.beyond("hardtanh_backward", "max_val"),
    *(
        case
        for function in ("relu", "tanh", "softmax_backward", "leaky_relu_backward")
        for case in (
            says.masked(function, "x"),
            says.no_numbers(function, "x", {"a": 1}),
            says.no_numbers(function, "x", {1}),
            says.swapped(function, "x"),
        )
    ),
    says.number("leaky_relu", "slope as text", "negative_slope", "0.1"),
    says.number("leaky_relu", "slope None", "negative_slope", None),
    says.number("leaky_relu", "slope True", "negative_slope", True),
    says.number("leaky_relu", "a complex slope", "negative_slope", 0.1j),
    says.number("hardtanh", "a limit as text", "max_val", "6"),
    says.number("hardtanh_backward", "no limit", "min_val", None),
    *(
        says.value_error(
            function,
            name,
            f"min_val must be at most max_val, but min_val is {low}, max_val {high}",
            min_val=low,
            max_val=high,
        )
        for function in ("hardtanh", "hardtanh_backward")
        for name, low, high in (("limits in the wrong order", 6, 0), ("a limit is NaN", nan, 1))
    ),
    says.type_error("relu", "nothing", "x must hold real numbers, but is None", x=None),
    says.type_error(
        "relu_backward",
        "names in an object array",
        "x must hold real numbers, but holds 'a' (str)",
        dy=Given((1, 2)),
        x=np.array([1.5, "a"], object),
    ),
    says.value_error(
        "tanh",
        "rows of different lengths",
        "x must be an array, but its rows have different lengths",
        x=[[1.0, 2.0], [3.0]],
    ),
    *(
        says.type_error(
            function, f"axis {axis!r}", f"axis must be an integer, but is {axis!r}", axis=axis
        )
        for function, axis in (("softmax", 1.0), ("log_softmax", None), ("softmax_backward", "1"))
    ),
    says.number("leaky_relu_backward", "a slope for each element", "negative_slope", (0.1, 0.2)),
)

BAD_DERIVATIVES = tuple(
    case
    for function in ("dsigmoid", "dtanh")
    for case in (
        says.not_real(function, "complex o", "o", "complex64"),
        says.not_real(function, "boolean o", "o", "bool", o=Given((True, False))),
        says.type_error(function, "nothing", "o must hold real numbers, but is None", o=None),
    )
)

BAD: tuple[BadCase, ...] = BAD_ACTIVATIONS + BAD_DERIVATIVES

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching("relu", "both signs", {"x": (2, 3)}),
    branching(
        "leaky_relu",
        "both signs, any slope",
        {"x": (2, 3)},
        negative_slope=AnyNumber("slope", Fraction(1, 10)),
    ),
    branching(
        "hardtanh",
        "below, between, above",
        {"x": (2, 3)},
        min_val=Fraction(-5, 2),
        max_val=Fraction(7, 3),
    ),
    *(branching(name, "both signs", {"x": (2, 3)}) for name in ("sigmoid", "tanh", "sign")),
    *(
        branching(name, f"axis {axis}", {"x": (2, 3)}, axis=axis)
        for name in ("softmax", "log_softmax")
        for axis in (0, 1)
    ),
)

# --- random arguments ---------------------------------------------------------------------

CURVED: Kinds = (
    ("negative_zero", "normal"),
    ("saturated", "normal"),
    ("saturated", "largest"),
    ("spread", "wide"),
    ("wide", "wide"),
    ("largest", "largest"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
    ("special", "normal"),
    ("normal", "special"),
)
# torch takes 0 for the sign of NaN: a known finding, which has cases of its own.
SIGNED: Kinds = tuple(kinds for kinds in CURVED if "special" not in kinds)
# Nor is torch's hardtanh drawn at NaN.
CUT: Kinds = tuple((values, upstream) for values, upstream in CURVED if values != "special")


def _random_leaky(dice: Dice) -> Arguments:
    """Arguments of leaky_relu; its slope may be anything, mostly below 1."""
    arguments = alone("x", CURVED)(dice)
    slopes = (0, 0.01, 0.1, 0.5, 1, 2.0, -0.5, dice.real(0, 1))
    return arguments._replace(options={"negative_slope": dice.one_of(slopes)})


def _random_hardtanh(dice: Dice) -> Arguments:
    """Arguments of hardtanh; its limits may be any two numbers, alike too."""
    arguments = alone("x", CUT)(dice)
    anywhere = sorted((dice.real(-2, 2), dice.real(-2, 2)))
    low, high = dice.one_of(((-1, 1), (0, 6), (-0.5, 0.25), (0.1, 0.1), tuple(anywhere)))
    return arguments._replace(options={"min_val": low, "max_val": high})


def _random_axis(dice: Dice) -> Arguments:
    """Arguments of softmax and log_softmax."""
    shape = dice.sizes(dice.whole(1, 4), 1, 8)
    values, upstream = dice.kinds(PLAIN, SHARED_OUT)
    axis = dice.whole(-len(shape), len(shape) - 1)
    return Arguments({"x": Draw(shape, values, dice.layout())}, {"axis": axis}, upstream)


RANDOM: dict[str, Maker] = {
    "relu": alone("x", CURVED),
    "leaky_relu": _random_leaky,
    "hardtanh": _random_hardtanh,
    "sigmoid": alone("x", CURVED),
    "tanh": alone("x", CURVED),
    "dsigmoid": alone("o", (*CURVED, ("certainty", "normal"))),
    "dtanh": alone("o", (*CURVED, ("certainty", "normal"))),
    "sign": alone("x", SIGNED),
    "softmax": _random_axis,
    "log_softmax": _random_axis,
}
