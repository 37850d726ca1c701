"""Mistakes in activation functions and their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import in_float32, slightly_too_large
from refimpl import (
    dsigmoid,
    dtanh,
    hardtanh,
    hardtanh_backward,
    leaky_relu,
    leaky_relu_backward,
    log_softmax,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    sign,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)
from refimpl.elements import parameter, zero_of

# --- ReLU ---------------------------------------------------------------------------------


@mistake("relu", "gives |x|", "negative numbers become positive", "D2.9", "D4.4")
def relu_absolute_value(x: Array) -> Array:
    return np.abs(x)


@mistake("relu", "is cut off at 1, too", "an activation is a number between 0 and 1", "D2.9")
def relu_cut_off_at_one(x: Array) -> Array:
    return np.where(x > 1, zero_of(x) + 1, relu(x))


@mistake(
    "relu_backward",
    "asks for the sign of dy instead of x",
    "ReLU's derivative acts on what comes in, and backward that is dy",
    "D2.19",
    "D4.7",
)
def relu_derivative_of_dy(dy: Array, x: Array) -> Array:
    return relu_backward(dy, dy)


@mistake(
    "relu_backward",
    "asks whether y = max(0, x) is ≥ 0, which it always is",
    "y can stand for x, as for sigmoid and tanh",
    "D2.19",
)
def relu_derivative_of_output(dy: Array, x: Array) -> Array:
    return relu_backward(dy, relu(x), at_zero=1)


@mistake(
    "relu_backward",
    "multiplies dy by max(0, x)",
    "the function itself in the place of its derivative",
    "D2.19",
    "D2.27",
)
def relu_function_for_derivative(dy: Array, x: Array) -> Array:
    return np.asarray(dy * relu(x))


@mistake(
    "relu_backward",
    "lets dy through at x = 0, as D2.19 prints it",
    "the derivative at 0 is 1",
    "D2.19",
    "D2.27",
)
def relu_passes_at_zero(dy: Array, x: Array) -> Array:
    return relu_backward(dy, x, at_zero=1)


@mistake(
    "relu_backward",
    "lets negative gradients become 0, too",
    "a ReLU gives nothing negative, backward neither",
    "D2.19",
)
def relu_of_the_gradient(dy: Array, x: Array) -> Array:
    return relu(relu_backward(dy, x))


@mistake("leaky_relu", "the slope is on the positive side", "min for max", "D2.9")
def leaky_slope_on_wrong_side(x: Array, negative_slope: Any = 0.01) -> Array:
    return np.where(x > 0, x * parameter(negative_slope, like=x), x)


@mistake(
    "leaky_relu", "the slope is 0.1 whatever is given", "D2's 0.1 is part of the function", "D2.9"
)
def leaky_slope_always_a_tenth(x: Array, negative_slope: Any = 0.01) -> Array:
    return leaky_relu(x, 0.1)


@mistake(
    "leaky_relu_backward",
    "the slope is on the positive side",
    "min for max",
    "D2.9",
)
def leaky_derivative_on_wrong_side(dy: Array, x: Array, negative_slope: Any = 0.01) -> Array:
    return np.where(x > 0, dy * parameter(negative_slope, like=dy), dy)


@mistake(
    "leaky_relu_backward",
    "asks for the sign of dy instead of x",
    "the derivative acts on what comes in, and backward that is dy",
    "D2.9",
)
def leaky_derivative_of_dy(dy: Array, x: Array, negative_slope: Any = 0.01) -> Array:
    return leaky_relu_backward(dy, dy, negative_slope)


@mistake(
    "leaky_relu_backward",
    "gives 0 on the negative side",
    "a ReLU is a ReLU",
    "D2.9",
)
def leaky_derivative_of_relu(dy: Array, x: Array, negative_slope: Any = 0.01) -> Array:
    return relu_backward(dy, x)


# --- hardtanh -----------------------------------------------------------------------------


@mistake("hardtanh", "is not cut off below", "a relu6 behind a ReLU needs no 0")
def hardtanh_minimum_alone(x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    return np.asarray(np.minimum(x, parameter(max_val, like=x)))


@mistake("hardtanh", "is cut off at −1 and 1 whatever is given", "a tanh lies between −1 and 1")
def hardtanh_limits_ignored(x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    return hardtanh(x)


@mistake(
    "hardtanh_backward",
    "lets dy through at both limits, as torch.clamp does",
    "what has the same values has the same derivative",
)
def hardtanh_passes_at_the_limits(
    dy: Array, x: Array, min_val: Any = -1, max_val: Any = 1
) -> Array:
    low, high = (parameter(limit, like=x) for limit in (min_val, max_val))
    return np.where((x < low) | (x > high), zero_of(dy), dy)


@mistake(
    "hardtanh_backward",
    "asks whether y lies between the limits, them included, which it always does",
    "y can stand for x, as for sigmoid and tanh",
)
def hardtanh_derivative_of_output(
    dy: Array, x: Array, min_val: Any = -1, max_val: Any = 1
) -> Array:
    return dy.copy()


@mistake(
    "hardtanh_backward",
    "lets dy through above max_val",
    "a ReLU's derivative serves a relu6, too",
)
def hardtanh_upper_limit_forgotten(
    dy: Array, x: Array, min_val: Any = -1, max_val: Any = 1
) -> Array:
    return np.where(x > parameter(min_val, like=x), dy, zero_of(dy))


@mistake(
    "hardtanh_backward",
    "asks dy instead of x",
    "the derivative acts on what comes in, and backward that is dy",
)
def hardtanh_derivative_of_dy(dy: Array, x: Array, min_val: Any = -1, max_val: Any = 1) -> Array:
    return hardtanh_backward(dy, dy, min_val, max_val)


# --- sign ---------------------------------------------------------------------------------


@mistake("sign", "gives 1 at x = 0", "there are two classes, so there are two values", "D1.2")
def sign_of_zero_is_one(x: Array) -> Array:
    return np.where(x == 0, zero_of(x) + 1, sign(x))


@mistake(
    "sign_backward",
    "lets dy through",
    "something has to come through, or a perceptron would not learn",
    "D1.2",
)
def sign_passes_the_gradient(dy: Array, x: Array) -> Array:
    return dy.copy()


# --- sigmoid and tanh ---------------------------------------------------------------------


@mistake("sigmoid", "1/(1 + e^x): the sign is lost", "the minus is a detail", "D2.9", "D1.2")
def sigmoid_sign_lost(x: Array) -> Array:
    return sigmoid(-x)


@mistake(
    "sigmoid",
    "e^x/(1 + e^x) as it stands: NaN where e^x overflows",
    "formulas that are equal compute equal numbers",
    "D2.9",
)
def sigmoid_overflows(x: Array) -> Array:
    powers = np.exp(x)
    return np.asarray(powers / (1 + powers))


@mistake(
    "sigmoid_backward",
    "z(1 − z): the input is taken for the output",
    "the o in o(1 − o) is the node's number before the activation",
    "D1.10",
)
def sigmoid_derivative_of_input(dy: Array, x: Array) -> Array:
    return dy * dsigmoid(x)


@mistake(
    "sigmoid_backward",
    "applies sigmoid to what is already its output",
    "the derivative is given the output, and takes it for the input",
    "D1.10",
)
def sigmoid_applied_twice(dy: Array, x: Array) -> Array:
    return sigmoid_backward(dy, sigmoid(x))


@mistake(
    "sigmoid_backward",
    "φ' is left out: δ_p = upsample(δ_q), as D1.33 has it",
    "the pooling's residual is the convolution's",
    "D1.33",
    "D0.10",
)
def sigmoid_derivative_left_out(dy: Array, x: Array) -> Array:
    return dy.copy()


@mistake(
    "sigmoid_backward", "o instead of o(1 − o)", "the second factor is forgotten", "D1.10", "D1.32"
)
def sigmoid_one_factor(dy: Array, x: Array) -> Array:
    return np.asarray(dy * sigmoid(x))


@mistake(
    "sigmoid_backward",
    "a difference quotient with a step of 10⁻⁴ in the place of the derivative",
    "a step this small gives the derivative",
    "D1.10",
)
def sigmoid_difference_quotient(dy: Array, x: Array) -> Array:
    step = parameter(1e-4, like=x)
    return np.asarray(dy * (sigmoid(x + step) - sigmoid(x)) / step, x.dtype)


@mistake("tanh", "1 − 2/(e^x + 1): the factor 2 is missing inside", "2σ(x) − 1 is tanh(x)", "D1.2")
def tanh_of_half(x: Array) -> Array:
    return np.asarray(2 * sigmoid(x) - 1)


@mistake(
    "tanh",
    "(e^x − e^(−x))/(e^x + e^(−x)) as it stands: NaN where e^x overflows",
    "formulas that are equal compute equal numbers",
    "D1.10",
)
def tanh_overflows(x: Array) -> Array:
    up, down = np.exp(x), np.exp(-x)
    return np.asarray((up - down) / (up + down))


@mistake(
    "tanh_backward",
    "1 − z²: the input is taken for the output",
    "the o in 1 − o² is the node's number before the activation",
    "D1.10",
)
def tanh_derivative_of_input(dy: Array, x: Array) -> Array:
    return dy * dtanh(x)


@mistake("tanh_backward", "1 − o instead of 1 − o²", "the square is forgotten", "D1.10")
def tanh_square_forgotten(dy: Array, x: Array) -> Array:
    return np.asarray(dy * (1 - tanh(x)))


@mistake("tanh_backward", "o(1 − o): sigmoid's derivative", "both are s-shaped", "D1.10")
def tanh_derivative_of_sigmoid(dy: Array, x: Array) -> Array:
    return dy * dsigmoid(tanh(x))


@mistake(
    "tanh_backward",
    "the gradient is 0",
    "no gradient arrives, so there is nothing to compute",
    "D1.10",
)
def tanh_gradient_zero(dy: Array, x: Array) -> Array:
    return np.asarray(tanh_backward(dy, x) * zero_of(x), x.dtype)


@mistake(
    "dsigmoid", "applies sigmoid to its output once more", "o is the node's input", "D1.10", "D1.30"
)
def dsigmoid_of_input(o: Array) -> Array:
    return dsigmoid(sigmoid(o))


@mistake("dtanh", "applies tanh to its output once more", "o is the node's input", "D1.10", "D1.30")
def dtanh_of_input(o: Array) -> Array:
    return dtanh(tanh(o))


@mistake("dsigmoid", "1 − o²: tanh's derivative", "both are s-shaped", "D1.10", "D1.30")
def dsigmoid_of_tanh(o: Array) -> Array:
    return dtanh(o)


@mistake("dtanh", "o(1 − o): sigmoid's derivative", "both are s-shaped", "D1.10", "D1.30")
def dtanh_of_sigmoid(o: Array) -> Array:
    return dsigmoid(o)


# --- softmax ------------------------------------------------------------------------------


def another_axis(x: Array, axis: int) -> int:
    """The axis before the right one; of one axis, that one."""
    return (axis % x.ndim - 1) % x.ndim


@mistake("softmax", "runs along the wrong axis", "over the batch", "D2.8", "D0.8")
def softmax_along_wrong_axis(x: Array, axis: int = -1) -> Array:
    return softmax(x, another_axis(x, axis))


@mistake(
    "softmax",
    "divides by the sum over the whole array",
    "all numbers together are the distribution",
    "D2.8",
    "D1.29",
)
def softmax_over_everything(x: Array, axis: int = -1) -> Array:
    return softmax(x.reshape(x.size)).reshape(x.shape)


@mistake(
    "softmax",
    "e^x/Σ e^x as it stands: NaN where e^x overflows",
    "formulas that are equal compute equal numbers",
    "D2.8",
)
def softmax_overflows(x: Array, axis: int = -1) -> Array:
    powers = np.exp(x)
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


@mistake(
    "softmax",
    "the powers pass through float32, although x is float64",
    "the precision of the intermediate results does not matter",
    "D2.8",
)
def softmax_in_float32(x: Array, axis: int = -1) -> Array:
    return in_float32(softmax(x, axis))


@mistake(
    "softmax_backward",
    "o(1 − o) · dy: the diagonal of the Jacobian alone",
    "O_t has nothing to do with z_i, as D2.17 says beside i ≠ t",
    "D2.17",
    "D1.28",
)
def softmax_diagonal_alone(dy: Array, x: Array, axis: int = -1) -> Array:
    return dy * dsigmoid(softmax(x, axis))


@mistake(
    "softmax_backward",
    "o · dy: Σ_j dy_j o_j is not subtracted",
    "the denominator is a constant",
    "D2.17",
)
def softmax_without_subtracting(dy: Array, x: Array, axis: int = -1) -> Array:
    return np.asarray(dy * softmax(x, axis))


@mistake(
    "softmax_backward",
    "Σ_j dy_j o_j is added instead of subtracted",
    "the sign of uv' in the quotient rule",
    "D2.17",
)
def softmax_sum_added(dy: Array, x: Array, axis: int = -1) -> Array:
    o = softmax(x, axis)
    return np.asarray(o * (dy + (dy * o).sum(axis=axis, keepdims=True)))


@mistake("softmax_backward", "runs along the wrong axis", "over the batch", "D2.17", "D1.28")
def softmax_gradient_along_wrong_axis(dy: Array, x: Array, axis: int = -1) -> Array:
    return softmax_backward(dy, x, another_axis(x, axis))


@mistake(
    "log_softmax",
    "log(o + 10⁻⁷), so that the logarithm has no 0",
    "a little more does no harm",
    "D2.8",
    "D2.14",
)
def log_softmax_of_a_little_more(x: Array, axis: int = -1) -> Array:
    return np.asarray(np.log(softmax(x, axis) + parameter(1e-7, like=x)))


@mistake(
    "log_softmax",
    "runs along the wrong axis",
    "over the batch, or over a map",
    "D2.8",
)
def log_softmax_along_wrong_axis(x: Array, axis: int = -1) -> Array:
    return log_softmax(x, another_axis(x, axis))


@mistake(
    "log_softmax_backward",
    "dy − o: right for a single dy of 1 only",
    "the O_t − 1 of D2.18 for any upstream gradient",
    "D2.17",
    "D2.18",
)
def log_softmax_sum_left_out(dy: Array, x: Array, axis: int = -1) -> Array:
    return np.asarray(dy - softmax(x, axis))


@mistake(
    "log_softmax_backward",
    "softmax's gradient: the logarithm's is left out",
    "the logarithm is a part of the loss",
    "D2.16",
    "D2.17",
)
def log_softmax_logarithm_left_out(dy: Array, x: Array, axis: int = -1) -> Array:
    return softmax_backward(dy, x, axis)


# Not in sign, whose gradient is 0 whatever it is times.


# --- right as formulas: digits are lost where 1 − o is left of a rounded o ------------------


@mistake(
    "sigmoid_backward",
    "o(1 − o) from the rounded output: 0 where o rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.10",
    loses_digits=True,
)
def sigmoid_derivative_from_output(dy: Array, x: Array) -> Array:
    return np.asarray(dy * dsigmoid(sigmoid(x)))


@mistake(
    "tanh_backward",
    "1 − o² from the rounded output: 0 where o rounds to ±1",
    "formulas that are equal compute equal numbers",
    "D1.10",
    loses_digits=True,
)
def tanh_derivative_from_output(dy: Array, x: Array) -> Array:
    return np.asarray(dy * dtanh(tanh(x)))


@mistake(
    "log_softmax",
    "the logarithm of the whole sum: 0 for a class that is almost sure",
    "what is shifted by the maximum is safe",
    "D2.14",
    loses_digits=True,
)
def log_softmax_of_whole_sum(x: Array, axis: int = -1) -> Array:
    if not x.size:
        return x.copy()
    t = x - x.max(axis=axis, keepdims=True)
    return np.asarray(t - np.log(np.exp(t).sum(axis=axis, keepdims=True)))


slightly_too_large("relu", "leaky_relu", "hardtanh", "sigmoid", "tanh", "softmax", "log_softmax")
