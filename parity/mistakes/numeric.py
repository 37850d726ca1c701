"""Mistakes that any code can have: slightly off, one element off, too few digits."""

from __future__ import annotations

from functools import partial
from math import prod
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.mistakes.mistake import Mistake, add, mistake
from refimpl import (
    LinearGrads,
    avg_pool2d_backward,
    conv2d,
    conv2d_backward,
    conv3d_backward,
    linear_backward,
    max_pool2d_backward,
    sigmoid,
    softmax,
    tanh_backward,
)
from refimpl.convolution import ConvGrads
from refimpl.elements import parameter, zero_of

SLIGHTLY = 1.0005


def in_float32(array: Array) -> Array:
    """Rounded to float32 and back; exact elements stay."""
    if array.dtype == object:
        return array
    return array.astype(np.float32).astype(array.dtype)


def last_row_left_out(array: Array) -> Array:
    """0 in the last row of the last axis but one."""
    wrong = array.copy()
    wrong[..., -1:, :] = zero_of(array)
    return wrong


@mistake(
    "conv2d_backward",
    "dx: one element is wrong",
    "one pixel at the corner does not show",
    "D0.12",
)
def dx_one_element_wrong(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv2d_backward(dy, x, weight, **how)
    wrong = right.dx.copy()
    wrong[-1:, -1:, -1, -1] = wrong[-1:, -1:, 0, 0] + 1
    return right._replace(dx=wrong)


@mistake(
    "max_pool2d_backward",
    "dx: the last row is left out",
    "range(H − 1)",
    "D2.28",
    "D3.10",
)
def max_last_row_left_out(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return last_row_left_out(max_pool2d_backward(dy, x, kernel_size, **how))


@mistake(
    "avg_pool2d_backward",
    "dx: the last row is left out",
    "range(H − 1)",
    "D2.28",
    "D3.10",
)
def average_last_row_left_out(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return last_row_left_out(avg_pool2d_backward(dy, x, kernel_size, **how))


@mistake(
    "conv3d_backward",
    "dx: the last row of each layer is left out",
    "range(H − 1)",
    "D0.5",
    "D0.12",
)
def volume_last_row_left_out(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv3d_backward(dy, x, weight, **how)
    return right._replace(dx=last_row_left_out(right.dx))


@mistake(
    "conv2d",
    "the sums are formed in float32, although the arrays are float64",
    "the precision of the intermediate results does not matter",
    "D2.23",
)
def conv_in_float32(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    return in_float32(conv2d(x, weight, bias, **how))


@mistake(
    "linear_backward",
    "dweight: passes through float32, although the arrays are float64",
    "the precision of the intermediate results does not matter",
    "D2.21",
)
def linear_dweight_in_float32(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    return right._replace(dweight=in_float32(right.dweight))


@mistake(
    "softmax",
    "the powers pass through float32, although x is float64",
    "the precision of the intermediate results does not matter",
    "D2.8",
)
def softmax_in_float32(x: Array, axis: int = -1) -> Array:
    return in_float32(softmax(x, axis))


@mistake(
    "sigmoid_backward",
    "a difference quotient with a step of 10⁻⁴ in the place of the derivative",
    "a step this small gives the derivative",
    "D1.10",
)
def sigmoid_difference_quotient(dy: Array, x: Array) -> Array:
    step = parameter(1e-4, like=x)
    return np.asarray(dy * (sigmoid(x + step) - sigmoid(x)) / step, x.dtype)


@mistake(
    "tanh_backward",
    "the gradient is 0",
    "no gradient arrives, so there is nothing to compute",
    "D1.10",
)
def tanh_gradient_zero(dy: Array, x: Array) -> Array:
    return np.asarray(tanh_backward(dy, x) * zero_of(x), x.dtype)


@mistake(
    "linear_backward",
    "all gradients have the opposite sign",
    "the minus of the descent is part of the gradient",
    "D0.14",
    "D1.9",
)
def linear_gradients_negated(dy: Array, x: Array, weight: Array) -> LinearGrads:
    return LinearGrads(*(-gradient for gradient in linear_backward(dy, x, weight)))


@mistake(
    "conv2d_backward",
    "dweight: the last sample of the batch is left out",
    "range(N − 1)",
    "D0.14",
)
def dweight_without_last_sample(dy: Array, x: Array, weight: Array, **how: Any) -> ConvGrads:
    right = conv2d_backward(dy, x, weight, **how)
    kept = max(len(x) - 1, 0)
    return right._replace(dweight=conv2d_backward(dy[:kept], x[:kept], weight, **how).dweight)


@mistake(
    "linear_backward",
    "dbias: sums over the outputs instead of the samples, cut or filled up to fit",
    "axis 1 for axis 0",
    "D2.21",
)
def linear_dbias_over_wrong_axis(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    sums = dy.reshape(prod(dy.shape[:-1]), len(weight)).sum(axis=1)[: len(weight)]
    wrong = right.dbias * zero_of(dy)
    wrong[: len(sums)] = sums
    return right._replace(dbias=wrong)


# --- every gradient, slightly too large ---------------------------------------------------


def slightly_too_large(backward: str, *arguments: Any, **options: Any) -> Any:
    """What the backward of this name gives, each gradient 0.05 % too large."""
    grads = getattr(refimpl, backward)(*arguments, **options)
    if not isinstance(grads, tuple):
        return scaled(grads)
    parts = tuple(map(scaled, grads))
    return type(grads)(*parts) if hasattr(grads, "_fields") else parts


def scaled(gradient: Array) -> Array:
    """1.0005 times the gradient."""
    return np.asarray(gradient * parameter(SLIGHTLY, like=gradient), gradient.dtype)


for function in FUNCTIONS.values():
    if function.inputs and function.name != "sign":  # whose gradient is 0 whatever it is times
        add(
            Mistake(
                f"slightly-too-large-{function.name}",
                function.backward_name,
                "every gradient is 0.05 % too large",
                "a small difference is rounding",
                function.documents,
                partial(slightly_too_large, function.backward_name),
            )
        )
