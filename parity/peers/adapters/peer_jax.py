"""JAX on the CPU, eager, with flax's pooling and normalisation and optax's losses."""

from __future__ import annotations

import os
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import flax
import flax.linen as nn
import jax
import jax.numpy as jnp
import optax
from jax import lax
from jax_calls import compute
from peer_tools import answered, each, need, pairs, spans, without


def about() -> dict[str, Any]:
    return {
        "library": "jax",
        "version": jax.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": f"eager, CPU; flax {flax.__version__}, optax {optax.__version__}",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, compute, function, arrays, options, dy, wanted, MISSING)


# --- windows ------------------------------------------------------------------------------

BORDERS = {"reflect": "reflect", "replicate": "edge", "circular": "wrap", "constant": "constant"}


def _sides(padding: Any, n: int, kernel: Any = ()) -> Any:
    named = padding in ("same", "valid")
    return padding.upper() if named else pairs(padding, n, kernel)


def _per_channel(v: Any, x: Any) -> Any:
    return v.reshape(1, -1, *(1,) * (x.ndim - 2))


def _conv(n: int) -> Any:
    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, padding_mode="zeros")
        dilation = each(options.get("dilation", 1), n)
        sides = _sides(options.get("padding", 0), n, spans(weight, dilation))
        y = lax.conv_general_dilated(
            x, weight, each(options.get("stride", 1), n), sides,
            rhs_dilation=dilation, feature_group_count=options.get("groups", 1),
        )  # fmt: skip
        return y if bias is None else y + _per_channel(bias, y)

    return apply


def _conv_transpose(n: int) -> Any:
    """`lax.conv_transpose` pads the dilated input; "kernel" turned as torch has it."""
    axes = "DHW"[3 - n :]

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, groups=1)
        dilation = each(options.get("dilation", 1), n)
        padding = each(options.get("padding", 0), n)
        more = each(options.get("output_padding", 0), n)
        reach = spans(weight, dilation)
        y = lax.conv_transpose(
            x, weight, each(options.get("stride", 1), n),
            [(r - p, r - p + o) for r, p, o in zip(reach, padding, more)],  # noqa: B905
            rhs_dilation=dilation, transpose_kernel=True,
            dimension_numbers=("NC" + axes, "OI" + axes, "NC" + axes),
        )  # fmt: skip
        return y if bias is None else y + _per_channel(bias, y)

    return apply


def _pool(pool: Any, n: int) -> Any:
    def apply(x: Any, kernel_size: Any, **options: Any) -> Any:
        need(options, ceil_mode=False, dilation=1, divisor_override=None)
        window = each(kernel_size, n)
        if "stride" in options:
            stride = options.pop("stride")
            options["strides"] = window if stride is None else each(stride, n)
        if "padding" in options:
            options["padding"] = _sides(options["padding"], n)
        y = pool(jnp.moveaxis(x, 1, -1), window, **options)
        return jnp.moveaxis(y, -1, 1)

    return apply


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    widths = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    more = {"constant_values": value} if mode == "constant" else {}
    return jnp.pad(x, widths, BORDERS[mode], **more)


# --- normalisation ------------------------------------------------------------------------


def _normalised(
    module: Any, x: Any, weight: Any, bias: Any, options: Any, **statistics: Any
) -> Any:
    """y of flax's module with these parameters; eps is called epsilon there."""
    if "eps" in options:
        options["epsilon"] = options.pop("eps")
    layer = module(use_scale=weight is not None, use_bias=bias is not None, **options)
    given = {"scale": weight, "bias": bias}
    parameters = {name: v for name, v in given.items() if v is not None}
    y, _ = layer.apply({"params": parameters, **statistics}, x, mutable=["batch_stats"])
    return y


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    if running_mean is None:
        running_mean, running_var = jnp.zeros(x.shape[1], x.dtype), jnp.ones(x.shape[1], x.dtype)
    options["use_running_average"] = not training
    running = {"mean": running_mean, "var": running_var}
    y = _normalised(
        nn.BatchNorm, jnp.moveaxis(x, 1, -1), weight, bias, options, batch_stats=running
    )
    return jnp.moveaxis(y, -1, 1)


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    axes = tuple(range(-len(each(normalized_shape, 1)), 0))
    options.update(reduction_axes=axes, feature_axes=axes)
    return _normalised(nn.LayerNorm, x, weight, bias, options)


def _group_norm(
    x: Any, num_groups: int, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    options["num_groups"] = num_groups
    y = _normalised(nn.GroupNorm, jnp.moveaxis(x, 1, -1), weight, bias, options)
    return jnp.moveaxis(y, -1, 1)


# --- functions of one element, losses -----------------------------------------------------


def _gelu(x: Any, **options: Any) -> Any:
    if "approximate" in options:
        options["approximate"] = options["approximate"] == "tanh"
    return jax.nn.gelu(x, **options)


def _hardtanh(x: Any, **limits: Any) -> Any:
    need(limits, min_val=-1, max_val=1)
    return jax.nn.hard_tanh(x)


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return jax.nn.softplus(x)


def _reduced(losses: Any, reduction: str = "none") -> Any:
    """optax gives the losses of the samples; what is done with them is the caller's."""
    return {"none": lambda v: v, "sum": lambda x: jnp.sum(x), "mean": jnp.mean}[reduction](losses)


def _cross_entropy(
    logits: Any, target: Any, reduction: str = "none", weight: Any = None, **options: Any
) -> Any:
    without("optax's losses have no {}", weight=weight)
    need(options, ignore_index=-100, label_smoothing=0)
    axis = 1 if logits.ndim > 1 else 0
    z = jnp.moveaxis(logits, axis, -1)
    if jnp.issubdtype(target.dtype, jnp.integer):
        losses = optax.softmax_cross_entropy_with_integer_labels(z, target)
    else:
        losses = optax.softmax_cross_entropy(z, jnp.moveaxis(target, axis, -1))
    return _reduced(losses, reduction)


def _binary_cross_entropy(logits: Any, target: Any, reduction: str = "none") -> Any:
    return _reduced(optax.sigmoid_binary_cross_entropy(logits, target), reduction)


def _mse_loss(output: Any, target: Any, reduction: str = "none") -> Any:
    return _reduced(optax.squared_error(output, target), reduction)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = jnp.matmul(x, weight.T)
    return y if bias is None else y + bias


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _pool(nn.max_pool, n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _pool(nn.avg_pool, n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "hardtanh": _hardtanh,
    "sigmoid": jax.nn.sigmoid,
    "tanh": lambda x: jnp.tanh(x),
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
    "exp": lambda x: jnp.exp(x),
    "softplus": _softplus,
    "silu": jax.nn.silu,
    "gelu": _gelu,
    "elu": jax.nn.elu,
    "hardsigmoid": jax.nn.hard_sigmoid,
    "hardswish": jax.nn.hard_swish,
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "mse_loss": _mse_loss,
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "add": lambda x, other: jnp.add(x, other),
    "subtract": lambda x, other: jnp.subtract(x, other),
    "multiply": lambda x, other: jnp.multiply(x, other),
    "divide": lambda x, other: jnp.divide(x, other),
    "power": lambda x, exponent: jnp.power(x, exponent),
    "mean": lambda x, **options: jnp.mean(x, **options),
    "absolute": lambda x: jnp.abs(x),
    "maximum": lambda x, other: jnp.maximum(x, other),
    "sum": lambda x: jnp.sum(x),
    "cumprod": lambda x: jnp.cumprod(x),
}
MISSING = {
    f"adaptive_{kind}_pool{n}d": "no adaptive pooling" for kind in ("avg", "max") for n in (1, 2, 3)
}
