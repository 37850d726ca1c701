"""Forms that are right as formulas, and lose on floats the digits that `refimpl` keeps.

Next to 1 there is nothing between 1 and 1 − 2⁻⁵³: what is first added to 1, or rounded to it, and
then subtracted from it, is gone.
"""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.losses import class_axis, one_hot
from parity.mistakes.mistake import lost_digits
from refimpl import dsigmoid, dtanh, sigmoid, softmax, tanh


@lost_digits(
    "sigmoid_backward",
    "o(1 − o) from the rounded output: 0 where o rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.10",
)
def sigmoid_derivative_from_output(dy: Array, x: Array) -> Array:
    return np.asarray(dy * dsigmoid(sigmoid(x)))


@lost_digits(
    "tanh_backward",
    "1 − o² from the rounded output: 0 where o rounds to ±1",
    "formulas that are equal compute equal numbers",
    "D1.10",
)
def tanh_derivative_from_output(dy: Array, x: Array) -> Array:
    return np.asarray(dy * dtanh(tanh(x)))


@lost_digits(
    "log_softmax",
    "the logarithm of the whole sum: 0 for a class that is almost sure",
    "what is shifted by the maximum is safe",
    "D2.14",
)
def log_softmax_of_whole_sum(x: Array, axis: int = -1) -> Array:
    if not x.size:
        return x.copy()
    t = x - x.max(axis=axis, keepdims=True)
    return np.asarray(t - np.log(np.exp(t).sum(axis=axis, keepdims=True)))


@lost_digits(
    "cross_entropy",
    "the logarithm of the whole sum: a loss of 0 for an answer that is almost sure",
    "what is shifted by the maximum is safe",
    "D2.14",
)
def cross_entropy_of_whole_sum(logits: Array, target: Array, reduction: str = "mean") -> Array:
    axis = class_axis(logits)
    log_o = log_softmax_of_whole_sum(logits, axis)
    losses = -(one_hot(target, logits) * log_o).sum(axis=axis)
    return np.asarray(_reduced(losses, reduction), logits.dtype)


@lost_digits(
    "cross_entropy_backward",
    "o − 1 of the rounded output: 0 where o rounds to 1",
    "formulas that are equal compute equal numbers",
    "D2.17",
)
def cross_entropy_gradient_less_one(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    axis = class_axis(logits)
    t = one_hot(target, logits)
    samples = logits.size // max(1, logits.shape[axis])
    scale = dy / np.asarray(max(samples, 1) if reduction == "mean" else 1, logits.dtype)
    scale = np.expand_dims(scale, axis) if scale.ndim else scale
    difference = softmax(logits, axis) * t.sum(axis=axis, keepdims=True) - t
    return np.asarray(difference * scale, logits.dtype)


@lost_digits(
    "binary_cross_entropy_with_logits",
    "log(1 + e^(−|z|)) in the place of log1p: a loss of 0 for an answer that is almost sure",
    "log(1 + e) needs no function of its own",
    "D1.2",
)
def binary_without_log1p(logits: Array, target: Array, reduction: str = "mean") -> Array:
    wrong_side = target * np.maximum(-logits, 0) + (1 - target) * np.maximum(logits, 0)
    losses = wrong_side + np.log(1 + np.exp(-np.abs(logits)))
    return np.asarray(_reduced(np.asarray(losses, logits.dtype), reduction), logits.dtype)


@lost_digits(
    "binary_cross_entropy_with_logits_backward",
    "σ(z) − t of the rounded σ: 0 where t = 1 and σ rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.2",
)
def binary_gradient_from_output(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    count = np.asarray(max(logits.size, 1) if reduction == "mean" else 1, logits.dtype)
    return np.asarray(dy / count * (sigmoid(logits) - target), logits.dtype)


@lost_digits(
    "log_likelihood_backward",
    "t − σ(z) of the rounded σ: 0 where t = 1 and σ rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.2",
)
def likelihood_gradient_from_output(dy: Array, logits: Array, target: Array) -> Array:
    return np.asarray(dy * (target - sigmoid(logits)), logits.dtype)


def _reduced(losses: Array, reduction: str) -> Array:
    """The losses themselves, their sum or their mean."""
    if reduction == "none":
        return losses
    count = losses.size if reduction == "mean" else 1
    return np.asarray(losses.sum() / np.asarray(count, losses.dtype))
