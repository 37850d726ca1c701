"""Activation functions, each beside its backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from refimpl.checks import (
    check_arrays,
    check_axis,
    check_gradient,
    check_limits,
    check_methods,
    check_number,
)
from refimpl.elements import Array, choose, parameter, positive_part, zero_of, zeros
from refimpl.rows import below_maximum, from_rows, in_parts, log_of_sum, parts, rows_of
from refimpl.sums import along
from refimpl.unlike_torch import INPLACE, OUT, called, unlike_torch


@unlike_torch(inplace=INPLACE)
def relu(x: Array) -> Array:
    """Rectified linear unit, y = max(0, x).

    Shapes: any. NaN stays NaN.
    Raises: TypeError for arrays that are not real numbers.
    Source: D2.9, D2.19, D4.4.

    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    (x,) = check_arrays("relu", x=x)
    return positive_part(x)


def relu_backward(dy: Array, x: Array, at_zero: Any = 0) -> Array:
    """Gradient of a loss L through `relu`, given dy = ∂L/∂y.

    ∂L/∂x = dy where x > 0, 0 where x < 0, at_zero · dy where x = 0

    Shapes: dy and x alike. at_zero: 0 in torch, 1 as D2.19 prints it. Where x is NaN, dy passes.
    Raises: ValueError if the shapes differ.
    Source: D2.19, D2.22, D2.27.

    >>> relu_backward(np.array([5.0, 6.0, 7.0]), np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 7.])
    >>> relu_backward(np.array([5.0, 6.0, 7.0]), np.array([-1.0, 0.0, 2.0]), at_zero=1)
    array([0., 6., 7.])
    """
    dy, x = check_arrays("relu_backward", dy=dy, x=x)
    check_gradient("relu_backward", dy, x.shape)
    check_number("relu_backward", "at_zero", at_zero, dy)
    if not at_zero:
        return choose(x <= 0, zero_of(dy), dy)
    at_kink = dy * parameter(at_zero, like=dy)
    return choose(x < 0, zero_of(dy), choose(x == 0, at_kink, dy))


@unlike_torch(inplace=INPLACE)
def leaky_relu(x: Array, negative_slope: Any = 0.01) -> Array:
    """Leaky rectified linear unit: y = x where x > 0, negative_slope · x elsewhere.

    Shapes: any. D2 uses a slope of 0.1, torch's default is 0.01.
    Raises: TypeError for arrays that are not real numbers.
    Source: D2.9.

    >>> leaky_relu(np.array([-2.0, 0.0, 2.0]), 0.5)
    array([-1.,  0.,  2.])
    """
    (x,) = check_arrays("leaky_relu", x=x)
    check_number("leaky_relu", "negative_slope", negative_slope, x)
    y = _leaky_slope(x, negative_slope, like=x)
    y *= x
    return y


def leaky_relu_backward(dy: Array, x: Array, negative_slope: Any = 0.01) -> Array:
    """Gradient of a loss L through `leaky_relu`, given dy = ∂L/∂y.

    ∂L/∂x = dy where x > 0, negative_slope · dy elsewhere (0 included, as in torch)

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ.
    Source: D2.9.

    >>> leaky_relu_backward(np.array([4.0, 6.0]), np.array([-1.0, 2.0]), 0.5)
    array([2., 6.])
    """
    dy, x = check_arrays("leaky_relu_backward", dy=dy, x=x)
    check_gradient("leaky_relu_backward", dy, x.shape)
    check_number("leaky_relu_backward", "negative_slope", negative_slope, dy)
    dx = _leaky_slope(x, negative_slope, like=dy)
    dx *= dy
    return dx


def _leaky_slope(x: Array, negative_slope: Any, like: Array) -> Array:
    """1 where x > 0, negative_slope elsewhere, as elements of `like`."""
    slope = choose(x > 0, zero_of(like) + 1, parameter(negative_slope, like=like))
    return np.asarray(slope, like.dtype)


@unlike_torch(inplace=INPLACE)
def hardtanh(x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    """Hard hyperbolic tangent: y = min(max(x, min_val), max_val); relu6 is hardtanh(x, 0, 6).

    Shapes: any. NaN stays NaN, a zero keeps its sign.
    Raises: TypeError for arrays that are not real numbers, ValueError if min_val > max_val.
    Source: beyond the documents. torch.nn.functional.hardtanh; relu6: Krizhevsky 2010,
    "Convolutional deep belief networks on CIFAR-10".

    >>> hardtanh(np.array([-3.0, 0.5, 2.0]))
    array([-1. ,  0.5,  1. ])
    >>> hardtanh(np.array([-3.0, 0.5, 8.0]), 0, 6)
    array([0. , 0.5, 6. ])
    """
    (x,) = check_arrays("hardtanh", x=x)
    low, high = _limits("hardtanh", min_val, max_val, x)
    return choose(x < low, low, choose(x > high, high, x))


def hardtanh_backward(dy: Array, x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    """Gradient of a loss L through `hardtanh`, given dy = ∂L/∂y.

    ∂L/∂x = dy where min_val < x < max_val, 0 elsewhere (both limits included, as in torch)

    Shapes: dy and x alike. Where x is NaN, dy passes, as through `relu` (torch: 0 or dy, by the
    place in the array).
    Raises: ValueError if the shapes differ, or if min_val > max_val.
    Source: beyond the documents. torch.nn.functional.hardtanh.

    >>> hardtanh_backward(np.array([5.0, 6.0, 7.0]), np.array([-1.0, 0.5, 2.0]))
    array([0., 6., 0.])
    """
    dy, x = check_arrays("hardtanh_backward", dy=dy, x=x)
    check_gradient("hardtanh_backward", dy, x.shape)
    low, high = _limits("hardtanh_backward", min_val, max_val, x)
    return choose((x <= low) | (x >= high), zero_of(dy), dy)


def _limits(where: str, min_val: Any, max_val: Any, x: Array) -> tuple[Any, Any]:
    """Both limits as elements of x."""
    check_number(where, "min_val", min_val, x)
    check_number(where, "max_val", max_val, x)
    check_limits(where, min_val, max_val)
    return parameter(min_val, like=x), parameter(max_val, like=x)


@unlike_torch(out=OUT)
def sign(x: Array) -> Array:
    """Sign: y = 1 where x > 0, −1 where x < 0, 0 where x = 0.

    Shapes: any. NaN stays NaN (torch gives 0), −0 stays −0.
    Raises: TypeError for arrays that are not real numbers.
    Source: D1.2.

    >>> sign(np.array([-2.5, 0.0, 4.0]))
    array([-1.,  0.,  1.])
    """
    (x,) = check_arrays("sign", x=x)
    one = zero_of(x) + 1
    return choose(x > 0, one, choose(x < 0, -one, x))


def sign_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `sign`, given dy = ∂L/∂y: nothing comes through.

    ∂L/∂x = 0, at the step at x = 0 too, as in torch

    Shapes: dy and x alike. 0 also where dy or x is NaN or ∞.
    Raises: ValueError if the shapes differ.
    Source: D1.2. That is why D1.2 finds the weights of a perceptron by another loss:
    `perceptron_loss`.

    >>> sign_backward(np.array([3.0, 5.0]), np.array([-2.5, 0.0]))
    array([0., 0.])
    """
    dy, x = check_arrays("sign_backward", dy=dy, x=x)
    check_gradient("sign_backward", dy, x.shape)
    return zeros(x.shape, like=x)


@unlike_torch(out=OUT)
def sigmoid(x: Array) -> Array:
    """Logistic function, y = 1/(1 + e^(−x)).

    Computed as e^x / (1 + e^x), which is the same and keeps its digits where e^(−x) overflows; a
    float x whose e^x overflows is made smaller, for σ(x) is rounded to 1 long before.

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: D1.1, D1.2, D2.9.

    >>> sigmoid(np.array([0.0, 1e4, -1e4]))
    array([0.5, 1. , 0. ])
    """
    (x,) = check_arrays("sigmoid", x=x)
    check_methods("sigmoid", x, "exp")
    return in_parts(_sigmoid, x)


def _sigmoid(x: Array) -> Array:
    small = x if x.dtype == object else np.minimum(x, np.log(np.finfo(x.dtype).max) // 1)
    y = np.asarray(np.exp(small))
    y /= 1 + y
    return y


def _power(x: Array, times: int = -1) -> Array:
    """e^(times · |x|), a new array; on an object array by the element's own exp."""
    exponent = np.asarray(np.abs(x))
    with np.errstate(over="ignore"):  # −∞ has its power
        exponent *= times
    return np.asarray(np.exp(exponent, out=exponent))


def _slope(e: Array) -> Array:
    """e / (1 + e)² in place, for 0 ≤ e ≤ 1: the square as 1 + e · (2 + e), which rounds less."""
    denominator = 2 + e
    denominator *= e
    denominator += 1
    e /= denominator
    return e


def sigmoid_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `sigmoid`, given dy = ∂L/∂y.

    ∂L/∂x = dy · o · (1 − o) where o = sigmoid(x)

    Computed as dy · e / (1 + e)², e = e^(−|x|), which is the same, and keeps its digits where o
    is so near to 1 that no float lies between.

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ.
    Source: D1.10, D1.32, D1.33.

    >>> sigmoid_backward(np.array([8.0, 1.0]), np.array([0.0, 40.0]))
    array([2.00000000e+00, 4.24835426e-18])
    """
    dy, x = check_arrays("sigmoid_backward", dy=dy, x=x)
    check_gradient("sigmoid_backward", dy, x.shape)
    check_methods("sigmoid_backward", x, "exp")
    return in_parts(_sigmoid_slope, dy, x)


def _sigmoid_slope(dy: Array, x: Array) -> Array:
    dx = _slope(_power(x))
    dx *= dy
    return dx


def sigmoid_minus(x: Array, t: Array) -> Array:
    """σ(x) − t for probabilities t, as (1 − t) · σ(x) − t · σ(−x).

    Both terms have a factor that is never rounded to 0 or 1, so where t is 0 or 1 no digit is lost.

    Shapes: x and t alike -> that shape.
    Source: D1.2 (logistic regression): the gradient of its loss.

    >>> sigmoid_minus(np.array([40.0]), np.array([1.0]))
    array([-4.24835426e-18])
    """
    e = _power(x)
    denominator = 1 + e
    positive = (x >= zero_of(x)).view(np.int8)
    difference = np.asarray((1 - t) * np.maximum(e, positive))  # σ(x) = e^min(x, 0) / (1 + e)
    difference -= t * np.maximum(e, 1 - positive, out=e)  # σ(−x) = e^min(−x, 0) / (1 + e)
    difference /= denominator
    return difference


def dsigmoid(o: Array) -> Array:
    """Derivative of `sigmoid` where its value is o.

    φ'(n) = o · (1 − o) where o = sigmoid(n)

    Where o has been rounded near 1 nothing mends that: `sigmoid_backward` starts from x.

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: D1.10, D1.30.

    >>> dsigmoid(np.array([0.5, 1.0]))
    array([0.25, 0.  ])
    """
    (o,) = check_arrays("dsigmoid", o=o)
    return np.asarray(o * (1 - o), o.dtype)


@unlike_torch(out=OUT)
def tanh(x: Array) -> Array:
    """Hyperbolic tangent.

    y = (e^x − e^(−x)) / (e^x + e^(−x))

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: D1.1, D1.2, D1.10.

    >>> tanh(np.array([0.0, 1e4]))
    array([0., 1.])
    """
    (x,) = check_arrays("tanh", x=x)
    check_methods("tanh", x, "tanh")
    return np.asarray(np.tanh(x))


def tanh_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `tanh`, given dy = ∂L/∂y.

    ∂L/∂x = dy · (1 − o²) where o = tanh(x)

    Computed as dy · 4e / (1 + e)², e = e^(−2|x|), which is the same, and keeps its digits where
    o is so near to ±1 that no float lies between.

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ.
    Source: D1.10.

    >>> tanh_backward(np.array([3.0, 1.0]), np.array([0.0, 20.0]))
    array([3.0000000e+00, 1.6993417e-17])
    """
    dy, x = check_arrays("tanh_backward", dy=dy, x=x)
    check_gradient("tanh_backward", dy, x.shape)
    check_methods("tanh_backward", x, "exp")
    return in_parts(_tanh_slope, dy, x)


def _tanh_slope(dy: Array, x: Array) -> Array:
    dx = _slope(_power(x, -2))
    dx *= 4
    dx *= dy
    return dx


def dtanh(o: Array) -> Array:
    """Derivative of `tanh` where its value is o.

    φ'(n) = 1 − o² where o = tanh(n)

    Where o has been rounded near ±1 nothing mends that: `tanh_backward` starts from x.

    Shapes: any.
    Raises: TypeError for arrays that are not real numbers.
    Source: D1.10, D1.30.

    >>> dtanh(np.array([0.5, 1.0]))
    array([0.75, 0.  ])
    """
    (o,) = check_arrays("dtanh", o=o)
    return np.asarray(1 - o * o, o.dtype)


@unlike_torch(dim=called("axis"), dtype="convert x before")
def softmax(x: Array, axis: int = -1) -> Array:
    """Softmax along one axis.

    y_i = e^(x_i) / Σ_j e^(x_j), computed with x − max(x), which is the same and never overflows

    Shapes: any with at least one axis. x_i = −∞ gives 0; nothing but −∞ gives NaN.
    Raises: ValueError for an axis that is not there, TypeError for arrays that are not real.
    Source: D0.8, D1.29, D2.8.

    >>> softmax(np.array([1.0, 2.0, 4.0])).round(5)
    array([0.04201, 0.1142 , 0.84379])
    """
    (x,) = _with_axis("softmax", axis, x=x)
    check_methods("softmax", x, "exp")
    if not x.size:
        return x.copy()
    rows = rows_of(x, axis)
    y = np.empty(rows.shape, x.dtype)
    for some in parts(rows):
        t, _ = below_maximum(rows[some])
        powers = np.asarray(np.exp(t, out=t))
        np.divide(powers, along(powers, 1), out=y[some])
    return from_rows(y, x, axis)


def softmax_backward(dy: Array, x: Array, axis: int = -1) -> Array:
    """Gradient of a loss L through `softmax`, given dy = ∂L/∂y.

    ∂L/∂x_i = o_i · (dy_i − Σ_j dy_j o_j) where o = softmax(x)

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ or the axis is not there.
    Source: D1.28, D2.16, D2.17.

    >>> softmax_backward(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    array([ 0.25, -0.25])
    """
    dy, x = _with_axis("softmax_backward", axis, dy=dy, x=x)
    o = softmax(x, axis)
    dx: Array = o * (dy - along(dy * o, axis))
    return dx


@unlike_torch(dim=called("axis"), dtype="convert x before")
def log_softmax(x: Array, axis: int = -1) -> Array:
    """Logarithm of the softmax along one axis.

    y_i = x_i − m − log Σ_j e^(x_j − m) where m = max(x) = x_k
    Computed as x_i − m − log(1 + Σ_{j≠k} e^(x_j − m)), which is the same: both terms are at most
    0, and a class that is almost sure keeps its digits.

    Shapes: any with at least one axis. x_i = −∞ gives −∞; nothing but −∞ gives NaN.
    Raises: ValueError for an axis that is not there, TypeError for arrays that are not real.
    Source: D2.8, D2.14.

    >>> log_softmax(np.array([40.0, 0.0]))
    array([-4.24835426e-18, -4.00000000e+01])
    """
    (x,) = _with_axis("log_softmax", axis, x=x)
    check_methods("log_softmax", x, "exp", "log")
    if not x.size:
        return x.copy()
    rows = rows_of(x, axis)
    y = np.empty(rows.shape, x.dtype)
    for some in parts(rows):
        t, k = below_maximum(rows[some])
        np.subtract(t, log_of_sum(t, k), out=y[some])
    return from_rows(y, x, axis)


def log_softmax_backward(dy: Array, x: Array, axis: int = -1) -> Array:
    """Gradient of a loss L through `log_softmax`, given dy = ∂L/∂y.

    ∂L/∂x_i = dy_i − o_i · Σ_j dy_j where o = softmax(x)

    Shapes: dy and x alike.
    Raises: ValueError if the shapes differ or the axis is not there.
    Source: D2.16, D2.17.

    >>> log_softmax_backward(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    array([ 0.5, -0.5])
    """
    dy, x = _with_axis("log_softmax_backward", axis, dy=dy, x=x)
    dx: Array = dy - softmax(x, axis) * along(dy, axis)
    return dx


def _with_axis(where: str, axis: int, **arrays: Array) -> list[Array]:
    *upstream, x = checked = check_arrays(where, **arrays)
    check_axis(where, "x", x, axis)
    for dy in upstream:
        check_gradient(where, dy, x.shape)
    return checked
