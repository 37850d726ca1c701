"""The error texts that bad cases share, and the valid arguments that each of them starts from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import BadCase, Classes, Draw, Given

X1, X2, X3 = Draw((2, 3, 9)), Draw((2, 3, 7, 6)), Draw((2, 3, 7, 6, 5))
WEIGHT1, WEIGHT2, WEIGHT3 = Draw((5, 3, 4)), Draw((5, 3, 2, 4)), Draw((8, 3, 4, 2, 1))
DY1, DY2, DY3 = Draw((2, 5, 6)), Draw((2, 5, 6, 3)), Draw((2, 8, 4, 5, 5))
POOLED1, POOLED2, POOLED3 = Draw((2, 3, 4)), Draw((2, 3, 3, 3)), Draw((2, 3, 3, 3, 2))
MATRICES, KERNEL = Draw((2, 7, 6)), Draw((3, 4))
LOGITS, INDICES = Draw((4, 5)), Classes((4,), 5)
SCALAR = Given(1)
MAPS = {"maps[0]": Draw((2, 3, 7, 6)), "maps[1]": Draw((2, 1, 7, 6)), "maps[2]": Draw((2, 5, 7, 6))}
POOLS = ("max_pool", "avg_pool")
ACTIVATED = ("relu", "leaky_relu", "sigmoid", "tanh", "sign", "softmax", "log_softmax")
CERTAINTY, LABELS, MASK = (Draw((4, 5), values) for values in ("certainty", "labels", "mask"))
BINARY = ("binary_cross_entropy_with_logits", "log_likelihood")

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
    **{name: {"a": MATRICES, "kernel": KERNEL} for name in ("correlate2d", "convolve2d")},
    **{
        f"{name}_backward": {"dy": Draw((2, 9, 9)), "a": MATRICES, "kernel": KERNEL}
        for name in ("correlate2d", "convolve2d")
    },
    "rot180": {"a": MATRICES},
    "rot180_backward": {"dy": MATRICES, "a": MATRICES},
    "shared_conv2d": {"x": X2, "weight": Draw((5, 2, 4)), "bias": Draw((5,))},
    "shared_conv2d_backward": {"dy": DY2, "x": X2, "weight": Draw((5, 2, 4))},
    "weighted_pool2d": {"x": X2, "weight": Draw((3, 2, 4)), "bias": Draw((3,))},
    "weighted_pool2d_backward": {"dy": Draw((2, 3, 3, 1)), "x": X2, "weight": Draw((3, 2, 4))},
    "gaussian_pool2d": {"x": X2, "kernel_size": 2, "sigma": 1.5},
    "gaussian_pool2d_backward": {"dy": POOLED2, "x": X2, "kernel_size": 2, "sigma": 1.5},
    "downsample": {"x": X2, "size": 2},
    "upsample": {"dy": Draw((2, 3, 4, 3)), "x": X2, "size": 2},
    "linear": {"x": Draw((5, 4)), "weight": Draw((3, 4)), "bias": Draw((3,))},
    "linear_backward": {"dy": Draw((5, 3)), "x": Draw((5, 4)), "weight": Draw((3, 4))},
    "flatten": {"x": X2},
    "flatten_backward": {"dy": Draw((2, 126)), "x": X2},
    "add": {"x": X2, "branch": X2},
    "add_backward": {"dy": X2, "x": X2, "branch": X2},
    "concatenate": MAPS,
    "concatenate_backward": {"dy": Draw((2, 9, 7, 6)), **MAPS},
    **{function: {"x": LOGITS} for function in ACTIVATED},
    **{f"{function}_backward": {"dy": LOGITS, "x": LOGITS} for function in ACTIVATED},
    "dsigmoid": {"o": LOGITS},
    "dtanh": {"o": LOGITS},
    "dropout": {"x": LOGITS, "mask": MASK},
    "dropout_backward": {"dy": LOGITS, "x": LOGITS, "mask": MASK},
    **{function: {"logits": LOGITS, "target": CERTAINTY} for function in BINARY},
    **{
        f"{function}_backward": {"dy": SCALAR, "logits": LOGITS, "target": CERTAINTY}
        for function in BINARY
    },
    **{
        function: {"x": Draw((5, 4)), "weight": Draw((3, 4)), "bias": Draw((3,))}
        for function in ("perceptron", "logistic_regression", "softmax_regression")
    },
    "perceptron_loss": {"score": LOGITS, "target": LABELS},
    "perceptron_loss_backward": {"dy": SCALAR, "score": LOGITS, "target": LABELS},
    "cross_entropy": {"logits": LOGITS, "target": INDICES},
    "cross_entropy_backward": {"dy": SCALAR, "logits": LOGITS, "target": INDICES},
    "squared_error": {"output": LOGITS, "target": LOGITS},
    "squared_error_backward": {"dy": SCALAR, "output": LOGITS, "target": LOGITS},
}


def bad(
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


def value_error(function: str, name: str, message: str, **changes: Any) -> BadCase:
    return bad(ValueError, function, name, message, **changes)


def type_error(function: str, name: str, message: str, **changes: Any) -> BadCase:
    return bad(TypeError, function, name, message, **changes)


PADDINGS = "'valid', 'same', 'full'"

# --- the texts that many functions share --------------------------------------------------


def axes(function: str, name: str, axes: str, array: str = "x", **changes: Any) -> BadCase:
    """An array of the wrong number of axes."""
    shape = changes[array].shape
    wanted = f"must have {len(axes.split(', '))} axes ({axes})"
    message = f"{array} {wanted}, but has {len(shape)} ({array} {shape})"
    return value_error(function, name, message, **changes)


def dy(function: str, name: str, output: str, **changes: Any) -> BadCase:
    """An upstream gradient of another shape than the output."""
    shape = {**VALID[function], **changes}["dy"].shape
    message = f"dy is {shape}, but the output for these arguments is {output}"
    return value_error(function, name, message, **changes)


def sizes(function: str, name: str, has: str, expects: int | str, **changes: Any) -> BadCase:
    """Channels or features that the weight does not expect."""
    arguments = {**VALID[function], **changes}
    shapes = f"x {arguments['x'].shape}, weight {arguments['weight'].shape}"
    message = f"x has {has}, but weight expects {expects} ({shapes})"
    return value_error(function, name, message, **changes)


def span(function: str, name: str, span: int, axis: str, padded: str, **changes: Any) -> BadCase:
    """A window larger than the padded input."""
    message = f"the window spans {span} along {axis}, but the padded input has only {padded}"
    return value_error(function, name, message, **changes)


def bias(function: str, name: str, outputs: int, bias: Draw) -> BadCase:
    """A bias that is not one number for each output."""
    message = f"bias must be ({outputs},), one for each output, but is {bias.shape}"
    return value_error(function, name, message, bias=bias)


def least(function: str, name: str, option: str, least: int, value: Any) -> BadCase:
    """An integer that is too small."""
    message = f"{option} must be at least {least}, but is {value!r}"
    return value_error(function, name, message, **{option: value})


def count(function: str, name: str, option: str, count: int, value: Any) -> BadCase:
    """The wrong number of integers."""
    message = f"{option} must be one integer or {count}, but has {len(value)} ({value!r})"
    return value_error(function, name, message, **{option: value})


def integer(function: str, name: str, option: str, count: int, value: Any) -> BadCase:
    """Something that is not an integer where one or `count` are expected."""
    several = f" or {count} of them" if count > 1 else ""
    message = f"{option} must be an integer{several}, but is {value!r}"
    return type_error(function, name, message, **{option: value})


def padding(function: str, name: str, value: Any) -> BadCase:
    """A convolution's padding that is neither numbers, nor pairs of them, nor a name."""
    message = (
        "padding must be an integer, an integer or a pair (before, after) for each axis, "
        f"or one of {PADDINGS}, but is {value!r}"
    )
    return type_error(function, name, message, padding=value)


def entries(function: str, name: str, axes: str, value: Any) -> BadCase:
    """A convolution's padding with too many or too few entries."""
    message = f"padding must have an entry for each of {axes}, but has {len(value)} ({value!r})"
    return value_error(function, name, message, padding=value)


def flag(function: str, option: str, value: Any) -> BadCase:
    """A switch that is neither True nor False."""
    message = f"{option} must be True or False, but is {value!r}"
    return type_error(function, f"{option} {value!r}", message, **{option: value})


def choice(function: str, name: str, option: str, choices: str, value: Any) -> BadCase:
    """A name that is not among the choices."""
    message = f"{option} must be one of {choices}, but is {value!r}"
    return value_error(function, name, message, **{option: value})


def number(function: str, name: str, option: str, value: Any) -> BadCase:
    """A parameter that is not a number."""
    return type_error(
        function, name, f"{option} must be a number, but is {value!r}", **{option: value}
    )


def not_real(function: str, name: str, array: str, dtype: str, **changes: Any) -> BadCase:
    """Elements that are not real numbers."""
    message = f"{array} must hold real numbers, but has dtype {dtype}"
    return type_error(function, name, message, dtypes={array: dtype}, **changes)


def mixed(function: str, first: str, second: str, float32: str) -> BadCase:
    """Two arrays of which one is float32, the other float64."""
    is_first, is_second = ("float32" if float32 == a else "float64" for a in (first, second))
    message = f"{first} is {is_first}, but {second} is {is_second}; give both the same dtype"
    return type_error(function, f"{float32} alone is float32", message, dtypes={float32: "float32"})


def shapes(function: str, name: str, first: str, second: str, **changes: Any) -> BadCase:
    """Two arrays that must be of one shape."""
    arguments = {**VALID[function], **changes}
    a, b = arguments[first].shape, arguments[second].shape
    message = f"{first} is {a}, but {second} is {b}; both must be of one shape"
    return value_error(function, name, message, **changes)


def holds(function: str, name: str, array: str, only: str, value: Any, **changes: Any) -> BadCase:
    """Elements that are numbers, but none of those that are allowed."""
    message = f"{array} must hold {only}, but holds {value}"
    return value_error(function, name, message, **changes)
