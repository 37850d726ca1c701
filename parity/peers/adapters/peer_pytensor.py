"""PyTensor, compiled for each question."""

from __future__ import annotations

import os
from typing import Any

os.environ["PYTENSOR_FLAGS"] = "cxx="

import numpy as np
import pytensor
import pytensor.tensor as pt
from peer_tools import answered, need
from pytensor.tensor.special import log_softmax, softmax


def about() -> dict[str, Any]:
    return {
        "library": "pytensor",
        "version": pytensor.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": f"mode {pytensor.config.mode}, linker without C++",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    given = {n: pt.tensor(n, shape=v.shape, dtype=str(v.dtype)) for n, v in arrays.items()}
    y = function(**given, **options)
    outputs, names = [y], ["y"]
    if wanted and tuple(y.type.shape) == dy.shape:
        upstream = pt.constant(dy)
        outputs += pytensor.grad(None, [given[name] for name in wanted], known_grads={y: upstream})
        names += [f"d{name}" for name in wanted]
    compiled = pytensor.function(list(given.values()), outputs, on_unused_input="ignore")
    return dict(zip(names, map(np.asarray, compiled(*arrays.values()))))  # noqa: B905


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = pt.matmul(x, weight.T)
    return y if bias is None else y + bias


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return pt.softplus(x)


FUNCTIONS = {
    "linear": _linear,
    "hardtanh": lambda x, min_val=-1, max_val=1: pt.clip(x, min_val, max_val),
    "sigmoid": lambda x: pt.sigmoid(x),
    "tanh": lambda x: pt.tanh(x),
    "softmax": lambda x, axis=-1: softmax(x, axis),
    "log_softmax": lambda x, axis=-1: log_softmax(x, axis),
    "exp": lambda x: pt.exp(x),
    "softplus": _softplus,
    "add": lambda x, other: pt.add(x, other),
    "subtract": lambda x, other: pt.sub(x, other),
    "multiply": lambda x, other: pt.mul(x, other),
    "divide": lambda x, other: pt.true_div(x, other),
    "power": lambda x, exponent: pt.power(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: pt.mean(x, axis=axis, keepdims=keepdims),
    "absolute": lambda x: pt.abs(x),
    "maximum": lambda x, other: pt.maximum(x, other),
    "sum": lambda x: pt.sum(x),
    "cumprod": lambda x: pt.cumprod(x),
}
MISSING = {
    **{f"{kind}_pool{n}d": "no pooling" for kind in ("max", "avg") for n in (1, 2, 3)},
    "relu": "no relu: maximum(x, 0) stands for it, which is asked as maximum",
}
