"""Cases of conv1d, conv2d and conv3d."""

from __future__ import annotations

from typing import Any

from parity.cases.case import FLOATS, WEIGHTED_VALUES, Case, Draw, Given, Shape, Source


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
    _conv2d(
        "x reversed, weight strided",
        Draw((2, 3, 7, 6), layout="reversed"),
        Draw((5, 3, 2, 4), layout="strided"),
        padding=1,
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

# --- worked examples of the documents -----------------------------------------------------

COUNTING = tuple(tuple(range(7 * row + 1, 7 * row + 8)) for row in range(7))  # 1 … 49
IMAGE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (0, 0, 1, 1, 1), (0, 0, 1, 1, 0), (0, 1, 1, 0, 0))
CROSS = ((1, 0, 1), (0, 1, 0), (1, 0, 1))
COLOURS = tuple(
    tuple(tuple((2 * c + 3 * h + h * w + w) % 3 for w in range(5)) for h in range(5))
    for c in range(3)
)
TWO_KERNELS = tuple(
    tuple(
        tuple(tuple((o + 2 * c + h + w * w) % 3 - 1 for w in range(3)) for h in range(3))
        for c in range(3)
    )
    for o in range(2)
)


def _image(rows: Any) -> Given:
    """One sample of one channel, or one kernel."""
    return Given(((rows,),))


WORKED = (
    _conv2d(  # two decimal digits of S for each product
        "3×4 by 2×2",
        _image(((1, 2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12))),
        _image(((1, 100), (10000, 1000000))),
        bias=False,
        upstream="integers",
        documents=("D0.1",),
    ),
    _conv2d(
        "5×5 by 3×3",
        _image(IMAGE),
        _image(CROSS),
        bias=False,
        upstream="integers",
        documents=("D0.2", "D2.1"),
    ),
    _conv2d(
        "5×5×3 by two kernels",
        Given((COLOURS,)),
        Given(TWO_KERNELS),
        bias=Given((1, 0)),
        upstream="integers",
        stride=2,
        padding=1,
        documents=("D0.3", "D2.2", "D3.2"),
    ),
    _conv2d(
        "4×4 by 3×3",
        _image(((3, -1, 2, 0), (1, 4, -2, 5), (0, 2, 1, -3), (6, 1, 0, 2))),
        _image(((2, 0, 1), (-1, 3, 0), (1, -2, 4))),
        bias=Given((7,)),
        upstream="integers",
        documents=("D2.23", "D2.24", "D2.25", "D2.27"),
    ),
    *(
        _conv2d(
            f"7×7 with stride {stride}",
            _image(COUNTING),
            _image(CROSS),
            bias=False,
            upstream="integers",
            stride=stride,
            documents=("D3.3",),
        )
        for stride in (1, 2, 3)
    ),
    _conv2d(
        "dw as a sum of slices",
        _image(COUNTING),
        _image(((-3, 0, 3), (-10, 0, 10), (-1, 0, 3))),
        bias=False,
        stride=2,
        padding=1,
        upstream="integers",
        documents=("D3.9",),
    ),
    _conv2d(
        "3×3 by 2×2",
        _image(((2, -1, 3), (0, 4, 1), (-2, 5, 6))),
        _image(((1, 2), (-3, 4))),
        bias=False,
        upstream="integers",
        documents=("D4.9", "D4.10", "D4.11"),
    ),
)

CASES = ONE_AXIS + TWO_AXES + THREE_AXES + FAMILIES + SPECIAL_WEIGHTS + VIEWS + WORKED
