"""What the catalogue knows of linear and flatten."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MOVED, affine, alone
from parity.cases.function import AFFINE, ROW, Function, moved, sum_of_products
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import COLUMNS, X2, Texts, Valid

GROUP = "dense"

ROWS: tuple[Function, ...] = (
    sum_of_products(
        "linear",
        AFFINE,
        *("D0.8", "D0.10", "D1.9", "D2.20", "D2.21"),
        pieces=ROW,
        in_networks=True,
    ),
    moved("flatten", ("x",), "D1.19", "D1.22", in_networks=True),
)


def _linear(
    name: str,
    x: Shape | Source,
    weight: Shape | Source,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    bias: bool | Source = True,
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    arrays: dict[str, Source] = {
        key: Draw(array, values, layout) if isinstance(array, tuple) else array
        for key, array in {"x": x, "weight": weight}.items()
    }
    if bias is True:
        kernels = arrays["weight"]
        outputs = len(kernels.values) if isinstance(kernels, Given) else kernels.shape[0]
        arrays["bias"] = Draw((outputs,), values, layout)
    elif bias:
        arrays["bias"] = bias
    return Case("linear", name, arrays, upstream=upstream, documents=documents)


LINEAR = (
    _linear("plain", (5, 4), (3, 4), documents=("D0.8", "D0.10", "D1.3", "D1.9", "D2.21")),
    _linear("without bias", (5, 4), (3, 4), bias=False),
    _linear("features only", (4,), (3, 4)),
    _linear("features only, without bias", (4,), (3, 4), bias=False),
    _linear("two leading axes", (2, 5, 4), (3, 4)),
    _linear("three leading axes", (2, 3, 6, 5), (4, 5)),
    _linear("empty batch", (0, 4), (3, 4)),
    _linear("empty second axis", (2, 0, 4), (3, 4)),
    _linear("one sample", (1, 4), (3, 4)),
    _linear("one feature in", (4, 1), (3, 1)),
    _linear("one feature out", (4, 5), (1, 5), documents=("D1.2",)),
    _linear("one number", (1, 1), (1, 1)),
    _linear("no features in", (4, 0), (3, 0)),
    _linear("784 features", (3, 784), (10, 784)),
    _linear("784 features, wide", (3, 784), (10, 784), values="wide", upstream="wide"),
    _linear("784 features, integers", (3, 784), (10, 784), values="integers", upstream="integers"),
    _linear("1200 samples", (1200, 3), (2, 3)),
    _linear("120 to 84", (6, 120), (84, 120), documents=("D2.11",)),
    _linear("zero weight", (5, 4), Draw((3, 4), "zeros")),
    _linear("zero upstream", (5, 4), (3, 4), upstream="zeros"),
    _linear("infinite bias", (5, 4), (3, 4), bias=Draw((3,), "special")),
    _linear("special upstream", (6, 4), (5, 4), upstream="special"),
    _linear("x transposed", Draw((5, 4), layout="transposed"), (3, 4)),
    _linear("weight transposed", (5, 4), Draw((3, 4), layout="transposed")),
    replace(_linear("dy transposed", (5, 4), (3, 4)), upstream_layout="transposed"),
    _linear("weight is square", (5, 4), (4, 4)),
    _linear("two leading axes transposed", Draw((2, 5, 4), layout="transposed"), (3, 4)),
    *(
        _linear(f"{layout} views", (5, 4), (3, 4), layout=layout)
        for layout in ("reversed", "strided")
    ),
    *(
        _linear(
            name,
            Draw((7, 5), x),
            Draw((4, 5), weight),
            bias=Draw((4,), weight),
            upstream=upstream,
        )
        for name, x, weight, upstream in (
            ("integers", "integers", "integers", "integers"),
            ("wide", "wide", "wide", "wide"),
            ("huge", "huge", "huge", "huge"),
            ("largest", "largest", "normal", "normal"),
            ("largest weight and upstream", "normal", "largest", "largest"),
            ("tiny", "tiny", "tiny", "tiny"),
            ("subnormal", "subnormal", "integers", "subnormal"),
            ("negative zero", "negative_zero", "negative_zero", "negative_zero"),
            ("special", "special", "normal", "normal"),
            ("special weight", "normal", "special", "normal"),
        )
    ),
    _linear(  # each digit of Z₄₁ is one product A·W
        "three inputs of one neuron",
        Given(((1, 2, 3),)),
        Given(((1, 10, 100),)),
        bias=Given((4000,)),
        upstream="integers",
        documents=("D1.4", "D2.20"),
    ),
    _linear(
        "three inputs of two neurons",
        Given(((2, -1, 3), (0, 4, 1))),
        Given(((1, -2, 3), (4, 0, -1))),
        bias=Given((5, -6)),
        upstream="integers",
        documents=("D1.8", "D1.9", "D2.20", "D2.21", "D2.22"),
    ),
)


def _flatten(name: str, shape: Shape, values: str = "normal", **more: Any) -> Case:
    return Case(
        "flatten", name, {"x": Draw(shape, values, more.pop("layout", "contiguous"))}, **more
    )


FLATTEN = (
    _flatten("maps", (2, 3, 4, 5), documents=("D1.19", "D1.21", "D1.22")),
    _flatten("volumes", (2, 3, 4, 5, 6)),
    _flatten("signals", (3, 4, 5)),
    _flatten("vectors stay", (3, 4)),
    _flatten("one sample", (1, 3, 4, 5)),
    _flatten("one map", (2, 1, 4, 3)),
    _flatten("one number", (1, 1, 1, 1)),
    _flatten("empty batch", (0, 3, 4, 5)),
    _flatten("no maps", (2, 0, 4, 5)),
    _flatten("16 maps 5×5", (2, 16, 5, 5), documents=("D2.11",)),
    _flatten("negative zero", (2, 3, 5, 4), "negative_zero", upstream="negative_zero"),
    _flatten("special", (2, 3, 5, 4), "special", upstream="special"),
    _flatten("subnormal", (2, 3, 5, 4), "subnormal", upstream="subnormal"),
    *(
        _flatten(f"{layout} views", (2, 4, 3, 5), layout=layout)
        for layout in ("reversed", "strided", "transposed")
    ),
)

GOOD: tuple[Case, ...] = LINEAR + FLATTEN

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = {
    "linear": {"x": Draw((5, 4)), "weight": Draw((3, 4)), "bias": Draw((3,))},
    "linear_backward": {"dy": Draw((5, 3)), "x": Draw((5, 4)), "weight": Draw((3, 4))},
    "flatten": {"x": X2},
    "flatten_backward": {"dy": Draw((2, 126)), "x": X2},
}
says = Texts(VALID)

TURNED = "; if the weight is (features_in, features_out), give weight.T"

BAD: tuple[BadCase, ...] = (
    says.masked("linear", "weight"),
    says.no_numbers("linear", "weight", {}),
    says.swapped("linear_backward", "x"),
    says.sizes("linear", "features disagree", "4 features", 5, COLUMNS, weight=Draw((3, 5))),
    says.sizes(
        "linear", "weight the other way round", "4 features", 3, TURNED, weight=Draw((4, 3))
    ),
    says.sizes(
        "linear",
        "maps not flattened",
        "6 features",
        126,
        "; if the maps are not flattened, give flatten(x)",
        x=X2,
        weight=Draw((3, 126)),
    ),
    says.sizes("linear_backward", "features disagree", "4 features", 2, weight=Draw((3, 2))),
    says.value_error(
        "linear",
        "a single value",
        "x must have an axis of features, but is a single value",
        x=Given(3),
    ),
    says.axes(
        "linear",
        "weight is a vector",
        "features_out, features_in",
        "weight",
        hint="; give weight[None] for one output",
        weight=Draw((4,)),
    ),
    says.bias("linear", "bias too long", 3, Draw((4,))),
    says.bias("linear", "bias is a row", 3, Draw((1, 3))),
    says.dy("linear_backward", "dy of the input's shape", "(5, 3)", dy=Draw((5, 4))),
    says.dy("linear_backward", "dy of another batch", "(5, 3)", dy=Draw((6, 3))),
    says.not_real("linear", "boolean x", "x", "bool", x=Given(((True, False, True, True),))),
    says.not_real("linear_backward", "complex dy", "dy", "complex128"),
    says.mixed("linear", "x", "weight", float32="weight"),
    says.value_error(
        "flatten", "a single value", "x must have a batch axis, but is a single value", x=Given(3)
    ),
    says.not_real("flatten", "text", "x", "<U3", x=Given(("one", "two"))),
    says.dy("flatten_backward", "dy not flat", "(2, 126)", dy=X2),
    says.dy("flatten_backward", "dy of another size", "(2, 126)", dy=Draw((2, 125))),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("linear", "two leading axes", {"x": (2, 1, 3), "weight": (4, 3), "bias": (4,)}),
    sums("flatten", "maps", {"x": (2, 3, 2, 2)}),
)

# --- random arguments ---------------------------------------------------------------------


def _random_linear(dice: Dice) -> Arguments:
    """Arguments of linear."""
    features = dice.size(1, 8)
    lead = (dice.batch(), *dice.sizes(dice.whole(0, 2), 1, 5))[: dice.whole(0, 3)]
    return affine(dice, (*lead, features), (dice.size(1, 8), features), {})


RANDOM: dict[str, Maker] = {
    "linear": _random_linear,
    "flatten": alone("x", MOVED, least=2),
}
