"""Every error text in full, and every rule for sizes and padding."""

import sys
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import refimpl
from refimpl.shapes import CHECKED, conv_geometry, pool_geometry

# --- error texts --------------------------------------------------------------------------

IMAGE = np.zeros((2, 3, 7, 6))
KERNEL = np.zeros((4, 3, 5, 2))
LOGITS = np.zeros((2, 3))


def conv2d(**options: Any) -> Any:
    return refimpl.conv2d(IMAGE, KERNEL, **options)


def max_pool2d(**options: Any) -> Any:
    return refimpl.max_pool2d(IMAGE, **{"kernel_size": 2, **options})


REFUSED: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "infinite slope beside Fractions": (
        lambda: refimpl.leaky_relu(np.array([Fraction(1)]), float("inf")),
        ValueError,
        "leaky_relu: negative_slope must be finite beside exact numbers, but is inf",
    ),
    "sigmoid of Fractions": (
        lambda: refimpl.sigmoid(np.array([Fraction(1)])),
        TypeError,
        "sigmoid: x holds Fraction, which has no method exp; give floats, or objects that have it",
    ),
    "tanh of Fractions": (
        lambda: refimpl.tanh(np.array([Fraction(1)])),
        TypeError,
        "tanh: x holds Fraction, which has no method tanh; give floats, or objects that have it",
    ),
    "softmax of Fractions": (
        lambda: refimpl.softmax(np.array([Fraction(1)])),
        TypeError,
        "softmax: x holds Fraction, which has no method exp; give floats, or objects that have it",
    ),
    "log_softmax of Fractions": (
        lambda: refimpl.log_softmax(np.array([Fraction(1)])),
        TypeError,
        "log_softmax: x holds Fraction, which has no method exp; "
        "give floats, or objects that have it",
    ),
    "activations of no forward": (
        lambda: refimpl.Sequential({"act": refimpl.ReLU()}).backward(np.zeros(2), []),
        ValueError,
        "Sequential.backward: activations must have 2 entries, but has 0",
    ),
    "a join with one input": (
        lambda: refimpl.Sequential({"act": refimpl.ReLU(), "sum": refimpl.Add()}),
        ValueError,
        "Sequential: layer 'sum' (Add) takes 2 inputs, but is given 1 (act)",
    ),
    "an activation with two inputs": (
        lambda: refimpl.Network({"a": refimpl.ReLU(), "b": refimpl.Tanh()}, {"b": ("x", "a")}),
        ValueError,
        "Network: layer 'b' (Tanh) takes 1 input, but is given 2 (x, a)",
    ),
    "a class in place of a layer": (
        lambda: refimpl.Sequential({"act": refimpl.ReLU}),  # type: ignore[dict-item]
        TypeError,
        "Sequential: layer 'act' must be a layer, such as ReLU(), but is ReLU (type)",
    ),
    "nothing in place of a layer": (
        lambda: refimpl.Sequential({"act": None}),  # type: ignore[dict-item]
        TypeError,
        "Sequential: layer 'act' must be a layer, such as ReLU(), but is None (NoneType)",
    ),
    "one width of an MLP": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2,)),
        ValueError,
        "mlp: sizes must have at least 2 entries, but has 1",
    ),
    "no width of an MLP": (
        lambda: refimpl.mlp(np.random.default_rng(0), ()),
        ValueError,
        "mlp: sizes must have at least 2 entries, but has 0",
    ),
    "a number in place of widths": (
        lambda: refimpl.mlp(np.random.default_rng(0), 5),  # type: ignore[arg-type]
        ValueError,
        "mlp: sizes must have at least 2 entries, but has 1",
    ),
    "a width of 0": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2, 0, 1)),
        ValueError,
        "mlp: sizes must be at least 1, but is (2, 0, 1)",
    ),
    "a function in place of a hidden class": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2, 1), refimpl.relu),  # type: ignore[arg-type]
        TypeError,
        f"mlp: hidden must be a class of layers, such as Tanh, but is {refimpl.relu!r}",
    ),
    "another class in place of a layer's": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2, 1), int),  # type: ignore[arg-type]
        TypeError,
        "mlp: hidden must be a class of layers, such as Tanh, but is <class 'int'>",
    ),
    "a first layer that nothing takes": (
        lambda: refimpl.Network({"a": refimpl.ReLU(), "b": refimpl.ReLU()}, {"b": ("x",)}),
        ValueError,
        "Network: no layer takes the output of 'a'",
    ),
    "widths that are no integers": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2, 2.5, 1)),  # type: ignore[arg-type]
        TypeError,
        "mlp: sizes must be an integer or 3 of them, but is (2, 2.5, 1)",
    ),
    "a layer in place of a class": (
        lambda: refimpl.mlp(np.random.default_rng(0), (2, 1), output=refimpl.relu),  # type: ignore[arg-type]
        TypeError,
        f"mlp: output must be a class of layers, such as Tanh, but is {refimpl.relu!r}",
    ),
    "an Inception block without its maps": (
        lambda: refimpl.inception_block(np.random.default_rng(0), "mix", "x", 5, {"1x1": 2}),
        ValueError,
        "inception_block: maps must have '1×1', '3×3 reduce', '3×3', '5×5 reduce', '5×5', "
        "'pool', but lacks '1×1', '3×3 reduce', '3×3', '5×5 reduce', '5×5', 'pool' "
        "(it has '1x1')",
    ),
    "a batch in place of batches": (
        lambda: next(refimpl.train(refimpl.Sequential({}), (np.zeros(2), np.zeros(2)), 1)),  # type: ignore[arg-type]
        TypeError,
        "train: batches must hold pairs (x, target), but holds a ndarray",
    ),
    "a batch of three": (
        lambda: next(refimpl.train(refimpl.Sequential({}), [(np.zeros(2),) * 3], 1)),  # type: ignore[list-item]
        TypeError,
        "train: batches must hold pairs (x, target), but holds a tuple",
    ),
    "update of an unknown parameter": (
        lambda: refimpl.update(
            refimpl.Sequential({"fc": refimpl.Linear(np.zeros((1, 1)), np.zeros(1))}),
            {"fc": {"wieght": np.zeros(1)}},
            1,
        ),
        ValueError,
        "update: there is no parameter of 'fc' 'wieght', but weight, bias",
    ),
    "fewer iterations than none": (
        lambda: refimpl.gradient_descent(
            refimpl.Sequential({}), np.zeros(2), np.zeros(2), 1, 1, -1, "squared_error"
        ),
        ValueError,
        "gradient_descent: max_iterations must be at least 0, but is -1",
    ),
    "a learning rate in letters": (
        lambda: refimpl.gradient_descent(
            refimpl.Sequential({}), np.zeros(2), np.zeros(2), "1", 1, 1, "squared_error"
        ),
        TypeError,
        "gradient_descent: learning_rate must be a number, but is '1'",
    ),
    "a tolerance in letters": (
        lambda: refimpl.gradient_descent(
            refimpl.Sequential({}), np.zeros(2), np.zeros(2), 1, "1", 1, "squared_error"
        ),
        TypeError,
        "gradient_descent: tolerance must be a number, but is '1'",
    ),
    "a gradient that would broadcast": (
        lambda: refimpl.descend(np.zeros((2, 3)), np.zeros(3), 1),
        ValueError,
        "descend: value is (2, 3), but gradient is (3,); both must be of one shape",
    ),
    "a tolerance below 0": (
        lambda: refimpl.gradient_descent(
            refimpl.Sequential({}), np.zeros(2), np.zeros(2), 1, -1, 1, "squared_error"
        ),
        ValueError,
        "gradient_descent: tolerance must be at least 0, but is -1",
    ),
    "a scale whose square is lost": (
        lambda: refimpl.gaussian_kernel(3, 1e-200),
        ValueError,
        "gaussian_kernel: sigma must have a square above 0 in float64, but is 1e-200",
    ),
    "update of an unknown layer": (
        lambda: refimpl.update(refimpl.Sequential({"act": refimpl.ReLU()}), {"fc": {}}, 1),
        ValueError,
        "update: there is no layer 'fc', but act",
    ),
    # arrays
    "boolean array": (
        lambda: refimpl.relu(np.array([True])),
        TypeError,
        "relu: x must hold real numbers, but has dtype bool",
    ),
    "complex array": (
        lambda: refimpl.conv2d(IMAGE, KERNEL.astype(complex)),
        TypeError,
        "conv2d: weight must hold real numbers, but has dtype complex128",
    ),
    "array of text": (
        lambda: refimpl.flatten(np.array(["a"])),
        TypeError,
        "flatten: x must hold real numbers, but has dtype <U1",
    ),
    "two dtypes": (
        lambda: refimpl.conv2d(IMAGE, KERNEL.astype("float32")),
        TypeError,
        "conv2d: x is float64, but weight is float32; give both the same dtype",
    ),
    "third dtype": (
        lambda: refimpl.linear_backward(LOGITS, LOGITS, LOGITS.astype("float32")),
        TypeError,
        "linear_backward: dy is float64, but weight is float32; give both the same dtype",
    ),
    "integers beside float32": (
        lambda: refimpl.linear(LOGITS.astype("float32"), np.eye(3, dtype=int)),
        TypeError,
        "linear: x is float32, but weight is int64 (taken as float64); give both the same dtype",
    ),
    "floats beside objects": (
        lambda: refimpl.linear(LOGITS.astype(object), np.eye(3)),
        TypeError,
        "linear: x is object, but weight is float64; give both the same dtype",
    ),
    "too few axes in conv1d": (
        lambda: refimpl.conv1d(np.zeros((3, 7)), np.zeros((4, 3, 5))),
        ValueError,
        "conv1d: x must have 3 axes (N, C_in, L), but has 2 (x (3, 7)); "
        "give x[None] if it lacks the batch axis, x[:, None] if it lacks the channels",
    ),
    "too many axes in conv2d": (
        lambda: refimpl.conv2d(IMAGE, np.zeros((4, 3, 1, 5, 2))),
        ValueError,
        "conv2d: weight must have 4 axes (C_out, C_in/groups, K_h, K_w), "
        "but has 5 (weight (4, 3, 1, 5, 2))",
    ),
    "too few axes in conv3d": (
        lambda: refimpl.conv3d(IMAGE, KERNEL),
        ValueError,
        "conv3d: x must have 5 axes (N, C_in, D, H, W), but has 4 (x (2, 3, 7, 6)); "
        "give x[None] if it lacks the batch axis, x[:, None] if it lacks the channels",
    ),
    "too few axes in a pooling": (
        lambda: refimpl.avg_pool3d(IMAGE, 2),
        ValueError,
        "avg_pool3d: x must have 5 axes (N, C, D, H, W), but has 4 (x (2, 3, 7, 6)); "
        "give x[None] if it lacks the batch axis, x[:, None] if it lacks the channels",
    ),
    "weight of linear": (
        lambda: refimpl.linear(LOGITS, np.zeros(3)),
        ValueError,
        "linear: weight must have 2 axes (features_out, features_in), but has 1 (weight (3,)); "
        "give weight[None] for one output",
    ),
    "dy of another stride": (
        lambda: refimpl.conv2d_backward(np.zeros((2, 4, 3, 5)), IMAGE, KERNEL, stride=2),
        ValueError,
        "conv2d_backward: dy is (2, 4, 3, 5), but the output for these arguments is (2, 4, 2, 3)",
    ),
    "dy of max_pool": (
        lambda: refimpl.max_pool2d_backward(np.zeros((2, 3, 3, 2)), IMAGE, 2),
        ValueError,
        "max_pool2d_backward: dy is (2, 3, 3, 2), "
        "but the output for these arguments is (2, 3, 3, 3)",
    ),
    "dy of avg_pool": (
        lambda: refimpl.avg_pool2d_backward(np.zeros((2, 3, 3, 2)), IMAGE, 2),
        ValueError,
        "avg_pool2d_backward: dy is (2, 3, 3, 2), "
        "but the output for these arguments is (2, 3, 3, 3)",
    ),
    "dy of linear": (
        lambda: refimpl.linear_backward(np.zeros((2, 4)), LOGITS, np.zeros((5, 3))),
        ValueError,
        "linear_backward: dy is (2, 4), but the output for these arguments is (2, 5)",
    ),
    "dy of flatten": (
        lambda: refimpl.flatten_backward(np.zeros((2, 125)), IMAGE),
        ValueError,
        "flatten_backward: dy is (2, 125), but the output for these arguments is (2, 126)",
    ),
    "dy of a loss": (
        lambda: refimpl.cross_entropy_backward(np.zeros(2), LOGITS, np.zeros(2, int)),
        ValueError,
        "cross_entropy_backward: dy is (2,), but the output for these arguments is ()",
    ),
    "dy of a loss without reduction": (
        lambda: refimpl.cross_entropy_backward(np.zeros(()), LOGITS, np.zeros(2, int), "none"),
        ValueError,
        "cross_entropy_backward: dy is (), but the output for these arguments is (2,)",
    ),
    "dy of squared_error": (
        lambda: refimpl.squared_error_backward(np.zeros(1), LOGITS, LOGITS),
        ValueError,
        "squared_error_backward: dy is (1,), but the output for these arguments is ()",
    ),
    "dy of softmax": (
        lambda: refimpl.softmax_backward(np.zeros(3), LOGITS),
        ValueError,
        "softmax_backward: dy is (3,), but the output for these arguments is (2, 3)",
    ),
    "shapes of squared_error": (
        lambda: refimpl.squared_error(LOGITS, np.zeros(3)),
        ValueError,
        "squared_error: output is (2, 3), but target is (3,); both must be of one shape",
    ),
    "shapes of squared_error_backward": (
        lambda: refimpl.squared_error_backward(np.zeros(()), LOGITS, np.zeros(3)),
        ValueError,
        "squared_error_backward: output is (2, 3), but target is (3,); both must be of one shape",
    ),
    "shapes of descend": (
        lambda: refimpl.descend(np.zeros(3), LOGITS, 1),
        ValueError,
        "descend: value is (3,), but gradient is (2, 3); both must be of one shape",
    ),
    "reduction": (
        lambda: refimpl.cross_entropy(LOGITS, np.zeros(2, int), "average"),
        ValueError,
        "cross_entropy: reduction must be one of 'mean', 'sum', 'none', but is 'average'",
    ),
    "ties": (
        lambda: refimpl.max_pool2d_backward(np.zeros((2, 3, 3, 3)), IMAGE, 2, ties="last"),
        ValueError,
        "max_pool2d_backward: ties must be one of 'first', 'all', 'split', but is 'last'",
    ),
    "axis": (
        lambda: refimpl.softmax(LOGITS, axis=2),
        ValueError,
        "softmax: axis is 2, but x has 2 axes (x (2, 3))",
    ),
    "axis from behind": (
        lambda: refimpl.log_softmax_backward(LOGITS, LOGITS, axis=-3),
        ValueError,
        "log_softmax_backward: axis is -3, but x has 2 axes (x (2, 3))",
    ),
    "axis of a single value": (
        lambda: refimpl.softmax(np.array(1.0)),
        ValueError,
        "softmax: axis is -1, but x has 0 axes (x ())",
    ),
    "slope as text": (
        lambda: refimpl.leaky_relu(LOGITS, "0.1"),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is '0.1'",
    ),
    "no slope": (
        lambda: refimpl.leaky_relu_backward(LOGITS, LOGITS, None),
        TypeError,
        "leaky_relu_backward: negative_slope must be a number, but is None",
    ),
    "two slopes": (
        lambda: refimpl.leaky_relu(LOGITS, [0.1, 0.2]),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is [0.1, 0.2]",
    ),
    "truth value at zero": (
        lambda: refimpl.relu_backward(LOGITS, LOGITS, at_zero=True),
        TypeError,
        "relu_backward: at_zero must be a number, but is True",
    ),
    # options
    "stride as text": (
        lambda: conv2d(stride="2"),
        TypeError,
        "conv2d: stride must be an integer or 2 of them, but is '2'",
    ),
    "fractional stride": (
        lambda: conv2d(stride=1.5),
        TypeError,
        "conv2d: stride must be an integer or 2 of them, but is 1.5",
    ),
    "truth value as dilation": (
        lambda: conv2d(dilation=(1, True)),
        TypeError,
        "conv2d: dilation must be an integer or 2 of them, but is (1, True)",
    ),
    "three strides for two axes": (
        lambda: conv2d(stride=(1, 2, 3)),
        ValueError,
        "conv2d: stride must be one integer or 2, but has 3 ((1, 2, 3))",
    ),
    "stride 0": (
        lambda: conv2d(stride=0),
        ValueError,
        "conv2d: stride must be at least 1, but is 0",
    ),
    "dilation 0": (
        lambda: conv2d(dilation=(1, 0)),
        ValueError,
        "conv2d: dilation must be at least 1, but is (1, 0)",
    ),
    "no groups": (
        lambda: conv2d(groups=0),
        ValueError,
        "conv2d: groups must be at least 1, but is 0",
    ),
    "negative padding": (
        lambda: conv2d(padding=(1, -1)),
        ValueError,
        "conv2d: padding must be at least 0, but is (1, -1)",
    ),
    "padding that is no number": (
        lambda: conv2d(padding=None),
        TypeError,
        (
            "conv2d: padding must be an integer, an integer or a pair (before, after) for each "
            "axis, or one of 'valid', 'same', 'full', but is None"
        ),
    ),
    "padding for three axes": (
        lambda: conv2d(padding=(1, 2, 3)),
        ValueError,
        "conv2d: padding must have an entry for each of H, W, but has 3 ((1, 2, 3))",
    ),
    "padding of three sides": (
        lambda: conv2d(padding=((1, 2, 3), 0)),
        TypeError,
        (
            "conv2d: padding must be an integer, an integer or a pair (before, after) for each "
            "axis, or one of 'valid', 'same', 'full', but is ((1, 2, 3), 0)"
        ),
    ),
    "padding by an unknown name": (
        lambda: conv2d(padding="half"),
        ValueError,
        "conv2d: padding must be one of 'valid', 'same', 'full', but is 'half'",
    ),
    "kernel size 0": (
        lambda: max_pool2d(kernel_size=0),
        ValueError,
        "max_pool2d: kernel_size must be at least 1, but is 0",
    ),
    "stride 0 in a pooling": (
        lambda: max_pool2d(stride=0),
        ValueError,
        "max_pool2d: stride must be at least 1, but is 0",
    ),
    "negative padding in a pooling": (
        lambda: max_pool2d(padding=-1),
        ValueError,
        "max_pool2d: padding must be at least 0, but is -1",
    ),
    "dilation 0 in a pooling": (
        lambda: max_pool2d(dilation=0),
        ValueError,
        "max_pool2d: dilation must be at least 1, but is 0",
    ),
    "divisor 0": (
        lambda: refimpl.avg_pool2d(IMAGE, 2, divisor_override=0),
        ValueError,
        "avg_pool2d: divisor_override must not be 0; leave it out for a mean",
    ),
    # convolution
    "channels": (
        lambda: refimpl.conv2d(IMAGE, np.zeros((4, 5, 3, 2))),
        ValueError,
        "conv2d: x has 3 channels, but weight expects 5 (x (2, 3, 7, 6), weight (4, 5, 3, 2)); "
        "if the channels are last, give weight.transpose(3, 2, 0, 1)",
    ),
    "channels in groups": (
        lambda: conv2d(groups=2),
        ValueError,
        "conv2d: x has 3 channels, but weight expects 6 in 2 groups "
        "(x (2, 3, 7, 6), weight (4, 3, 5, 2)); "
        "if the channels are last, give x.transpose(0, 3, 1, 2)",
    ),
    "a weight of one group": (
        lambda: refimpl.conv2d(np.zeros((2, 6, 7, 8)), np.zeros((4, 6, 5, 2)), groups=2),
        ValueError,
        "conv2d: x has 6 channels, but weight expects 12 in 2 groups (x (2, 6, 7, 8), "
        "weight (4, 6, 5, 2)); of 2 groups weight is (C_out, C_in/groups, …), here (4, 3, 5, 2)",
    ),
    "output channels in groups": (
        lambda: refimpl.conv2d(IMAGE, np.zeros((4, 1, 5, 2)), groups=3),
        ValueError,
        "conv2d: weight gives 4 output channels, which 3 groups cannot share equally "
        "(weight (4, 1, 5, 2))",
    ),
    "empty kernel": (
        lambda: refimpl.conv2d(IMAGE, np.zeros((4, 3, 0, 2))),
        ValueError,
        "conv2d: the kernel must not be empty (weight (4, 3, 0, 2))",
    ),
    "kernel without columns": (
        lambda: refimpl.shared_conv2d(IMAGE, np.zeros((4, 5, 0))),
        ValueError,
        "shared_conv2d: the kernel must not be empty (weight (4, 5, 0))",
    ),
    "window without rows": (
        lambda: refimpl.weighted_pool2d(IMAGE, np.zeros((3, 0, 2))),
        ValueError,
        "weighted_pool2d: the kernel must not be empty (weight (3, 0, 2))",
    ),
    "window larger than the input": (
        lambda: conv2d(dilation=2, padding=((1, 0), 0)),
        ValueError,
        "conv2d: the window spans 9 along H, but the padded input has only 8 (7 and 1 of padding)",
    ),
    "window wider than the input": (
        lambda: refimpl.conv3d(np.zeros((1, 1, 4, 4, 2)), np.zeros((1, 1, 1, 1, 3))),
        ValueError,
        "conv3d: the window spans 3 along W, but the padded input has only 2 (2 and 0 of padding)",
    ),
    "bias": (
        lambda: conv2d(bias=np.zeros(3)),
        ValueError,
        "conv2d: bias must be (4,), one for each output, but is (3,)",
    ),
    "bias of linear": (
        lambda: refimpl.linear(LOGITS, np.zeros((5, 3)), np.zeros((5, 1))),
        ValueError,
        "linear: bias must be (5,), one for each output, but is (5, 1); give bias.reshape(5)",
    ),
    # pooling
    "window larger than the map": (
        lambda: refimpl.max_pool1d(np.zeros((1, 1, 4)), 3, padding=1, dilation=3),
        ValueError,
        "max_pool1d: the window spans 7 along L, but the padded input has only 6 "
        "(4 and 2 of padding)",
    ),
    "padding over half a window": (
        lambda: max_pool2d(kernel_size=(4, 3), padding=2),
        ValueError,
        "max_pool2d: padding must be at most half of kernel_size, but along W padding is 2 "
        "and kernel_size 3",
    ),
    "window of padding": (
        lambda: refimpl.max_pool2d(np.zeros((1, 1, 5, 1)), (1, 2), padding=(0, 1), dilation=2),
        ValueError,
        "max_pool2d: window 0 along W holds padding only, so it has no maximum",
    ),
    # dense layers and losses
    "features": (
        lambda: refimpl.linear(LOGITS, np.zeros((5, 4))),
        ValueError,
        "linear: x has 3 features, but weight expects 4 (x (2, 3), weight (5, 4))",
    ),
    "features of a single value": (
        lambda: refimpl.linear(np.array(1.0), np.zeros((5, 4))),
        ValueError,
        "linear: x must have an axis of features, but is a single value",
    ),
    "no batch to flatten": (
        lambda: refimpl.flatten(np.array(1.0)),
        ValueError,
        "flatten: x must have a batch axis, but is a single value",
    ),
    "no batch to cut back": (
        lambda: refimpl.flatten_backward(np.array([1.0]), np.array(1.0)),
        ValueError,
        "flatten_backward: x must have a batch axis, but is a single value",
    ),
    "no classes": (
        lambda: refimpl.cross_entropy(np.array(1.0), np.array(0)),
        ValueError,
        "cross_entropy: logits must have an axis of classes, but is a single value",
    ),
    "a probability in place of a mask": (
        lambda: refimpl.dropout(LOGITS, 0.5),  # type: ignore[arg-type]
        ValueError,
        "dropout: mask must be an array of 0 and 1 like x, (2, 3), but is 0.5; draw one with "
        "rng.random(x.shape) >= p",
    ),
    "classes that are not integers": (
        lambda: refimpl.cross_entropy(LOGITS, np.array([0.0, 1.0])),
        TypeError,
        "cross_entropy: target must hold integer class indices, or probabilities of the shape of "
        "logits, but is float64 (2,) (logits (2, 3)); give target.astype(int)",
    ),
    "too many classes given": (
        lambda: refimpl.cross_entropy(LOGITS, np.zeros((2, 3), int)),
        ValueError,
        "cross_entropy: target is (2, 3), but logits (2, 3) need class indices of shape (2,); "
        "give probabilities as floats",
    ),
    "class out of range": (
        lambda: refimpl.cross_entropy(LOGITS, np.array([2, 3])),
        ValueError,
        "cross_entropy: target holds class 3, but logits has 3 classes (0 to 2)",
    ),
    "negative class": (
        lambda: refimpl.cross_entropy_backward(np.ones(()), LOGITS, np.array([0, -1])),
        ValueError,
        "cross_entropy_backward: target holds class -1, but logits has 3 classes (0 to 2); "
        "if it marks samples to leave out, give ignore_index=-1",
    ),
    "probabilities of another dtype": (
        lambda: refimpl.cross_entropy(LOGITS, LOGITS.astype("float32")),
        TypeError,
        "cross_entropy: logits is float64, but target is float32; give both the same dtype",
    ),
    "a branch that does not broadcast": (
        lambda: refimpl.add(np.zeros((2, 3)), np.zeros((3, 1))),
        ValueError,
        "add: x is (2, 3), but other is (3, 1); counted from the last axis, sizes must be equal, "
        "or one of them 1 or missing",
    ),
    "no maps": (
        lambda: refimpl.concatenate(),
        ValueError,
        "concatenate: maps must have at least one array, but has none",
    ),
    "a gradient of no maps": (
        lambda: refimpl.concatenate_backward(np.zeros((2, 3))),
        ValueError,
        "concatenate_backward: maps must have at least one array, but has none",
    ),
    "maps of two sizes": (
        lambda: refimpl.concatenate(np.zeros((2, 3, 4)), np.zeros((2, 3, 5))),
        ValueError,
        "concatenate: maps must agree in everything but channels, but maps[0] is (2, 3, 4) and "
        "maps[1] (2, 3, 5); if the channels are last, give every maps[k].transpose(0, 2, 1)",
    ),
    "a map without channels": (
        lambda: refimpl.concatenate(np.zeros((2, 3)), np.zeros(2)),
        ValueError,
        "concatenate: maps[1] must have an axis of channels behind the batch axis, but is (2,)",
    ),
    "a truth for a slope": (
        lambda: refimpl.leaky_relu(LOGITS, True),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is True",
    ),
    "a decimal slope beside floats": (
        lambda: refimpl.leaky_relu(LOGITS, Decimal("0.1")),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is Decimal('0.1')",
    ),
    "a slope in letters beside Fractions": (
        lambda: refimpl.leaky_relu(np.array([Fraction(1)]), "0.1"),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is '0.1'",
    ),
    "an array of slopes beside Fractions": (
        lambda: refimpl.leaky_relu(np.array([Fraction(1)]), np.array([Fraction(1)])),
        TypeError,
        "leaky_relu: negative_slope must be a number, but is array([Fraction(1, 1)], dtype=object)",
    ),
    "unsigned integers beside float32": (
        lambda: refimpl.add(np.zeros(2, np.uint8), np.zeros(2, np.float32)),
        TypeError,
        "add: x is uint8 (taken as float64), but other is float32; give both the same dtype",
    ),
    "a mode in an array": (
        lambda: refimpl.correlate2d(IMAGE, np.ones((2, 2)), np.array(["same"])),
        ValueError,
        "correlate2d: mode must be one of 'full', 'same', 'valid', but is "
        "array(['same'], dtype='<U4')",
    ),
    "half a place of padding behind": (
        lambda: conv2d(padding=((1, 2.5), 0)),
        TypeError,
        "conv2d: padding must be an integer, an integer or a pair (before, after) for each axis, "
        "or one of 'valid', 'same', 'full', but is ((1, 2.5), 0)",
    ),
    "a truth for a stride": (
        lambda: conv2d(stride=True),
        TypeError,
        "conv2d: stride must be an integer or 2 of them, but is True",
    ),
    "a matrix without columns": (
        lambda: refimpl.correlate2d(np.zeros((3, 0)), np.ones((1, 2))),
        ValueError,
        "correlate2d: a matrix must not be empty (a (3, 0))",
    ),
    "neither matrix fits, by one": (
        lambda: refimpl.correlate2d(np.zeros((3, 2)), np.ones((2, 3)), "valid"),
        ValueError,
        "correlate2d: mode 'valid' needs a kernel that fits into a, or holds it, along both axes "
        "(a (3, 2), kernel (2, 3))",
    ),
    "a size that is no integer beside one that is": (
        lambda: refimpl.conv_output_size((5, 2.5), 2),  # type: ignore[arg-type]
        TypeError,
        "conv_output_size: size must be an integer or a tuple of 1 to 3, but is (5, 2.5)",
    ),
    "a window without a size": (
        lambda: refimpl.receptive_field([()]),
        TypeError,
        "receptive_field: layer 1 must be (kernel_size, stride, dilation) or the first one or two "
        "of them, but is ()",
    ),
    "a window of half a place": (
        lambda: refimpl.receptive_field([(2.5,)]),
        TypeError,
        "receptive_field: kernel_size of layer 1 must be an integer or 1 of them, but is 2.5",
    ),
    "no class at all": (
        lambda: refimpl.cross_entropy(np.zeros((2, 0)), np.zeros(2, int)),
        ValueError,
        "cross_entropy: logits has no classes (logits (2, 0))",
    ),
    "a map and a list in a list": (
        lambda: refimpl.concatenate([np.zeros((2, 1)), [[1.0], [2.0]]]),
        TypeError,
        "concatenate: each map must be an argument of its own, but maps[0] is a list of 2",
    ),
    "a truth for sigma": (
        lambda: refimpl.gaussian_kernel(3, np.array(True)),
        TypeError,
        "gaussian_kernel: sigma must be a number, but is array(True)",
    ),
    "maps in a tuple": (
        lambda: refimpl.concatenate_backward(np.zeros((2, 2)), (np.zeros((2, 1)),) * 2),
        TypeError,
        "concatenate_backward: each map must be an argument of its own, but maps[0] is a tuple "
        "of 2",
    ),
}


@pytest.mark.parametrize(("call", "error", "text"), REFUSED.values(), ids=REFUSED)
def test_refusal(call: Callable[[], Any], error: type[Exception], text: str) -> None:
    """Where, what is wrong, both values, word for word."""
    with pytest.raises(error) as info:
        call()
    assert str(info.value) == text


def names(function: str) -> list[str]:
    return [f"{function}{n}d{kind}" for n in (1, 2, 3) for kind in ("", "_backward")]


@pytest.mark.parametrize("name", names("conv"))
def test_convolutions_name_themselves(name: str) -> None:
    """An error begins with the name of the function that was called."""
    arrays = (np.zeros(1),) * (3 if "backward" in name else 2)
    with pytest.raises(ValueError, match=rf"^{name}: x must have \d axes"):
        getattr(refimpl, name)(*arrays)


@pytest.mark.parametrize(
    "name",
    names("max_pool") + names("avg_pool") + [f"max_pool{n}d_with_indices" for n in (1, 2, 3)],
)
def test_poolings_name_themselves(name: str) -> None:
    """An error begins with the name of the function that was called."""
    arrays = (np.zeros(1),) * (2 if "backward" in name else 1)
    with pytest.raises(ValueError, match=rf"^{name}: x must have \d axes"):
        getattr(refimpl, name)(*arrays, 2)


ELEMENTWISE = sorted(
    name for name in refimpl.__all__ if hasattr(refimpl.activations, f"{name}_backward")
)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_activations_name_themselves(name: str) -> None:
    """An error begins with the name of the function that was called."""
    with pytest.raises(TypeError, match=f"^{name}: x must hold real numbers"):
        getattr(refimpl, name)(np.array([1j]))


@pytest.mark.parametrize("name", [f"{name}_backward" for name in ELEMENTWISE])
def test_activations_refuse_another_shape(name: str) -> None:
    """dy that would broadcast against x is refused all the same."""
    with pytest.raises(ValueError, match=rf"^{name}: dy is \(3,\), but the output .* is \(2, 3\)$"):
        getattr(refimpl, name)(np.zeros(3), LOGITS)


def test_one_class_is_enough() -> None:
    """Its probability is 1 whatever its logit, so the loss is 0."""
    assert refimpl.cross_entropy(np.array([[3.0], [-2.0]]), np.array([0, 0])) == 0


def test_unsigned_integers_become_float64() -> None:
    """As integers with a sign do, also as σ, whose square would not fit into eight bits."""
    x = np.array([200, 100], np.uint8)
    assert refimpl.relu(x).dtype == np.float64
    np.testing.assert_array_equal(refimpl.add(x, x), [400, 200])
    same = refimpl.gaussian_kernel(3, 16.0)
    np.testing.assert_array_equal(refimpl.gaussian_kernel(3, np.uint8(16)), same, strict=True)
    same = refimpl.gaussian_kernel(3, 2.0**32)
    np.testing.assert_array_equal(refimpl.gaussian_kernel(3, np.int64(2**32)), same, strict=True)


# --- options that mean the same -----------------------------------------------------------


@pytest.mark.parametrize(
    "option",
    [2, (2, 2), [2, 2], np.array([2, 2]), np.int64(2), np.array(2)],
    ids=["int", "tuple", "list", "array", "NumPy integer", "array without axes"],
)
def test_one_number_stands_for_every_axis(option: Any) -> None:
    """An integer, a sequence, an array and a NumPy integer say the same."""
    geometry = conv_geometry("conv2d", 2, IMAGE, KERNEL[:, :, :3], option, option, 1, 1)
    assert geometry.stride == (2, 2)
    assert geometry.padding == ((2, 2), (2, 2))
    assert {type(step) for step in geometry.stride} == {int}


@pytest.mark.parametrize(
    "padding", [(1, (2, 3)), [1, [2, 3]], ((1, 1), (2, 3)), np.array([[1, 1], [2, 3]])], ids=str
)
def test_padding_may_differ_on_the_two_sides(padding: Any) -> None:
    """A number for both sides of an axis, or a pair (before, after)."""
    geometry = conv_geometry("conv2d", 2, IMAGE, KERNEL, 1, padding, 1, 1)
    assert geometry.padding == ((1, 1), (2, 3))


def test_pooling_steps_by_its_window() -> None:
    """D0.4: without a stride, windows lie side by side."""
    assert pool_geometry("max_pool2d", 2, IMAGE, (3, 2), None, 0, 1, False).stride == (3, 2)


# --- sizes --------------------------------------------------------------------------------


def blank(*sizes: int) -> Any:
    """An array of that shape which takes no memory."""
    return np.broadcast_to(np.zeros(()), sizes)


def conv_size(size: int, kernel: int, stride: int, padding: Any, dilation: int = 1) -> int:
    x, weight = blank(1, 1, size), blank(1, 1, kernel)
    return conv_geometry("conv1d", 1, x, weight, stride, padding, dilation, 1).output[0]


def pool_size(size: int, kernel: int, stride: int, ceil_mode: bool = False) -> int:
    return pool_geometry(
        "max_pool1d", 1, blank(1, 1, size), kernel, stride, 0, 1, ceil_mode
    ).output[0]


SIZES = {
    "D0.2, 5×5 by 3×3": (5, 3, 1, 0, 3),
    "D0.3, 5×5 padded by 1, stride 2": (5, 3, 2, 1, 3),
    "D1.12, 1000×1000 by 10×10": (1000, 10, 1, 0, 991),
    "D2.11, LeNet's first convolution": (32, 5, 1, 0, 28),
    "D2.11, LeNet's second convolution": (14, 5, 1, 0, 10),
    "D2.13, AlexNet's first convolution": (227, 11, 4, 0, 55),
    "D3.3, 7×7, stride 1": (7, 3, 1, 0, 5),
    "D3.3, 7×7, stride 2": (7, 3, 2, 0, 3),
    "D3.3, 7×7, stride 3 wastes pixels": (7, 3, 3, 0, 2),
    "D4.17, narrow, n−m+1": (9, 5, 1, 0, 5),
    "D4.17, wide, n+m−1": (9, 5, 1, 4, 13),
    "D4.17, equal, n": (9, 5, 1, 2, 9),
}


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding", "output"), SIZES.values(), ids=SIZES
)
def test_size(size: int, kernel: int, stride: int, padding: int, output: int) -> None:
    """The sizes that the documents print."""
    assert conv_size(size, kernel, stride, padding) == output


def test_size_of_a_pooling() -> None:
    """D1.12: 991×991 pooled by 2×2 is 496×496 where the edge is kept, D1.18; 495 where not."""
    assert pool_size(991, 2, 2, ceil_mode=True) == 496
    assert pool_size(991, 2, 2) == 495


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 5), st.integers(1, 3))
def test_same_padding(size: int, kernel: int, stride: int, dilation: int) -> None:
    """D2.12: same gives ⌈W/stride⌉ windows, with as few zeros as do it, an odd one behind."""
    x, weight = blank(1, 1, size), blank(1, 1, kernel)
    geometry = conv_geometry("conv1d", 1, x, weight, stride, "same", dilation, 1)
    ((before, after),) = geometry.padding
    windows = -(-size // stride)
    assert geometry.output == (windows,)
    assert after - before in (0, 1)
    if before + after:
        needed = (windows - 1) * stride + (kernel - 1) * dilation + 1
        assert size + before + after == needed


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 5))
def test_valid_padding(size: int, kernel: int, stride: int) -> None:
    """D2.12: valid gives ⌈(W − w + 1)/stride⌉ windows and pads nothing."""
    size += kernel
    assert conv_size(size, kernel, stride, "valid") == -(-(size - kernel + 1) // stride)
    assert conv_size(size, kernel, stride, "valid") == conv_size(size, kernel, stride, 0)


@given(st.integers(1, 30), st.integers(1, 9), st.integers(1, 3))
def test_full_padding(size: int, kernel: int, dilation: int) -> None:
    """D1.15: full gives m + p − 1 places, p the span of the kernel, longer than the map or not."""
    span = (kernel - 1) * dilation + 1
    assert conv_size(size, kernel, 1, "full", dilation) == size + span - 1


def test_axes_have_their_own_padding() -> None:
    """ "same" and "full" look at each axis by itself: dilation 2 along H, kernel 5 by 2."""
    same = conv_geometry("conv2d", 2, IMAGE, KERNEL, (1, 4), "same", (2, 1), 1)
    assert same.padding == ((4, 4), (0, 0))
    full = conv_geometry("conv2d", 2, IMAGE, KERNEL, (1, 4), "full", (2, 1), 1)
    assert full.padding == ((8, 8), (1, 1))


# --- what was checked once ----------------------------------------------------------------


def test_a_geometry_is_checked_once() -> None:
    """The same shapes and options again: the same sizes, whatever the function and the numbers."""
    CHECKED.clear()
    first = conv_geometry("conv2d", 2, IMAGE, KERNEL, 1, (2, 1), 1, 1)
    conv_geometry("conv2d", 2, IMAGE, KERNEL, 2, (2, 1), 1, 1)
    again = conv_geometry("conv2d_backward", 2, IMAGE + 1, KERNEL, 1, (2, 1), 1, 1)
    assert again is first


@pytest.mark.parametrize(
    ("option", "plain", "others"),
    [
        ("stride", 1, [True, 1.0, np.True_, np.float64(1), (1, True), (1.0, 1), "1"]),
        ("dilation", 1, [True, 1.0, (True, 1)]),
        ("groups", 1, [True, 1.0, (1,)]),
        ("padding", 0, [False, 0.0, (False, 0), ((0, 0), (0, False)), "0"]),
    ],
)
def test_what_equals_a_checked_option_is_still_refused(
    option: str, plain: Any, others: list[Any]
) -> None:
    """True == 1 == 1.0, but only the integer is one; each is asked behind the integer."""
    for other in others:
        conv2d(**{option: plain})
        with pytest.raises((TypeError, ValueError), match=f"^conv2d: {option} must be "):
            conv2d(**{option: other})


def test_other_shapes_are_checked_behind_known_ones() -> None:
    """Nothing of what was checked is taken for another shape, another order or another axis."""
    sizes = [(7, 6), (6, 7), (8, 6), (7, 6)]
    found = [
        conv_geometry("conv2d", 2, np.zeros((2, 3, *size)), KERNEL, 1, 0, 1, 1).output
        for size in sizes
    ]
    assert found == [(3, 5), (2, 6), (4, 5), (3, 5)]
    with pytest.raises(ValueError, match=r"^conv2d: x has 2 channels, but weight expects 3"):
        conv_geometry("conv2d", 2, IMAGE[:, :2], KERNEL, 1, 0, 1, 1)


@pytest.mark.parametrize("stride", [[2, 1], np.array([2, 1]), (np.int64(2), 1), np.uint8(2)])
def test_options_that_are_not_plain_are_not_kept(stride: Any) -> None:
    """Lists, arrays and NumPy's integers are checked each time, with the same sizes."""
    before = dict(CHECKED)
    found = conv_geometry("conv2d", 2, IMAGE, KERNEL, stride, 0, 1, 1)
    assert found.stride in {(2, 1), (2, 2)}
    assert before == CHECKED


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """After as many geometries as there may be it begins anew."""
    monkeypatch.setattr(refimpl.shapes, "MOST_CHECKED", len(CHECKED) + 2)
    for size in range(30, 40):
        image = np.zeros((1, 3, size, 6))
        found = conv_geometry("conv2d", 2, image, KERNEL, 1, 0, 1, 1)
        assert found.output == (size - 4, 5)
        assert len(CHECKED) <= refimpl.shapes.MOST_CHECKED


def test_an_error_is_said_again_and_is_not_kept() -> None:
    """Wrong, right, wrong: what was refused is refused again, and what was right stays right."""
    CHECKED.clear()
    for stride, dilation in ((1, 9), (1, 1), (1, 9), (1, 1)):
        if dilation == 9:
            with pytest.raises(ValueError, match=r"^conv2d: the window spans"):
                conv2d(stride=stride, dilation=dilation)
        else:
            conv2d(stride=stride, dilation=dilation)
    assert len(CHECKED) == 1


def test_room_is_asked_for_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shapes and options are known, but the memory that was there is gone."""

    def none_left(where: str, made: str, *_: Any) -> None:
        raise ValueError(f"{where}: {made}")

    conv2d()
    monkeypatch.setattr(refimpl.shapes, "check_room", none_left)
    with pytest.raises(ValueError, match=r"^conv2d: the padding$"):
        conv2d()


def test_no_array_is_kept() -> None:
    """What was checked holds sizes, nothing of x, weight or y."""
    x, weight = IMAGE.copy(), KERNEL.copy()
    y = refimpl.conv2d(x, weight)
    gone = [weakref.ref(array) for array in (x, weight, y)]
    del x, weight, y
    assert [array() for array in gone] == [None] * 3


def test_threads_may_share_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """While others look up, keep and forget, each thread gets the sizes of its own shapes."""
    monkeypatch.setattr(refimpl.shapes, "MOST_CHECKED", 2)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def sizes(first: int) -> bool:
        images = [np.zeros((1, 3, first + k % 3, 6)) for k in range(2000)]
        return all(
            conv_geometry("conv2d", 2, image, KERNEL, 1, 0, 1, 1).output == (image.shape[2] - 4, 5)
            for image in images
        )

    try:
        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(sizes, (10, 11, 12, 13)))
    finally:
        sys.setswitchinterval(before)
