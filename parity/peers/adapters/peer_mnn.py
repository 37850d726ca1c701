"""MNN on the CPU, float32, forward only: MNN.expr."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import MNN.expr as F  # noqa: N812 (its customary name)
import numpy as np
from peer_tools import Missing, answered, each, need, pairs

PADDED = {"same": F.SAME}


def about() -> dict[str, Any]:
    return {
        "library": "mnn",
        "version": version("MNN"),
        "dtypes": ["float32"],
        "gradients": False,
        "note": "MNN.expr, CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    if any(array.dtype == np.float64 for array in arrays.values()):
        raise Missing("float32 alone")
    given = {name: _var(array) for name, array in arrays.items()}
    y = function(**given, **options)
    return {"y": np.array(F.convert(y, F.NCHW).read() if len(y.shape) == 4 else y.read())}


def _var(array: Any) -> Any:
    return F.const(np.array(array, order="C").ravel().tolist(), list(array.shape), F.NCHW)


def _maps(x: Any) -> Any:
    """In blocks of four channels, as its windows want them."""
    return F.convert(x, F.NC4HW4)


def _ends(padding: Any) -> list[int]:
    sides = pairs(padding, 2)
    if any(before != behind for before, behind in sides):
        raise Missing("both ends of an axis are padded alike")
    return [before for before, _ in reversed(sides)]


def _across(value: Any) -> list[int]:
    """MNN has the columns before the rows."""
    return list(reversed(each(value, 2)))


def _conv2d(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
    need(options, padding_mode="zeros")
    padding, outputs = options["padding"], weight.shape[0]
    bias = F.const([0.0] * outputs, [outputs]) if bias is None else bias
    steps = _across(options["stride"])
    dilation, groups = _across(options["dilation"]), options["groups"]
    if padding in PADDED:
        given = [0, 0], dilation, groups, PADDED[padding]
    else:
        given = _ends(padding), dilation, groups, F.CAFFE
    return F.conv2d(_maps(x), weight, bias, steps, *given)


def _pool(pool: Any, **usual: Any) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        need(options, ceil_mode=False, **usual)
        windows = _across(kernel_size), _across(stride)
        if padding in PADDED:
            return pool(_maps(x), *windows, PADDED[padding])
        ends = _ends(padding)
        return pool(_maps(x), *windows, F.CAFFE if any(ends) else F.VALID, ends)

    return apply


FUNCTIONS = {
    "conv2d": _conv2d,
    "max_pool2d": _pool(F.max_pool, dilation=1),
    "avg_pool2d": _pool(F.avg_pool, count_include_pad=False, divisor_override=None),
    "relu": lambda x: F.relu(x),
    "sigmoid": lambda x: F.sigmoid(x),
    "tanh": lambda x: F.tanh(x),
    "softmax": lambda x, axis=-1: F.softmax(x, axis),
    "exp": lambda x: F.exp(x),
    "add": lambda x, other: F.add(x, other),
    "subtract": lambda x, other: F.subtract(x, other),
    "multiply": lambda x, other: F.multiply(x, other),
    "divide": lambda x, other: F.divide(x, other),
    "absolute": lambda x: F.abs(x),
    "maximum": lambda x, other: F.maximum(x, other),
}
