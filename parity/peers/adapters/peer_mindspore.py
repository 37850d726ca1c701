"""MindSpore on the CPU, eager."""

from __future__ import annotations

import os
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["GLOG_v"] = "4"  # noqa: SIM112 (its name)

import mindspore as ms
import numpy as np
from mindspore import ops
from peer_tools import Missing, answered, each, need, pairs

ms.set_context(mode=ms.PYNATIVE_MODE)
ms.set_device("CPU")


def about() -> dict[str, Any]:
    return {
        "library": "mindspore",
        "version": ms.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "eager, CPU, mindspore.ops",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _tensor(array: Any) -> Any:
    return ms.Tensor(np.array(array, order="C"))


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {name: _tensor(array) for name, array in arrays.items()}
    inputs = [given[name] for name in wanted]

    def of_wanted(*values: Any) -> Any:
        return function(**{**given, **dict(zip(wanted, values))}, **dict(options))  # noqa: B905

    if not wanted:
        return {"y": of_wanted().asnumpy()}
    y, pull = ms.vjp(of_wanted, *inputs)
    found = {"y": y.asnumpy()}
    if tuple(y.shape) == dy.shape:
        gradients = pull(_tensor(dy))
        gradients = gradients if isinstance(gradients, tuple) else (gradients,)
        found.update({f"d{n}": g.asnumpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found


# --- windows ------------------------------------------------------------------------------


def _number(value: Any, n: int) -> Any:
    """One axis takes a number, more of them a tuple."""
    return each(value, n)[0] if n == 1 else each(value, n)


def _conv(n: int) -> Any:
    convolve = (ops.conv1d, ops.conv2d, ops.conv3d)[n - 1]

    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, **options: Any,
    ) -> Any:  # fmt: skip
        need(options, padding_mode="zeros")
        given = {"stride": _number(stride, n), "dilation": _number(dilation, n), "groups": groups}
        if padding in ("same", "valid"):
            return convolve(x, weight, bias, pad_mode=padding, **given)
        reach = [d * (k - 1) for d, k in zip(each(dilation, n), weight.shape[2:])]  # noqa: B905
        sides = pairs(padding, n, reach)
        if any(before != behind for before, behind in sides):
            raise Missing("both ends of an axis are padded alike")
        ends = _number(tuple(before for before, _ in sides), n)
        return convolve(x, weight, bias, pad_mode="pad", padding=ends, **given)

    return apply


def _max_pool(n: int) -> Any:
    pools = {2: ops.max_pool2d, 3: ops.max_pool3d}

    def apply(x: Any, kernel_size: Any, stride: Any, **options: Any) -> Any:
        options = {k: each(v, n) if k in ("padding", "dilation") else v for k, v in options.items()}
        return pools[n](x, each(kernel_size, n), each(stride, n), **options)

    return apply


def _avg_pool(n: int) -> Any:
    pool = (ops.avg_pool1d, ops.avg_pool2d, ops.avg_pool3d)[n - 1]

    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        sides = pairs(padding, n)
        in_a_row = tuple(side for pair in sides for side in pair)
        ends = sides[0][0] if n == 1 else in_a_row
        return pool(x, _number(kernel_size, n), _number(stride, n), ends, **options)

    return apply


MODES = {
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    sides = [side for pair in reversed(pairs(padding, x.ndim - 2)) for side in pair]
    return ops.pad(x, sides, MODES[mode], value if mode == "constant" else None)


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(logits: Any, target: Any, **options: Any) -> Any:
    """Class indices of MindSpore are int32."""
    target = target.astype(ms.int32) if "Int" in str(target.dtype) else target
    return ops.cross_entropy(logits, target, **options)


def _binary_cross_entropy(logits: Any, target: Any, **options: Any) -> Any:
    ones = ops.ones_like(logits)
    return ops.binary_cross_entropy_with_logits(logits, target, ones, ones, **options)


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    usual = [ops.full((x.shape[1],), value, dtype=x.dtype) for value in (0, 1, 1, 0)]
    asked = running_mean, running_var, weight, bias
    given = [u if a is None else a for u, a in zip(usual, asked)]  # noqa: B905
    return ops.batch_norm(x, *given, training, **options)


def _layer_norm(x: Any, normalized_shape: Any, **options: Any) -> Any:
    return ops.layer_norm(x, each(normalized_shape, 1), **options)


def _leaky_relu(x: Any, **options: Any) -> Any:
    named = {"alpha": options["negative_slope"]} if options else {}
    return ops.leaky_relu(x, **named)


def _elu(x: Any, **options: Any) -> Any:
    return ops.elu(x, *map(float, options.values()))


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": lambda x, weight, bias=None: ops.dense(x, weight, bias),
    "relu": lambda x: ops.relu(x),
    "leaky_relu": _leaky_relu,
    "hardtanh": lambda x, **limits: ops.hardtanh(x, **limits),
    "sigmoid": lambda x: ops.sigmoid(x),
    "tanh": lambda x: ops.tanh(x),
    "softmax": lambda x, axis=-1: ops.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: ops.log_softmax(x, axis),
    "exp": lambda x: ops.exp(x),
    "softplus": lambda x, **options: ops.softplus(x, **options),
    "silu": lambda x: ops.silu(x),
    "gelu": lambda x, **options: ops.gelu(x, **options),
    "elu": _elu,
    "prelu": lambda x, weight: ops.prelu(x, weight),
    "hardsigmoid": lambda x: ops.hardsigmoid(x),
    "hardswish": lambda x: ops.hardswish(x),
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "mse_loss": lambda output, target, **options: ops.mse_loss(output, target, **options),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": lambda x, num_groups, **options: ops.group_norm(x, num_groups, **options),
    "add": lambda x, other: ops.add(x, other),
    "subtract": lambda x, other: ops.sub(x, other),
    "multiply": lambda x, other: ops.mul(x, other),
    "divide": lambda x, other: ops.div(x, other),
    "power": lambda x, exponent: ops.pow(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: ops.mean(x, axis, keepdims),
    "absolute": lambda x: ops.abs(x),
    "maximum": lambda x, other: ops.maximum(x, other),
    "sum": lambda x: ops.sum(x),
    "cumprod": lambda x: ops.cumprod(x, 0),
}
