"""ncnn on the CPU, one thread, float32, forward only: a net of one layer for each question."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version
from typing import Any

import ncnn
import numpy as np
from peer_tools import Missing, answered, each, need, pairs, spans

FLOAT32 = b"\0\0\0\0"  # what stands before weights that are no other type
FULL, VALID, SAME_UPPER, SAME_LOWER = 0, 1, 2, 3  # pad_mode of Pooling; 0 is its default


def about() -> dict[str, Any]:
    return {
        "library": "ncnn",
        "version": version("ncnn"),
        "dtypes": ["float32"],
        "gradients": False,
        "note": "CPU, fp16 off",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    if any(array.dtype == np.float64 for array in arrays.values()):
        raise Missing("float32 alone")
    return {"y": function(**arrays, **options)}


def _layer(kind: str, x: Any, given: dict[int, Any], weights: bytes = b"") -> Any:
    """Each sample through a net of this layer; what the numbers mean is in ncnn's wiki."""
    said = " ".join(f"{number}={value}" for number, value in given.items())
    with tempfile.TemporaryDirectory() as folder:
        text, data = os.path.join(folder, "net.param"), os.path.join(folder, "net.bin")
        with open(text, "w") as file:
            file.write(f"7767517\n2 2\nInput x 0 1 x\n{kind} one 1 1 x y {said}\n")
        with open(data, "wb") as file:
            file.write(weights)
        net = ncnn.Net()
        net.opt.num_threads = 1
        net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = False
        if net.load_param(text) or net.load_model(data):
            raise RuntimeError(f"{kind} cannot be loaded")
        return np.stack([_asked(net, sample) for sample in x])


def _asked(net: Any, sample: Any) -> Any:
    extractor = net.create_extractor()
    held = np.array(sample, order="C")  # a Mat of it has no numbers of its own
    mat = ncnn.Mat(held).clone()
    extractor.input("x", mat)
    failed, y = extractor.extract("y")
    if failed:
        raise RuntimeError(f"extract gives {failed}")
    return np.array(y)


def _sides(padding: Any, kernel: Any = (), numbers: Any = (4, 15, 14, 16)) -> dict[int, int]:
    """left, right, top, bottom"""
    (top, bottom), (left, right) = pairs(padding, 2, kernel)
    return dict(zip(numbers, (left, right, top, bottom)))  # noqa: B905


def _conv2d(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
    need(options, padding_mode="zeros")
    height, width = weight.shape[2:]
    (down, across), (by_rows, by_columns) = each(options["stride"], 2), each(options["dilation"], 2)
    given = {
        0: weight.shape[0], 1: width, 11: height, 2: by_columns, 12: by_rows, 3: across, 13: down,
        **_sides(options["padding"], spans(weight, options["dilation"])),
        5: int(bias is not None), 6: weight.size,
    }  # fmt: skip
    kind = "Convolution"
    if options["groups"] != 1:
        kind, given[7] = "ConvolutionDepthWise", options["groups"]
    last = b"" if bias is None else bias.tobytes()
    return _layer(kind, x, given, FLOAT32 + weight.tobytes() + last)


def _pool(kind: int, **usual: Any) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, **options: Any) -> Any:
        (height, width), (down, across) = each(kernel_size, 2), each(stride, 2)
        given = {0: kind, 1: width, 11: height, 2: across, 12: down}
        named = {"same": SAME_UPPER, "same_lower": SAME_LOWER}
        padding = options.pop("padding", 0)
        given.update({} if padding in named else _sides(padding, (), (3, 14, 13, 15)))
        if "ceil_mode" in options:
            given[5] = FULL if options.pop("ceil_mode") else VALID
        if padding in named:
            given[5] = named[padding]
        if kind == 1 and "count_include_pad" in options:
            given[6] = int(options.pop("count_include_pad"))
        need(options, **usual)
        return _layer("Pooling", x, given)

    return apply


def _of_x(kind: str, **numbers: int) -> Any:
    def apply(x: Any, **options: Any) -> Any:
        return _layer(kind, x, {numbers[name]: float(v) for name, v in options.items()})

    return apply


def _leaky_relu(x: Any, **options: Any) -> Any:
    if not options:
        raise Missing("ReLU's slope is 0 unless given")
    return _layer("ReLU", x, {0: float(options["negative_slope"])})


def _softmax(x: Any, axis: int = -1) -> Any:
    if axis in (0, -x.ndim):
        raise Missing("the axis of the samples is none")
    return _layer("Softmax", x, {0: axis % x.ndim - 1, 1: 1})


def _gelu(x: Any, **options: Any) -> Any:
    fast = {"tanh": 1, "none": 0}
    return _layer("GELU", x, {0: fast[options["approximate"]]} if options else {})


FUNCTIONS = {
    "conv2d": _conv2d,
    "max_pool2d": _pool(0, dilation=1),
    "avg_pool2d": _pool(1, divisor_override=None),
    "relu": _of_x("ReLU"),
    "leaky_relu": _leaky_relu,
    "hardtanh": _of_x("Clip", min_val=0, max_val=1),
    "sigmoid": _of_x("Sigmoid"),
    "tanh": _of_x("TanH"),
    "softmax": _softmax,
    "elu": _of_x("ELU", alpha=0),
    "silu": _of_x("Swish"),
    "gelu": _gelu,
    "absolute": lambda x: _layer("UnaryOp", x[None], {0: 0})[0],
    "exp": lambda x: _layer("UnaryOp", x, {0: 7}),
}
