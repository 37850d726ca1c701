"""What the catalogue knows of conv_transpose1d, conv_transpose2d and conv_transpose3d."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from parity.cases.case import FLOATS, WEIGHTED_VALUES, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import affine, each, kernel_of, steps, told
from parity.cases.function import AFFINE, Function, sum_of_products
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import LAST, NO_BATCH, NO_CHANNEL, X1, X2, X3, Texts, Valid

GROUP = "convolution"

ROWS: tuple[Function, ...] = (
    sum_of_products("conv_transpose1d", AFFINE),
    sum_of_products("conv_transpose2d", AFFINE, in_networks=True),
    sum_of_products("conv_transpose3d", AFFINE),
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
        assert isinstance(kernels, Draw)
        outputs = kernels.shape[1] * options.get("groups", 1)
        arrays["bias"] = Draw((outputs,), values, layout)
    elif bias:
        arrays["bias"] = bias
    return Case(function, name, arrays, options, upstream, (), dtypes)


def _one(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv_transpose1d", name, x, weight, **more)


def _two(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv_transpose2d", name, x, weight, **more)


def _three(name: str, x: Shape | Source, weight: Shape | Source, **more: Any) -> Case:
    return _case("conv_transpose3d", name, x, weight, **more)


ONE_AXIS = (
    _one("plain", (2, 3, 7), (3, 5, 4)),
    _one("without bias", (2, 3, 7), (3, 5, 4), bias=False),
    _one("one sample", (1, 3, 7), (3, 5, 2)),
    _one("one channel in", (2, 1, 7), (1, 5, 3)),
    _one("one channel out", (2, 4, 7), (4, 1, 3)),
    _one("one number", (1, 1, 1), (1, 1, 1)),
    _one("empty batch", (0, 3, 7), (3, 5, 2), padding=1),
    _one("one place", (2, 3, 1), (3, 5, 4), stride=2),
    _one("kernel 1", (2, 3, 7), (3, 5, 1)),
    _one("kernel 1 stride 3", (2, 3, 6), (3, 5, 1), stride=3),
    _one("kernel 1 dilation 3 output_padding 2", (2, 3, 6), (3, 5, 1), dilation=3,
         output_padding=2),
    _one("stride 2", (2, 3, 6), (3, 4, 5), stride=2),
    _one("stride beyond the kernel", (2, 3, 6), (3, 5, 2), stride=4),
    _one("padding 2", (2, 3, 7), (3, 5, 4), padding=2),
    _one("padding beyond the kernel", (2, 3, 12), (3, 5, 2), padding=4),
    _one("padding leaves one place", (2, 4, 3), (4, 5, 7), padding=4),
    _one("output_padding 1", (2, 3, 6), (3, 4, 5), stride=2, output_padding=1),
    _one("output_padding 2 behind a crop of 1", (2, 3, 6), (3, 5, 4), stride=(3,), padding=1,
         output_padding=(2,)),
    _one("output_padding 1 inside a crop of 2", (2, 3, 6), (3, 4, 5), stride=2, padding=2,
         output_padding=1),
    _one("dilation 3", (2, 3, 7), (3, 5, 4), dilation=3),
    _one("output_padding below the dilation alone", (2, 3, 7), (3, 5, 4), dilation=3,
         output_padding=2),
    _one("stride padding dilation", (2, 3, 8), (3, 5, 4), stride=3, padding=2, dilation=2),
    _one("groups 2", (3, 4, 9), (4, 5, 6), groups=2),
    _one("groups 3 stride 2", (2, 6, 9), (6, 4, 5), groups=3, stride=2, padding=1,
         output_padding=1),
    _one("groups 2, three channels in each", (2, 6, 8), (6, 3, 5), groups=2, padding=1),
    _one("depthwise", (2, 5, 9), (5, 1, 4), groups=5),
    _one("depthwise stride 2", (2, 5, 9), (5, 1, 4), groups=5, stride=2),
    _one("depthwise padding 2 dilation 3", (3, 5, 9), (5, 2, 4), groups=5, padding=2, dilation=3),
    _one("C_in is 560", (3, 560, 4), (560, 2, 5)),
    _one("C_in is 560, wide", (3, 560, 4), (560, 2, 5), values="wide", upstream="wide"),
    _one("K is 560", (3, 4, 16), (4, 112, 5)),
    _one("blocks of samples", (13, 5, 270), (5, 4, 32)),
    _one("blocks of columns", (2, 3, 669), (3, 6, 65), stride=2),
)  # fmt: skip

TWO_AXES = (
    _two("plain", (2, 3, 5, 4), (3, 6, 2, 7)),
    _two("without bias", (2, 3, 5, 4), (3, 6, 2, 7), bias=False),
    _two("one sample", (1, 3, 5, 4), (3, 6, 7, 2)),
    _two("one channel in", (2, 1, 7, 6), (1, 5, 3, 4)),
    _two("one channel out", (2, 3, 6, 7), (3, 1, 4, 5)),
    _two("one number", (1, 1, 1, 1), (1, 1, 1, 1)),
    _two("empty batch", (0, 3, 7, 6), (3, 5, 2, 4), padding=1, stride=2),
    _two("one place", (2, 3, 1, 1), (3, 6, 4, 5), stride=2),
    _two("input is one row", (2, 3, 1, 7), (3, 6, 4, 5), stride=(2, 3)),
    _two("kernel 1×1", (2, 5, 4, 3), (5, 6, 1, 1)),
    _two("kernel 1×1 stride (2,3)", (2, 3, 5, 4), (3, 6, 1, 1), stride=(2, 3),
         output_padding=(1, 0)),
    _two("kernel 1×1 dilation 2 output_padding (0,1)", (2, 3, 5, 4), (3, 6, 1, 1), dilation=2,
         output_padding=(0, 1)),
    _two("kernel is one row", (2, 3, 7, 6), (3, 4, 1, 5), stride=2),
    _two("kernel is one column", (2, 3, 7, 6), (3, 4, 5, 1), stride=2),
    _two("stride 2", (2, 3, 6, 4), (3, 7, 5, 2), stride=2),
    _two("stride(3,1)", (2, 3, 5, 4), (3, 6, 2, 7), stride=(3, 1)),
    _two("stride beyond the kernel", (2, 4, 5, 6), (4, 3, 1, 2), stride=(3, 5)),
    _two("padding 1", (2, 3, 7, 6), (3, 5, 4, 2), padding=1),
    _two("padding(2,1)", (2, 3, 7, 8), (3, 5, 4, 6), padding=(2, 1)),
    _two("padding beyond the kernel", (2, 3, 8, 9), (3, 6, 1, 2), padding=3),
    _two("padding leaves one place", (2, 4, 3, 6), (4, 7, 5, 8), padding=(3, 6)),
    _two("doubled, kernel 4×6 stride 2 padding (1,2)", (2, 3, 5, 4), (3, 7, 4, 6), stride=2,
         padding=(1, 2)),
    _two("output_padding 1", (2, 4, 6, 5), (4, 7, 3, 5), stride=2, padding=1, output_padding=1),
    _two("output_padding(0,2)", (2, 4, 6, 5), (4, 7, 2, 3), stride=(2, 3), output_padding=(0, 2)),
    _two("output_padding(2,1) behind a crop of 1", (2, 4, 6, 5), (4, 7, 2, 3), stride=(3, 2),
         padding=1, output_padding=(2, 1)),
    _two("dilation 2", (2, 3, 6, 5), (3, 7, 2, 4), dilation=2),
    _two("dilation(1,3)", (2, 3, 6, 5), (3, 7, 4, 2), dilation=(1, 3)),
    _two("output_padding below the dilation alone", (2, 3, 6, 5), (3, 7, 2, 4), dilation=(2, 4),
         output_padding=(1, 3)),
    _two("stride padding dilation", (2, 3, 6, 7), (3, 5, 2, 4), stride=(3, 2), padding=(1, 2),
         dilation=(2, 1)),
    _two("stride (3,2) padding (1,2) dilation 4 groups 2 output_padding (2,3)", (2, 4, 5, 3),
         (4, 3, 2, 6), stride=(3, 2), padding=(1, 2), dilation=4, groups=2, output_padding=(2, 3)),
    _two("groups 2", (3, 4, 7, 6), (4, 5, 2, 8), groups=2),
    _two("groups 3, two channels in each", (2, 6, 5, 7), (6, 3, 4, 1), groups=3, stride=2),
    _two("groups 3, one channel in each", (2, 3, 8, 7), (3, 5, 4, 6), groups=3),
    _two("depthwise", (2, 5, 7, 6), (5, 1, 3, 4), groups=5),
    _two("depthwise stride 2", (2, 5, 7, 6), (5, 1, 3, 4), groups=5, stride=2),
    _two("depthwise stride 2 padding 1 output_padding 1", (2, 5, 7, 6), (5, 2, 3, 4), groups=5,
         stride=2, padding=1, output_padding=1),
    _two("depthwise dilation 2", (3, 5, 7, 6), (5, 1, 2, 4), groups=5, dilation=2),
    _two("C_in is 384", (2, 384, 3, 4), (384, 5, 2, 1)),
    _two("K is 384", (2, 5, 7, 6), (5, 32, 3, 4)),
    _two("K is 384, integers", (2, 5, 7, 6), (5, 32, 3, 4), values="integers", upstream="integers"),
    _two("blocks of samples", (11, 2, 28, 27), (2, 3, 5, 4)),
    _two("blocks of rows", (2, 3, 60, 54), (3, 4, 5, 7)),
    _two("blocks of rows, stride (3,1) dilation 2", (2, 3, 26, 50), (3, 5, 7, 9), stride=(3, 1),
         dilation=2),
    _two("zero upstream", (2, 3, 5, 4), (3, 6, 2, 7), upstream="zeros"),
    _two("infinite bias", (2, 3, 5, 4), (3, 6, 2, 7), bias=Draw((6,), "special")),
    _two("special upstream", (2, 3, 5, 4), (3, 6, 2, 7), upstream="special", stride=2),
    _two("weight transposed", (2, 3, 5, 4), Draw((3, 6, 2, 7), layout="transposed"), stride=2),
    replace(_two("dy transposed", (2, 3, 5, 4), (3, 6, 2, 7)), upstream_layout="transposed"),
    _two("x reversed, weight strided", Draw((2, 3, 5, 4), layout="reversed"),
         Draw((3, 6, 2, 7), layout="strided"), padding=1),
    _two("one entry for both axes", (2, 3, 5, 4), (3, 6, 2, 7), stride=(3,), padding=[1],
         output_padding=[2], dilation=(2,)),
)  # fmt: skip

THREE_AXES = (
    _three("plain", (2, 3, 4, 5, 6), (3, 7, 2, 4, 5)),
    _three("a small volume", (1, 2, 3, 4, 1), (2, 3, 1, 1, 4), stride=(2, 1, 1)),
    _three("without bias", (2, 3, 4, 5, 6), (3, 7, 4, 2, 1), bias=False),
    _three("one sample", (1, 3, 4, 5, 6), (3, 7, 2, 5, 4)),
    _three("one channel in", (2, 1, 4, 5, 6), (1, 7, 3, 2, 4)),
    _three("one channel out", (2, 3, 4, 5, 6), (3, 1, 4, 2, 5)),
    _three("one number", (1, 1, 1, 1, 1), (1, 1, 1, 1, 1)),
    _three("empty batch", (0, 3, 4, 5, 6), (3, 7, 2, 4, 5), padding=1),
    _three("kernel 1×1×1", (2, 3, 4, 5, 6), (3, 7, 1, 1, 1)),
    _three("kernel 1×1×1 dilation 2 output_padding 1", (2, 3, 4, 5, 6), (3, 7, 1, 1, 1),
           dilation=2, output_padding=1),
    _three("stride(1,2,3)", (2, 3, 4, 5, 6), (3, 7, 2, 1, 4), stride=(1, 2, 3)),
    _three("padding(0,1,2)", (2, 3, 4, 5, 6), (3, 7, 1, 2, 4), padding=(0, 1, 2)),
    _three("output_padding(1,0,2)", (2, 5, 4, 3, 6), (5, 7, 1, 2, 4), stride=(2, 1, 3),
           output_padding=(1, 0, 2)),
    _three("output_padding(2,1,0) behind a crop", (2, 5, 4, 3, 6), (5, 7, 4, 2, 3),
           stride=(3, 2, 1), padding=1, output_padding=(2, 1, 0)),
    _three("dilation(1,2,3)", (2, 3, 4, 5, 6), (3, 7, 4, 5, 2), dilation=(1, 2, 3)),
    _three("output_padding below the dilation alone", (2, 3, 4, 5, 6), (3, 7, 2, 1, 4), dilation=2,
           output_padding=1),
    _three("stride padding dilation", (2, 3, 4, 5, 6), (3, 7, 2, 5, 4), stride=(2, 1, 3),
           padding=(1, 2, 0), dilation=(1, 3, 2)),
    _three("groups 2", (3, 4, 5, 6, 7), (4, 5, 2, 1, 3), groups=2),
    _three("groups 3 stride 2 output_padding 1", (2, 3, 5, 4, 6), (3, 4, 1, 2, 5), groups=3,
           stride=2, output_padding=1),
    _three("depthwise", (2, 4, 3, 5, 6), (4, 1, 2, 3, 1), groups=4),
    _three("depthwise stride 2", (2, 4, 3, 5, 6), (4, 1, 2, 3, 1), groups=4, stride=2),
    _three("depthwise padding 1 dilation 2", (2, 4, 3, 5, 6), (4, 2, 5, 3, 1), groups=4,
           padding=1, dilation=2),
    _three("blocks of planes", (2, 3, 12, 11, 13), (3, 4, 5, 2, 7), stride=(1, 2, 1)),
    _three("one entry for all axes", (2, 3, 4, 5, 6), (3, 7, 2, 4, 5), stride=[2], padding=(1,),
           output_padding=(1,), dilation=[2]),
)  # fmt: skip

# --- values -------------------------------------------------------------------------------

FAMILY_SHAPES: dict[str, tuple[Shape, Shape]] = {
    "conv_transpose1d": ((3, 4, 8), (4, 6, 5)),
    "conv_transpose2d": ((2, 4, 5, 7), (4, 6, 3, 8)),
    "conv_transpose3d": ((1, 3, 2, 4, 5), (3, 7, 1, 2, 4)),
}

# The same layer on every kind of values. Of an x with ∞ nothing is cropped: ∞ times the 0 beyond dy
# is NaN in ∂L/∂weight, and torch in float32 (oneDNN) leaves it out of that sum.
FAMILIES = tuple(
    _case(
        function,
        name,
        Draw(x, values),
        Draw(weight, weights),
        bias=Draw((weight[1],), weights),
        upstream=upstream,
        padding=0 if values == "special" else 1,
        stride=2,
    )
    for function, (x, weight) in FAMILY_SHAPES.items()
    for name, values, weights, upstream in WEIGHTED_VALUES
)

# The same of an infinite weight in dx; where output_padding leaves places that no window reaches,
# torch in float32 gives NaN for their 0. In float64 it agrees with the formula.
SPECIAL = tuple(
    case
    for function, (x, weight) in FAMILY_SHAPES.items()
    for case in (
        _case(function, "special weight", x, Draw(weight, "special")),
        _case(
            function,
            "special weight, stride 2, padding 1, output_padding 1",
            x,
            Draw(weight, "special"),
            stride=2,
            padding=1,
            output_padding=1,
            dtypes=("float64",),
        ),
        _case(
            function,
            "special x, stride 2, padding 1",
            Draw(x, "special"),
            weight,
            stride=2,
            padding=1,
            dtypes=("float64",),
        ),
    )
)

VIEWS = tuple(
    _case(function, f"{layout} views", x, weight, layout=layout, stride=2, padding=1)
    for function, (x, weight) in FAMILY_SHAPES.items()
    for layout in ("reversed", "strided", "transposed")
)

GOOD: tuple[Case, ...] = ONE_AXIS + TWO_AXES + THREE_AXES + FAMILIES + SPECIAL + VIEWS

# --- bad arguments ------------------------------------------------------------------------

WEIGHT1, WEIGHT2, WEIGHT3 = Draw((3, 5, 4)), Draw((3, 5, 2, 4)), Draw((3, 8, 4, 2, 1))

VALID: Valid = {
    "conv_transpose1d": {"x": X1, "weight": WEIGHT1, "bias": Draw((5,))},
    "conv_transpose2d": {"x": X2, "weight": WEIGHT2, "bias": Draw((5,))},
    "conv_transpose3d": {"x": X3, "weight": WEIGHT3, "bias": Draw((8,))},
    "conv_transpose1d_backward": {"dy": Draw((2, 5, 12)), "x": X1, "weight": WEIGHT1},
    "conv_transpose2d_backward": {"dy": Draw((2, 5, 8, 9)), "x": X2, "weight": WEIGHT2},
    "conv_transpose3d_backward": {"dy": Draw((2, 8, 10, 7, 5)), "x": X3, "weight": WEIGHT3},
}
says = Texts(VALID)


def _output_padding(
    function: str, name: str, axis: str, more: int, s: int, d: int, **changes: Any
) -> BadCase:
    """More places behind than a stride or a dilation leaves open."""
    message = (
        f"output_padding must be smaller than stride or dilation, but along {axis} it is {more}, "
        f"stride {s} and dilation {d}"
    )
    return says.value_error(function, name, message, **changes)


def _cropped(function: str, name: str, axis: str, p: int, before: int, **changes: Any) -> BadCase:
    """A padding that crops all of the output."""
    message = (
        f"padding {p} crops {2 * p} places along {axis}, but the output has only "
        f"{before} before it is cropped; give less padding"
    )
    return says.value_error(function, name, message, **changes)


BAD_ARRAYS = (
    says.axes("conv_transpose1d", "an image", "N, C_in, L", x=X2),
    says.axes(
        "conv_transpose2d", "no batch axis", "N, C_in, H, W", hint=NO_BATCH, x=Draw((3, 7, 6))
    ),
    says.axes(
        "conv_transpose2d_backward", "a matrix", "N, C_in, H, W", hint=NO_CHANNEL, x=Draw((7, 6))
    ),
    says.axes("conv_transpose3d", "an image", "N, C_in, D, H, W", hint=NO_BATCH, x=X2),
    says.axes(
        "conv_transpose1d",
        "weight of an image",
        "C_in, C_out/groups, K_l",
        "weight",
        weight=WEIGHT2,
    ),
    says.axes(
        "conv_transpose2d",
        "one matrix as weight",
        "C_in, C_out/groups, K_h, K_w",
        "weight",
        hint="; give weight[None, None] for one input and one output channel",
        weight=Draw((2, 4)),
    ),
    says.axes(
        "conv_transpose3d",
        "weight without depth",
        "C_in, C_out/groups, K_d, K_h, K_w",
        "weight",
        hint="; give weight[None] for one input channel, weight[:, None] for one output channel",
        weight=WEIGHT2,
    ),
    says.sizes(
        "conv_transpose2d",
        "weight of a convolution",
        "3 channels",
        5,
        hint="; a transposed convolution has its input channels first: give weight.swapaxes(0, 1)",
        weight=Draw((5, 3, 2, 4)),
    ),
    says.sizes(
        "conv_transpose3d", "channels disagree", "3 channels", 4, weight=Draw((4, 8, 2, 1, 5))
    ),
    says.sizes(
        "conv_transpose1d_backward",
        "channels last",
        "9 channels",
        3,
        hint=f"{LAST}x.transpose(0, 2, 1)",
        x=Draw((2, 9, 3)),
    ),
    says.value_error(
        "conv_transpose2d",
        "groups do not divide the input",
        "2 groups cannot share the input channels of weight, 3 equally",
        groups=2,
    ),
    says.value_error(
        "conv_transpose2d",
        "an empty kernel",
        "the kernel must not be empty (weight (3, 5, 0, 4))",
        weight=Draw((3, 5, 0, 4)),
    ),
    says.value_error(
        "conv_transpose1d",
        "nothing to write",
        "x is empty along L, it fills no window of the output",
        x=Draw((2, 3, 0)),
    ),
    says.bias("conv_transpose1d", "bias too long", 5, Draw((6,))),
    says.bias("conv_transpose2d", "bias of the input", 5, Draw((3,))),
    says.bias("conv_transpose3d", "bias of channels last", 8, Draw((1, 1, 1, 1, 8))),
    says.not_real("conv_transpose1d", "complex x", "x", "complex128"),
    says.not_real(
        "conv_transpose2d", "boolean weight", "weight", "bool", weight=Given(((((True, False),),),))
    ),
    says.not_real(
        "conv_transpose3d_backward", "boolean dy", "dy", "bool", dy=Given(((((True,),),),))
    ),
    says.type_error(
        "conv_transpose2d",
        "no weight",
        "weight must hold real numbers, but is None",
        weight=None,
    ),
    says.mixed("conv_transpose2d", "x", "weight", float32="weight"),
    says.mixed("conv_transpose1d", "x", "bias", float32="bias"),
    says.mixed("conv_transpose3d_backward", "dy", "x", float32="dy"),
    says.dy("conv_transpose1d_backward", "dy of stride 1", "(2, 5, 20)", stride=2),
    says.dy("conv_transpose2d_backward", "dy of another padding", "(2, 5, 6, 7)", padding=1),
    says.dy(
        "conv_transpose2d_backward",
        "dy with its channels last",
        "(2, 5, 8, 9)",
        hint=f"{LAST}dy.transpose(0, 3, 1, 2)",
        dy=Draw((2, 8, 9, 5)),
    ),
    says.dy(
        "conv_transpose3d_backward",
        "dy without output_padding",
        "(2, 8, 17, 13, 10)",
        stride=2,
        output_padding=(1, 1, 1),
        dy=Draw((2, 8, 16, 12, 9)),
    ),
)

BAD_OPTIONS = (
    _output_padding(
        "conv_transpose2d", "output_padding of stride 1", "H", 1, 1, 1, output_padding=1
    ),
    _output_padding(
        "conv_transpose1d", "output_padding is the stride", "L", 3, 3, 2, stride=3, dilation=2,
        output_padding=3,
    ),
    _output_padding(
        "conv_transpose3d_backward", "output_padding along one axis", "W", 2, 2, 1, stride=2,
        output_padding=(0, 1, 2),
    ),
    _cropped("conv_transpose1d", "all is cropped", "L", 6, 12, padding=6),
    _cropped("conv_transpose2d", "more is cropped than there is", "W", 5, 9, padding=(1, 5)),
    _cropped(
        "conv_transpose3d_backward", "all is cropped but for output_padding", "W", 5, 10, stride=2,
        padding=(0, 0, 5), output_padding=1,
    ),
    says.least("conv_transpose2d", "stride 0", "stride", 1, 0),
    says.least("conv_transpose1d", "dilation 0", "dilation", 1, 0),
    says.least("conv_transpose2d_backward", "negative padding", "padding", 0, -2),
    says.least("conv_transpose3d", "negative output_padding", "output_padding", 0, (0, 0, -1)),
    says.least("conv_transpose2d", "groups 0", "groups", 1, 0),
    says.count("conv_transpose2d", "three strides", "stride", 2, (1, 2, 3)),
    says.count("conv_transpose3d", "two output_paddings", "output_padding", 3, (0, 0)),
    says.count("conv_transpose1d", "a bare pair of paddings", "padding", 1, (1, 2)),
    says.integer("conv_transpose2d", "padding by name", "padding", 2, "same"),
    says.integer("conv_transpose2d", "padding in pairs", "padding", 2, ((1, 0), (0, 1))),
    says.integer("conv_transpose2d", "stride 2.5", "stride", 2, 2.5),
    says.integer("conv_transpose3d", "dilation None", "dilation", 3, None),
    says.integer("conv_transpose2d", "output_padding True", "output_padding", 2, True),
    says.integer("conv_transpose2d", "groups in a tuple", "groups", 1, (1,)),
)  # fmt: skip

BAD_SIZES = (
    *(
        says.most(function, option, 2**63)
        for function in ("conv_transpose1d", "conv_transpose2d_backward")
        for option in ("stride", "padding")
    ),
    says.room(
        "conv_transpose2d",
        "stride 2·10⁹",
        "the output",
        "2, 5, 12000000002, 10000000004",
        "1e12",
        stride=2 * 10**9,
    ),
    says.masked("conv_transpose2d", "x"),
    says.masked("conv_transpose2d_backward", "weight"),
    says.no_numbers("conv_transpose2d", "weight", {}),
    says.not_added("conv_transpose1d", "x", "weight"),
    says.swapped("conv_transpose3d", "x"),
)

BAD: tuple[BadCase, ...] = BAD_ARRAYS + BAD_OPTIONS + BAD_SIZES

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums(
        "conv_transpose1d",
        "all options",
        {"x": (2, 4, 3), "weight": (4, 1, 2), "bias": (2,)},
        stride=3,
        padding=1,
        output_padding=2,
        groups=2,
        dilation=2,
    ),
    sums("conv_transpose2d", "plain", {"x": (2, 2, 2, 3), "weight": (2, 3, 2, 1), "bias": (3,)}),
    sums(
        "conv_transpose2d",
        "all options",
        {"x": (1, 4, 2, 3), "weight": (4, 1, 3, 2), "bias": (2,)},
        stride=(1, 2),
        padding=(1, 0),
        output_padding=(1, 1),
        groups=2,
        dilation=(2, 1),
    ),
    sums(
        "conv_transpose3d",
        "all options",
        {"x": (1, 2, 2, 1, 3), "weight": (2, 1, 1, 2, 2), "bias": (2,)},
        stride=(1, 1, 2),
        padding=(0, 0, 1),
        output_padding=(0, 0, 1),
        groups=2,
        dilation=(1, 2, 1),
    ),
)

# --- random arguments ---------------------------------------------------------------------


def _random_transposed(n: int) -> Maker:
    """Arguments of conv_transpose1d, conv_transpose2d or conv_transpose3d."""

    def make(dice: Dice) -> Arguments:
        groups = dice.whole(2, 4) if dice.chance(0.2) else 1
        kernel, samples = kernel_of(dice, n), dice.batch()
        depth, outputs = dice.size(1, 7 if groups == 1 else 3), dice.size(1, 5)
        stride, dilation = steps(dice, n, 4), steps(dice, n, 3)
        crop = tuple(dice.whole(0, 3) for _ in range(n)) if dice.chance(0.6) else (0,) * n
        more = tuple(
            dice.whole(0, max(pair) - 1) if dice.chance(0.4) else 0
            for pair in zip(stride, dilation, strict=True)
        )
        # Long enough that the crop leaves a place.
        least = [
            max(1, -(-(2 * p - d * (k - 1)) // s) + 1)
            for p, d, k, s in zip(crop, dilation, kernel, stride, strict=True)
        ]
        sizes = tuple(dice.size(low, low + 6) for low in least)
        options = {
            "stride": each(dice, stride),
            "padding": each(dice, crop),
            "output_padding": each(dice, more),
            "groups": groups,
            "dilation": each(dice, dilation),
        }
        defaults = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1}
        x, weight = (samples, groups * depth, *sizes), (groups * depth, outputs, *kernel)
        made = affine(dice, x, weight, told(dice, options, **defaults), groups * outputs)
        x_drawn = made.arrays["x"]
        is_special = isinstance(x_drawn, Draw) and x_drawn.values == "special"
        return _whole(made) if is_special else made

    return make


def _whole(made: Arguments) -> Arguments:
    """Without a crop: ∞ times the 0 beyond dy, see `parity.cases.drawing`."""
    return made._replace(options={k: v for k, v in made.options.items() if k != "padding"})


RANDOM: dict[str, Maker] = {f"conv_transpose{n}d": _random_transposed(n) for n in (1, 2, 3)}
