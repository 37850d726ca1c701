"""MLX on the CPU, channels last."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import mlx.core as mx
import mlx.nn as nn
import numpy as np
from peer_tools import Missing, answered, each, need, pairs

mx.set_default_device(mx.cpu)


def about() -> dict[str, Any]:
    return {
        "library": "mlx",
        "version": version("mlx"),
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _array(value: Any) -> Any:
    """float64 has to be asked for by name."""
    return mx.array(value, dtype=mx.float64) if value.dtype == np.float64 else mx.array(value)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {name: _array(array) for name, array in arrays.items()}
    inputs = [given[name] for name in wanted]

    def of_wanted(*values: Any) -> Any:
        return function(**{**given, **dict(zip(wanted, values))}, **options)  # noqa: B905

    y = of_wanted(*inputs)
    found = {"y": np.array(y)}
    if inputs and tuple(y.shape) == dy.shape:
        _, gradients = mx.vjp(of_wanted, inputs, [_array(dy)])
        found.update({f"d{n}": np.array(g) for n, g in zip(wanted, gradients)})  # noqa: B905
    return found


# --- windows ------------------------------------------------------------------------------

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}


def _last(x: Any) -> Any:
    """(N, C, …) -> (N, …, C); of a weight (O, I, …) -> (O, …, I)"""
    return mx.moveaxis(x, 1, -1)


def _first(x: Any) -> Any:
    """(N, …, C) -> (N, C, …)"""
    return mx.moveaxis(x, -1, 1)


def _with_bias(y: Any, bias: Any) -> Any:
    return y if bias is None else y + bias


def _conv(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, **options: Any,
    ) -> Any:  # fmt: skip
        need(options, padding_mode="zeros")
        kernel = zip(each(dilation, n), weight.shape[2:])  # noqa: B905
        sides = pairs(padding, n, [d * (k - 1) for d, k in kernel])
        begin, end = [before for before, _ in sides], [behind for _, behind in sides]
        y = mx.conv_general(
            _last(x), _last(weight), each(stride, n), (begin, end), each(dilation, n), groups=groups
        )
        return _first(_with_bias(y, bias))

    return apply


def _conv_transpose(n: int) -> Any:
    convolve = (mx.conv_transpose1d, mx.conv_transpose2d, mx.conv_transpose3d)[n - 1]

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, groups=1)
        numbers = {name: each(value, n) for name, value in options.items()}
        options = {name: value[0] if n == 1 else value for name, value in numbers.items()}
        # (I, O, …) -> (O, …, I)
        kernel = mx.transpose(weight, [1, *range(2, n + 2), 0])
        return _first(_with_bias(convolve(_last(x), kernel, **options), bias))

    return apply


def _pool(pools: Any, n: int, **usual: Any) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        need(options, ceil_mode=False, **usual)
        sides = pairs(padding, n)
        if any(before != behind for before, behind in sides):
            raise Missing("pooling pads both ends of an axis alike")
        given = each(kernel_size, n), each(stride, n), tuple(before for before, _ in sides)
        layer = pools[n - 1](*(v[0] if n == 1 else v for v in given))
        return _first(layer(_last(x)))

    return apply


MAXIMA = nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d
AVERAGES = nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    if mode not in MODES:
        raise Missing(f"pad has no mode {mode!r}")
    sides = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    return mx.pad(x, sides, MODES[mode], value)


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(logits: Any, target: Any, weight: Any = None, **options: Any) -> Any:
    """`weights` of MLX are those of the samples."""
    need(options, ignore_index=-100)
    if weight is not None:
        raise Missing("cross_entropy has no weight of the classes")
    axis = 1 if logits.ndim > 1 else 0
    return nn.losses.cross_entropy(logits, target, axis=axis, **options)


def _binary_cross_entropy(logits: Any, target: Any, **options: Any) -> Any:
    return nn.losses.binary_cross_entropy(logits, target, with_logits=True, **options)


def _mse_loss(output: Any, target: Any, **options: Any) -> Any:
    return nn.losses.mse_loss(output, target, **options)


def _affine(layer: Any, weight: Any, bias: Any) -> Any:
    if (weight is None) != (bias is None):
        raise Missing("weight and bias come together")
    if weight is not None:
        layer.weight, layer.bias = weight, bias
    return layer


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    layer = nn.BatchNorm(x.shape[1], affine=weight is not None, **options)
    layer = _affine(layer, weight, bias).train(training)
    if not training:
        layer.running_mean, layer.running_var = running_mean, running_var
    return _first(layer(_last(x)))


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    shape = each(normalized_shape, 1)
    if len(shape) != 1:
        raise Missing("LayerNorm takes the last axis alone")
    layer = nn.LayerNorm(shape[0], affine=weight is not None, **options)
    return _affine(layer, weight, bias)(x)


def _group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    options = {"pytorch_compatible": True, "affine": weight is not None, **options}
    layer = nn.GroupNorm(num_groups, x.shape[1], **options)
    return _first(_affine(layer, weight, bias)(_last(x)))


# --- functions of one element -------------------------------------------------------------


def _gelu(x: Any, **options: Any) -> Any:
    return nn.gelu_approx(x) if options.get("approximate") == "tanh" else nn.gelu(x)


def _hardtanh(x: Any, **limits: Any) -> Any:
    return nn.hard_tanh(x, **limits)


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return nn.softplus(x)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    return _with_bias(mx.matmul(x, mx.transpose(weight)), bias)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _pool(MAXIMA, n, dilation=1) for n in (1, 2, 3)},
    **{
        f"avg_pool{n}d": _pool(AVERAGES, n, divisor_override=None, count_include_pad=True)
        for n in (1, 2, 3)
    },
    "pad": _pad,
    "linear": _linear,
    "relu": lambda x: nn.relu(x),
    "leaky_relu": lambda x, **options: nn.leaky_relu(x, **options),
    "hardtanh": _hardtanh,
    "sigmoid": lambda x: mx.sigmoid(x),
    "tanh": lambda x: mx.tanh(x),
    "softmax": lambda x, axis=-1: mx.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: nn.log_softmax(x, axis),
    "exp": lambda x: mx.exp(x),
    "softplus": _softplus,
    "silu": lambda x: nn.silu(x),
    "gelu": _gelu,
    "elu": lambda x, **options: nn.elu(x, **options),
    "prelu": lambda x, weight: nn.prelu(x, weight),
    "hardswish": lambda x: nn.hardswish(x),
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "mse_loss": _mse_loss,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "add": lambda x, other: mx.add(x, other),
    "subtract": lambda x, other: mx.subtract(x, other),
    "multiply": lambda x, other: mx.multiply(x, other),
    "divide": lambda x, other: mx.divide(x, other),
    "power": lambda x, exponent: mx.power(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: mx.mean(x, axis, keepdims),
    "absolute": lambda x: mx.abs(x),
    "maximum": lambda x, other: mx.maximum(x, other),
    "sum": lambda x: mx.sum(x),
    "cumprod": lambda x: mx.cumprod(x),
}
