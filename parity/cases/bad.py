"""Invalid arguments, each with the whole error text.

Every case takes the valid arguments of its function and makes one thing wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.cases.case import BadCase, Classes, Draw, Given, Probabilities

X1, X2, X3 = Draw((2, 3, 9)), Draw((2, 3, 7, 6)), Draw((2, 3, 7, 6, 5))
WEIGHT1, WEIGHT2, WEIGHT3 = Draw((5, 3, 4)), Draw((5, 3, 2, 4)), Draw((8, 3, 4, 2, 1))
DY1, DY2, DY3 = Draw((2, 5, 6)), Draw((2, 5, 6, 3)), Draw((2, 8, 4, 5, 5))
POOLED1, POOLED2, POOLED3 = Draw((2, 3, 4)), Draw((2, 3, 3, 3)), Draw((2, 3, 3, 3, 2))
LOGITS, INDICES = Draw((4, 5)), Classes((4,), 5)
SCALAR = Given(1)
POOLS = ("max_pool", "avg_pool")
ACTIVATED = ("relu", "leaky_relu", "sigmoid", "tanh", "softmax", "log_softmax")

VALID: Mapping[str, Mapping[str, Any]] = {
    "conv1d": {"x": X1, "weight": WEIGHT1, "bias": Draw((5,))},
    "conv2d": {"x": X2, "weight": WEIGHT2, "bias": Draw((5,))},
    "conv3d": {"x": X3, "weight": WEIGHT3, "bias": Draw((8,))},
    "conv1d_backward": {"dy": DY1, "x": X1, "weight": WEIGHT1},
    "conv2d_backward": {"dy": DY2, "x": X2, "weight": WEIGHT2},
    "conv3d_backward": {"dy": DY3, "x": X3, "weight": WEIGHT3},
    **{f"{kind}1d": {"x": X1, "kernel_size": 2} for kind in POOLS},
    **{f"{kind}2d": {"x": X2, "kernel_size": 2} for kind in POOLS},
    **{f"{kind}3d": {"x": X3, "kernel_size": 2} for kind in POOLS},
    **{f"{kind}1d_backward": {"dy": POOLED1, "x": X1, "kernel_size": 2} for kind in POOLS},
    **{f"{kind}2d_backward": {"dy": POOLED2, "x": X2, "kernel_size": 2} for kind in POOLS},
    **{f"{kind}3d_backward": {"dy": POOLED3, "x": X3, "kernel_size": 2} for kind in POOLS},
    "linear": {"x": Draw((5, 4)), "weight": Draw((3, 4)), "bias": Draw((3,))},
    "linear_backward": {"dy": Draw((5, 3)), "x": Draw((5, 4)), "weight": Draw((3, 4))},
    "flatten": {"x": X2},
    "flatten_backward": {"dy": Draw((2, 126)), "x": X2},
    **{function: {"x": LOGITS} for function in ACTIVATED},
    **{f"{function}_backward": {"dy": LOGITS, "x": LOGITS} for function in ACTIVATED},
    "cross_entropy": {"logits": LOGITS, "target": INDICES},
    "cross_entropy_backward": {"dy": SCALAR, "logits": LOGITS, "target": INDICES},
    "squared_error": {"output": LOGITS, "target": LOGITS},
    "squared_error_backward": {"dy": SCALAR, "output": LOGITS, "target": LOGITS},
}


def _bad(
    error: type[Exception],
    function: str,
    name: str,
    message: str,
    dtypes: Mapping[str, str] | None = None,
    **changes: Any,
) -> BadCase:
    """The valid arguments with these changes; `message` follows the function's name."""
    arguments = {**VALID[function], **changes}
    return BadCase(function, name, arguments, error, f"{function}: {message}", dtypes or {})


def _value(function: str, name: str, message: str, **changes: Any) -> BadCase:
    return _bad(ValueError, function, name, message, **changes)


def _type(function: str, name: str, message: str, **changes: Any) -> BadCase:
    return _bad(TypeError, function, name, message, **changes)


PADDINGS = "'valid', 'same', 'full'"

# --- the texts that many functions share --------------------------------------------------


def _axes(function: str, name: str, axes: str, array: str = "x", **changes: Any) -> BadCase:
    """An array of the wrong number of axes."""
    shape = changes[array].shape
    wanted = f"must have {len(axes.split(', '))} axes ({axes})"
    message = f"{array} {wanted}, but has {len(shape)} ({array} {shape})"
    return _value(function, name, message, **changes)


def _dy(function: str, name: str, output: str, **changes: Any) -> BadCase:
    """An upstream gradient of another shape than the output."""
    shape = {**VALID[function], **changes}["dy"].shape
    message = f"dy is {shape}, but the output for these arguments is {output}"
    return _value(function, name, message, **changes)


def _sizes(function: str, name: str, has: str, expects: int | str, **changes: Any) -> BadCase:
    """Channels or features that the weight does not expect."""
    arguments = {**VALID[function], **changes}
    shapes = f"x {arguments['x'].shape}, weight {arguments['weight'].shape}"
    message = f"x has {has}, but weight expects {expects} ({shapes})"
    return _value(function, name, message, **changes)


def _span(function: str, name: str, span: int, axis: str, padded: str, **changes: Any) -> BadCase:
    """A window larger than the padded input."""
    message = f"the window spans {span} along {axis}, but the padded input has only {padded}"
    return _value(function, name, message, **changes)


def _bias(function: str, name: str, outputs: int, bias: Draw) -> BadCase:
    """A bias that is not one number for each output."""
    message = f"bias must be ({outputs},), one for each output, but is {bias.shape}"
    return _value(function, name, message, bias=bias)


def _least(function: str, name: str, option: str, least: int, value: Any) -> BadCase:
    """An integer that is too small."""
    message = f"{option} must be at least {least}, but is {value!r}"
    return _value(function, name, message, **{option: value})


def _count(function: str, name: str, option: str, count: int, value: Any) -> BadCase:
    """The wrong number of integers."""
    message = f"{option} must be one integer or {count}, but has {len(value)} ({value!r})"
    return _value(function, name, message, **{option: value})


def _integer(function: str, name: str, option: str, count: int, value: Any) -> BadCase:
    """Something that is not an integer where one or `count` are expected."""
    several = f" or {count} of them" if count > 1 else ""
    message = f"{option} must be an integer{several}, but is {value!r}"
    return _type(function, name, message, **{option: value})


def _padding(function: str, name: str, value: Any) -> BadCase:
    """A convolution's padding that is neither numbers, nor pairs of them, nor a name."""
    message = (
        "padding must be an integer, an integer or a pair (before, after) for each axis, "
        f"or one of {PADDINGS}, but is {value!r}"
    )
    return _type(function, name, message, padding=value)


def _entries(function: str, name: str, axes: str, value: Any) -> BadCase:
    """A convolution's padding with too many or too few entries."""
    message = f"padding must have an entry for each of {axes}, but has {len(value)} ({value!r})"
    return _value(function, name, message, padding=value)


def _flag(function: str, option: str, value: Any) -> BadCase:
    """A switch that is neither True nor False."""
    message = f"{option} must be True or False, but is {value!r}"
    return _type(function, f"{option} {value!r}", message, **{option: value})


def _choice(function: str, name: str, option: str, choices: str, value: Any) -> BadCase:
    """A name that is not among the choices."""
    message = f"{option} must be one of {choices}, but is {value!r}"
    return _value(function, name, message, **{option: value})


def _number(function: str, name: str, option: str, value: Any) -> BadCase:
    """A parameter that is not a number."""
    return _type(function, name, f"{option} must be a number, but is {value!r}", **{option: value})


def _not_real(function: str, name: str, array: str, dtype: str, **changes: Any) -> BadCase:
    """Elements that are not real numbers."""
    message = f"{array} must hold real numbers, but has dtype {dtype}"
    return _type(function, name, message, dtypes={array: dtype}, **changes)


def _mixed(function: str, first: str, second: str, float32: str) -> BadCase:
    """Two arrays of which one is float32, the other float64."""
    is_first, is_second = ("float32" if float32 == a else "float64" for a in (first, second))
    message = f"{first} is {is_first}, but {second} is {is_second}; give both the same dtype"
    return _type(function, f"{float32} alone is float32", message, dtypes={float32: "float32"})


# --- convolution --------------------------------------------------------------------------

CONV_ARRAYS = (
    _axes("conv1d", "an image", "N, C_in, L", x=X2),
    _axes("conv2d", "no batch axis", "N, C_in, H, W", x=Draw((3, 7, 6))),
    _axes("conv3d", "an image", "N, C_in, D, H, W", x=X2),
    _axes("conv1d", "weight of an image", "C_out, C_in/groups, K_l", "weight", weight=WEIGHT2),
    _axes(
        "conv2d",
        "one matrix as weight",
        "C_out, C_in/groups, K_h, K_w",
        "weight",
        weight=Draw((2, 4)),
    ),
    _axes(
        "conv3d",
        "weight without depth",
        "C_out, C_in/groups, K_d, K_h, K_w",
        "weight",
        weight=WEIGHT2,
    ),
    _sizes("conv2d", "channels disagree", "3 channels", 4, weight=Draw((5, 4, 2, 3))),
    _sizes("conv3d", "channels last", "7 channels", 3, x=Draw((2, 7, 6, 5, 3))),
    _sizes("conv1d_backward", "channels disagree", "3 channels", 2, weight=Draw((5, 2, 4))),
    _sizes("conv2d", "channels disagree in groups", "3 channels", "6 in 2 groups", groups=2),
    _value(
        "conv2d",
        "groups do not divide the output",
        "weight gives 5 output channels, which 3 groups cannot share equally (weight (5, 1, 2, 4))",
        weight=Draw((5, 1, 2, 4)),
        groups=3,
    ),
    _value(
        "conv2d",
        "an empty kernel",
        "the kernel must not be empty (weight (5, 3, 0, 4))",
        weight=Draw((5, 3, 0, 4)),
    ),
    _bias("conv1d", "bias too long", 5, Draw((6,))),
    _bias("conv2d", "bias is a column", 5, Draw((5, 1))),
    _bias("conv3d", "bias of one number", 8, Draw((1,))),
    _not_real("conv1d", "complex x", "x", "complex128"),
    _not_real("conv2d", "boolean weight", "weight", "bool", weight=Given(((((True, False),),),))),
    _not_real("conv2d", "text", "x", "<U1", x=Given((((("a", "b"),),),))),
    _not_real("conv2d", "complex bias", "bias", "complex64"),
    _not_real("conv3d_backward", "boolean dy", "dy", "bool", dy=Given(((((True,),),),))),
    _mixed("conv2d", "x", "weight", float32="weight"),
    _type(
        "conv2d",
        "integers beside float32",
        "x is int64 (taken as float64), but weight is float32; give both the same dtype",
        dtypes={"x": "int64", "weight": "float32"},
        x=Given(((((1, 2, 3, 4), (5, 6, 7, 8)),) * 3,)),
    ),
    _type("conv2d", "no weight", "weight must hold real numbers, but is None", weight=None),
    _mixed("conv3d", "x", "weight", float32="x"),
    _mixed("conv1d", "x", "bias", float32="bias"),
    _mixed("conv2d_backward", "dy", "x", float32="dy"),
    _dy("conv1d_backward", "dy of stride 1", "(2, 5, 3)", stride=2),
    _dy("conv2d_backward", "dy of another padding", "(2, 5, 8, 5)", padding=1),
    _dy("conv2d_backward", "dy with its axes swapped", "(2, 5, 6, 3)", dy=Draw((5, 2, 6, 3))),
    _dy("conv3d_backward", "dy without batch axis", "(2, 8, 4, 5, 5)", dy=Draw((8, 4, 5, 5))),
)

CONV_OPTIONS = (
    _span("conv1d", "large kernel", 10, "L", "9 (9 and 0 of padding)", weight=Draw((5, 3, 10))),
    _span(
        "conv2d",
        "large kernel, padding 1",
        9,
        "W",
        "8 (6 and 2 of padding)",
        weight=Draw((5, 3, 2, 9)),
        padding=1,
    ),
    _span(
        "conv2d",
        "large kernel, asymmetric padding",
        11,
        "H",
        "10 (7 and 3 of padding)",
        weight=Draw((5, 3, 11, 4)),
        padding=((1, 2), (0, 0)),
    ),
    _span("conv3d", "large dilation", 10, "D", "7 (7 and 0 of padding)", dilation=3),
    _span("conv2d_backward", "large dilation", 7, "W", "6 (6 and 0 of padding)", dilation=2),
    _least("conv2d", "stride 0", "stride", 1, 0),
    _least("conv2d", "stride 0 on one axis", "stride", 1, (2, 0)),
    _least("conv3d_backward", "negative stride", "stride", 1, -1),
    _least("conv1d", "dilation 0", "dilation", 1, 0),
    _least("conv1d", "negative padding", "padding", 0, -1),
    _least("conv2d_backward", "negative padding", "padding", 0, -2),
    _least("conv2d", "groups 0", "groups", 1, 0),
    _value(
        "conv2d",
        "negative padding behind",
        "padding must be at least 0, but is ((1, 1), (0, -2))",
        padding=((1, 1), (0, -2)),
    ),
    _count("conv2d", "three strides", "stride", 2, (1, 2, 3)),
    _count("conv3d", "two strides", "stride", 3, (1, 2)),
    _count("conv2d", "no strides", "stride", 2, ()),
    _count("conv2d", "three dilations", "dilation", 2, (1, 1, 1)),
    _entries("conv3d", "two paddings", "D, H, W", (1, 2)),
    _entries("conv1d", "a bare pair of paddings", "L", (1, 2)),
    _entries("conv2d", "one pair of paddings", "H, W", ((1, 2),)),
    _integer("conv2d", "stride 2.5", "stride", 2, 2.5),
    _integer("conv2d", "stride as text", "stride", 2, "2"),
    _integer("conv2d", "stride True", "stride", 2, True),
    _integer("conv3d", "stride with 1.0 in it", "stride", 3, (1, 1.0, 2)),
    _integer("conv3d", "dilation None", "dilation", 3, None),
    _padding("conv2d", "padding 1.5", 1.5),
    _padding("conv2d", "padding None", None),
    _padding("conv3d", "a padding of three numbers", (1, (1, 2, 3), 0)),
    _padding("conv1d_backward", "padding in text", (("1", "2"),)),
    _integer("conv2d", "stride in bytes", "stride", 2, b"\x01\x02"),
    _integer("conv2d", "groups in a tuple", "groups", 1, (1,)),
    _integer("conv2d", "groups 1.0", "groups", 1, 1.0),
    _choice("conv2d", "unknown padding", "padding", PADDINGS, "reflect"),
    _choice("conv1d_backward", "padding in capitals", "padding", PADDINGS, "SAME"),
)

# --- pooling ------------------------------------------------------------------------------

POOLING = (
    _axes("max_pool1d", "no channel axis", "N, C, L", x=Draw((2, 9))),
    _axes("max_pool2d", "a signal", "N, C, H, W", x=X1),
    _axes("avg_pool3d", "an image", "N, C, D, H, W", x=X2),
    _least("max_pool2d", "window 0", "kernel_size", 1, 0),
    _least("max_pool1d", "stride 0", "stride", 1, 0),
    _least("avg_pool2d", "negative stride", "stride", 1, (1, -2)),
    _least("max_pool2d", "negative padding", "padding", 0, -1),
    _least("max_pool2d", "dilation 0", "dilation", 1, (0, 1)),
    _least("avg_pool2d", "divisor 0", "divisor_override", 1, 0),
    _least("avg_pool3d_backward", "divisor −4", "divisor_override", 1, -4),
    _count("avg_pool2d", "three windows", "kernel_size", 2, (2, 3, 2)),
    _count("avg_pool3d", "two strides", "stride", 3, (1, 2)),
    _integer("max_pool2d", "window None", "kernel_size", 2, None),
    _integer("avg_pool3d", "window 2.0", "kernel_size", 3, 2.0),
    _integer("max_pool3d", "window as text", "kernel_size", 3, "222"),
    _integer("avg_pool2d", "stride True", "stride", 2, True),
    _integer("max_pool2d", "padding by name", "padding", 2, "same"),
    _integer("avg_pool2d", "padding in pairs", "padding", 2, ((1, 0), (0, 1))),
    _integer("avg_pool2d", "divisor 2.5", "divisor_override", 1, 2.5),
    _span("max_pool2d", "large window", 7, "W", "6 (6 and 0 of padding)", kernel_size=7),
    _span("avg_pool2d", "large", 9, "W", "8 (6 and 2 of padding)", kernel_size=9, padding=1),
    _span("max_pool3d", "large dilation", 6, "W", "5 (5 and 0 of padding)", dilation=5),
    _value(
        "max_pool2d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along H padding is 2 and kernel_size 3",
        kernel_size=3,
        padding=2,
    ),
    _value(
        "avg_pool3d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along W padding is 2 and kernel_size 2",
        kernel_size=(4, 4, 2),
        padding=2,
    ),
    *(
        _value(
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
    _flag("max_pool2d", "ceil_mode", "no"),
    _flag("avg_pool1d_backward", "ceil_mode", 2),
    _flag("avg_pool2d", "count_include_pad", None),
    *(
        _value(function, "nothing to pool", "x is empty along W, there is nothing to pool", x=x)
        for function, x in (
            ("max_pool2d", Draw((2, 3, 7, 0))),
            ("avg_pool3d", Draw((2, 3, 7, 6, 0))),
        )
    ),
    _choice("max_pool2d_backward", "unknown ties", "ties", "'first', 'all'", "last"),
    _dy("max_pool1d_backward", "dy of stride 2", "(2, 3, 8)", stride=1),
    _dy("max_pool2d_backward", "dy of the input's shape", "(2, 3, 3, 3)", dy=X2),
    _dy("max_pool3d_backward", "dy without ceil_mode", "(2, 3, 4, 3, 3)", ceil_mode=True),
    _dy("avg_pool1d_backward", "dy without ceil_mode", "(2, 3, 5)", ceil_mode=True),
    _dy("avg_pool2d_backward", "dy of stride 2", "(2, 3, 6, 2)", stride=(1, 3)),
    _not_real("max_pool2d", "complex x", "x", "complex64"),
    _not_real("avg_pool1d", "boolean x", "x", "bool", x=Given((((True, False, True),),))),
    _mixed("max_pool3d_backward", "dy", "x", float32="dy"),
    _mixed("avg_pool2d_backward", "dy", "x", float32="x"),
)

# --- dense layers -------------------------------------------------------------------------

DENSE = (
    _sizes("linear", "features disagree", "4 features", 5, weight=Draw((3, 5))),
    _sizes("linear", "weight the other way round", "4 features", 3, weight=Draw((4, 3))),
    _sizes("linear", "maps not flattened", "6 features", 4, x=X2),
    _sizes("linear_backward", "features disagree", "4 features", 2, weight=Draw((3, 2))),
    _value(
        "linear",
        "a single value",
        "x must have an axis of features, but is a single value",
        x=Given(3),
    ),
    _axes("linear", "weight is a vector", "features_out, features_in", "weight", weight=Draw((4,))),
    _bias("linear", "bias too long", 3, Draw((4,))),
    _bias("linear", "bias is a row", 3, Draw((1, 3))),
    _dy("linear_backward", "dy of the input's shape", "(5, 3)", dy=Draw((5, 4))),
    _dy("linear_backward", "dy of another batch", "(5, 3)", dy=Draw((6, 3))),
    _not_real("linear", "boolean x", "x", "bool", x=Given(((True, False, True, True),))),
    _not_real("linear_backward", "complex dy", "dy", "complex128"),
    _mixed("linear", "x", "weight", float32="weight"),
    _value(
        "flatten", "a single value", "x must have a batch axis, but is a single value", x=Given(3)
    ),
    _not_real("flatten", "text", "x", "<U3", x=Given(("one", "two"))),
    _dy("flatten_backward", "dy not flat", "(2, 126)", dy=X2),
    _dy("flatten_backward", "dy of another size", "(2, 126)", dy=Draw((2, 125))),
)

# --- activations --------------------------------------------------------------------------

ACTIVATIONS = (
    *(
        case
        for function in ACTIVATED
        for case in (
            _not_real(function, "complex x", "x", "complex128"),
            _dy(f"{function}_backward", "dy of another shape", "(4, 5)", dy=Draw((5, 4))),
            _mixed(f"{function}_backward", "dy", "x", float32="x"),
        )
    ),
    *(
        _value(f"{function}{backward}", f"axis {axis}", f"axis is {axis}, but {axes}", **changes)
        for function in ("softmax", "log_softmax")
        for backward, axis, axes, changes in (
            ("", 2, "x has 2 axes (x (4, 5))", {"axis": 2}),
            ("_backward", -3, "x has 2 axes (x (4, 5))", {"axis": -3}),
            ("", -1, "x has 0 axes (x ())", {"x": Given(3)}),
        )
    ),
    _not_real("relu", "boolean x", "x", "bool", x=Given((True, False))),
    _not_real("tanh", "text", "x", "<U1", x=Given(("a", "b"))),
    _dy("relu_backward", "dy would broadcast", "(4, 5)", dy=Draw((1, 5))),
    _number("relu_backward", "at_zero as text", "at_zero", "half"),
    _number("leaky_relu", "slope as text", "negative_slope", "0.1"),
    _number("leaky_relu", "slope None", "negative_slope", None),
    _number("leaky_relu", "slope True", "negative_slope", True),
    _number("leaky_relu", "a complex slope", "negative_slope", 0.1j),
    _type("relu", "nothing", "x must hold real numbers, but is None", x=None),
    _type(
        "relu_backward",
        "names in an object array",
        "x must hold real numbers, but holds 'a' (str)",
        dy=Given((1, 2)),
        x=np.array([1.5, "a"], object),
    ),
    _value(
        "tanh",
        "rows of different lengths",
        "x must be an array, but its rows have different lengths",
        x=[[1.0, 2.0], [3.0]],
    ),
    *(
        _type(function, f"axis {axis!r}", f"axis must be an integer, but is {axis!r}", axis=axis)
        for function, axis in (("softmax", 1.0), ("log_softmax", None), ("softmax_backward", "1"))
    ),
    _number("leaky_relu_backward", "a slope for each element", "negative_slope", (0.1, 0.2)),
)

# --- losses -------------------------------------------------------------------------------

REDUCTIONS = "'mean', 'sum', 'none'"


def _not_a_target(function: str, name: str, target: Any, is_: str, dtype: str) -> BadCase:
    wanted = "integer class indices, or probabilities of the shape of logits"
    message = f"target must hold {wanted}, but is {is_} (logits (4, 5))"
    return _type(function, name, message, dtypes={"target": dtype}, target=target)


def _indices(name: str, target: Any, expected: str, logits: Draw = LOGITS) -> BadCase:
    message = f"target is {target.shape}, but logits {logits.shape} need class indices of shape "
    return _value("cross_entropy", name, message + expected, logits=logits, target=target)


def _class(function: str, number: int, dtype: str) -> BadCase:
    message = f"target holds class {number}, but logits has 5 classes (0 to 4)"
    target, dtypes = Given((0, 4, number, 1)), {"target": dtype}
    return _value(function, f"class {number} of five", message, dtypes=dtypes, target=target)


NAMES = Given(("cat", "dog", "cat", "cow"))

LOSSES = (
    _value(
        "cross_entropy",
        "integer one-hot",
        "target is (4, 5), but logits (4, 5) need class indices of shape (4,); "
        "give probabilities as floats",
        target=Classes((4, 5), 2),
    ),
    _value(
        "cross_entropy",
        "a single logit",
        "logits must have an axis of classes, but is a single value",
        logits=Given(1),
    ),
    _value(
        "cross_entropy",
        "no classes",
        "logits has no classes (logits (4, 0))",
        logits=Draw((4, 0)),
    ),
    _choice("cross_entropy", "two reductions", "reduction", REDUCTIONS, ("mean", "sum")),
    _choice("cross_entropy", "unknown reduction", "reduction", REDUCTIONS, "batchmean"),
    _choice("cross_entropy_backward", "reduction None", "reduction", REDUCTIONS, None),
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
    _type(
        "cross_entropy",
        "probabilities float32",
        "logits is float64, but target is float32; give both the same dtype",
        dtypes={"target": "float32"},
        target=Probabilities((4, 5)),
    ),
    _not_real("cross_entropy", "boolean logits", "logits", "bool", logits=Given(((True, False),))),
    _mixed("cross_entropy_backward", "dy", "logits", float32="dy"),
    _indices("too few indices", Classes((3,), 5), "(4,)"),
    _indices("a column of indices", Classes((4, 1), 5), "(4,)"),
    _indices("indices of no place", Classes((2,), 5), "(2, 3)", Draw((2, 5, 3))),
    _class("cross_entropy", 5, "int64"),
    _class("cross_entropy", -1, "int64"),
    _class("cross_entropy", -100, "int32"),
    _class("cross_entropy_backward", 5, "uint8"),
    _value(
        "cross_entropy_backward",
        "one dy without a reduction",
        "dy is (), but the output for these arguments is (4,)",
        reduction="none",
    ),
    _dy("cross_entropy_backward", "dy for each sample of a mean", "()", dy=Draw((4,))),
    _dy("squared_error_backward", "dy for each output", "()", dy=LOGITS),
    *(
        _value(
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
    _mixed("squared_error", "output", "target", float32="target"),
    _not_real("squared_error", "complex output", "output", "complex128"),
)

CASES: tuple[BadCase, ...] = CONV_ARRAYS + CONV_OPTIONS + POOLING + DENSE + ACTIVATIONS + LOSSES
