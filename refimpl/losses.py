"""Losses, each beside its backward."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from refimpl.activations import sigmoid_minus
from refimpl.checks import (
    as_array,
    check_arrays,
    check_choice,
    check_gradient,
    check_methods,
    check_probabilities,
    check_same_shape,
)
from refimpl.class_targets import Options, class_targets
from refimpl.elements import Array, log1p, zero_of, zeros
from refimpl.rows import below_maximum, from_rows, log_of_sum, parts
from refimpl.sums import along, quotient, total, wide
from refimpl.unlike_torch import REDUCTION, WEIGHT, unlike_torch

REDUCTIONS = ("mean", "sum", "none")
POSITIVES = (
    'of targets 0 and 1, give reduction="none" and multiply the losses by '
    "1 + (pos_weight − 1) · target"
)


@unlike_torch(size_average=REDUCTION, reduce=REDUCTION)
def cross_entropy(
    logits: Array,
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: Any = 0.0,
) -> Array:
    """Softmax cross-entropy, D2's softmax loss.

    l_n = −Σ_c target[n,c] · log softmax(logits)[n,c]; for a class index t_n, −log softmax[n,t_n]
    mean: Σ l_n / N;  sum: Σ l_n;  none: l
    −log softmax[n,c] = (m − z_c) + log(1 + Σ_{j≠k} e^(z_j − m)) where m = max(z) = z_k: both terms
    are at least 0, so that a sure answer keeps its digits (`refimpl.log_softmax`).
    weight w: l_n = −Σ_c w_c · target[n,c] · log softmax[n,c]; the mean of class indices then
    divides by Σ w[t_n], that of probabilities still by N.
    label_smoothing ε: (1 − ε) · target[n,c] + ε/K of K classes in the place of target[n,c]; what
    the mean divides by stays.
    ignore_index: samples of this class cost 0, whatever their logits, and no mean counts them.

    Shapes: logits (N, C, …) or (C,); target: class indices (N, …), or probabilities of the
    shape of logits; weight (C,). The mean divides by the number of samples and places, N·…; of
    none that count it is NaN.
    Raises: TypeError for targets that are neither, ValueError for shapes that disagree, classes
    that are not there, a smoothing outside 0 … 1 and unknown reductions.
    Source: D2.14, D2.15, D0.8; the options: torch.nn.functional.cross_entropy; label smoothing:
    Szegedy et al. 2016, "Rethinking the Inception architecture for computer vision", arXiv
    1512.00567, §7.

    >>> cross_entropy(np.array([[0.0, 0.0]]), np.array([1])) == np.log(2)
    np.True_

    With class weights, and a sample that is left out:

    >>> logits, t = np.array([[0.0, 0.0], [40.0, 0.0], [5.0, 7.0]]), np.array([1, 0, -100])
    >>> cross_entropy(logits, t, weight=np.array([1.0, 3.0])) == np.log(2) * 3 / 4
    np.True_
    """
    where = "cross_entropy"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    options = Options(weight, ignore_index, label_smoothing)
    found = class_targets(where, logits, as_array(where, "target", target), options)
    rows = found.rows
    losses = np.empty(len(rows), rows.dtype)
    for some in parts(rows):
        losses[some] = _losses(rows[some], found.wanted[some])
    if found.factor is not None:
        losses *= found.factor
    each = found.of_all(losses).reshape(found.samples)
    return _reduced(each, reduction, found.divisor)


def _losses(z: Array, target: Array) -> Array:
    """The loss of each row; target: a class, or a probability of each class."""
    t, k = below_maximum(z)
    if target.dtype.kind in "iu":
        of_class = t[np.arange(len(t)), target]
        return np.asarray(log_of_sum(t, k, out=t)[:, 0] - of_class)
    return along(np.asarray(target * (log_of_sum(t, k) - t)), 1)[:, 0]


def cross_entropy_backward(
    dy: Array,
    logits: Array,
    target: Array,
    reduction: str = "mean",
    weight: Array | None = None,
    ignore_index: int = -100,
    label_smoothing: Any = 0.0,
) -> Array:
    """Gradient of a loss L through `cross_entropy`, given dy = ∂L/∂(its value).

    ∂L/∂logits[n,c] = dy_n · (o[n,c] · Σ_k target[n,k] − target[n,c]),  o = softmax(logits);
    for a class index: o_c where c ≠ t and o_t − 1 where c = t, computed as −Σ_{c≠t} o_c, which
    is the same and keeps its digits where o_t is near 1. mean: dy_n = dy/N.
    weight w and label_smoothing ε: w_c · ((1 − ε) · target[n,c] + ε/K) for target[n,c], and the
    forward's divisor for N; a sample of class ignore_index gets 0, whatever its logits.

    Shapes: dy as the value, () or (N, …); logits, target and weight as in `cross_entropy`.
    Raises: TypeError, ValueError as `cross_entropy` does.
    Source: D1.28, D2.16, D2.17, D2.18, D2.30; the options: torch.nn.functional.cross_entropy.

    >>> cross_entropy_backward(np.array(1.0), np.zeros((1, 2)), np.array([0]))
    array([[-0.5,  0.5]])
    """
    where = "cross_entropy_backward"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    dy, logits = check_arrays(where, dy=dy, logits=logits)
    options = Options(weight, ignore_index, label_smoothing)
    found = class_targets(where, logits, as_array(where, "target", target), options)
    check_gradient(where, dy, found.samples if reduction == "none" else ())
    dy = found.of_rows(np.broadcast_to(dy, found.samples))
    dy = quotient(dy, found.divisor) if reduction == "mean" else dy
    dy = (dy if found.factor is None else dy * found.factor).reshape(-1, 1)
    of_row = _of_class if found.wanted.ndim == 1 else _of_probabilities
    gradients = np.empty(found.rows.shape, logits.dtype)
    for some in parts(gradients):
        gradients[some] = of_row(found.rows[some], found.wanted[some], dy[some])
    axis = min(1, logits.ndim - 1)
    return from_rows(found.of_all(gradients), logits, axis)


def _of_class(z: Array, target: Array, dy: Array) -> Array:
    """The gradient of each row; for o_t − 1 stands −Σ_{c≠t} o_c, which is the same."""
    t, _ = below_maximum(z)
    powers = np.asarray(np.exp(t, out=t))
    at_class = np.arange(len(z)), target
    of_class = powers[at_class][:, None]
    powers[at_class] = zero_of(z)
    others = along(powers, 1)
    scale = dy / (others + of_class)
    powers *= scale
    powers[at_class] = (-others * scale)[:, 0]
    return powers


def _of_probabilities(z: Array, target: Array, dy: Array) -> Array:
    """The gradient of each row."""
    t, _ = below_maximum(z)
    gradient = np.asarray(np.exp(t, out=t))
    gradient *= along(target, 1) / along(gradient, 1)
    gradient -= target
    gradient *= dy
    return gradient


@unlike_torch(weight=WEIGHT, pos_weight=POSITIVES, size_average=REDUCTION, reduce=REDUCTION)
def binary_cross_entropy_with_logits(
    logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    """Cross-entropy of two classes, of which `target` is the probability of the first.

    l = −t · log σ(z) − (1 − t) · log(1 − σ(z)),  σ = `sigmoid`, computed as
    l = t · max(−z, 0) + (1 − t) · max(z, 0) + log(1 + e^(−|z|)),  which is the same, never
    overflows and adds nothing negative, so that no digit is lost
    mean: Σ l / (number of elements);  sum: Σ l;  none: l

    Shapes: logits and target alike -> (), or that shape. 0 · ∞ is NaN, as where z = −∞, t = 0.
    Raises: ValueError for shapes that differ, targets outside 0 … 1 and unknown reductions.
    Source: D1.2 (logistic regression).

    >>> binary_cross_entropy_with_logits(np.array([0.0]), np.array([1.0])) == np.log(2)
    np.True_
    """
    where = "binary_cross_entropy_with_logits"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    logits, target = check_arrays(where, logits=logits, target=target)
    check_probabilities(where, logits, target)
    check_methods(where, logits, "exp", "log", name="logits")
    zero = zero_of(logits)
    wrong_side = target * np.maximum(-logits, zero) + (1 - target) * np.maximum(logits, zero)
    losses = wrong_side + log1p(np.exp(-np.abs(logits)))
    return _reduced(np.asarray(losses, logits.dtype), reduction)


def binary_cross_entropy_with_logits_backward(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    """Gradient of a loss L through `binary_cross_entropy_with_logits`, given dy = ∂L/∂(its value).

    ∂L/∂z = dy · (σ(z) − t),  mean: dy/(number of elements) for dy
    Computed as dy · ((1 − t) · σ(z) − t · σ(−z)), which is the same; a target of 0 or 1 that is
    met almost surely keeps its digits.

    Shapes: dy as the value, () or that of logits; logits and target alike.
    Raises: TypeError, ValueError as `binary_cross_entropy_with_logits` does.
    Source: D1.2 (descent on the loss).

    >>> binary_cross_entropy_with_logits_backward(np.array(8.0), np.zeros(2), np.array([0.0, 1.0]))
    array([ 2., -2.])
    """
    where = "binary_cross_entropy_with_logits_backward"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    dy, logits, target = check_arrays(where, dy=dy, logits=logits, target=target)
    check_probabilities(where, logits, target)
    check_methods(where, logits, "exp", name="logits")
    dy = _spread(where, dy, logits.shape, reduction)
    dlogits = sigmoid_minus(logits, target)
    dlogits *= dy
    return dlogits


def _reduced(losses: Array, reduction: str, divisor: int | Array | None = None) -> Array:
    """The losses themselves, their sum or their mean; divisor: of the mean, if not their number."""
    if reduction == "none":
        return losses
    summed = total(wide(losses) if losses.dtype == np.float16 else losses)
    if reduction == "mean":
        summed = quotient(summed, losses.size if divisor is None else divisor)
    return np.asarray(summed, losses.dtype)


def _spread(where: str, dy: Array, samples: tuple[int, ...], reduction: str) -> Array:
    """∂L/∂(each loss), given ∂L/∂(what `_reduced` made of them)."""
    check_gradient(where, dy, samples if reduction == "none" else ())
    dy = np.broadcast_to(dy, samples)
    return quotient(dy, prod(samples)) if reduction == "mean" else dy


@unlike_torch(weight=WEIGHT, size_average=REDUCTION, reduce=REDUCTION)
def mse_loss(output: Array, target: Array, reduction: str = "mean") -> Array:
    """Mean squared error, the squares of y − t averaged over all elements.

    l = (y − t)²,  mean: Σ l / (number of elements);  sum: Σ l;  none: l

    Shapes: output and target alike -> (), or that shape. The mean divides by all elements, not by
    the samples alone, as torch does; half of the sum is `squared_error`.
    Weights w of the elements, which torch takes as `weight`: its mean is Σ w · l / Σ w, so weight
    the losses of reduction "none", and give dy = w / Σ w to its backward.
    Raises: ValueError for shapes that differ and unknown reductions.
    Source: beyond the documents. torch.nn.functional.mse_loss; Goodfellow, Bengio & Courville,
    Deep Learning, 2016, §5.1.4.

    >>> mse_loss(np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array(2.5)
    """
    where = "mse_loss"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    output, target = check_arrays(where, output=output, target=target)
    check_same_shape(where, "output", output, "target", target)
    difference = output - target
    return _reduced(np.asarray(difference * difference, output.dtype), reduction)


def mse_loss_backward(dy: Array, output: Array, target: Array, reduction: str = "mean") -> Array:
    """Gradient of a loss L through `mse_loss` to its output, given dy = ∂L/∂(its value).

    ∂L/∂y = 2 · dy · (y − t),  mean: dy/(number of elements) for dy; ∂L/∂t would be its negative

    Shapes: dy as the value, () or that of output; output and target alike.
    Raises: ValueError as `mse_loss` does, or if dy has another shape.
    Source: beyond the documents. torch.nn.functional.mse_loss.

    >>> mse_loss_backward(np.array(1.0), np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array([-1.,  2.])
    """
    where = "mse_loss_backward"
    check_choice(where, "reduction", reduction, REDUCTIONS)
    dy, output, target = check_arrays(where, dy=dy, output=output, target=target)
    check_same_shape(where, "output", output, "target", target)
    dy = _spread(where, dy, output.shape, reduction)
    doutput: Array = np.asarray((dy + dy) * (output - target))
    return doutput


def squared_error(output: Array, target: Array) -> Array:
    """Half the sum of squared differences, E = ½ Σ (t − y)².

    Shapes: output and target alike -> ().
    Raises: ValueError if the shapes differ.
    Source: D1.4.

    >>> squared_error(np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array(2.5)
    """
    output, target = check_arrays("squared_error", output=output, target=target)
    check_same_shape("squared_error", "output", output, "target", target)
    difference = target - output
    if not output.size:
        return zeros((), like=output)
    squares = np.asarray(difference * difference, output.dtype)
    return np.asarray(total(squares) / np.asarray(2, output.dtype))


def squared_error_backward(dy: Array, output: Array, target: Array) -> Array:
    """Gradient of a loss L through `squared_error` to its output, given dy = ∂L/∂E.

    ∂L/∂y = dy · (y − t)

    Shapes: dy (), output and target alike -> the shape of output.
    Raises: ValueError if the shapes disagree.
    Source: D1.7, D1.9.

    >>> squared_error_backward(np.array(1.0), np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array([-1.,  2.])
    """
    where = "squared_error_backward"
    dy, output, target = check_arrays(where, dy=dy, output=output, target=target)
    check_same_shape(where, "output", output, "target", target)
    check_gradient(where, dy, ())
    doutput: Array = np.asarray(dy * (output - target))
    return doutput
