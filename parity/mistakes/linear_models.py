"""Mistakes in the models of one layer and in the criteria they are fitted by."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    linear,
    log_likelihood,
    log_likelihood_backward,
    logistic_regression,
    perceptron,
    perceptron_loss,
    perceptron_loss_backward,
    relu,
    sigmoid,
    softmax,
    softmax_regression,
)
from refimpl.elements import zero_of

# --- perceptron ---------------------------------------------------------------------------


@mistake(
    "perceptron",
    "the step from 0 to 1 instead of the sign",
    "an output is on or off",
    "D1.2",
)
def perceptron_step(x: Array, weight: Array, bias: Array | None = None) -> Array:
    y = perceptron(x, weight, bias)
    return np.where(y < 0, zero_of(y), y)


@mistake(
    "perceptron",
    "the bias is left out",
    "the weights decide; every hyperplane goes through 0",
    "D1.2",
    "D1.3",
)
def perceptron_without_bias(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return perceptron(x, weight)


@mistake(
    "perceptron",
    "the bias is a threshold: it is subtracted",
    "fires where the sum passes the bias",
    "D1.2",
)
def perceptron_threshold(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return perceptron(x, weight, None if bias is None else -bias)


@mistake(
    "perceptron_loss",
    "max(0, 1 − t·s): with a margin of 1",
    "the loss of a support vector machine",
    "D1.2",
)
def perceptron_with_margin(score: Array, target: Array) -> Array:
    return np.asarray(relu(np.asarray(1 - target * score)).sum(), score.dtype)


@mistake(
    "perceptron_loss",
    "max(0, t·s): the points on the right side cost",
    "the sign is a detail",
    "D1.2",
)
def perceptron_right_side_costs(score: Array, target: Array) -> Array:
    return perceptron_loss(np.asarray(-score), target)


@mistake(
    "perceptron_loss_backward",
    "−t for every sample, those on the right side, too",
    "each sample moves the line",
    "D1.2",
)
def perceptron_every_sample(dy: Array, score: Array, target: Array) -> Array:
    return np.asarray(-(dy * target), score.dtype)


@mistake(
    "perceptron_loss_backward",
    "−t where s < 0: asks for the score's sign instead of t·s",
    "a negative score is a wrong one",
    "D1.2",
)
def perceptron_score_for_side(dy: Array, score: Array, target: Array) -> Array:
    return np.where(score < 0, np.asarray(-(dy * target), score.dtype), zero_of(score))


@mistake(
    "perceptron_loss_backward",
    "t instead of −t: learns away from the target",
    "the sign of the update for that of the gradient",
    "D1.2",
)
def perceptron_gradient_negated(dy: Array, score: Array, target: Array) -> Array:
    return np.asarray(-perceptron_loss_backward(dy, score, target))


# --- logistic regression ------------------------------------------------------------------


@mistake(
    "logistic_regression",
    "the probability of the other class, σ(−z)",
    "two classes, either will do",
    "D1.2",
)
def logistic_of_the_other_class(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return sigmoid(-linear(x, weight, bias))


@mistake(
    "logistic_regression",
    "the bias is added to the probability",
    "the bias belongs to the output",
    "D1.2",
)
def logistic_bias_behind(x: Array, weight: Array, bias: Array | None = None) -> Array:
    y = logistic_regression(x, weight)
    return y if bias is None else np.asarray(y + bias)


@mistake(
    "logistic_regression",
    "the sum itself, without the sigmoid",
    "regression is linear",
    "D1.2",
)
def logistic_without_sigmoid(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(x, weight, bias)


@mistake(
    "log_likelihood",
    "t and 1 − t change places",
    "which class is called 1 does not matter",
    "D1.2",
)
def likelihood_classes_swapped(logits: Array, target: Array) -> Array:
    return log_likelihood(logits, np.asarray(1 - target, target.dtype))


@mistake(
    "log_likelihood",
    "the mean over the samples instead of the sum",
    "a batch has a mean likelihood",
    "D1.2",
)
def likelihood_averaged(logits: Array, target: Array) -> Array:
    count = np.asarray(max(logits.size, 1), logits.dtype)
    return np.asarray(log_likelihood(logits, target) / count, logits.dtype)


@mistake(
    "log_likelihood_backward",
    "σ − t: the gradient of the loss, which is to descend",
    "ascent and descent have one gradient",
    "D1.2",
)
def likelihood_gradient_of_the_loss(dy: Array, logits: Array, target: Array) -> Array:
    return -log_likelihood_backward(dy, logits, target)


@mistake(
    "log_likelihood_backward",
    "t − z: the sigmoid is left out",
    "the gradient is target less prediction, and z is the prediction",
    "D1.2",
)
def likelihood_sigmoid_left_out(dy: Array, logits: Array, target: Array) -> Array:
    return np.asarray(dy * (target - logits))


# --- softmax regression -------------------------------------------------------------------


@mistake(
    "softmax_regression",
    "shares among the samples instead of among the classes",
    "the first axis of the scores",
    "D1.2",
    "D1.28",
)
def softmax_regression_over_samples(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return softmax(linear(x, weight, bias), axis=0)


@mistake(
    "softmax_regression",
    "a sigmoid for each class: the shares do not add up to 1",
    "several classes are several logistic regressions",
    "D1.2",
    "D1.29",
)
def softmax_regression_by_sigmoids(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return logistic_regression(x, weight, bias)


@mistake(
    "softmax_regression",
    "the bias is left out",
    "shares do not change by a constant",
    "D1.2",
    "D1.3",
)
def softmax_regression_without_bias(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return softmax_regression(x, weight)


# --- right as formulas: digits are lost where 1 − o is left of a rounded o ------------------


@mistake(
    "log_likelihood_backward",
    "t − σ(z) of the rounded σ: 0 where t = 1 and σ rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.2",
    loses_digits=True,
)
def likelihood_gradient_from_output(dy: Array, logits: Array, target: Array) -> Array:
    return np.asarray(dy * (target - sigmoid(logits)), logits.dtype)


slightly_too_large("log_likelihood", "perceptron_loss")
