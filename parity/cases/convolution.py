"""What the catalogue knows of conv1d, conv2d and conv3d."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from parity.cases import filters
from parity.cases.case import FLOATS, WEIGHTED_VALUES, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import affine, each, kernel_of, steps, told
from parity.cases.function import AFFINE, WINDOW, Function, sum_of_products
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import LAST, NO_BATCH, NO_CHANNEL, X1, X2, X3, Texts, Valid
from parity.cases.worked.convolution import WORKED

GROUP = "convolution"

ROWS: tuple[Function, ...] = (
    sum_of_products("conv1d", AFFINE, "D0.12", "D0.13", "D4.1", "D4.8", "D4.17", pieces=WINDOW),
    sum_of_products(
        "conv2d",
        AFFINE,
        *("D0.12", "D0.13", "D2.23", "D2.24", "D2.25", "D4.1", "D4.8"),
        pieces=WINDOW,
        in_networks=True,
    ),
    sum_of_products("conv3d", AFFINE, "D0.5", "D0.12", "D0.13", pieces=WINDOW),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    weight: Shape | Source,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    bias: bool | Source = True,
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    dtypes: tuple[str, ...] = FLOATS,
    **options: Any,
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
    return Case(function, name, arrays, options, upstream, documents, dtypes)


def _conv1d(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv1d", name, x, weight, **more)


def _conv2d(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv2d", name, x, weight, **more)


def _conv3d(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv3d", name, x, weight, **more)


ONE_AXIS = (
    _conv1d("plain", (2, 3, 9), (5, 3, 4), documents=("D4.1", "D4.12")),
    _conv1d("without bias", (2, 3, 9), (5, 3, 4), bias=False),
    _conv1d("one sample", (1, 3, 9), (5, 3, 2)),
    _conv1d("one channel in", (2, 1, 9), (5, 1, 3)),
    _conv1d("one channel out", (2, 4, 9), (1, 4, 3)),
    _conv1d("one number", (1, 1, 1), (1, 1, 1)),
    _conv1d("empty batch", (0, 3, 9), (5, 3, 2)),
    _conv1d("kernel 1", (2, 3, 7), (5, 3, 1)),
    _conv1d("kernel 1 stride 3", (2, 3, 8), (5, 3, 1), stride=3),
    _conv1d("kernel as long as the input", (2, 3, 6), (5, 3, 6)),
    _conv1d("stride 2 leaves one over", (2, 3, 10), (4, 3, 5), stride=2),
    _conv1d("stride 3 leaves two over", (2, 3, 12), (5, 3, 4), stride=(3,)),
    _conv1d("stride beyond the kernel", (2, 3, 13), (5, 3, 2), stride=4),
    _conv1d("padding 2", (2, 3, 7), (5, 3, 4), padding=2),
    _conv1d("padding asymmetric", (2, 3, 7), (5, 3, 4), padding=((1, 3),)),
    _conv1d("padding behind only", (2, 3, 8), (5, 3, 4), padding=((0, 2),), stride=3),
    _conv1d("padding beyond the kernel", (3, 4, 5), (6, 4, 2), padding=4),
    _conv1d("valid", (2, 3, 8), (5, 3, 4), padding="valid", documents=("D1.15", "D2.12")),
    _conv1d("same odd", (2, 3, 8), (4, 3, 5), padding="same", documents=("D2.12",)),
    _conv1d("same even", (2, 3, 8), (5, 3, 4), padding="same", documents=("D2.12",)),
    _conv1d("same stride 2", (2, 3, 9), (5, 3, 4), padding="same", stride=2, documents=("D2.12",)),
    _conv1d("same stride 3", (2, 3, 8), (4, 3, 5), padding="same", stride=3, documents=("D2.12",)),
    _conv1d("same dilation 3", (2, 3, 8), (5, 3, 4), padding="same", dilation=3),
    _conv1d("full", (2, 3, 6), (5, 3, 4), padding="full", documents=("D1.15",)),
    _conv1d("full, kernel beyond the input", (2, 3, 4), (5, 3, 6), padding="full"),
    _conv1d("full stride 2 dilation 2", (2, 3, 7), (5, 3, 4), padding="full", stride=2, dilation=2),
    _conv1d("dilation 3", (2, 3, 11), (5, 3, 4), dilation=3),
    _conv1d("dilation (2,)", (2, 3, 10), (4, 3, 5), dilation=(2,)),
    _conv1d("stride padding dilation", (2, 3, 13), (5, 3, 4), stride=3, padding=2, dilation=2),
    _conv1d("groups 2", (3, 4, 9), (6, 2, 5), groups=2),
    _conv1d("groups 3", (2, 6, 9), (12, 2, 5), groups=3),
    _conv1d("depthwise", (2, 5, 9), (5, 1, 4), groups=5),
    _conv1d("depthwise doubled", (2, 5, 9), (10, 1, 4), groups=5),
    _conv1d("groups 2 stride 2", (3, 4, 11), (6, 2, 5), groups=2, stride=2, padding=1, bias=False),
    _conv1d("groups without batch", (0, 4, 9), (6, 2, 5), groups=2),
    _conv1d("K is 560", (3, 112, 16), (4, 112, 5)),
    _conv1d("K is 560, wide", (3, 112, 16), (4, 112, 5), values="wide", upstream="wide"),
    _conv1d("blocks of samples", (13, 4, 301), (5, 4, 32)),
    _conv1d("blocks of columns", (2, 6, 1402), (3, 6, 65), stride=2),
    _conv1d(
        "narrow", (2, 3, 8), (4, 3, 5), values="integers", upstream="integers", documents=("D4.17",)
    ),
    _conv1d(
        "wide",
        (2, 3, 8),
        (4, 3, 5),
        padding=4,
        values="integers",
        upstream="integers",
        documents=("D4.17",),
    ),
    _conv1d("equal width", (2, 3, 8), (4, 3, 5), padding=2, documents=("D4.17",)),
)

TWO_AXES = (
    _conv2d(
        "plain",
        (2, 3, 7, 6),
        (5, 3, 2, 4),
        documents=("D0.12", "D0.13", "D3.7", "D4.1", "D4.3", "D4.8", "D4.9"),
    ),
    _conv2d("without bias", (2, 3, 7, 6), (5, 3, 2, 4), bias=False),
    _conv2d("one sample", (1, 3, 7, 6), (5, 3, 4, 2)),
    _conv2d("one channel in", (2, 1, 7, 6), (5, 1, 3, 2)),
    _conv2d("one channel out", (2, 3, 6, 7), (1, 3, 2, 4)),
    _conv2d("one number", (1, 1, 1, 1), (1, 1, 1, 1)),
    _conv2d("empty batch", (0, 3, 7, 6), (5, 3, 2, 4), padding=1, stride=2),
    _conv2d("kernel 1×1", (2, 5, 4, 3), (6, 5, 1, 1), documents=("D4.18",)),
    _conv2d("kernel 1×1 stride (2,3)", (2, 3, 7, 8), (5, 3, 1, 1), stride=(2, 3)),
    _conv2d("kernel 1×1 padding 1", (2, 3, 5, 4), (6, 3, 1, 1), padding=1),
    _conv2d("kernel as large as the input", (2, 3, 5, 4), (6, 3, 5, 4)),
    _conv2d("kernel is one row", (2, 3, 7, 6), (4, 3, 1, 5)),
    _conv2d("kernel is one column", (2, 3, 7, 6), (4, 3, 5, 1)),
    _conv2d("input is one row", (2, 3, 1, 9), (5, 3, 1, 4)),
    _conv2d("stride 2 leaves pixels over", (2, 3, 8, 7), (4, 3, 5, 2), stride=2),
    _conv2d("stride 3 leaves pixels over", (2, 3, 10, 11), (5, 3, 2, 4), stride=3),
    _conv2d("stride(2,1)", (2, 3, 9, 8), (5, 3, 2, 4), stride=(2, 1)),
    _conv2d("stride(1,3)", (2, 3, 7, 11), (4, 3, 2, 5), stride=(1, 3)),
    _conv2d("stride beyond the kernel", (2, 3, 10, 12), (4, 3, 1, 2), stride=(3, 5)),
    _conv2d("stride beyond the input", (2, 3, 6, 5), (4, 3, 5, 2), stride=7),
    _conv2d("padding 1", (2, 3, 7, 6), (5, 3, 4, 2), padding=1, documents=("D3.4",)),
    _conv2d("padding 2", (2, 3, 6, 7), (5, 3, 2, 4), padding=2, documents=("D3.4",)),
    _conv2d("padding(2,1)", (2, 3, 7, 8), (5, 3, 4, 2), padding=(2, 1)),
    _conv2d("padding(0,3)", (2, 3, 6, 5), (4, 3, 2, 5), padding=(0, 3)),
    _conv2d("padding asymmetric", (2, 3, 6, 5), (5, 3, 2, 4), padding=((1, 2), (0, 3))),
    _conv2d("padding on two sides", (2, 3, 7, 5), (5, 3, 4, 2), padding=((0, 1), (2, 0)), stride=2),
    _conv2d("padding beyond the kernel", (2, 3, 4, 5), (6, 3, 1, 2), padding=3),
    _conv2d("padding alone holds the kernel", (2, 3, 1, 4), (5, 3, 7, 2), padding=(4, 0)),
    _conv2d("valid", (2, 3, 7, 6), (5, 3, 4, 2), padding="valid", documents=("D1.15", "D2.12")),
    _conv2d("valid stride 3", (2, 3, 10, 8), (5, 3, 2, 4), padding="valid", stride=3),
    _conv2d("same odd", (2, 4, 7, 6), (8, 4, 3, 5), padding="same", documents=("D2.12",)),
    _conv2d("same even", (3, 5, 7, 6), (7, 5, 2, 4), padding="same", documents=("D2.12",)),
    _conv2d("same odd and even", (2, 3, 7, 6), (7, 3, 5, 4), padding="same", documents=("D2.12",)),
    _conv2d(
        "same stride 2", (2, 3, 8, 7), (6, 3, 5, 4), padding="same", stride=2, documents=("D2.12",)
    ),
    _conv2d(
        "same stride 3", (2, 3, 8, 10), (6, 3, 4, 5), padding="same", stride=3, documents=("D2.12",)
    ),
    _conv2d("same stride(3,2)", (2, 3, 8, 9), (6, 3, 5, 4), padding="same", stride=(3, 2)),
    _conv2d("same dilation 2", (2, 3, 8, 7), (6, 3, 5, 4), padding="same", dilation=2),
    _conv2d(
        "same stride 2 dilation 3", (2, 3, 8, 9), (5, 3, 2, 4), padding="same", stride=2, dilation=3
    ),
    _conv2d("same stride beyond the kernel", (2, 3, 9, 8), (6, 3, 2, 1), padding="same", stride=4),
    _conv2d("same groups 2", (3, 4, 8, 7), (6, 2, 3, 5), padding="same", groups=2, stride=(1, 3)),
    _conv2d("full", (2, 3, 5, 6), (7, 3, 4, 2), padding="full", documents=("D1.15",)),
    _conv2d("full, kernel beyond the input", (2, 3, 4, 1), (6, 3, 5, 2), padding="full"),
    _conv2d("full stride 2", (2, 3, 6, 5), (7, 3, 2, 4), padding="full", stride=2),
    _conv2d("full dilation (2,3)", (2, 3, 5, 6), (7, 3, 4, 2), padding="full", dilation=(2, 3)),
    _conv2d("dilation 2", (2, 3, 9, 8), (5, 3, 2, 4), dilation=2),
    _conv2d("dilation(1,3)", (2, 3, 6, 11), (5, 3, 4, 2), dilation=(1, 3)),
    _conv2d("dilation as large as the input", (2, 3, 7, 5), (6, 3, 4, 2), dilation=(2, 4)),
    _conv2d(
        "stride padding dilation",
        (2, 3, 10, 12),
        (5, 3, 2, 4),
        stride=(3, 2),
        padding=(1, 2),
        dilation=(2, 1),
    ),
    _conv2d("groups 2", (3, 4, 7, 6), (8, 2, 5, 3), groups=2),
    _conv2d("groups 3", (2, 6, 7, 8), (9, 2, 4, 3), groups=3),
    _conv2d("groups 3, one channel out each", (2, 6, 8, 7), (3, 2, 4, 5), groups=3),
    _conv2d("depthwise", (2, 5, 7, 6), (5, 1, 2, 3), groups=5),
    _conv2d("depthwise doubled", (2, 5, 6, 7), (10, 1, 3, 2), groups=5),
    _conv2d(
        "groups 2 stride padding dilation",
        (3, 4, 11, 10),
        (6, 2, 5, 3),
        groups=2,
        stride=(2, 3),
        padding=(2, 1),
        dilation=(1, 2),
        bias=False,
    ),
    _conv2d("groups without batch", (0, 4, 7, 6), (8, 2, 5, 3), groups=2),
    _conv2d("11×11 stride 4", (2, 3, 39, 35), (5, 3, 11, 11), stride=4, documents=("D2.13",)),
    _conv2d("K is 384", (2, 32, 7, 6), (5, 32, 3, 4)),
    _conv2d("K is 384, wide", (2, 32, 7, 6), (5, 32, 3, 4), values="wide", upstream="wide"),
    _conv2d(
        "K is 384, integers", (2, 32, 7, 6), (5, 32, 3, 4), values="integers", upstream="integers"
    ),
    _conv2d("blocks of samples", (11, 3, 32, 30), (2, 3, 5, 4)),
    _conv2d("blocks of samples, groups 2", (9, 4, 34, 31), (6, 2, 5, 3), groups=2, padding=1),
    _conv2d("blocks of rows", (2, 4, 64, 60), (3, 4, 5, 7)),
    _conv2d(
        "blocks of rows, stride (3,1) dilation 2",
        (2, 5, 90, 66),
        (3, 5, 7, 9),
        stride=(3, 1),
        dilation=2,
    ),
    # Sums over samples and places of one sign: in a serial sum every rounding goes the same way.
    _conv2d("a hundred thousand equal terms", (1000, 1, 12, 11), (4, 1, 2, 3), upstream="equal"),
    _conv2d("ten thousand equal terms", (400, 2, 5, 6), (3, 2, 1, 1), upstream="equal"),
    _conv2d("six kernels", (2, 3, 9, 8), (6, 3, 5, 4), documents=("D3.1",)),
    _conv2d("ten kernels on six maps", (2, 6, 9, 8), (10, 6, 5, 4), documents=("D3.1", "D0.6")),
    _conv2d("zero weight", (2, 3, 7, 6), Draw((5, 3, 2, 4), "zeros")),
    _conv2d("zero upstream", (2, 3, 7, 6), (5, 3, 2, 4), upstream="zeros"),
    _conv2d("infinite bias", (2, 3, 7, 6), (5, 3, 2, 4), bias=Draw((5,), "special")),
    _conv2d("special upstream", (2, 3, 9, 8), (5, 3, 2, 4), upstream="special", stride=(3, 1)),
    _conv2d(
        "weight transposed",
        (2, 3, 7, 6),
        Draw((5, 3, 2, 4), layout="transposed"),
        stride=2,
    ),
    replace(_conv2d("dy transposed", (2, 3, 7, 6), (5, 3, 2, 4)), upstream_layout="transposed"),
    _conv2d(
        "x reversed, weight strided",
        Draw((2, 3, 7, 6), layout="reversed"),
        Draw((5, 3, 2, 4), layout="strided"),
        padding=1,
    ),
    _conv2d(
        "one entry for both axes",
        (2, 3, 9, 10),
        (4, 3, 2, 5),
        stride=(3,),
        padding=[1],
        dilation=(2,),
    ),
)

THREE_AXES = (
    _conv3d("plain", (2, 3, 7, 6, 5), (8, 3, 2, 4, 5), documents=("D0.5",)),
    _conv3d("without bias", (2, 3, 7, 6, 5), (8, 3, 4, 2, 1), bias=False),
    _conv3d("one sample", (1, 3, 6, 7, 5), (8, 3, 2, 5, 4)),
    _conv3d("one channel in", (2, 1, 6, 5, 7), (8, 1, 3, 2, 4)),
    _conv3d("one channel out", (2, 3, 5, 6, 7), (1, 3, 4, 2, 5)),
    _conv3d("one number", (1, 1, 1, 1, 1), (1, 1, 1, 1, 1)),
    _conv3d("empty batch", (0, 3, 7, 6, 5), (8, 3, 2, 4, 5)),
    _conv3d("kernel 1×1×1", (2, 3, 6, 5, 4), (7, 3, 1, 1, 1)),
    _conv3d("kernel as large as the input", (2, 3, 6, 5, 4), (7, 3, 6, 5, 4)),
    _conv3d("stride 2 leaves pixels over", (2, 3, 7, 8, 6), (9, 3, 2, 5, 1), stride=2),
    _conv3d("stride(1,2,3)", (2, 3, 5, 8, 10), (6, 3, 4, 2, 5), stride=(1, 2, 3)),
    _conv3d("stride beyond the kernel", (2, 3, 7, 8, 9), (5, 3, 1, 2, 4), stride=(3, 4, 5)),
    _conv3d("padding 1", (2, 3, 5, 6, 4), (7, 3, 2, 4, 1), padding=1),
    _conv3d("padding(0,1,2)", (2, 3, 6, 5, 4), (7, 3, 4, 2, 5), padding=(0, 1, 2)),
    _conv3d(
        "padding asymmetric", (2, 3, 6, 5, 4), (7, 3, 4, 2, 5), padding=((0, 2), (1, 0), (3, 1))
    ),
    _conv3d("valid", (2, 3, 7, 6, 5), (8, 3, 5, 2, 4), padding="valid"),
    _conv3d("same odd", (2, 4, 8, 6, 7), (9, 4, 3, 5, 1), padding="same"),
    _conv3d("same even", (3, 5, 8, 6, 7), (9, 5, 2, 4, 6), padding="same"),
    _conv3d(
        "same stride(2,3,1)", (2, 3, 8, 7, 6), (9, 3, 5, 4, 2), padding="same", stride=(2, 3, 1)
    ),
    _conv3d(
        "same dilation(1,2,3)", (2, 3, 6, 7, 8), (9, 3, 5, 4, 2), padding="same", dilation=(1, 2, 3)
    ),
    _conv3d("full", (2, 3, 4, 5, 6), (7, 3, 2, 1, 4), padding="full"),
    _conv3d(
        "full stride(3,1,2)", (2, 3, 6, 4, 5), (7, 3, 4, 2, 1), padding="full", stride=(3, 1, 2)
    ),
    _conv3d("dilation 2", (2, 3, 9, 8, 7), (6, 3, 4, 2, 1), dilation=2),
    _conv3d("dilation(2,1,3)", (1, 3, 8, 5, 7), (5, 3, 4, 1, 2), dilation=(2, 1, 3)),
    _conv3d(
        "stride padding dilation",
        (2, 3, 9, 8, 10),
        (6, 3, 4, 2, 5),
        stride=(2, 1, 3),
        padding=(1, 0, 2),
        dilation=(1, 3, 2),
    ),
    _conv3d("groups 2", (3, 4, 7, 6, 5), (8, 2, 5, 3, 4), groups=2),
    _conv3d("groups 3", (2, 6, 7, 5, 8), (9, 2, 4, 3, 1), groups=3, stride=(1, 2, 3)),
    _conv3d("depthwise", (2, 5, 4, 6, 7), (5, 1, 2, 3, 4), groups=5),
    _conv3d("depthwise doubled", (2, 5, 4, 7, 6), (10, 1, 2, 4, 3), groups=5, padding=1),
    _conv3d("K is 480", (2, 20, 5, 6, 7), (6, 20, 2, 4, 3)),
    _conv3d("blocks of samples", (5, 3, 12, 11, 10), (2, 3, 4, 5, 1)),
    _conv3d("blocks of rows", (2, 3, 18, 20, 19), (4, 3, 5, 6, 2), stride=(2, 1, 1)),
    _conv3d(
        "one entry for all axes",
        (2, 6, 5, 7, 8),
        (5, 6, 2, 3, 4),
        stride=[2],
        padding=(1,),
        dilation=(2,),
    ),
)

FAMILY_SHAPES: dict[str, tuple[Shape, Shape]] = {
    "conv1d": ((3, 4, 12), (6, 4, 5)),
    "conv2d": ((2, 4, 8, 7), (6, 4, 5, 3)),
    "conv3d": ((2, 3, 7, 6, 5), (8, 3, 4, 5, 2)),
}

# The same layer on every kind of values; weight and upstream of a kind that keeps products finite.
FAMILIES = tuple(
    _case(
        function,
        name,
        Draw(x, values),
        Draw(weight, weights),
        bias=Draw((weight[0],), weights),
        upstream=upstream,
        padding=1,
        stride=2,
    )
    for function, (x, weight) in FAMILY_SHAPES.items()
    for name, values, weights, upstream in WEIGHTED_VALUES
)

# An infinite weight times the 0 of the padding is NaN. torch in float32 (oneDNN) leaves padding out
# of that sum; with a stride it also puts NaN into dx at pixels that no infinite weight meets, even
# at those that no window reads. In float64 it agrees with the formula, so only float64 runs here.
SPECIAL_WEIGHTS = tuple(
    case
    for function, (x, weight) in FAMILY_SHAPES.items()
    for case in (
        _case(function, "special weight", x, Draw(weight, "special")),
        _case(
            function,
            "special weight, stride 2, padding 1",
            x,
            Draw(weight, "special"),
            stride=2,
            padding=1,
            dtypes=("float64",),
        ),
    )
)

VIEWS = tuple(
    _case(function, f"{layout} views", x, weight, layout=layout, stride=2, padding="same")
    for function, (x, weight) in FAMILY_SHAPES.items()
    for layout in ("reversed", "strided", "transposed")
)

# --- what fills the frame -----------------------------------------------------------------

MODES = ("reflect", "replicate", "circular")
FRAMED: tuple[tuple[str, str, Shape, Shape, dict[str, Any]], ...] = (
    ("conv1d", "padding asymmetric", (2, 3, 7), (5, 3, 4), {"padding": ((1, 3),)}),
    ("conv1d", "same even", (2, 3, 8), (5, 3, 4), {"padding": "same"}),
    ("conv1d", "stride 2, groups 2", (3, 4, 9), (6, 2, 5),
     {"padding": 2, "stride": 2, "groups": 2}),
    ("conv2d", "padding 1", (2, 4, 6, 5), (7, 4, 3, 2), {"padding": 1}),
    ("conv2d", "padding asymmetric", (2, 3, 7, 6), (8, 3, 5, 4), {"padding": ((1, 3), (2, 0))}),
    ("conv2d", "same even", (2, 3, 7, 6), (8, 3, 4, 2), {"padding": "same"}),
    ("conv2d", "same stride 2", (2, 3, 8, 7), (9, 3, 4, 5), {"padding": "same", "stride": 2}),
    ("conv2d", "full", (2, 3, 6, 7), (8, 3, 4, 5), {"padding": "full"}),
    ("conv2d", "stride (2,1), dilation (1,2)", (2, 3, 9, 8), (5, 3, 4, 1),
     {"padding": (2, 1), "stride": (2, 1), "dilation": (1, 2)}),
    ("conv2d", "groups 2", (3, 4, 6, 7), (8, 2, 5, 1), {"padding": 2, "groups": 2}),
    ("conv2d", "no padding", (2, 3, 7, 6), (5, 3, 2, 4), {}),
    ("conv3d", "padding asymmetric", (2, 3, 6, 5, 4), (7, 3, 2, 1, 4),
     {"padding": ((0, 2), (1, 0), (3, 1))}),
    ("conv3d", "same even", (3, 5, 8, 6, 7), (9, 5, 2, 4, 1), {"padding": "same"}),
)  # fmt: skip
FRAMES = tuple(
    _case(function, f"{mode}, {name}", x, weight, padding_mode=mode, **options)
    for function, name, x, weight, options in FRAMED
    for mode in MODES
) + tuple(
    _conv2d(f"{mode}, {values}", (2, 3, 6, 7), (5, 3, 4, 2), padding=((2, 1), (0, 3)),
            padding_mode=mode, values=values, upstream=values)
    for values in ("integers", "wide", "huge")
    for mode in MODES
)  # fmt: skip

GOOD: tuple[Case, ...] = (
    ONE_AXIS
    + TWO_AXES
    + THREE_AXES
    + FRAMES
    + FAMILIES
    + SPECIAL_WEIGHTS
    + VIEWS
    + WORKED
    + filters.GOOD
)

# --- bad arguments ------------------------------------------------------------------------

WEIGHT1, WEIGHT2, WEIGHT3 = Draw((5, 3, 4)), Draw((5, 3, 2, 4)), Draw((8, 3, 4, 2, 1))

VALID: Valid = {
    "conv1d": {"x": X1, "weight": WEIGHT1, "bias": Draw((5,))},
    "conv2d": {"x": X2, "weight": WEIGHT2, "bias": Draw((5,))},
    "conv3d": {"x": X3, "weight": WEIGHT3, "bias": Draw((8,))},
    "conv1d_backward": {"dy": Draw((2, 5, 6)), "x": X1, "weight": WEIGHT1},
    "conv2d_backward": {"dy": Draw((2, 5, 6, 3)), "x": X2, "weight": WEIGHT2},
    "conv3d_backward": {"dy": Draw((2, 8, 4, 5, 5)), "x": X3, "weight": WEIGHT3},
}
says = Texts(VALID)

PADDING_NAMES = "'valid', 'same', 'full'"


def _padding(function: str, name: str, value: Any) -> BadCase:
    """A convolution's padding that is neither numbers, nor pairs of them, nor a name."""
    message = (
        "padding must be an integer, an integer or a pair (before, after) for each axis, "
        f"or one of {PADDING_NAMES}, but is {value!r}"
    )
    return says.type_error(function, name, message, padding=value)


def _entries(function: str, name: str, axes: str, value: Any) -> BadCase:
    """A convolution's padding with too many or too few entries."""
    message = f"padding must have an entry for each of {axes}, but has {len(value)} ({value!r})"
    return says.value_error(function, name, message, padding=value)


BAD_ARRAYS = (
    says.axes("conv1d", "an image", "N, C_in, L", x=X2),
    says.axes("conv2d", "no batch axis", "N, C_in, H, W", hint=NO_BATCH, x=Draw((3, 7, 6))),
    says.axes("conv2d_backward", "a matrix", "N, C_in, H, W", hint=NO_CHANNEL, x=Draw((7, 6))),
    says.axes("conv3d", "an image", "N, C_in, D, H, W", hint=NO_BATCH, x=X2),
    says.axes("conv1d", "weight of an image", "C_out, C_in/groups, K_l", "weight", weight=WEIGHT2),
    says.axes(
        "conv2d",
        "one matrix as weight",
        "C_out, C_in/groups, K_h, K_w",
        "weight",
        hint="; give weight[None, None] for one input and one output channel",
        weight=Draw((2, 4)),
    ),
    says.axes(
        "conv3d",
        "weight without depth",
        "C_out, C_in/groups, K_d, K_h, K_w",
        "weight",
        hint="; give weight[:, None] for one input channel, weight[None] for one output channel",
        weight=WEIGHT2,
    ),
    says.sizes("conv2d", "channels disagree", "3 channels", 4, weight=Draw((5, 4, 2, 3))),
    says.sizes(
        "conv1d",
        "channels last",
        "9 channels",
        3,
        hint=f"{LAST}x.transpose(0, 2, 1)",
        x=Draw((2, 9, 3)),
    ),
    says.sizes(
        "conv3d",
        "channels last",
        "7 channels",
        3,
        hint=f"{LAST}x.transpose(0, 4, 1, 2, 3)",
        x=Draw((2, 7, 6, 5, 3)),
    ),
    says.sizes(
        "conv2d",
        "channels last in the weight",
        "3 channels",
        4,
        hint=f"{LAST}weight.transpose(3, 2, 0, 1)",
        weight=Draw((2, 4, 3, 5)),
    ),
    says.sizes(
        "conv2d_backward",
        "channels last in both",
        "7 channels",
        4,
        hint=f"{LAST}x.transpose(0, 3, 1, 2) and weight.transpose(3, 2, 0, 1)",
        x=Draw((2, 7, 6, 3)),
        weight=Draw((2, 4, 3, 5)),
    ),
    says.sizes("conv2d", "images in another's place", "16 channels", 3, x=Draw((2, 16, 3, 3))),
    says.dy(
        "conv2d_backward",
        "dy with its channels last",
        "(2, 5, 6, 3)",
        hint=f"{LAST}dy.transpose(0, 3, 1, 2)",
        dy=Draw((2, 6, 3, 5)),
    ),
    says.dy(
        "conv3d_backward",
        "one dy without batch axis",
        "(1, 8, 4, 5, 5)",
        hint="; give dy.reshape(1, 8, 4, 5, 5)",
        x=Draw((1, 3, 7, 6, 5)),
        dy=Draw((8, 4, 5, 5)),
    ),
    says.sizes("conv1d_backward", "channels disagree", "3 channels", 2, weight=Draw((5, 2, 4))),
    says.sizes("conv1d", "channels disagree in groups", "3 channels", "6 in 2 groups", groups=2),
    says.value_error(
        "conv2d",
        "groups do not divide the output",
        "weight gives 5 output channels, which 3 groups cannot share equally (weight (5, 1, 2, 4))",
        weight=Draw((5, 1, 2, 4)),
        groups=3,
    ),
    says.value_error(
        "conv2d",
        "an empty kernel",
        "the kernel must not be empty (weight (5, 3, 0, 4))",
        weight=Draw((5, 3, 0, 4)),
    ),
    says.bias("conv1d", "bias too long", 5, Draw((6,))),
    says.bias("conv2d", "bias is a column", 5, Draw((5, 1))),
    says.bias("conv3d", "bias of channels last", 8, Draw((1, 1, 1, 1, 8))),
    says.bias("conv3d", "bias of one number", 8, Draw((1,))),
    says.not_real("conv1d", "complex x", "x", "complex128"),
    says.not_real(
        "conv2d", "boolean weight", "weight", "bool", weight=Given(((((True, False),),),))
    ),
    says.not_real("conv2d", "text", "x", "<U1", x=Given((((("a", "b"),),),))),
    says.not_real("conv2d", "complex bias", "bias", "complex64"),
    says.not_real("conv3d_backward", "boolean dy", "dy", "bool", dy=Given(((((True,),),),))),
    says.mixed("conv2d", "x", "weight", float32="weight"),
    says.type_error(
        "conv2d",
        "integers beside float32",
        "x is int64 (taken as float64), but weight is float32; give both the same dtype",
        dtypes={"x": "int64", "weight": "float32"},
        x=Given(((((1, 2, 3, 4), (5, 6, 7, 8)),) * 3,)),
    ),
    says.type_error(
        "conv2d", "no weight", "weight must hold real numbers, but is None", weight=None
    ),
    says.mixed("conv3d", "x", "weight", float32="x"),
    says.mixed("conv1d", "x", "bias", float32="bias"),
    says.mixed("conv2d_backward", "dy", "x", float32="dy"),
    says.dy("conv1d_backward", "dy of stride 1", "(2, 5, 3)", stride=2),
    says.dy("conv2d_backward", "dy of another padding", "(2, 5, 8, 5)", padding=1),
    says.dy("conv2d_backward", "dy with its axes swapped", "(2, 5, 6, 3)", dy=Draw((5, 2, 6, 3))),
    says.dy("conv3d_backward", "dy without batch axis", "(2, 8, 4, 5, 5)", dy=Draw((8, 4, 5, 5))),
)

BAD_OPTIONS = (
    says.span("conv1d", "large kernel", 10, "L", "9 (9 and 0 of padding)", weight=Draw((5, 3, 10))),
    says.span(
        "conv2d",
        "large kernel, padding 1",
        9,
        "W",
        "8 (6 and 2 of padding)",
        weight=Draw((5, 3, 2, 9)),
        padding=1,
    ),
    says.span(
        "conv2d",
        "large kernel, asymmetric padding",
        11,
        "H",
        "10 (7 and 3 of padding)",
        weight=Draw((5, 3, 11, 4)),
        padding=((1, 2), (0, 0)),
    ),
    says.span("conv3d", "large dilation", 10, "D", "7 (7 and 0 of padding)", dilation=3),
    says.span("conv2d_backward", "large dilation", 7, "W", "6 (6 and 0 of padding)", dilation=2),
    says.least("conv2d", "stride 0", "stride", 1, 0),
    says.least("conv2d", "stride 0 on one axis", "stride", 1, (2, 0)),
    says.least("conv3d_backward", "negative stride", "stride", 1, -1),
    says.least("conv1d", "dilation 0", "dilation", 1, 0),
    says.least("conv1d", "negative padding", "padding", 0, -1),
    says.least("conv2d_backward", "negative padding", "padding", 0, -2),
    says.least("conv2d", "groups 0", "groups", 1, 0),
    says.value_error(
        "conv2d",
        "negative padding behind",
        "padding must be at least 0, but is ((1, 1), (0, -2))",
        padding=((1, 1), (0, -2)),
    ),
    says.count("conv2d", "three strides", "stride", 2, (1, 2, 3)),
    says.count("conv3d", "two strides", "stride", 3, (1, 2)),
    says.count("conv2d", "no strides", "stride", 2, ()),
    says.count("conv2d", "three dilations", "dilation", 2, (1, 1, 1)),
    _entries("conv3d", "two paddings", "D, H, W", (1, 2)),
    _entries("conv1d", "a bare pair of paddings", "L", (1, 2)),
    _entries("conv2d", "one pair of paddings", "H, W", ((1, 2),)),
    says.integer("conv2d", "stride 2.5", "stride", 2, 2.5),
    says.integer("conv2d", "stride as text", "stride", 2, "2"),
    says.integer("conv2d", "stride True", "stride", 2, True),
    says.integer("conv3d", "stride with 1.0 in it", "stride", 3, (1, 1.0, 2)),
    says.integer("conv3d", "dilation None", "dilation", 3, None),
    _padding("conv2d", "padding 1.5", 1.5),
    _padding("conv2d", "padding None", None),
    _padding("conv3d", "a padding of three numbers", (1, (1, 2, 3), 0)),
    _padding("conv1d_backward", "padding in text", (("1", "2"),)),
    says.integer("conv2d", "stride in bytes", "stride", 2, b"\x01\x02"),
    says.integer("conv2d", "groups in a tuple", "groups", 1, (1,)),
    says.integer("conv2d", "groups 1.0", "groups", 1, 1.0),
    says.choice("conv2d", "unknown padding", "padding", PADDING_NAMES, "reflect"),
    says.choice("conv1d_backward", "padding in capitals", "padding", PADDING_NAMES, "SAME"),
)

BAD_SIZES = (
    *(
        says.value_error(
            function,
            name,
            f"padding_mode must be one of 'zeros', 'reflect', 'replicate', 'circular', but is "
            f"{mode!r}{hint}",
            padding_mode=mode,
        )
        for function, name, mode, hint in (
            (
                "conv2d",
                "torch's functional name of zeros",
                "constant",
                "; 'constant' is 'zeros' here",
            ),
            ("conv2d_backward", "np.pad's ring", "wrap", "; 'wrap' is 'circular' here"),
            (
                "conv1d",
                "the border repeated",
                "symmetric",
                "; none of these repeats the border: give np.pad(…, mode='symmetric')",
            ),
            ("conv3d", "a mode of nobody", 1, ""),
        )
    ),
    says.value_error(
        "conv2d",
        "reflect as far as the axis",
        "mode 'reflect' needs padding smaller than the axis, but along W padding is (6, 6) and x "
        "has 6; give at most 5",
        padding=6,
        padding_mode="reflect",
    ),
    says.value_error(
        "conv1d_backward",
        "circular more than once",
        "mode 'circular' needs padding at most as large as the axis, but along L padding is "
        "(0, 10) and x has 9; give at most 9",
        padding=((0, 10),),
        padding_mode="circular",
        dy=Draw((2, 5, 16)),
    ),
    *(
        says.most(function, option, 2**63)
        for function in ("conv1d", "conv2d", "conv3d", "conv2d_backward")
        for option in ("stride",)
    ),
    says.most("conv2d", "stride", (1, 2**31)),
    says.value_error(
        "conv2d",
        "dilation 2⁶³ of a kernel of one place",
        f"dilation must be at most {2**31 - 1}, but is {2**63}",
        weight=Draw((5, 3, 1, 1)),
        dilation=2**63,
    ),
    says.room(
        "conv2d",
        "padding 10⁹",
        "the padding",
        "2, 3, 2000000007, 2000000006",
        "1e11",
        padding=10**9,
    ),
    says.room(
        "conv1d",
        "padding 2⁶³",
        "the padding",
        f"2, 3, {2**64 + 9}",
        "1e11",
        padding=2**63,
    ),
    says.room(
        "conv3d_backward",
        "padding 10⁹",
        "the padding",
        "2, 3, 2000000007, 2000000006, 2000000005",
        "1e20",
        padding=10**9,
    ),
    says.value_error(
        "conv2d",
        "groups 2⁶³",
        f"x has 3 channels, but weight expects {3 * 2**63} in {2**63} groups "
        "(x (2, 3, 7, 6), weight (5, 3, 2, 4))",
        groups=2**63,
    ),
    says.masked("conv2d", "x"),
    says.masked("conv2d_backward", "weight"),
    says.no_numbers("conv2d", "weight", {}),
    says.no_numbers("conv3d", "x", timedelta(1)),
    says.not_added("conv1d", "x", "weight"),
    says.value_error(
        "conv2d",
        "an integer beyond float64",
        "x must be within ±1.8e+308, as float64 is, but is an integer of 1329 bits",
        x=[[[[1, 10**400]]]],
    ),
    says.no_numbers("conv2d_backward", "dy", (1, 2)),
    says.swapped("conv2d", "x"),
    says.swapped("conv1d_backward", "weight"),
)

BAD: tuple[BadCase, ...] = BAD_ARRAYS + BAD_OPTIONS + BAD_SIZES

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums(
        "conv1d",
        "all options",
        {"x": (2, 4, 7), "weight": (4, 2, 2), "bias": (4,)},
        stride=2,
        padding=((1, 0),),
        dilation=2,
        groups=2,
    ),
    sums(
        "conv2d",
        "reflect",
        {"x": (1, 2, 3, 4), "weight": (2, 2, 2, 3), "bias": (2,)},
        padding=((1, 2), (2, 0)),
        padding_mode="reflect",
    ),
    sums("conv2d", "plain", {"x": (2, 2, 3, 4), "weight": (3, 2, 2, 1), "bias": (3,)}),
    sums(
        "conv2d",
        "all options",
        {"x": (1, 4, 4, 5), "weight": (2, 2, 2, 3), "bias": (2,)},
        stride=(1, 2),
        padding=((1, 0), (0, 1)),
        dilation=(2, 1),
        groups=2,
    ),
    sums(
        "conv3d",
        "all options",
        {"x": (1, 2, 2, 3, 5), "weight": (2, 1, 1, 2, 3), "bias": (2,)},
        stride=(1, 1, 2),
        padding=((0, 0), (1, 0), (0, 1)),
        dilation=(1, 2, 1),
        groups=2,
    ),
)

# --- random arguments ---------------------------------------------------------------------

PADDING_KINDS = ("none", "number", "axes", "pairs", "valid", "same", "full")


def _random_convolution(n: int) -> Maker:
    """Arguments of conv1d, conv2d or conv3d."""

    def make(dice: Dice) -> Arguments:
        groups = dice.whole(2, 4) if dice.chance(0.2) else 1
        kernel, samples = kernel_of(dice, n), dice.batch()
        depth, outputs = dice.size(1, 5), groups * dice.size(1, 7 if groups == 1 else 3)
        stride, dilation = steps(dice, n, 4), steps(dice, n, 3)
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        padding, room = _random_padding(dice, n)
        least = [max(1, span - more) for span, more in zip(spans, room, strict=True)]
        sizes = tuple(dice.size(low, low + 8) for low in least)
        mode = dice.one_of(MODES) if dice.chance(0.2) else "zeros"
        if mode != "zeros":  # no axis is shorter than its frame
            frames = spans if isinstance(padding, str) else room
            sizes = tuple(max(n, frame + 1) for n, frame in zip(sizes, frames, strict=True))
        options = {
            "stride": each(dice, stride),
            "padding": padding,
            "dilation": each(dice, dilation),
            "groups": groups,
            "padding_mode": mode,
        }
        x, weight = (samples, groups * depth, *sizes), (outputs, depth, *kernel)
        usual = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "padding_mode": "zeros"}
        return affine(dice, x, weight, told(dice, options, **usual))

    return make


def _random_padding(dice: Dice, n: int) -> tuple[Any, tuple[int, ...]]:
    """A padding of any kind, and how much longer it certainly makes each axis."""
    kind = dice.one_of(PADDING_KINDS)
    if kind == "none":
        return 0, (0,) * n
    if kind == "number":
        number = dice.whole(1, 3)
        return number, (2 * number,) * n
    if kind == "axes":
        axes = tuple(dice.whole(0, 3) for _ in range(n))
        return axes, tuple(2 * p for p in axes)
    if kind == "pairs":
        pairs = tuple((dice.whole(0, 3), dice.whole(0, 3)) for _ in range(n))
        return pairs, tuple(map(sum, pairs))
    # "same" and "full" themselves add what a window needs.
    return kind, (0 if kind == "valid" else 10**6,) * n


RANDOM: dict[str, Maker] = {f"conv{n}d": _random_convolution(n) for n in (1, 2, 3)}
