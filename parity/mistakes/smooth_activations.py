"""Mistakes in smooth activation functions."""

from __future__ import annotations

from math import erf
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    elu,
    elu_backward,
    exp,
    exp_backward,
    gelu,
    gelu_backward,
    sigmoid,
    sigmoid_backward,
    silu,
    softplus,
    softplus_backward,
)
from refimpl.elements import parameter, pi_of, zero_of

# --- exp ----------------------------------------------------------------------------------


@mistake("exp", "gives 2^x", "every growth is exponential")
def exp_to_base_two(x: Array) -> Array:
    return exp(np.asarray(x * parameter(0.6931471805599453, like=x)))


@mistake("exp", "gives 1 + x", "near 0 the two are the same")
def exp_as_its_tangent(x: Array) -> Array:
    return np.asarray(1 + x)


@mistake("exp_backward", "x · e^(x − 1): the rule for powers", "the exponent comes down")
def exp_by_the_power_rule(dy: Array, x: Array) -> Array:
    return np.asarray(exp_backward(dy, np.asarray(x - 1)) * x)


@mistake("exp_backward", "dy passes as it is", "what is its own derivative changes nothing")
def exp_derivative_left_out(dy: Array, x: Array) -> Array:
    return dy.copy()


# --- softplus -----------------------------------------------------------------------------


@mistake(
    "softplus",
    "log(1 + e^(βx)) as it stands: ∞ where e^(βx) overflows",
    "formulas that are equal compute equal numbers",
)
def softplus_overflows(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    steep = parameter(beta, like=x)
    return np.asarray(np.log(1 + np.exp(x * steep)) / steep, x.dtype)


@mistake("softplus", "max(0, x): the logarithm is left out", "a softplus is a ReLU, nearly")
def softplus_as_relu(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    return np.where(x > 0, x, zero_of(x))


@mistake("softplus", "is not divided by beta", "beta stands in the exponent alone")
def softplus_not_divided(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    return np.asarray(softplus(x, beta, threshold) * parameter(beta, like=x), x.dtype)


@mistake("softplus", "beta is 1 whatever is given", "a softplus has no options")
def softplus_beta_ignored(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    return softplus(x, 1, threshold)


@mistake(
    "softplus",
    "compares x with the threshold, not beta · x",
    "a threshold is a value of the input",
)
def softplus_threshold_of_x(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    if threshold is None:
        return softplus(x, beta)
    return np.where(x > parameter(threshold, like=x), x, softplus(x, beta))


@mistake(
    "softplus_backward",
    "dy · beta · σ(beta · x): 1/beta is forgotten",
    "the derivative of the inside is beta, and that is all",
)
def softplus_inner_derivative_alone(
    dy: Array, x: Array, beta: Any = 1, threshold: Any = None
) -> Array:
    steep = parameter(beta, like=x)
    return np.asarray(softplus_backward(dy, x, beta, threshold) * steep, x.dtype)


@mistake("softplus_backward", "σ(x): beta is left out", "softplus's derivative is the sigmoid")
def softplus_derivative_without_beta(
    dy: Array, x: Array, beta: Any = 1, threshold: Any = None
) -> Array:
    return softplus_backward(dy, x, 1, threshold)


@mistake("softplus_backward", "σ' in the place of σ", "the derivative of a sigmoid is asked for")
def softplus_second_derivative(dy: Array, x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    return sigmoid_backward(dy, np.asarray(x * parameter(beta, like=x), x.dtype))


# --- silu ---------------------------------------------------------------------------------


@mistake("silu", "gives σ(x): the factor x is missing", "the gate is the activation")
def silu_without_x(x: Array) -> Array:
    return sigmoid(x)


@mistake("silu", "max(0, x) · σ(x)", "a rectifier gives nothing negative")
def silu_of_the_positive_part(x: Array) -> Array:
    return np.where(x > 0, silu(x), zero_of(x))


@mistake(
    "silu_backward", "dy · σ(x): x · σ'(x) is left out", "the gate is a constant, as in a dropout"
)
def silu_gate_held_fixed(dy: Array, x: Array) -> Array:
    return np.asarray(dy * sigmoid(x), x.dtype)


@mistake("silu_backward", "dy · σ'(x)", "the chain rule without the product rule")
def silu_derivative_of_sigmoid(dy: Array, x: Array) -> Array:
    return sigmoid_backward(dy, x)


@mistake("silu_backward", "σ + σ(1 − σ): x is missing", "σ' stands for x · σ'")
def silu_second_term_without_x(dy: Array, x: Array) -> Array:
    return np.asarray(dy * sigmoid(x) + sigmoid_backward(dy, x), x.dtype)


# --- gelu ---------------------------------------------------------------------------------


def _by_tanh(x: Array, cubic: str, turned: bool = False) -> Array:
    """The approximation with another constant for 0.044715, or with √(π/2) for √(2/π)."""
    pi = pi_of(x)
    root = np.sqrt(pi / 2) if turned else np.sqrt(2 / pi)
    inner = root * (x + parameter(float(cubic), like=x) * x * x * x)
    return np.asarray(x * sigmoid(np.asarray(2 * inner, x.dtype)), x.dtype)


@mistake("gelu", "0.44715 for 0.044715", "a 0 more or less")
def gelu_constant_ten_times(x: Array, approximate: str = "none") -> Array:
    return gelu(x) if approximate == "none" else _by_tanh(x, "0.44715")


@mistake("gelu", "√(π/2) for √(2/π)", "the root of a fraction of 2 and π")
def gelu_root_turned(x: Array, approximate: str = "none") -> Array:
    return gelu(x) if approximate == "none" else _by_tanh(x, "0.044715", turned=True)


@mistake("gelu", "the tanh approximation whatever is asked for", "it is the same function")
def gelu_always_approximated(x: Array, approximate: str = "none") -> Array:
    return gelu(x, "tanh")


@mistake("gelu", "x · σ(1.702x), the paper's other approximation", "a GELU is a swish")
def gelu_by_sigmoid(x: Array, approximate: str = "none") -> Array:
    steep = parameter(1.702, like=x)
    return np.asarray(x * sigmoid(np.asarray(x * steep, x.dtype)), x.dtype)


@mistake("gelu_backward", "Φ(x) alone: x · φ(x) is left out", "the gate is a constant")
def gelu_gate_held_fixed(dy: Array, x: Array, approximate: str = "none") -> Array:
    one, other = np.asarray(zero_of(x) + 1, x.dtype), np.asarray(zero_of(x) - 1, x.dtype)
    gate = np.where(x == 0, (one - other) / 4, gelu(x, approximate) / np.where(x == 0, one, x))
    return np.asarray(dy * gate, x.dtype)


@mistake(
    "gelu_backward",
    "1 + 0.044715x² inside: the 3 of (x³)' is missing",
    "the constant's factor stays as it is",
)
def gelu_cube_not_differentiated(dy: Array, x: Array, approximate: str = "none") -> Array:
    if approximate == "none":
        return gelu_backward(dy, x)
    root, cubic = np.sqrt(8 / pi_of(x)), parameter(0.044715, like=x)
    s = np.asarray(root * (x + cubic * x * x * x), x.dtype)
    slope = root * (1 + cubic * x * x)
    return np.asarray(dy * sigmoid(s) + sigmoid_backward(dy, s) * x * slope, x.dtype)


@mistake(
    "gelu_backward",
    "the exact derivative behind the approximation",
    "both are a GELU, and its derivative is Φ(x) + x · φ(x)",
)
def gelu_derivative_of_the_other(dy: Array, x: Array, approximate: str = "none") -> Array:
    return gelu_backward(dy, x)


# --- elu ----------------------------------------------------------------------------------


@mistake("elu", "α · e^x: the −1 is missing", "it goes to 0 on the left")
def elu_without_minus_one(x: Array, alpha: Any = 1) -> Array:
    return np.where(x > 0, x, elu(x, alpha) + parameter(alpha, like=x))


@mistake("elu", "α multiplies both sides", "it is a scale")
def elu_scaled_on_both_sides(x: Array, alpha: Any = 1) -> Array:
    return np.asarray(elu(x) * parameter(alpha, like=x), x.dtype)


@mistake("elu", "e^(αx) − 1: α stands in the exponent", "α is a steepness, as in a softplus")
def elu_alpha_in_the_exponent(x: Array, alpha: Any = 1) -> Array:
    return np.where(x > 0, x, elu(np.asarray(np.minimum(x, zero_of(x)) * abs(parameter(alpha, x)))))


@mistake("elu_backward", "α · x for α · e^x", "the derivative of e^x is x")
def elu_derivative_from_x(dy: Array, x: Array, alpha: Any = 1) -> Array:
    return np.where(x > 0, dy, dy * x * parameter(alpha, like=x))


@mistake("elu_backward", "x + α: the input is taken for the output", "y + α is α · e^x")
def elu_derivative_of_input(dy: Array, x: Array, alpha: Any = 1) -> Array:
    return np.where(x > 0, dy, dy * (x + parameter(alpha, like=x)))


@mistake("elu_backward", "e^x: α is left out", "a constant goes when one differentiates")
def elu_derivative_without_alpha(dy: Array, x: Array, alpha: Any = 1) -> Array:
    return elu_backward(dy, x)


@mistake("elu_backward", "lets dy through at x = 0 for every α", "an ELU is smooth at 0")
def elu_passes_at_zero(dy: Array, x: Array, alpha: Any = 1) -> Array:
    return np.where(x >= 0, dy, elu_backward(dy, x, alpha))


# --- right as formulas: digits are lost -----------------------------------------------------


@mistake(
    "gelu",
    "½ · x · (1 + erf(x/√2)): 0 where erf rounds to −1",
    "formulas that are equal compute equal numbers",
    loses_digits=True,
)
def gelu_of_one_plus_erf(x: Array, approximate: str = "none") -> Array:
    if approximate != "none" or x.dtype == object:
        return gelu(x, approximate)
    gate = 1 + np.asarray(np.frompyfunc(erf, 1, 1)(x / np.sqrt(2)), x.dtype)
    return np.asarray(x / 2 * gate, x.dtype)


@mistake(
    "elu",
    "α · (e^x − 1) from a rounded e^x: 0 beside 0",
    "formulas that are equal compute equal numbers",
    loses_digits=True,
)
def elu_of_a_rounded_power(x: Array, alpha: Any = 1) -> Array:
    below = parameter(alpha, like=x) * (np.exp(np.minimum(x, zero_of(x))) - 1)
    return np.where(x > 0, x, below)


@mistake(
    "softplus",
    "log of a rounded 1 + e^(βx): 0 where that is 1",
    "formulas that are equal compute equal numbers",
    loses_digits=True,
)
def softplus_of_a_rounded_sum(x: Array, beta: Any = 1, threshold: Any = None) -> Array:
    steep = parameter(beta, like=x)
    if x.dtype == object or threshold is not None:
        return softplus(x, beta, threshold)
    y = np.maximum(x, zero_of(x)) + np.log(1 + np.exp(-abs(x * steep))) / steep
    return np.asarray(y, x.dtype)


slightly_too_large("exp", "softplus", "silu", "gelu", "elu")
