"""The models of one layer and the criteria they are fitted by."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, unpacked
from parity.witnesses.definitions.losses import binary_cross_entropy
from parity.witnesses.definitions.numbers import either, exp, fractions, real


def weighted_sum(x: Any, weight: Any, bias: Any = 0) -> Any:
    """Θx + b, in fractions."""
    return np.asarray(fractions(x) @ fractions(weight).T + fractions(bias))


def perceptron(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """The sign of Θx + b."""
    signs = np.frompyfunc(lambda v: Fraction((v > 0) - (v < 0)), 1, 1)
    return {"y": np.asarray(signs(weighted_sum(**arrays)))}


def model(activation: Callable[[Any], Any]) -> Definition:
    """An activation of Θx + b, in real numbers."""
    rounded = np.frompyfunc(lambda v: real.mpf(v.numerator) / v.denominator, 1, 1)
    return lambda dy, arrays, options: {"y": activation(rounded(weighted_sum(**arrays)))}


def log_likelihood(dy: Any, logits: Any, target: Any) -> dict[str, Any]:
    loss = binary_cross_entropy(dy, logits, target, "sum")
    return {name: np.asarray(-value) for name, value in loss.items()}


def perceptron_loss(dy: Any, score: Any, target: Any) -> dict[str, Any]:
    """The distances on the wrong side; each of them grows by −t."""
    distances = -fractions(target) * fractions(score)
    wrong = distances > 0
    return {
        "y": np.asarray(np.sum(either(wrong, distances, Fraction(0)))),
        "dscore": either(wrong, -fractions(target), Fraction(0)) * Fraction(float(dy)),
    }


DEFINITIONS: dict[str, Definition] = {
    "perceptron": perceptron,
    "logistic_regression": model(lambda z: 1 / (1 + exp(-z))),
    "softmax_regression": model(lambda z: exp(z) / exp(z).sum(axis=-1, keepdims=True)),
    "log_likelihood": unpacked(log_likelihood),
    "perceptron_loss": unpacked(perceptron_loss),
}
