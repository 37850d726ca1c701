"""MyGrad, on NumPy."""

from __future__ import annotations

from typing import Any

import mygrad as mg
import mygrad.nnet as nnet
import numpy as np
from peer_tools import Missing, answered, each, need, pairs, spans


def about() -> dict[str, Any]:
    return {
        "library": "mygrad",
        "version": mg.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "on NumPy",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {name: mg.tensor(array) if name in wanted else array for name, array in arrays.items()}
    y = function(**given, **options)
    found = {"y": np.asarray(y)}
    if wanted and y.shape == dy.shape:
        y.backward(dy)
        found.update({f"d{name}": given[name].grad for name in wanted})
    return found


# --- windows ------------------------------------------------------------------------------


def _conv(n: int) -> Any:
    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, groups=1, padding_mode="zeros")
        reach = spans(weight, options.get("dilation", 1))
        sides = pairs(options.pop("padding", 0), n, reach)
        if any(before != behind for before, behind in sides):
            raise Missing("conv_nd pads both ends of an axis alike")
        options = {name: each(value, n) for name, value in options.items()}
        y = nnet.conv_nd(x, weight, padding=tuple(before for before, _ in sides), **options)
        return y if bias is None else y + bias.reshape(1, -1, *(1,) * n)

    return apply


def _max_pool(n: int) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, **options: Any) -> Any:
        need(options, ceil_mode=False, dilation=1)
        if any(map(any, pairs(options.pop("padding", 0), n))):
            raise Missing("max_pool has no padding")
        return nnet.max_pool(x, each(kernel_size, n), each(stride, n))

    return apply


# --- losses, normalisation ----------------------------------------------------------------


def _cross_entropy(
    logits: Any, target: Any, reduction: str = "mean", weight: Any = None, **options: Any
) -> Any:
    need(options, ignore_index=-100, label_smoothing=0)
    if reduction != "mean":
        raise Missing(f"softmax_crossentropy has no reduction {reduction!r}")
    if np.asarray(target).dtype.kind == "f":
        raise Missing("softmax_crossentropy takes class indices alone")
    if weight is not None:
        return nnet.negative_log_likelihood(nnet.logsoftmax(logits), target, weights=weight)
    return nnet.softmax_crossentropy(logits, target)


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    if not training:
        raise Missing("batchnorm has no running statistics")
    if "eps" not in options:
        raise Missing("eps has no default")
    return nnet.batchnorm(x, gamma=weight, beta=bias, eps=options["eps"])


# --- functions of one element -------------------------------------------------------------


def _leaky_relu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("leaky_relu's slope has no default")
    return nnet.leaky_relu(x, options["negative_slope"])


def _elu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("elu's alpha has no default")
    return nnet.elu(x, options["alpha"])


def _hardtanh(x: Any, **limits: Any) -> Any:
    names = {"min_val": "lower_bound", "max_val": "upper_bound"}
    return nnet.hard_tanh(x, **{names[name]: value for name, value in limits.items()})


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = mg.matmul(x, weight.T)
    return y if bias is None else y + bias


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    "linear": _linear,
    "relu": lambda x: nnet.relu(x),
    "leaky_relu": _leaky_relu,
    "hardtanh": _hardtanh,
    "sigmoid": lambda x: nnet.sigmoid(x),
    "tanh": lambda x: nnet.tanh(x),
    "softmax": lambda x, axis=-1: nnet.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: nnet.logsoftmax(x, axis),
    "exp": lambda x: mg.exp(x),
    "elu": _elu,
    "cross_entropy": _cross_entropy,
    "batch_norm": _batch_norm,
    "add": lambda x, other: mg.add(x, other),
    "subtract": lambda x, other: mg.subtract(x, other),
    "multiply": lambda x, other: mg.multiply(x, other),
    "divide": lambda x, other: mg.divide(x, other),
    "power": lambda x, exponent: mg.power(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: mg.mean(x, axis, keepdims),
    "absolute": lambda x: mg.absolute(x),
    "maximum": lambda x, other: mg.maximum(x, other),
    "sum": lambda x: mg.sum(x),
    "cumprod": lambda x: mg.cumprod(x),
}
MISSING = {f"avg_pool{n}d": "no average pooling" for n in (1, 2, 3)}
