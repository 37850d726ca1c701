"""The models of one layer: perceptron, logistic regression, softmax regression.

f(x) = act(θᵀ x + b) with act = sign, sigmoid (D1.2), or softmax for several classes. Each layer's
weight is θᵀ, one row for each node, as in `linear`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from refimpl.activations import relu, relu_backward, sigmoid, sigmoid_minus, sign, softmax
from refimpl.checks import (
    check_arrays,
    check_gradient,
    check_labels,
    check_methods,
    check_number,
    check_probabilities,
)
from refimpl.dense import weighted_sum
from refimpl.elements import Array, log1p, zero_of
from refimpl.sums import matmul, total, wide


def _score(where: str, x: Array, weight: Array, bias: Array | None) -> Array:
    """θᵀ x + b; what follows magnifies its error, so float32 products are rounded once."""

    def product(a: Array, b: Array) -> Array:
        return matmul(wide(a), wide(b)).astype(a.dtype, copy=False)

    return weighted_sum(where, x, weight, bias, product)


# --- perceptron ---------------------------------------------------------------------------


def perceptron(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Perceptron, f(x) = sign(θᵀ x + b): the side of a hyperplane, −1 or 1 (0 on it).

    Shapes: x (…, features), weight (nodes, features), bias (nodes,) -> (…, nodes).
    Raises: as `linear`.
    Source: D1.2, D1.3, D1.37.

    >>> perceptron(np.array([[0.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 1.0]]), np.array([-1.5]))
    array([[-1.],
           [ 1.]])
    """
    return sign(_score("perceptron", x, weight, bias))


def perceptron_loss(score: Array, target: Array) -> Array:
    """Perceptron criterion: how far the samples on the wrong side are from the hyperplane.

    L = Σ max(0, −t · s) where s = θᵀ x + b, t ∈ {−1, 1}

    Shapes: score and target alike -> ().
    Raises: ValueError if the shapes differ or a target is neither −1 nor 1.
    Source: D1.2 (with sign: minimise a loss by gradient descent); Rosenblatt 1962.

    >>> perceptron_loss(np.array([3.0, -2.0]), np.array([-1.0, -1.0]))
    array(3.)
    """
    score, target = check_arrays("perceptron_loss", score=score, target=target)
    check_labels("perceptron_loss", score, target)
    return total(np.asarray(relu(-target * score), score.dtype))


def perceptron_loss_backward(dy: Array, score: Array, target: Array, at_zero: Any = 0) -> Array:
    """Gradient of a loss L through `perceptron_loss`, given dy = ∂L/∂(its value).

    ∂L/∂s = −t · dy where t · s < 0, 0 where t · s > 0, −t · at_zero · dy where s = 0

    Shapes: dy (), score and target alike. at_zero: 0 as torch differentiates a maximum; 1 counts
    a sample on the hyperplane as a mistake, as Rosenblatt's rule does: it then learns from
    weights that are 0, too.
    Raises: ValueError as `perceptron_loss` does.
    Source: D1.2, D1.37.

    >>> perceptron_loss_backward(np.array(1.0), np.array([3.0, -2.0]), np.array([-1.0, -1.0]))
    array([1., 0.])
    """
    where = "perceptron_loss_backward"
    dy, score, target = check_arrays(where, dy=dy, score=score, target=target)
    check_labels(where, score, target)
    check_gradient(where, dy, ())
    check_number(where, "at_zero", at_zero, dy)
    dmargin = relu_backward(np.broadcast_to(dy, score.shape), -target * score, at_zero)
    return np.asarray(-target * dmargin, score.dtype)


# --- logistic regression ------------------------------------------------------------------


def logistic_regression(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Logistic regression: the probability of the first of two classes, σ(θᵀ x + b).

    Shapes: x (…, features), weight (nodes, features), bias (nodes,) -> (…, nodes).
    Raises: as `linear` and `sigmoid`.
    Source: D1.2.

    >>> logistic_regression(np.array([[3.0, 1.0]]), np.array([[1.0, -3.0]]), np.array([0.0]))
    array([[0.5]])
    """
    return sigmoid(_score("logistic_regression", x, weight, bias))


def log_likelihood(logits: Array, target: Array) -> Array:
    """Logarithm of the probability that `logistic_regression` gives to the targets.

    ℓ = Σ t · log σ(z) + (1 − t) · log σ(−z),  1 − σ(z) = σ(−z)
    log σ(z) = min(z, 0) − log(1 + e^(−|z|))

    Its gradient ascent is the gradient descent on `binary_cross_entropy_with_logits` with
    reduction "sum": ℓ is minus that loss.

    Shapes: logits and target alike -> (). 0 · ∞ is NaN, as where z = −∞, t = 0.
    Raises: ValueError for shapes that differ and targets outside 0 … 1.
    Source: D1.2.

    >>> log_likelihood(np.array([0.0, 0.0]), np.array([0.0, 1.0])) == -2 * np.log(2)
    np.True_
    """
    where = "log_likelihood"
    logits, target = check_arrays(where, logits=logits, target=target)
    check_probabilities(where, logits, target)
    check_methods(where, logits, "exp", "log", name="logits")
    terms = target * _log_sigmoid(logits) + (1 - target) * _log_sigmoid(-logits)
    return total(np.asarray(terms, logits.dtype))


def log_likelihood_backward(dy: Array, logits: Array, target: Array) -> Array:
    """Gradient of a quantity L through `log_likelihood`, given dy = ∂L/∂ℓ.

    ∂L/∂z = dy · (t − σ(z)), computed as dy · (t · σ(−z) − (1 − t) · σ(z)), which is the same

    Shapes: dy (), logits and target alike.
    Raises: ValueError as `log_likelihood` does.
    Source: D1.2 (ascent on the likelihood).

    >>> log_likelihood_backward(np.array(1.0), np.zeros(2), np.array([0.0, 1.0]))
    array([-0.5,  0.5])
    """
    where = "log_likelihood_backward"
    dy, logits, target = check_arrays(where, dy=dy, logits=logits, target=target)
    check_probabilities(where, logits, target)
    check_methods(where, logits, "exp", name="logits")
    check_gradient(where, dy, ())
    return np.asarray(dy * -sigmoid_minus(logits, target))


def _log_sigmoid(z: Any) -> Any:
    z = np.asarray(z)
    return np.minimum(z, zero_of(z)) - log1p(np.exp(-np.abs(z)))


# --- softmax regression -------------------------------------------------------------------


def softmax_regression(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Softmax regression: the probabilities of several classes, softmax(Θ x + b).

    With two classes it is the logistic regression on the difference of their weights. Its loss
    is `cross_entropy` on Θ x + b.

    Shapes: x (…, features), weight (classes, features), bias (classes,) -> (…, classes).
    Raises: as `linear` and `softmax`.
    Source: D1.2, D1.3.

    >>> softmax_regression(np.array([[5.0]]), np.zeros((4, 1)), np.zeros(4))
    array([[0.25, 0.25, 0.25, 0.25]])
    """
    return softmax(_score("softmax_regression", x, weight, bias))
