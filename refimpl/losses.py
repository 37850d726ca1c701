"""Losses, each beside its backward."""

from __future__ import annotations

from math import prod

import numpy as np

from refimpl.activations import log_softmax, sigmoid, softmax
from refimpl.checks import (
    as_array,
    check_arrays,
    check_choice,
    check_class_indices,
    check_gradient,
    check_logits,
    check_methods,
    check_probabilities,
    check_same_shape,
)
from refimpl.elements import Array, log1p, zero_of, zeros
from refimpl.sums import quotient, total, wide

REDUCTIONS = ("mean", "sum", "none")


def cross_entropy(logits: Array, target: Array, reduction: str = "mean") -> Array:
    """Softmax cross-entropy, D2's softmax loss.

    l_n = −Σ_c target[n,c] · log softmax(logits)[n,c]; for a class index t_n, −log softmax[n,t_n]
    mean: Σ l_n / N;  sum: Σ l_n;  none: l

    Shapes: logits (N, C, …) or (C,); target: class indices (N, …), or probabilities of the
    shape of logits. The mean divides by the number of samples and places, N·…
    Raises: TypeError for targets that are neither, ValueError for shapes that disagree, classes
    that are not there (−100, which torch ignores, too: leave those samples out) and unknown
    reductions.
    Source: D2.14, D2.15, D0.8.

    >>> cross_entropy(np.array([[0.0, 0.0]]), np.array([1])) == np.log(2)
    np.True_

    torch's class weights w come out of reduction="none": its mean is Σ w[t_n] l_n / Σ w[t_n], so
    that dy = w[t]/Σ w[t]. Its label smoothing ε is (1 − ε) · onehot + ε/C as probabilities.

    >>> logits, t, w = np.array([[0.0, 1.0], [2.0, 0.0], [0.0, 0.0]]), [0, 0, 1], np.array([3.0, 1])
    >>> dy = w[t] / w[t].sum()
    >>> float((dy * cross_entropy(logits, t, reduction="none")).sum().round(6))
    0.716245
    >>> cross_entropy_backward(dy, logits, t, reduction="none").round(4)
    array([[-0.3133,  0.3133],
           [-0.0511,  0.0511],
           [ 0.0714, -0.0714]])
    >>> smooth = 0.9 * np.eye(2)[t] + 0.1 / 2
    >>> float(cross_entropy(logits, smooth).round(6))
    0.727779
    """
    where = "cross_entropy"
    logits, target, axis = _logits_and_target(where, logits, target, reduction)
    log_o = log_softmax(logits, axis)
    if target.dtype.kind in "iu":
        losses = -np.take_along_axis(log_o, np.expand_dims(target, axis), axis).squeeze(axis)
    else:
        losses = -(target * log_o).sum(axis=axis)
    return _reduced(np.asarray(losses, logits.dtype), reduction)


def cross_entropy_backward(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    """Gradient of a loss L through `cross_entropy`, given dy = ∂L/∂(its value).

    ∂L/∂logits[n,c] = dy_n · (o[n,c] · Σ_k target[n,k] − target[n,c]),  o = softmax(logits);
    for a class index: o_c where c ≠ t and o_t − 1 where c = t. mean: dy_n = dy/N.

    Shapes: dy as the value, () or (N, …); logits and target as in `cross_entropy`.
    Raises: TypeError, ValueError as `cross_entropy` does.
    Source: D1.28, D2.16, D2.17, D2.18, D2.30.

    >>> cross_entropy_backward(np.array(1.0), np.zeros((1, 2)), np.array([0]))
    array([[-0.5,  0.5]])
    """
    where = "cross_entropy_backward"
    dy, logits = check_arrays(where, dy=dy, logits=logits)
    logits, target, axis = _logits_and_target(where, logits, target, reduction)
    samples = logits.shape[:axis] + logits.shape[axis + 1 :]
    dy = np.expand_dims(_spread(where, dy, samples, reduction), axis)
    dlogits = softmax(logits, axis)
    if target.dtype.kind in "iu":
        places = np.expand_dims(target, axis)
        at_class = np.take_along_axis(dlogits, places, axis)
        np.put_along_axis(dlogits, places, at_class - 1, axis)
    else:
        dlogits *= target.sum(axis=axis, keepdims=True)
        dlogits -= target
    dlogits *= dy
    return dlogits


def _logits_and_target(
    where: str, logits: Array, target: Array, reduction: str
) -> tuple[Array, Array, int]:
    """Checked logits, the target (class indices or probabilities), the class axis."""
    check_choice(where, "reduction", reduction, REDUCTIONS)
    (logits,) = check_arrays(where, logits=logits)
    axis = check_logits(where, logits)
    target = as_array(where, "target", target)
    if target.shape == logits.shape and target.dtype.kind in "fO":
        logits, target = check_arrays(where, logits=logits, target=target)
    else:
        check_class_indices(where, logits, target, axis)
    return logits, target, axis


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
    return np.asarray(dy * (sigmoid(logits) - target))


def _reduced(losses: Array, reduction: str) -> Array:
    """The losses themselves, their sum or their mean."""
    if reduction == "none":
        return losses
    summed = total(wide(losses) if losses.dtype == np.float16 else losses)
    if reduction == "mean":
        summed = quotient(summed, losses.size)
    return np.asarray(summed, losses.dtype)


def _spread(where: str, dy: Array, samples: tuple[int, ...], reduction: str) -> Array:
    """∂L/∂(each loss), given ∂L/∂(what `_reduced` made of them)."""
    check_gradient(where, dy, samples if reduction == "none" else ())
    dy = np.broadcast_to(dy, samples)
    return quotient(dy, prod(samples)) if reduction == "mean" else dy


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
