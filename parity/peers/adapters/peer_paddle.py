"""PaddlePaddle on the CPU, eager, one thread."""

from __future__ import annotations

import os
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import paddle
import paddle.nn.functional as F  # noqa: N812 (its customary name)
from peer_tools import Missing, answered, each, need, pairs, spans

paddle.set_device("cpu")


def about() -> dict[str, Any]:
    return {
        "library": "paddlepaddle",
        "version": paddle.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "eager, CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    tensors = {name: paddle.to_tensor(array) for name, array in arrays.items()}
    inputs = [tensors[name] for name in wanted]
    for tensor in inputs:
        tensor.stop_gradient = False
    y = function(**tensors, **options)
    found = {"y": y.numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = paddle.grad([y], inputs, [paddle.to_tensor(dy)])
        found.update({f"d{n}": g.numpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found


# --- windows ------------------------------------------------------------------------------

BORDERS = {
    "constant": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def _numbers(padding: Any, n: int, kernel: Any = ()) -> Any:
    """Paddle takes one number for both ends of an axis, or all of them in a row."""
    if padding in ("same", "valid"):
        return padding.upper()
    sides = pairs(padding, n, kernel)
    if all(before == behind for before, behind in sides):
        return [before for before, _ in sides]
    return [side for pair in sides for side in pair]


def _conv(n: int) -> Any:
    convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, padding_mode="zeros")
        reach = spans(weight, options.get("dilation", 1))
        options["padding"] = _numbers(options.get("padding", 0), n, reach)
        return convolve(x, weight, bias, **_each_axis(options, n))

    return apply


def _each_axis(options: dict[str, Any], n: int) -> dict[str, Any]:
    """A tuple of one number is not taken for all axes."""
    names = ("stride", "dilation", "output_padding", "kernel_size")
    return {k: list(each(v, n)) if k in names else v for k, v in options.items()}


def _conv_transpose(n: int) -> Any:
    convolve = (F.conv1d_transpose, F.conv2d_transpose, F.conv3d_transpose)[n - 1]

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        options["padding"] = list(each(options.get("padding", 0), n))
        options = _each_axis(options, n)
        return convolve(x, weight, bias, **options)

    return apply


def _pool(pools: Any, n: int, **usual: Any) -> Any:
    def apply(x: Any, **options: Any) -> Any:
        need(options, **usual)
        if "padding" in options:
            options["padding"] = _numbers(options["padding"], n)
        if "count_include_pad" in options:
            options["exclusive"] = not options.pop("count_include_pad")
        return pools[n - 1](x, **_each_axis(options, n))

    return apply


MAXIMA = F.max_pool1d, F.max_pool2d, F.max_pool3d
AVERAGES = F.avg_pool1d, F.avg_pool2d, F.avg_pool3d


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    sides = [side for pair in reversed(pairs(padding, x.ndim - 2)) for side in pair]
    layout = {3: "NCL", 4: "NCHW", 5: "NCDHW"}[x.ndim]
    return F.pad(x, sides, BORDERS[mode], value, data_format=layout)


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(logits: Any, target: Any, **options: Any) -> Any:
    soft = not str(target.dtype).startswith("paddle.int")
    axis = 1 if logits.ndim > 1 else 0
    return F.cross_entropy(logits, target, soft_label=soft, axis=axis, **options)


def _eps(options: dict[str, Any]) -> dict[str, Any]:
    """eps is called epsilon."""
    return {"epsilon" if name == "eps" else name: v for name, v in options.items()}


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    if running_mean is None:
        running_mean, running_var = paddle.zeros([x.shape[1]]), paddle.ones([x.shape[1]])
    return F.batch_norm(
        x, running_mean, running_var, weight, bias, training,
        data_format={2: "NC", 3: "NCL", 4: "NCHW", 5: "NCDHW"}[x.ndim], **_eps(options),
    )  # fmt: skip


def _layer_norm(
    x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **options: Any
) -> Any:
    return F.layer_norm(x, list(each(normalized_shape, 1)), weight, bias, **_eps(options))


def _group_norm(x: Any, num_groups: int, **options: Any) -> Any:
    layout = {3: "NCL", 4: "NCHW", 5: "NCDHW"}
    if x.ndim not in layout:
        raise Missing(f"group_norm takes no x of {x.ndim} axes")
    return F.group_norm(x, num_groups, data_format=layout[x.ndim], **_eps(options))


def _local_response_norm(x: Any, size: int, **options: Any) -> Any:
    layout = {3: "NCL", 4: "NCHW", 5: "NCDHW"}
    if x.ndim not in layout:
        raise Missing(f"local_response_norm takes no x of {x.ndim} axes")
    return F.local_response_norm(x, size, data_format=layout[x.ndim], **options)


def _hardtanh(x: Any, **limits: Any) -> Any:
    return F.hardtanh(x, **{name[:3]: value for name, value in limits.items()})


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """Paddle's weight has its inputs first."""
    return F.linear(x, paddle.transpose(weight, [1, 0]), bias)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _pool(MAXIMA, n, dilation=1) for n in (1, 2, 3)},
    "avg_pool1d": _pool(AVERAGES, 1, divisor_override=None),
    **{f"avg_pool{n}d": _pool(AVERAGES, n) for n in (2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "hardtanh": _hardtanh,
    "sigmoid": F.sigmoid,
    "tanh": F.tanh,
    "softmax": F.softmax,
    "log_softmax": F.log_softmax,
    "exp": paddle.exp,
    "softplus": F.softplus,
    "silu": F.silu,
    "gelu": F.gelu,
    "elu": F.elu,
    "prelu": F.prelu,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": lambda logits, target, **options: (
        F.binary_cross_entropy_with_logits(logits, target, **options)
    ),
    "mse_loss": lambda output, target, **options: F.mse_loss(output, target, **options),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "local_response_norm": _local_response_norm,
    "add": lambda x, other: paddle.add(x, other),
    "subtract": lambda x, other: paddle.subtract(x, other),
    "multiply": lambda x, other: paddle.multiply(x, other),
    "divide": lambda x, other: paddle.divide(x, other),
    "power": lambda x, exponent: paddle.pow(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: paddle.mean(x, axis, keepdims),
    "absolute": lambda x: paddle.abs(x),
    "maximum": lambda x, other: paddle.maximum(x, other),
    "sum": lambda x: paddle.sum(x),
    "cumprod": lambda x: paddle.cumprod(x, 0),
}
