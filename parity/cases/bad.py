"""Invalid arguments, each with the whole error text.

Every case takes the valid arguments of its function and makes one thing wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases import bad_correlation, bad_models, bad_sampling
from parity.cases import bad_texts as says
from parity.cases.bad_texts import ACTIVATED, LOGITS, PADDINGS, WEIGHT2, X1, X2
from parity.cases.case import BadCase, Classes, Draw, Given, Probabilities

# --- convolution --------------------------------------------------------------------------

CONV_ARRAYS = (
    says.axes("conv1d", "an image", "N, C_in, L", x=X2),
    says.axes("conv2d", "no batch axis", "N, C_in, H, W", x=Draw((3, 7, 6))),
    says.axes("conv3d", "an image", "N, C_in, D, H, W", x=X2),
    says.axes("conv1d", "weight of an image", "C_out, C_in/groups, K_l", "weight", weight=WEIGHT2),
    says.axes(
        "conv2d",
        "one matrix as weight",
        "C_out, C_in/groups, K_h, K_w",
        "weight",
        weight=Draw((2, 4)),
    ),
    says.axes(
        "conv3d",
        "weight without depth",
        "C_out, C_in/groups, K_d, K_h, K_w",
        "weight",
        weight=WEIGHT2,
    ),
    says.sizes("conv2d", "channels disagree", "3 channels", 4, weight=Draw((5, 4, 2, 3))),
    says.sizes("conv3d", "channels last", "7 channels", 3, x=Draw((2, 7, 6, 5, 3))),
    says.sizes("conv1d_backward", "channels disagree", "3 channels", 2, weight=Draw((5, 2, 4))),
    says.sizes("conv2d", "channels disagree in groups", "3 channels", "6 in 2 groups", groups=2),
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

CONV_OPTIONS = (
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
    says.entries("conv3d", "two paddings", "D, H, W", (1, 2)),
    says.entries("conv1d", "a bare pair of paddings", "L", (1, 2)),
    says.entries("conv2d", "one pair of paddings", "H, W", ((1, 2),)),
    says.integer("conv2d", "stride 2.5", "stride", 2, 2.5),
    says.integer("conv2d", "stride as text", "stride", 2, "2"),
    says.integer("conv2d", "stride True", "stride", 2, True),
    says.integer("conv3d", "stride with 1.0 in it", "stride", 3, (1, 1.0, 2)),
    says.integer("conv3d", "dilation None", "dilation", 3, None),
    says.padding("conv2d", "padding 1.5", 1.5),
    says.padding("conv2d", "padding None", None),
    says.padding("conv3d", "a padding of three numbers", (1, (1, 2, 3), 0)),
    says.padding("conv1d_backward", "padding in text", (("1", "2"),)),
    says.integer("conv2d", "stride in bytes", "stride", 2, b"\x01\x02"),
    says.integer("conv2d", "groups in a tuple", "groups", 1, (1,)),
    says.integer("conv2d", "groups 1.0", "groups", 1, 1.0),
    says.choice("conv2d", "unknown padding", "padding", PADDINGS, "reflect"),
    says.choice("conv1d_backward", "padding in capitals", "padding", PADDINGS, "SAME"),
)

# --- pooling ------------------------------------------------------------------------------

POOLING = (
    says.axes("max_pool1d", "no channel axis", "N, C, L", x=Draw((2, 9))),
    says.axes("max_pool2d", "a signal", "N, C, H, W", x=X1),
    says.axes("avg_pool3d", "an image", "N, C, D, H, W", x=X2),
    says.least("max_pool2d", "window 0", "kernel_size", 1, 0),
    says.least("max_pool1d", "stride 0", "stride", 1, 0),
    says.least("avg_pool2d", "negative stride", "stride", 1, (1, -2)),
    says.least("max_pool2d", "negative padding", "padding", 0, -1),
    says.least("max_pool2d", "dilation 0", "dilation", 1, (0, 1)),
    says.least("avg_pool2d", "divisor 0", "divisor_override", 1, 0),
    says.least("avg_pool3d_backward", "divisor −4", "divisor_override", 1, -4),
    says.count("avg_pool2d", "three windows", "kernel_size", 2, (2, 3, 2)),
    says.count("avg_pool3d", "two strides", "stride", 3, (1, 2)),
    says.integer("max_pool2d", "window None", "kernel_size", 2, None),
    says.integer("avg_pool3d", "window 2.0", "kernel_size", 3, 2.0),
    says.integer("max_pool3d", "window as text", "kernel_size", 3, "222"),
    says.integer("avg_pool2d", "stride True", "stride", 2, True),
    says.integer("max_pool2d", "padding by name", "padding", 2, "same"),
    says.integer("avg_pool2d", "padding in pairs", "padding", 2, ((1, 0), (0, 1))),
    says.integer("avg_pool2d", "divisor 2.5", "divisor_override", 1, 2.5),
    says.span("max_pool2d", "large window", 7, "W", "6 (6 and 0 of padding)", kernel_size=7),
    says.span("avg_pool2d", "large", 9, "W", "8 (6 and 2 of padding)", kernel_size=9, padding=1),
    says.span("max_pool3d", "large dilation", 6, "W", "5 (5 and 0 of padding)", dilation=5),
    says.value_error(
        "max_pool2d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along H padding is 2 and kernel_size 3",
        kernel_size=3,
        padding=2,
    ),
    says.value_error(
        "avg_pool3d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along W padding is 2 and kernel_size 2",
        kernel_size=(4, 4, 2),
        padding=2,
    ),
    *(
        says.value_error(
            function,
            "window of padding only",
            f"window 0 along {axis} holds padding only, so it has no maximum",
            x=x,
            padding=1,
            dilation=2,
        )
        for function, axis, x in (
            ("max_pool2d", "H", Draw((2, 3, 1, 6))),
            ("max_pool1d_backward", "L", Draw((2, 3, 1))),
        )
    ),
    says.flag("max_pool2d", "ceil_mode", "no"),
    says.flag("avg_pool1d_backward", "ceil_mode", 2),
    says.flag("avg_pool2d", "count_include_pad", None),
    *(
        says.value_error(
            function, "nothing to pool", "x is empty along W, there is nothing to pool", x=x
        )
        for function, x in (
            ("max_pool2d", Draw((2, 3, 7, 0))),
            ("avg_pool3d", Draw((2, 3, 7, 6, 0))),
        )
    ),
    says.choice("max_pool2d_backward", "unknown ties", "ties", "'first', 'all'", "last"),
    says.dy("max_pool1d_backward", "dy of stride 2", "(2, 3, 8)", stride=1),
    says.dy("max_pool2d_backward", "dy of the input's shape", "(2, 3, 3, 3)", dy=X2),
    says.dy("max_pool3d_backward", "dy without ceil_mode", "(2, 3, 4, 3, 3)", ceil_mode=True),
    says.dy("avg_pool1d_backward", "dy without ceil_mode", "(2, 3, 5)", ceil_mode=True),
    says.dy("avg_pool2d_backward", "dy of stride 2", "(2, 3, 6, 2)", stride=(1, 3)),
    says.not_real("max_pool2d", "complex x", "x", "complex64"),
    says.not_real("avg_pool1d", "boolean x", "x", "bool", x=Given((((True, False, True),),))),
    says.mixed("max_pool3d_backward", "dy", "x", float32="dy"),
    says.mixed("avg_pool2d_backward", "dy", "x", float32="x"),
)

# --- dense layers -------------------------------------------------------------------------

DENSE = (
    says.sizes("linear", "features disagree", "4 features", 5, weight=Draw((3, 5))),
    says.sizes("linear", "weight the other way round", "4 features", 3, weight=Draw((4, 3))),
    says.sizes("linear", "maps not flattened", "6 features", 4, x=X2),
    says.sizes("linear_backward", "features disagree", "4 features", 2, weight=Draw((3, 2))),
    says.value_error(
        "linear",
        "a single value",
        "x must have an axis of features, but is a single value",
        x=Given(3),
    ),
    says.axes(
        "linear", "weight is a vector", "features_out, features_in", "weight", weight=Draw((4,))
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

# --- activations --------------------------------------------------------------------------

ACTIVATIONS = (
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
    says.number("leaky_relu", "slope as text", "negative_slope", "0.1"),
    says.number("leaky_relu", "slope None", "negative_slope", None),
    says.number("leaky_relu", "slope True", "negative_slope", True),
    says.number("leaky_relu", "a complex slope", "negative_slope", 0.1j),
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

# --- losses -------------------------------------------------------------------------------

REDUCTIONS = "'mean', 'sum', 'none'"


def _not_a_target(function: str, name: str, target: Any, is_: str, dtype: str) -> BadCase:
    wanted = "integer class indices, or probabilities of the shape of logits"
    message = f"target must hold {wanted}, but is {is_} (logits (4, 5))"
    return says.type_error(function, name, message, dtypes={"target": dtype}, target=target)


def _indices(name: str, target: Any, expected: str, logits: Draw = LOGITS) -> BadCase:
    message = f"target is {target.shape}, but logits {logits.shape} need class indices of shape "
    return says.value_error("cross_entropy", name, message + expected, logits=logits, target=target)


def _class(function: str, number: int, dtype: str) -> BadCase:
    message = f"target holds class {number}, but logits has 5 classes (0 to 4)"
    target, dtypes = Given((0, 4, number, 1)), {"target": dtype}
    return says.value_error(
        function, f"class {number} of five", message, dtypes=dtypes, target=target
    )


NAMES = Given(("cat", "dog", "cat", "cow"))

LOSSES = (
    says.value_error(
        "cross_entropy",
        "integer one-hot",
        "target is (4, 5), but logits (4, 5) need class indices of shape (4,); "
        "give probabilities as floats",
        target=Classes((4, 5), 2),
    ),
    says.value_error(
        "cross_entropy",
        "a single logit",
        "logits must have an axis of classes, but is a single value",
        logits=Given(1),
    ),
    says.value_error(
        "cross_entropy",
        "no classes",
        "logits has no classes (logits (4, 0))",
        logits=Draw((4, 0)),
    ),
    says.choice("cross_entropy", "two reductions", "reduction", REDUCTIONS, ("mean", "sum")),
    says.choice("cross_entropy", "unknown reduction", "reduction", REDUCTIONS, "batchmean"),
    says.choice("cross_entropy_backward", "reduction None", "reduction", REDUCTIONS, None),
    *(
        _not_a_target(function, name, target, is_, dtype)
        for function, name, target, is_, dtype in (
            ("cross_entropy", "float indices", Draw((4,)), "float64 (4,)", "float64"),
            ("cross_entropy_backward", "float indices", Draw((4,)), "float32 (4,)", "float32"),
            ("cross_entropy", "booleans", Given((True, False)), "bool (2,)", "bool"),
            ("cross_entropy", "names of classes", NAMES, "<U3 (4,)", "<U3"),
            ("cross_entropy", "complex", Draw((4, 5)), "complex128 (4, 5)", "complex128"),
            ("cross_entropy", "transposed", Probabilities((5, 4)), "float64 (5, 4)", "float64"),
        )
    ),
    says.type_error(
        "cross_entropy",
        "probabilities float32",
        "logits is float64, but target is float32; give both the same dtype",
        dtypes={"target": "float32"},
        target=Probabilities((4, 5)),
    ),
    says.not_real(
        "cross_entropy", "boolean logits", "logits", "bool", logits=Given(((True, False),))
    ),
    says.mixed("cross_entropy_backward", "dy", "logits", float32="dy"),
    _indices("too few indices", Classes((3,), 5), "(4,)"),
    _indices("a column of indices", Classes((4, 1), 5), "(4,)"),
    _indices("indices of no place", Classes((2,), 5), "(2, 3)", Draw((2, 5, 3))),
    _class("cross_entropy", 5, "int64"),
    _class("cross_entropy", -1, "int64"),
    _class("cross_entropy", -100, "int32"),
    _class("cross_entropy_backward", 5, "uint8"),
    says.value_error(
        "cross_entropy_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4,)",
        reduction="none",
    ),
    says.dy("cross_entropy_backward", "dy for each sample of a mean", "()", dy=Draw((4,))),
    says.dy("squared_error_backward", "dy for each output", "()", dy=LOGITS),
    *(
        says.value_error(
            function,
            name,
            f"output is (4, 5), but target is {target.shape}; both must be of one shape",
            target=target,
        )
        for function, name, target in (
            ("squared_error", "transposed target", Draw((5, 4))),
            ("squared_error", "target would broadcast", Draw((1, 5))),
            ("squared_error_backward", "shapes disagree", Draw((4,))),
        )
    ),
    says.mixed("squared_error", "output", "target", float32="target"),
    says.not_real("squared_error", "complex output", "output", "complex128"),
)

CASES: tuple[BadCase, ...] = (
    CONV_ARRAYS
    + CONV_OPTIONS
    + bad_correlation.CASES
    + POOLING
    + bad_sampling.CASES
    + DENSE
    + ACTIVATIONS
    + LOSSES
    + bad_models.CASES
)
