"""OpenVINO on the CPU, one thread, in float32, forward only."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino
from openvino import opset15 as ops
from peer_tools import Missing, answered, each, need, pairs

SETTINGS = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}


def about() -> dict[str, Any]:
    return {
        "library": "openvino",
        "version": openvino.__version__.split("-")[0],
        "dtypes": ["float32", "float64"],
        "gradients": False,
        "note": "CPU, opset 15, precision hint f32",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {n: ops.parameter(array.shape, array.dtype.type, n) for n, array in arrays.items()}
    model = openvino.Model([function(**given, **options)], list(given.values()), "one")
    compiled = openvino.compile_model(model, "CPU", SETTINGS)
    inputs = [np.array(array, order="C") for array in arrays.values()]
    return {"y": np.array(compiled(inputs)[0])}


# --- windows ------------------------------------------------------------------------------

AUTO = {"same": "same_upper", "same_lower": "same_lower", "valid": "valid"}


def _sides(padding: Any, n: int, kernel: Any = ()) -> tuple[list[int], list[int], str]:
    """pads_begin, pads_end, auto_pad"""
    if padding in AUTO:
        return [0] * n, [0] * n, AUTO[padding]
    sides = pairs(padding, n, kernel)
    return [before for before, _ in sides], [behind for _, behind in sides], "explicit"


def _shape(v: Any) -> list[int]:
    return list(v.output(0).shape)


def _with_bias(y: Any, bias: Any, n: int) -> Any:
    return y if bias is None else ops.add(y, _to(bias, [1, -1, *[1] * n]))


def _to(v: Any, shape: list[int]) -> Any:
    return ops.reshape(v, np.array(shape), False)


def _by_groups(weight: Any, groups: int) -> Any:
    """(O, I, …) -> (G, O/G, I, …)"""
    first, *rest = _shape(weight)
    return _to(weight, [groups, first // groups, *rest])


def _conv(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, **options: Any,
    ) -> Any:  # fmt: skip
        need(options, padding_mode="zeros")
        reach = [d * (k - 1) for d, k in zip(each(dilation, n), _shape(weight)[2:])]  # noqa: B905
        begin, end, auto = _sides(padding, n, reach)
        given = list(each(stride, n)), begin, end, list(each(dilation, n)), auto
        y = (
            ops.convolution(x, weight, *given)
            if groups == 1
            else ops.group_convolution(x, _by_groups(weight, groups), *given)
        )
        return _with_bias(y, bias, n)

    return apply


def _conv_transpose(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
    ) -> Any:  # fmt: skip
        sides = list(each(padding, n))
        given = {
            "strides": list(each(stride, n)), "pads_begin": sides, "pads_end": sides,
            "dilations": list(each(dilation, n)), "auto_pad": "explicit",
            "output_padding": list(each(output_padding, n)),
        }  # fmt: skip
        y = (
            ops.convolution_backprop_data(x, weight, **given)
            if groups == 1
            else ops.group_convolution_backprop_data(x, _by_groups(weight, groups), **given)
        )
        return _with_bias(y, bias, n)

    return apply


def _rounding(options: dict[str, Any]) -> dict[str, Any]:
    """ "ceil_torch" leaves out a window that would start in the padding."""
    if "ceil_mode" not in options:
        return {}
    return {"rounding_type": "ceil_torch" if options.pop("ceil_mode") else "floor"}


def _max_pool(n: int) -> Any:
    def apply(
        x: Any, kernel_size: Any, stride: Any, padding: Any = 0, dilation: Any = 1, **options: Any
    ) -> Any:
        begin, end, auto = _sides(padding, n)
        steps = list(each(stride, n)), list(each(dilation, n))
        window = list(each(kernel_size, n))
        pooled = ops.max_pool(x, *steps, begin, end, window, auto_pad=auto, **_rounding(options))
        return pooled.output(0)

    return apply


def _avg_pool(n: int) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        need(options, divisor_override=None)
        if "count_include_pad" not in options:
            raise Missing("exclude_pad has no default")
        exclude = not options.pop("count_include_pad")
        begin, end, auto = _sides(padding, n)
        window = list(each(kernel_size, n))
        return ops.avg_pool(
            x, list(each(stride, n)), begin, end, window, exclude, auto_pad=auto,
            **_rounding(options),
        )  # fmt: skip

    return apply


MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    if mode not in MODES:
        raise Missing(f"pad has no mode {mode!r}")
    sides = [(0, 0), (0, 0), *pairs(padding, len(_shape(x)) - 2)]
    begin, end = np.array(sides).T
    filling = ops.constant(value, x.output(0).element_type)
    return ops.pad(x, begin, end, MODES[mode], filling)


# --- normalisation ------------------------------------------------------------------------


def _eps(options: dict[str, Any]) -> float:
    if "eps" not in options:
        raise Missing("eps has no default")
    return float(options["eps"])


def _constant(x: Any, v: Any, value: float) -> Any:
    """An array of the channels, where none is given."""
    return ops.constant(np.full(_shape(x)[1], value), x.output(0).element_type) if v is None else v


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    if training:
        raise Missing("batch_norm_inference takes running statistics alone")
    weight, bias = _constant(x, weight, 1), _constant(x, bias, 0)
    mean, var = _constant(x, running_mean, 0), _constant(x, running_var, 1)
    return ops.batch_norm_inference(x, weight, bias, mean, var, _eps(options))


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    axes = np.arange(-len(each(normalized_shape, 1)), 0)
    y = ops.mvn(x, ops.constant(axes, np.int64), True, _eps(options), "inside_sqrt")
    y = y if weight is None else ops.multiply(y, weight)
    return y if bias is None else ops.add(y, bias)


def _group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    weight, bias = _constant(x, weight, 1), _constant(x, bias, 0)
    return ops.group_normalization(x, weight, bias, num_groups, _eps(options))


def _local_response_norm(x: Any, size: int, **options: Any) -> Any:
    """LRN divides alpha by the size, as torch does."""
    named = {"bias" if name == "k" else name: float(v) for name, v in options.items()}
    return ops.lrn(x, ops.constant(np.array([1]), np.int64), size=size, **named)


# --- functions of one element -------------------------------------------------------------


def _leaky_relu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("prelu's slope is an input")
    slope = ops.constant(options["negative_slope"], x.output(0).element_type)
    return ops.prelu(x, slope)


def _elu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("elu's alpha has no default")
    return ops.elu(x, float(options["alpha"]))


def _gelu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("gelu's approximation has no default")
    return ops.gelu(x, "tanh" if options["approximate"] == "tanh" else "erf")


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return ops.softplus(x)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = ops.matmul(x, weight, False, True)
    return y if bias is None else ops.add(y, bias)


def _axes(x: Any, axis: Any) -> Any:
    found = range(len(_shape(x))) if axis is None else each(axis, 1)
    return ops.constant(np.array(found), np.int64)


def _power(x: Any, exponent: Any) -> Any:
    if isinstance(exponent, (int, float)):
        exponent = ops.constant(exponent, x.output(0).element_type)
    return ops.power(x, exponent)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": lambda x: ops.relu(x),
    "leaky_relu": _leaky_relu,
    "hardtanh": lambda x, min_val=-1, max_val=1: ops.clamp(x, float(min_val), float(max_val)),
    "sigmoid": lambda x: ops.sigmoid(x),
    "tanh": lambda x: ops.tanh(x),
    "softmax": lambda x, axis=-1: ops.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: ops.log_softmax(x, axis),
    "exp": lambda x: ops.exp(x),
    "softplus": _softplus,
    "silu": lambda x: ops.swish(x),
    "gelu": _gelu,
    "elu": _elu,
    "hardswish": lambda x: ops.hswish(x),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "local_response_norm": _local_response_norm,
    "add": lambda x, other: ops.add(x, other),
    "subtract": lambda x, other: ops.subtract(x, other),
    "multiply": lambda x, other: ops.multiply(x, other),
    "divide": lambda x, other: ops.divide(x, other),
    "power": _power,
    "mean": lambda x, axis=None, keepdims=False: ops.reduce_mean(x, _axes(x, axis), keepdims),
    "absolute": lambda x: ops.abs(x),
    "maximum": lambda x, other: ops.maximum(x, other),
    "sum": lambda x: ops.reduce_sum(x, _axes(x, None), False),
}
