"""Mistakes in activation functions made of pieces."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    PReLUGrads,
    hardsigmoid,
    hardsigmoid_backward,
    hardswish,
    hardswish_backward,
    prelu,
    prelu_backward,
)
from refimpl.elements import zero_of

# --- prelu --------------------------------------------------------------------------------


def _last_slopes(x: Array, weight: Array) -> Array:
    """The slopes along the last axis of x."""
    return weight[np.arange(x.shape[-1] if x.ndim else 1) % len(weight)]


@mistake("prelu", "the slope is on the positive side", "min for max")
def prelu_slope_on_wrong_side(x: Array, weight: Array) -> Array:
    return np.where(x > 0, prelu(-x, weight) * -1, x)


@mistake("prelu", "the slopes run along the last axis", "NumPy broadcasts from behind")
def prelu_along_the_last_axis(x: Array, weight: Array) -> Array:
    slopes = _last_slopes(x, weight)
    return np.where(x > 0, x, x * (slopes if x.ndim else slopes[0]))


@mistake("prelu", "the first channel's slope serves all", "a layer has one slope")
def prelu_first_slope_alone(x: Array, weight: Array) -> Array:
    return prelu(x, weight[:1])


@mistake("prelu_backward", "∂L/∂weight is not summed over the samples", "a gradient for each image")
def prelu_first_sample_alone(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    dx, _ = prelu_backward(dy, x, weight)
    if x.ndim < 2:
        return PReLUGrads(dx, prelu_backward(dy, x, weight).dweight)
    return PReLUGrads(dx, prelu_backward(dy[:1], x[:1], weight).dweight)


@mistake(
    "prelu_backward",
    "∂L/∂weight takes the positive elements, too",
    "the derivative by the slope is x",
)
def prelu_weight_of_every_element(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    dx, dweight = prelu_backward(dy, x, weight)
    return PReLUGrads(dx, np.asarray(dweight - prelu_backward(dy, -x, weight).dweight))


@mistake("prelu_backward", "∂L/∂weight is a mean", "a loss is a mean, so its gradients are")
def prelu_mean_of_the_weight(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    dx, dweight = prelu_backward(dy, x, weight)
    count = max(1, x.size // len(weight))
    return PReLUGrads(dx, np.asarray(dweight / count, x.dtype))


@mistake("prelu_backward", "dy passes at x = 0", "0 is on the positive side")
def prelu_passes_at_zero(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    dx, dweight = prelu_backward(dy, x, weight)
    return PReLUGrads(np.where(x >= 0, dy, dx), dweight)


@mistake("prelu_backward", "asks for the sign of dy instead of x", "what comes in is dy")
def prelu_derivative_of_dy(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    return PReLUGrads(prelu_backward(dy, dy, weight).dx, prelu_backward(dy, x, weight).dweight)


@mistake("prelu_backward", "∂L/∂x is 0 on the negative side", "a ReLU is a ReLU")
def prelu_derivative_of_relu(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    dx, dweight = prelu_backward(dy, x, weight)
    return PReLUGrads(np.where(x > 0, dx, zero_of(dx)), dweight)


# --- hardsigmoid --------------------------------------------------------------------------


@mistake("hardsigmoid", "0.2x + 0.5, as in Keras 2", "a hard sigmoid is the same everywhere")
def hardsigmoid_of_keras(x: Array) -> Array:
    zero = zero_of(x)
    line = np.asarray(x / 5 + (zero + 1) / 2, x.dtype)
    return np.where(line < 0, zero, np.where(line > 1, zero + 1, line))


@mistake("hardsigmoid", "is not cut off above", "the lower cut is the ReLU in it")
def hardsigmoid_not_cut_above(x: Array) -> Array:
    return np.where(x > 3, np.asarray((x + 3) / 6, x.dtype), hardsigmoid(x))


@mistake("hardsigmoid", "is not divided by 6", "ReLU6(x + 3) is the gate")
def hardsigmoid_not_divided(x: Array) -> Array:
    return np.asarray(hardsigmoid(x) * 6, x.dtype)


@mistake(
    "hardsigmoid_backward", "1/5 for 1/6, as in Keras 2", "the slope is that of a Taylor series"
)
def hardsigmoid_slope_of_keras(dy: Array, x: Array) -> Array:
    return np.asarray(hardsigmoid_backward(dy, x) * 6 / 5, x.dtype)


@mistake("hardsigmoid_backward", "lets dy/6 through everywhere", "the slope is 1/6")
def hardsigmoid_slope_everywhere(dy: Array, x: Array) -> Array:
    return np.asarray(dy / 6, x.dtype)


@mistake("hardsigmoid_backward", "o(1 − o): the sigmoid's derivative", "it is a sigmoid")
def hardsigmoid_derivative_of_sigmoid(dy: Array, x: Array) -> Array:
    o = hardsigmoid(x)
    return np.asarray(dy * o * (1 - o), x.dtype)


@mistake("hardsigmoid_backward", "lets dy/6 through at −3 and 3", "≤ for <")
def hardsigmoid_passes_at_the_kinks(dy: Array, x: Array) -> Array:
    inside = (x >= -3) & (x <= 3)
    return np.where(inside, np.asarray(dy / 6, x.dtype), zero_of(dy))


# --- hardswish ----------------------------------------------------------------------------


@mistake("hardswish", "the gate alone: the factor x is missing", "the gate is the activation")
def hardswish_without_x(x: Array) -> Array:
    return hardsigmoid(x)


@mistake("hardswish", "x · ReLU6(x + 3): the division by 6 is missing", "the gate goes to 6")
def hardswish_not_divided(x: Array) -> Array:
    return np.asarray(hardswish(x) * 6, x.dtype)


@mistake("hardswish", "x · ReLU6(x)/6: the 3 is missing", "a ReLU6 starts at 0")
def hardswish_not_shifted(x: Array) -> Array:
    zero = zero_of(x)
    gate = np.where(x < 0, zero, np.where(x > 6, zero + 6, x))
    return np.asarray(x * (gate / 6), x.dtype)


@mistake(
    "hardswish_backward",
    "dy · (x + 3)/6: the product rule's second term is left out",
    "the gate is a constant",
)
def hardswish_gate_held_fixed(dy: Array, x: Array) -> Array:
    return np.asarray(dy * hardsigmoid(x), x.dtype)


@mistake("hardswish_backward", "(2x + 3)/6 everywhere", "a parabola has one derivative")
def hardswish_parabola_everywhere(dy: Array, x: Array) -> Array:
    return np.asarray(dy * ((2 * x + 3) / 6), x.dtype)


@mistake("hardswish_backward", "dy above 0 instead of above 3", "ReLU's derivative on the right")
def hardswish_straight_from_zero(dy: Array, x: Array) -> Array:
    return np.where(x > 0, dy, hardswish_backward(dy, x))


slightly_too_large("prelu", "hardsigmoid", "hardswish")
