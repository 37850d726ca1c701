"""Mistakes in the models of one layer."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from refimpl import (
    linear,
    logistic_regression,
    perceptron,
    sigmoid,
    softmax,
    softmax_regression,
)
from refimpl.elements import zero_of


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
