"""What Keras 3 is asked on each of its backends: `keras.ops`, channels last."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops
from peer_tools import Missing, each, need, pairs, spans, without


def about() -> dict[str, Any]:
    return {
        "library": "keras",
        "version": keras.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": f"on {keras.backend.backend()}, eager, CPU",
    }


# --- windows ------------------------------------------------------------------------------

MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def _last(x: Any) -> Any:
    """(N, C, …) -> (N, …, C)"""
    return ops.moveaxis(x, 1, -1)


def _first(x: Any) -> Any:
    """(N, …, C) -> (N, C, …)"""
    return ops.moveaxis(x, -1, 1)


def _kernel(weight: Any) -> Any:
    """(O, I, …) -> (…, I, O)"""
    return ops.transpose(weight, [*range(2, weight.ndim), 1, 0])


def _with_bias(y: Any, bias: Any) -> Any:
    return y if bias is None else y + bias


def _conv(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, **options: Any,
    ) -> Any:  # fmt: skip
        need(options, padding_mode="zeros")
        x, name = _last(x), padding
        if padding not in ("same", "valid"):
            x = ops.pad(x, [(0, 0), *pairs(padding, n, spans(weight, dilation)), (0, 0)])
            name = "valid"
        # groups are what the channels of x are to those of the kernel
        steps = each(stride, n), each(dilation, n)
        y = ops.conv(
            x, _kernel(weight), steps[0], name, data_format="channels_last", dilation_rate=steps[1]
        )
        return _first(_with_bias(y, bias))

    return apply


def _conv_transpose(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, dilation: Any = 1, **options: Any,
    ) -> Any:  # fmt: skip
        """Keras has no padding in numbers here: the border is cut off behind it. Without an
        output_padding it would fill up y where the kernel is shorter than the stride."""
        need(options, groups=1)
        y = ops.conv_transpose(
            _last(x), _kernel(weight), each(stride, n), "valid", each(output_padding, n),
            data_format="channels_last", dilation_rate=each(dilation, n),
        )  # fmt: skip
        cut = [slice(p, size - p) for p, size in zip(each(padding, n), y.shape[1:])]  # noqa: B905
        return _first(_with_bias(y[(slice(None), *cut)], bias))

    return apply


def _pool(pool: Any, n: int, **usual: Any) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        name = padding if padding in ("same", "valid") else "valid"
        if name != padding and any(map(any, pairs(padding, n))):
            raise Missing("pooling has no padding in numbers")
        if name == "valid":
            options.pop("count_include_pad", None)  # there is nothing to count
        need(options, **usual)
        window, step = each(kernel_size, n), each(stride, n)
        return _first(pool(_last(x), window, step, name, data_format="channels_last"))

    return apply


def _adaptive(pool: Any, n: int) -> Any:
    def apply(x: Any, output_size: Any) -> Any:
        size = each(output_size, n)
        return _first(pool(_last(x), size, data_format="channels_last"))

    return apply


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    sides = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    return ops.pad(
        x, sides, MODES[mode], **({"constant_values": value} if mode == "constant" else {})
    )


# --- losses, normalisation ----------------------------------------------------------------


def _reduced(losses: Any, reduction: str = "none") -> Any:
    """Keras gives the losses of the samples; what is done with them is the caller's."""
    return {"none": lambda v: v, "sum": ops.sum, "mean": ops.mean}[reduction](losses)


def _cross_entropy(
    logits: Any, target: Any, reduction: str = "none", weight: Any = None, **options: Any
) -> Any:
    without("the crossentropies have no {}", weight=weight)
    need(options, ignore_index=-100, label_smoothing=0)
    if "int" in str(target.dtype):
        function = ops.sparse_categorical_crossentropy
        z = _last(logits) if logits.ndim > 1 else logits
    else:
        function, z = ops.categorical_crossentropy, logits
        if logits.ndim > 2:
            z, target = _last(logits), _last(target)
    return _reduced(function(target, z, from_logits=True), reduction)


def _binary_cross_entropy(logits: Any, target: Any, reduction: str = "none") -> Any:
    return _reduced(ops.binary_crossentropy(target, logits, from_logits=True), reduction)


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    if training:
        running_mean, running_var = ops.moments(x, [0, *range(2, x.ndim)])
    eps = {"epsilon": options["eps"]} if "eps" in options else {}
    return ops.batch_normalization(
        x, running_mean, running_var, 1, offset=bias, scale=weight, **eps
    )


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    axes = tuple(range(-len(each(normalized_shape, 1)), 0))
    eps = {"epsilon": options["eps"]} if "eps" in options else {}
    return ops.layer_normalization(x, weight, bias, axis=axes, **eps)


# --- functions of one element -------------------------------------------------------------


def _gelu(x: Any, **options: Any) -> Any:
    if "approximate" in options:
        options["approximate"] = options["approximate"] == "tanh"
    return ops.gelu(x, **options)


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return ops.softplus(x)


def _hardtanh(x: Any, **limits: Any) -> Any:
    need(limits, min_val=-1, max_val=1)
    return ops.hard_tanh(x)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    return _with_bias(ops.matmul(x, ops.transpose(weight)), bias)


AVERAGES = {"ceil_mode": False, "divisor_override": None, "count_include_pad": False}
FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _pool(ops.max_pool, n, ceil_mode=False, dilation=1) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _pool(ops.average_pool, n, **AVERAGES) for n in (1, 2, 3)},
    **{f"adaptive_avg_pool{n}d": _adaptive(ops.adaptive_average_pool, n) for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _adaptive(ops.adaptive_max_pool, n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": ops.relu,
    "leaky_relu": ops.leaky_relu,
    "hardtanh": _hardtanh,
    "sigmoid": ops.sigmoid,
    "tanh": ops.tanh,
    "softmax": ops.softmax,
    "log_softmax": ops.log_softmax,
    "exp": ops.exp,
    "softplus": _softplus,
    "silu": ops.silu,
    "gelu": _gelu,
    "elu": ops.elu,
    "hardsigmoid": ops.hard_sigmoid,
    "hardswish": ops.hard_swish,
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "add": lambda x, other: ops.add(x, other),
    "subtract": lambda x, other: ops.subtract(x, other),
    "multiply": lambda x, other: ops.multiply(x, other),
    "divide": lambda x, other: ops.divide(x, other),
    "power": lambda x, exponent: ops.power(x, exponent),
    "mean": ops.mean,
    "absolute": ops.absolute,
    "maximum": lambda x, other: ops.maximum(x, other),
    "sum": ops.sum,
    "cumprod": ops.cumprod,
}
MISSING = {"group_norm": "keras.ops has none", "mse_loss": "keras.ops has none"}
