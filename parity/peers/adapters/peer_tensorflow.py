"""TensorFlow on the CPU, eager, one thread."""

from __future__ import annotations

import os
from typing import Any

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tensorflow as tf
from peer_tools import Missing, answered, each, need, pairs, spans, without

tf.config.threading.set_intra_op_parallelism_threads(1)
tf.config.threading.set_inter_op_parallelism_threads(1)


def about() -> dict[str, Any]:
    return {
        "library": "tensorflow",
        "version": tf.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "eager, CPU",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    tensors = {name: tf.constant(array) for name, array in arrays.items()}
    inputs = [tensors[name] for name in wanted]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        y = function(**tensors, **options)
    found = {"y": y.numpy()}
    if inputs and tuple(y.shape) == dy.shape:
        gradients = tape.gradient(y, inputs, tf.constant(dy))
        found.update({f"d{n}": tf.convert_to_tensor(g).numpy() for n, g in zip(wanted, gradients)})  # noqa: B905
    return found


# --- windows, channels last ---------------------------------------------------------------

MODES = {"constant": "CONSTANT", "reflect": "REFLECT"}  # of tf.pad


def _last(x: Any) -> Any:
    """(N, C, …) -> (N, …, C)"""
    return tf.transpose(x, [0, *range(2, x.ndim), 1])


def _first(x: Any) -> Any:
    """(N, …, C) -> (N, C, …)"""
    return tf.transpose(x, [0, x.ndim - 1, *range(1, x.ndim - 1)])


def _kernel(weight: Any) -> Any:
    """(O, I, …) -> (…, I, O)"""
    return tf.transpose(weight, [*range(2, weight.ndim), 1, 0])


def _with_bias(y: Any, bias: Any) -> Any:
    return y if bias is None else tf.nn.bias_add(y, bias)


def _conv(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, **options: Any,
    ) -> Any:  # fmt: skip
        need(options, padding_mode="zeros")
        x, name = _last(x), "VALID"
        if padding in ("same", "valid"):
            name = padding.upper()
        else:
            x = tf.pad(x, [(0, 0), *pairs(padding, n, spans(weight, dilation)), (0, 0)])
        # groups are what the channels of x are to those of the kernel
        steps = each(stride, n), each(dilation, n)
        layout = ("NWC", "NHWC", "NDHWC")[n - 1]
        y = tf.nn.convolution(x, _kernel(weight), steps[0], name, layout, steps[1])
        return _first(_with_bias(y, bias))

    return apply


def _conv_transpose(n: int) -> Any:
    def apply(
        x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, **options: Any,
    ) -> Any:  # fmt: skip
        """TensorFlow has no padding in numbers here: the border is cut off behind it."""
        need(options, groups=1, dilation=1, output_padding=0)
        if any(each(output_padding, n)):
            raise Missing(f"conv{n}d_transpose has no output_padding {output_padding!r}")
        strides, cut = each(stride, n), each(padding, n)
        kernel = weight.shape[2:]
        whole = [s * (size - 1) + k for s, size, k in zip(strides, x.shape[2:], kernel)]  # noqa: B905
        shape = [x.shape[0], *whole, weight.shape[1]]
        y = tf.nn.conv_transpose(_last(x), _kernel(weight), shape, strides, "VALID")
        y = y[(slice(None), *(slice(p, size - p) for p, size in zip(cut, whole)))]  # noqa: B905
        return _first(_with_bias(y, bias))

    return apply


def _sides(padding: Any, n: int) -> Any:
    if padding in ("same", "valid"):
        return padding.upper()
    return pairs(padding, n)


def _max_pool(n: int) -> Any:
    pool = (tf.nn.max_pool1d, tf.nn.max_pool2d, tf.nn.max_pool3d)[n - 1]

    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        need(options, ceil_mode=False, dilation=1)
        sides = _sides(padding, n)
        if not isinstance(sides, str):
            if any(map(any, sides)) and n != 2:
                raise Missing(f"max_pool{n}d has no padding in numbers")
            sides = [(0, 0), *sides, (0, 0)] if any(map(any, sides)) else "VALID"
        return _first(pool(_last(x), each(kernel_size, n), each(stride, n), sides))

    return apply


def _avg_pool(n: int) -> Any:
    pool = (tf.nn.avg_pool1d, tf.nn.avg_pool2d, tf.nn.avg_pool3d)[n - 1]

    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        sides = _sides(padding, n)
        if not isinstance(sides, str):
            if any(map(any, sides)):
                raise Missing(f"avg_pool{n}d has no padding in numbers")
            options.pop("count_include_pad", None)  # there is nothing to count
            sides = "VALID"
        elif options.pop("count_include_pad", False):
            raise Missing("average pooling cannot count the padding")
        need(options, ceil_mode=False, divisor_override=None)
        return _first(pool(_last(x), each(kernel_size, n), each(stride, n), sides))

    return apply


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    if mode not in MODES:
        raise Missing(f"tf.pad has no mode {mode!r}")
    sides = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    return tf.pad(x, sides, MODES[mode], value)


# --- losses, normalisation ----------------------------------------------------------------


def _reduced(losses: Any, reduction: str = "none") -> Any:
    """TensorFlow gives the losses of the samples; what is done with them is the caller's."""
    return {"none": lambda v: v, "sum": tf.reduce_sum, "mean": tf.reduce_mean}[reduction](losses)


def _cross_entropy(
    logits: Any, target: Any, reduction: str = "none", weight: Any = None, **options: Any
) -> Any:
    without("softmax_cross_entropy_with_logits has no {}", weight=weight)
    need(options, ignore_index=-100, label_smoothing=0)
    if target.dtype.is_integer:
        z = _last(logits) if logits.ndim > 1 else logits
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(target, z)
    else:
        axis = 1 if logits.ndim > 1 else 0
        losses = tf.nn.softmax_cross_entropy_with_logits(target, logits, axis)
    return _reduced(losses, reduction)


def _binary_cross_entropy(logits: Any, target: Any, reduction: str = "none") -> Any:
    return _reduced(tf.nn.sigmoid_cross_entropy_with_logits(target, logits), reduction)


def _mse_loss(output: Any, target: Any, reduction: str = "none") -> Any:
    return _reduced(tf.math.squared_difference(output, target), reduction)


def _eps(options: dict[str, Any]) -> Any:
    if "eps" not in options:
        raise Missing("eps has no default")
    return options.pop("eps")


def _of_channels(v: Any, x: Any) -> Any:
    return None if v is None else tf.reshape(v, (1, -1, *(1,) * (x.ndim - 2)))


def _batch_norm(
    x: Any, running_mean: Any = None, running_var: Any = None, weight: Any = None, bias: Any = None,
    training: bool = False, **options: Any,
) -> Any:  # fmt: skip
    need(options, momentum=None)
    mean, var = _of_channels(running_mean, x), _of_channels(running_var, x)
    if training:
        mean, var = tf.nn.moments(x, [0, *range(2, x.ndim)], keepdims=True)
    affine = _of_channels(bias, x), _of_channels(weight, x)
    return tf.nn.batch_normalization(x, mean, var, *affine, _eps(options))


def _local_response_norm(x: Any, size: int, **options: Any) -> Any:
    """lrn counts the channels on either side and does not divide alpha by their number."""
    if size % 2 == 0 or x.ndim != 4:
        raise Missing("lrn takes four axes and an odd size")
    alpha = {"alpha": options.pop("alpha") / size} if "alpha" in options else {}
    bias = {"bias": options.pop("k")} if "k" in options else {}
    return _first(
        tf.nn.local_response_normalization(_last(x), size // 2, **bias, **alpha, **options)
    )


# --- functions of one element -------------------------------------------------------------


def _leaky_relu(x: Any, **options: Any) -> Any:
    named = {"alpha": options["negative_slope"]} if options else {}
    return tf.nn.leaky_relu(x, **named)


def _gelu(x: Any, **options: Any) -> Any:
    if "approximate" in options:
        options["approximate"] = options["approximate"] == "tanh"
    return tf.nn.gelu(x, **options)


def _elu(x: Any, **options: Any) -> Any:
    need(options, alpha=1)
    return tf.nn.elu(x)


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return tf.nn.softplus(x)


def _hardtanh(x: Any, min_val: Any = -1, max_val: Any = 1) -> Any:
    return tf.clip_by_value(x, min_val, max_val)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    return _with_bias(tf.matmul(x, weight, transpose_b=True), bias)


def _mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return tf.reduce_mean(x, axis, keepdims)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    **{f"conv_transpose{n}d": _conv_transpose(n) for n in (1, 2, 3)},
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "relu": lambda x: tf.nn.relu(x),
    "leaky_relu": _leaky_relu,
    "hardtanh": _hardtanh,
    "sigmoid": lambda x: tf.nn.sigmoid(x),
    "tanh": lambda x: tf.nn.tanh(x),
    "softmax": lambda x, axis=-1: tf.nn.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: tf.nn.log_softmax(x, axis),
    "exp": lambda x: tf.exp(x),
    "softplus": _softplus,
    "silu": lambda x: tf.nn.silu(x),
    "gelu": _gelu,
    "elu": _elu,
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "mse_loss": _mse_loss,
    "batch_norm": _batch_norm,
    "local_response_norm": _local_response_norm,
    "add": lambda x, other: tf.add(x, other),
    "subtract": lambda x, other: tf.subtract(x, other),
    "multiply": lambda x, other: tf.multiply(x, other),
    "divide": lambda x, other: tf.divide(x, other),
    "power": lambda x, exponent: tf.pow(x, exponent),
    "mean": _mean,
    "absolute": lambda x: tf.abs(x),
    "maximum": lambda x, other: tf.maximum(x, other),
    "sum": lambda x: tf.reduce_sum(x),
    "cumprod": lambda x: tf.math.cumprod(x),
}
