"""The table of rules: which bounds a function's value, and which its gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.bounds import (
    dropout,
    elementary,
    exponentials,
    gates,
    gaussian,
    linear_models,
    logistic,
    losses,
    normalization,
    optimizers,
    piecewise,
    powers,
    repeated,
    response,
    sampling,
    selections,
    softmax,
    sums,
)
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Arrays, Bound, Options
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS

__all__ = ["Bound", "backward_bounds", "forward_bound", "tensor_bounds"]

Forward = Callable[[str, Arrays, Options, Sides], Bound]
Backward = Callable[[str, Array, Arrays, Options, Sides], dict[str, Bound]]
Both = Callable[[str, Array, Arrays, Options, Sides], tuple[Bound, dict[str, Bound]]]


def no_gradients(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """For functions that are compared forward alone."""
    return {}


# By the rule that the registry names for a function (`Function.bound_rule`).
RULES: dict[str, tuple[Forward, Backward]] = {
    # sums of products; what is added, moved or selected
    "sums": (sums.forward, sums.backward),
    "shared_conv2d": (sums.shared_forward, sums.shared_backward),
    "moved": (selections.moved_forward, selections.moved_backward),
    "pad": (selections.moved_forward, selections.collected_backward),
    "max_pool": (selections.moved_forward, selections.collected_backward),
    "leaky_relu": (selections.leaky_forward, selections.leaky_backward),
    "downsample": (sampling.forward, sampling.backward),
    "gaussian_pool2d": (gaussian.forward, gaussian.backward),
    "dropout": (dropout.forward, dropout.backward),
    # two arrays element by element
    "add": (repeated.added, repeated.added_backward),
    "multiply": (repeated.value, repeated.multiply_backward),
    "subtract": (repeated.added, repeated.added_backward),
    "divide": (repeated.value, repeated.divide_backward),
    "power": (powers.forward, powers.backward),
    # elementary functions
    "sigmoid": (elementary.sigmoid_forward, elementary.sigmoid_backward),
    "tanh": (elementary.tanh_forward, elementary.tanh_backward),
    "dsigmoid": (elementary.dsigmoid_forward, no_gradients),
    "dtanh": (elementary.dtanh_forward, no_gradients),
    "softmax": (softmax.softmax_forward, softmax.softmax_backward),
    "log_softmax": (softmax.log_softmax_forward, softmax.log_softmax_backward),
    "exp": (exponentials.exp_forward, exponentials.exp_backward),
    "softplus": (exponentials.softplus_forward, exponentials.softplus_backward),
    "elu": (exponentials.elu_forward, exponentials.elu_backward),
    "silu": (gates.silu_forward, gates.silu_backward),
    "gelu": (gates.gelu_forward, gates.gelu_backward),
    # lines and parabolas
    "prelu": (piecewise.prelu_forward, piecewise.prelu_backward),
    "hardsigmoid": (piecewise.hardsigmoid_forward, piecewise.hardsigmoid_backward),
    "hardswish": (piecewise.hardswish_forward, piecewise.hardswish_backward),
    # normalisation
    "normalization": (normalization.forward, normalization.backward),
    "running_statistics": (normalization.running_forward, no_gradients),
    "local_response_norm": (response.forward, response.backward),
    # losses and models
    "cross_entropy": (softmax.cross_entropy_forward, softmax.cross_entropy_backward),
    "binary_cross_entropy_with_logits": (
        logistic.binary_cross_entropy_forward,
        logistic.binary_cross_entropy_backward,
    ),
    "log_likelihood": (logistic.log_likelihood_forward, logistic.log_likelihood_backward),
    "perceptron_loss": (losses.perceptron_loss_forward, losses.perceptron_loss_backward),
    "mse_loss": (losses.mse_loss_forward, losses.mse_loss_backward),
    "squared_error": (losses.squared_error_forward, losses.squared_error_backward),
    "perceptron": (linear_models.perceptron, no_gradients),
    "logistic_regression": (linear_models.logistic_regression, no_gradients),
    "softmax_regression": (linear_models.softmax_regression, no_gradients),
    # optimisers
    "sgd_step": (optimizers.sgd_forward, no_gradients),
    "adam_step": (optimizers.adam_forward, no_gradients),
}


# Where the value and the gradients are bounded by what is computed once for both, or dy tells of y.
BOTH: dict[str, Both] = {
    "sums": sums.both,
    "moved": selections.moved_both,
    "pad": selections.collected_both,
    "max_pool": selections.collected_both,
    "sigmoid": elementary.sigmoid_both,
}


def rule_of(function: str) -> tuple[Forward, Backward]:
    """The rules of a function's value and of its gradients."""
    return RULES[FUNCTIONS[function].bound_rule]


def forward_bound(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """The bound for a function's value."""
    with np.errstate(all="ignore"):
        return rule_of(function)[0](function, arrays, options, sides)


def backward_bounds(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """The bound for each of a function's gradients, by the input's name."""
    with np.errstate(all="ignore"):
        return rule_of(function)[1](function, dy, arrays, options, sides)


def tensor_bounds(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> tuple[Bound, dict[str, Bound]]:
    """What `forward_bound` and `backward_bounds` give, without computing twice what both need."""
    both = BOTH.get(FUNCTIONS[function].bound_rule)
    if both is None:
        value = forward_bound(function, arrays, options, sides)
        return value, backward_bounds(function, dy, arrays, options, sides)
    with np.errstate(all="ignore"):
        return both(function, dy, arrays, options, sides)
