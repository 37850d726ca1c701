"""tinygrad on the CPU."""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import Any

os.environ["CPU"] = "1"
os.environ["DEV"] = "CPU"

import numpy as np
from peer_tools import Missing, answered, each, need, pairs, spans, without
from tinygrad import Tensor, nn


def about() -> dict[str, Any]:
    return {
        "library": "tinygrad",
        "version": version("tinygrad"),
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    tensors = {name: Tensor(np.array(array, order="C")) for name, array in arrays.items()}
    inputs = [tensors[name] for name in wanted]
    y = function(**tensors, **options)
    found = {"y": y.numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = y.gradient(*inputs, gradient=Tensor(np.array(dy, order="C")))
        found.update({f"d{n}": g.numpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found


# --- windows ------------------------------------------------------------------------------

MODES = ("constant", "reflect", "replicate", "circular")


def _in_a_row(sides: Any) -> list[int]:
    """Of the last axis first, as torch has it."""
    return [side for pair in reversed(sides) for side in pair]


def _conv(n: int) -> Any:
    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, padding_mode="zeros")
        sides = pairs(options.pop("padding", 0), n, spans(weight, options.get("dilation", 1)))
        return x.conv2d(weight, bias, padding=_in_a_row(sides), **_each_axis(options, n))

    return apply


def _each_axis(options: dict[str, Any], n: int) -> dict[str, Any]:
    names = ("stride", "dilation", "output_padding", "kernel_size", "padding")
    return {k: each(v, n) if k in names else v for k, v in options.items()}


def _conv_transpose(n: int) -> Any:
    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        return x.conv_transpose2d(weight, bias, **_each_axis(options, n))

    return apply


def _max_pool(n: int) -> Any:
    def apply(x: Any, **options: Any) -> Any:
        options["padding"] = _in_a_row(pairs(options.get("padding", 0), n))
        return x.max_pool2d(**_windows(options, n))

    return apply


def _windows(options: dict[str, Any], n: int) -> dict[str, Any]:
    return {k: v if k == "padding" else _each_axis({k: v}, n)[k] for k, v in options.items()}


def _avg_pool(n: int) -> Any:
    def apply(x: Any, **options: Any) -> Any:
        need(options, divisor_override=None)
        options["padding"] = _in_a_row(pairs(options.get("padding", 0), n))
        return x.avg_pool2d(**_windows(options, n))

    return apply


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    return x.pad(_in_a_row(pairs(padding, x.ndim - 2)), mode=mode, value=value)


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(logits: Any, target: Any, weight: Any = None, **options: Any) -> Any:
    without("cross_entropy has no {}", weight=weight)
    need(options, ignore_index=-100)
    return logits.cross_entropy(target, **options)


def _with_parameters(layer: Any, weight: Any, bias: Any) -> Any:
    if (weight is None) != (bias is None):
        raise Missing("weight and bias come together")
    layer.weight, layer.bias = weight, bias
    return layer


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    layer = nn.BatchNorm(x.shape[1], track_running_stats=not training, **options)
    layer.weight, layer.bias = weight, bias
    if not training:
        layer.running_mean, layer.running_var = running_mean, running_var
    return layer(x)


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    layer = nn.LayerNorm(each(normalized_shape, 1), elementwise_affine=False, **options)
    layer.elementwise_affine = weight is not None
    return _with_parameters(layer, weight, bias)(x)


def _group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    layer = nn.GroupNorm(num_groups, x.shape[1], affine=False, **options)
    return _with_parameters(layer, weight, bias)(x)


# --- functions of one element -------------------------------------------------------------


def _leaky_relu(x: Any, **options: Any) -> Any:
    return x.leaky_relu(*options.values())


def _softplus(x: Any, **options: Any) -> Any:
    need(options, threshold=None)
    return x.softplus(**options)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """tinygrad's weight has its inputs first."""
    return x.linear(weight.transpose(), bias)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": lambda x: x.relu(),
    "leaky_relu": _leaky_relu,
    "hardtanh": lambda x, **limits: x.hardtanh(**limits),
    "sigmoid": lambda x: x.sigmoid(),
    "tanh": lambda x: x.tanh(),
    "softmax": lambda x, axis=-1: x.softmax(axis),
    "log_softmax": lambda x, axis=-1: x.log_softmax(axis),
    "exp": lambda x: x.exp(),
    "softplus": _softplus,
    "silu": lambda x: x.silu(),
    "gelu": lambda x, **options: x.gelu(**options),
    "elu": lambda x, **options: x.elu(**options),
    "hardsigmoid": lambda x: x.hardsigmoid(),
    "hardswish": lambda x: x.hardswish(),
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": lambda logits, target, **options: (
        logits.binary_crossentropy_logits(target, **options)
    ),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "add": lambda x, other: x + other,
    "subtract": lambda x, other: x - other,
    "multiply": lambda x, other: x * other,
    "divide": lambda x, other: x / other,
    "power": lambda x, exponent: x**exponent,
    "mean": lambda x, axis=None, keepdims=False: x.mean(axis, keepdims),
    "absolute": lambda x: x.abs(),
    "maximum": lambda x, other: x.maximum(other),
    "sum": lambda x: x.sum(),
    "cumprod": lambda x: x.cumprod(0),
}
