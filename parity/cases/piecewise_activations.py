"""What the catalogue knows of the activation functions made of pieces."""

from __future__ import annotations

from math import nan
from typing import Any

from parity.cases.activations import CURVED
from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import Kinds, alone
from parity.cases.expected import Expected
from parity.cases.function import ELEMENT, Function
from parity.cases.smooth_activations import BY_PLACE, FINITE, MANY_NANS, NO_LIMIT
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import LOGITS, Texts, Valid

GROUP = "activations of pieces"

ROWS: tuple[Function, ...] = (
    Function("prelu", ("x", "weight"), in_networks=True),
    Function("hardsigmoid", ("x",), kinks=(3.0,), pieces=ELEMENT, in_networks=True),
    Function("hardswish", ("x",), kinks=(3.0,), pieces=ELEMENT, in_networks=True),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    values: str = "normal",
    *,
    weight: Shape | Source | None = None,
    layout: str = "contiguous",
    upstream: str = "normal",
    expect: Expected | tuple[Expected, ...] | None = None,
) -> Case:
    """One case; a shape stands for a random array, of x of the given values and layout."""
    arrays: dict[str, Source] = {"x": Draw(x, values, layout) if isinstance(x, tuple) else x}
    if weight is not None:
        arrays["weight"] = Draw(weight, layout=layout) if isinstance(weight, tuple) else weight
    return Case(function, name, arrays, {}, upstream, expect=expect)


# --- good arguments -----------------------------------------------------------------------


def _prelu(name: str, x: Shape | Source, weight: Shape | Source = (1,), **more: Any) -> Case:
    return _case("prelu", name, x, weight=weight, **more)


PRELU = (
    _prelu("maps", (2, 3, 5, 4), (3,)),
    _prelu("one slope for all", (2, 3, 5, 4)),
    _prelu("features", (6, 5), (5,)),
    _prelu("one slope for features", (6, 5)),
    _prelu("sequences", (2, 4, 7), (4,)),
    _prelu("volumes", (2, 3, 4, 2, 5), (3,)),
    _prelu("one axis", (67,)),
    _prelu("a single value", Draw(())),
    _prelu("one channel", (3, 1, 4), (1,)),
    _prelu("empty batch", (0, 3, 4), (3,)),
    _prelu("both sides of the kink", Given((-2, -1, 0, 1, 2)), Given((0.25,)), upstream="integers"),
    _prelu(
        "both sides of the kink in two channels",
        Given(((-2, 3), (0, -1), (4, 0))),
        Given((0.25, -0.5)),
        upstream="integers",
    ),
    _prelu("negative only", (3, 4, 5), (4,), values="negative"),
    _prelu("a slope of 0", (5, 3), Given((0, 1, 2))),
    _prelu("slopes below 0", (4, 3, 5), Draw((3,), "negative")),
    _prelu("integers", (4, 3, 5), Draw((3,), "integers"), values="integers", upstream="integers"),
    _prelu("zero and minus zero", (5, 7), (7,), values="negative_zero"),
    _prelu("special", (9, 7), (7,), values="special"),
    _prelu("special upstream", (9, 7), (7,), upstream="special"),
    _prelu("subnormal", (6, 7), (7,), values="subnormal"),
    _prelu("tiny", (6, 7), (7,), values="tiny", upstream="tiny"),
    _prelu("wide", (6, 7, 5), (7,), values="wide", upstream="wide"),
    _prelu("largest", (6, 7), (7,), values="largest"),
    _prelu("zero upstream", (6, 7), (7,), upstream="zeros"),
    _prelu("1000 samples", (1000, 3), (3,)),
    _prelu("reversed views", (3, 5, 4), (5,), layout="reversed"),
    _prelu("strided views", (3, 4, 5), (4,), layout="strided"),
    _prelu("transposed views", (5, 4, 3), (4,), layout="transposed"),
)

BELOW, ABOVE = 3 - 2.0**-22, 3 + 2.0**-22  # float32's numbers beside 3
KINKS = Given((-3, -ABOVE, -BELOW, BELOW, ABOVE, 3, 0, -1.5))
AT_MINUS_INFINITY = Expected("y", "x is −∞", 0, nan, NO_LIMIT)
EXPECTED: dict[str, tuple[Expected, ...] | None] = {
    "hardsigmoid": None,
    "hardswish": (AT_MINUS_INFINITY, BY_PLACE),
}

CUT_OFF = tuple(
    case
    for function, expect in EXPECTED.items()
    for case in (
        _case(function, "maps", (2, 3, 5, 4)),
        _case(function, "one axis", (67,)),
        _case(function, "a single value", ()),
        _case(function, "empty batch", (0, 3, 4)),
        _case(function, "integers", (6, 7), "integers", upstream="integers"),
        _case(function, "at the kinks and beside them", KINKS, upstream="integers"),
        _case(function, "at the kinks alone", Given((3, -3, 3, -3, -3)), upstream="integers"),
        _case(function, "zero and minus zero", (5, 7), "negative_zero"),
        _case(function, "special", MANY_NANS, expect=expect),
        _case(function, "special upstream", (6, 7), upstream="special"),
        _case(function, "subnormal", (6, 7), "subnormal", upstream="subnormal"),
        _case(function, "tiny", (6, 7), "tiny", upstream="tiny"),
        _case(function, "largest", (6, 7), "largest", upstream="largest"),
        _case(function, "spread", (9, 31), "spread"),
        _case(function, "wide", (9, 31), "wide", upstream="wide"),
        _case(function, "saturated", (9, 31), "saturated"),
        _case(function, "zero upstream", (6, 7), upstream="zeros"),
        _case(function, "reversed views", (3, 5, 4), layout="reversed"),
        _case(function, "strided views", (3, 4, 5), layout="strided"),
        _case(function, "transposed views", (5, 4, 3), layout="transposed"),
    )
)

GOOD: tuple[Case, ...] = PRELU + CUT_OFF

# --- bad arguments ------------------------------------------------------------------------

LINES = ("hardsigmoid", "hardswish")
SLOPES = Draw((5,))

VALID: Valid = {
    **{function: {"x": LOGITS} for function in LINES},
    **{f"{function}_backward": {"dy": LOGITS, "x": LOGITS} for function in LINES},
    "prelu": {"x": LOGITS, "weight": SLOPES},
    "prelu_backward": {"dy": LOGITS, "x": LOGITS, "weight": SLOPES},
}
says = Texts(VALID)


def _slopes(function: str, name: str, allowed: str, weight: Draw, x: Draw = LOGITS) -> BadCase:
    message = f"weight must be {allowed}, but is {weight.shape} (x {x.shape})"
    given = {"dy": x} if function.endswith("_backward") else {}
    return says.value_error(function, name, message, x=x, weight=weight, **given)


BAD: tuple[BadCase, ...] = (
    *(
        case
        for function in ("prelu", *LINES)
        for case in (
            says.not_real(function, "complex x", "x", "complex128"),
            says.type_error(function, "nothing", "x must hold real numbers, but is None", x=None),
            says.masked(function, "x"),
            says.dy(f"{function}_backward", "dy of another shape", "(4, 5)", dy=Draw((5, 4))),
            says.mixed(f"{function}_backward", "dy", "x", float32="x"),
        )
        if function != "prelu" or "alone is float32" not in case.name
    ),
    *(
        case
        for function in ("prelu", "prelu_backward")
        for case in (
            _slopes(
                function,
                "a slope for each sample",
                "(5,), one for each channel, or (1,)",
                Draw((4,)),
            ),
            _slopes(
                function, "a column of slopes", "(5,), one for each channel, or (1,)", Draw((5, 1))
            ),
            _slopes(function, "a slope for each of one axis", "(1,)", Draw((6,)), Draw((6,))),
            _slopes(
                function, "a slope without axes", "(5,), one for each channel, or (1,)", Draw(())
            ),
        )
    ),
    says.mixed("prelu", "x", "weight", float32="weight"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching("prelu", "two channels, both signs", {"x": (3, 2, 2), "weight": (2,)}),
    branching("prelu", "one slope", {"x": (2, 3), "weight": (1,)}),
    *(branching(name, "below, between, above", {"x": (3, 3)}) for name in LINES),
)

# --- random arguments ---------------------------------------------------------------------

PRODUCTS: Kinds = tuple(kinds for kinds in CURVED if "largest" not in kinds)


def _random_prelu(dice: Dice) -> Arguments:
    """One slope, or one for each channel."""
    arguments = alone("x", PRODUCTS)(dice)
    shape = arguments.arrays["x"].shape
    channels = shape[1] if len(shape) > 1 and dice.chance(0.6) else 1
    weight = Draw((channels,), dice.one_of(("normal", "ties", "negative")))
    return arguments._replace(arrays={**arguments.arrays, "weight": weight})


RANDOM: dict[str, Maker] = {
    "prelu": _random_prelu,
    "hardsigmoid": alone("x", CURVED),
    "hardswish": alone("x", FINITE),
}
