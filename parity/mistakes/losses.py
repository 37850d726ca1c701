"""Mistakes in losses and their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.activations import log_softmax_of_whole_sum
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    binary_cross_entropy_with_logits,
    binary_cross_entropy_with_logits_backward,
    cross_entropy,
    cross_entropy_backward,
    log_softmax,
    mse_loss,
    mse_loss_backward,
    sigmoid,
    softmax,
    squared_error,
    squared_error_backward,
)
from refimpl.elements import parameter, zero_of, zeros

OTHER_REDUCTION = {"mean": "sum", "sum": "mean", "none": "none"}


def class_axis(logits: Array) -> int:
    """Where the classes are: (C,) or (N, C, …)."""
    return min(1, logits.ndim - 1)


def one_hot(target: Array, logits: Array, ignore_index: int = -100, **options: Any) -> Array:
    """Class indices as probabilities, those to ignore as zeros; probabilities as they are."""
    if target.shape == logits.shape and target.dtype.kind in "fO":
        return target
    axis = class_axis(logits)
    hot, kept = zeros(logits.shape, like=logits), target != ignore_index
    one = np.expand_dims(kept, axis) * (zero_of(logits) + 1)
    known = np.expand_dims(np.where(kept, target, 0), axis)
    np.put_along_axis(hot, known, np.asarray(one, hot.dtype), axis)
    return hot


def wanted(target: Array, logits: Array, **options: Any) -> Array:
    """How much each class counts: w_c · ((1 − ε) · target_c + ε/K), 0 of what is ignored."""
    smoothing = parameter(options.get("label_smoothing", 0.0), like=logits)
    hot, axis = one_hot(target, logits, **options), class_axis(logits)
    soft = hot * (1 - smoothing) + smoothing / logits.shape[axis]
    return counted(soft, target, logits, **options)


def counted(soft: Array, target: Array, logits: Array, **options: Any) -> Array:
    """Targets times the weights of their classes, 0 of what is ignored."""
    axis, weight = class_axis(logits), options.get("weight")
    if target.dtype.kind in "iu":
        kept = np.expand_dims(target != options.get("ignore_index", -100), axis)
        soft = np.asarray(soft * kept, logits.dtype)
    if weight is None:
        return np.asarray(soft, logits.dtype)
    by_class = weight.reshape(-1, *(1,) * (logits.ndim - axis - 1))
    return np.asarray(soft * by_class, logits.dtype)


def divisor_of(target: Array, logits: Array, **options: Any) -> Array:
    """What the mean divides by."""
    axis, weight = class_axis(logits), options.get("weight")
    if target.dtype.kind not in "iu":
        return np.asarray(logits.size // logits.shape[axis], logits.dtype)
    classes = target[target != options.get("ignore_index", -100)]
    if weight is None or not classes.size:
        return np.asarray(classes.size, logits.dtype)
    return np.asarray(weight[classes].sum(), logits.dtype)


def of_gradient(divisor: Array, reduction: str) -> Array:
    """What a gradient is divided by: of a mean of nothing, which has none, by 1."""
    nothing = reduction != "mean" or not divisor
    return np.asarray(1, divisor.dtype) if nothing else divisor


def loss_of(v: Array, logits: Array, divisor: Array, reduction: str) -> Array:
    """−Σ_c v_c · log o_c, summed and divided."""
    axis = class_axis(logits)
    losses = np.asarray(-(v * log_softmax(logits, axis)).sum(axis=axis))
    if reduction == "none":
        return np.asarray(losses, logits.dtype)
    total = losses.sum()
    return np.asarray(total / divisor if reduction == "mean" else total, logits.dtype)


def gradient_of(dy: Array, v: Array, logits: Array, divisor: Array, reduction: str) -> Array:
    """dy · (o · Σ_k v_k − v), divided."""
    axis = class_axis(logits)
    o = softmax(logits, axis)
    scale = along_classes(dy, logits, reduction) / of_gradient(divisor, reduction)
    return np.asarray(scale * (o * v.sum(axis=axis, keepdims=True) - v), logits.dtype)


def reduced(losses: Array, reduction: str, divisor: Array | None = None) -> Array:
    """The losses themselves, their sum or their mean."""
    losses = np.asarray(losses)
    if reduction == "none":
        return losses
    total = losses.sum()
    if reduction == "mean":
        total = total / np.asarray(losses.size if divisor is None else divisor, losses.dtype)
    return np.asarray(total, losses.dtype)


def along_classes(dy: Array, logits: Array, reduction: str) -> Array:
    """dy of each loss, to be multiplied with an array of the logits' shape."""
    return np.expand_dims(dy, class_axis(logits)) if reduction == "none" else dy


# --- cross-entropy ------------------------------------------------------------------------


@mistake(
    "cross_entropy",
    "the sum where the mean is asked for, and the mean for the sum",
    "a constant factor does not change the minimum",
    "D0.14",
    "D2.15",
)
def cross_entropy_sum_for_mean(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return cross_entropy(logits, target, OTHER_REDUCTION[reduction], **options)


@mistake(
    "cross_entropy",
    "softmax is applied before, although the loss contains it",
    "a loss takes probabilities",
    "D2.14",
    "D2.15",
)
def cross_entropy_softmax_twice(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return cross_entropy(softmax(logits, class_axis(logits)), target, reduction, **options)


@mistake(
    "cross_entropy",
    "the logarithm of a probability that is clipped at 10⁻⁷",
    "no probability is 0, so this changes nothing",
    "D2.14",
)
def cross_entropy_clipped(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    axis = class_axis(logits)
    o = np.maximum(softmax(logits, axis), parameter(1e-7, like=logits))
    losses = -(wanted(target, logits, **options) * np.log(o)).sum(axis=axis)
    return reduced(losses, reduction, divisor_of(target, logits, **options))


@mistake(
    "cross_entropy",
    "expected and predicted probability change places: −Σ P log(O)",
    "O and P, which D2.15 uses for both",
    "D2.15",
)
def cross_entropy_roles_swapped(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    axis = class_axis(logits)
    losses = -(softmax(logits, axis) * np.log(wanted(target, logits, **options))).sum(axis=axis)
    return reduced(losses, reduction, divisor_of(target, logits, **options))


@mistake(
    "cross_entropy",
    "the logarithm is to the base 2",
    "log is log₂, as in information theory",
    "D2.14",
)
def cross_entropy_base_two(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    two = np.log(zeros((1,), like=logits) + 2)[0]
    return np.asarray(cross_entropy(logits, target, reduction, **options) / two, logits.dtype)


@mistake(
    "cross_entropy",
    "the sign is left out: the loss is negative",
    "log(O_t) is what is to be made large",
    "D2.14",
)
def cross_entropy_sign_left_out(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return -cross_entropy(logits, target, reduction, **options)


@mistake(
    "cross_entropy_backward",
    "o for every class: 1 is not subtracted from the right one",
    "DZ_j = O_j, the first line of D2.18 without the second",
    "D2.17",
    "D2.18",
)
def cross_entropy_one_not_subtracted(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    axis, v = class_axis(logits), wanted(target, logits, **options)
    o = softmax(logits, axis) * v.sum(axis=axis, keepdims=True)
    divisor = of_gradient(divisor_of(target, logits, **options), reduction)
    return np.asarray(along_classes(dy, logits, reduction) * o / divisor, logits.dtype)


@mistake(
    "cross_entropy_backward",
    "target − o: the sign is the other one",
    "what is missing to the target",
    "D2.17",
    "D2.18",
)
def cross_entropy_gradient_negated(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return -cross_entropy_backward(dy, logits, target, reduction, **options)


@mistake(
    "cross_entropy_backward",
    "1/N is left out (and put in where the sum is asked for)",
    "the optimiser divides by the batch",
    "D0.14",
)
def cross_entropy_mean_left_out(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return cross_entropy_backward(dy, logits, target, OTHER_REDUCTION[reduction], **options)


@mistake(
    "cross_entropy_backward",
    "1/N twice",
    "the mean is taken in the loss and in its gradient",
    "D0.14",
)
def cross_entropy_mean_twice(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    right = cross_entropy_backward(dy, logits, target, reduction, **options)
    divisor = of_gradient(divisor_of(target, logits, **options), reduction)
    return np.asarray(right / divisor, logits.dtype)


@mistake(
    "cross_entropy_backward",
    "(o − target) · o(1 − o): the derivative of the activation comes in once more",
    "δ of an output node is (y − t) φ'(n), whatever the loss",
    "D1.7",
    "D1.28",
    "D2.17",
)
def cross_entropy_derivative_twice(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    o = softmax(logits, class_axis(logits))
    right = cross_entropy_backward(dy, logits, target, reduction, **options)
    return np.asarray(right * o * (1 - o))


@mistake(
    "cross_entropy_backward",
    "−1/O_t · d/dz_i(e^z_i/Σ) for every i, the line of D2.17 as printed",
    "the numerator of O_t is e^z_i",
    "D2.17",
)
def cross_entropy_wrong_numerator(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    axis = class_axis(logits)
    o, t = softmax(logits, axis), wanted(target, logits, **options)
    O_t = (o * t).sum(axis=axis, keepdims=True)
    divisor = of_gradient(divisor_of(target, logits, **options), reduction)
    gradient = -(o * (1 - o)) / O_t * along_classes(dy, logits, reduction) / divisor
    return np.asarray(gradient, logits.dtype)


@mistake(
    "cross_entropy_backward",
    "dy is left out: the loss is taken to be the end",
    "the gradient of a loss starts at 1",
    "D2.17",
)
def cross_entropy_upstream_left_out(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    ones = zeros(dy.shape, like=logits) + 1
    return cross_entropy_backward(
        np.asarray(ones, logits.dtype), logits, target, reduction, **options
    )


# --- class weights, label smoothing, classes to ignore ------------------------------------


@mistake(
    "cross_entropy",
    "the weighted mean of class indices is divided by the number of samples",
    "a mean divides by N, whatever the weights are",
    "D2.14",
)
def cross_entropy_weights_over_samples(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    v = wanted(target, logits, **options)
    unweighted = divisor_of(target, logits, **{**options, "weight": None})
    return loss_of(v, logits, unweighted, reduction)


@mistake(
    "cross_entropy",
    "the weighted mean of probabilities is divided by the sum of their weights",
    "weights always divide by their sum, as of class indices",
    "D2.14",
)
def cross_entropy_probabilities_over_weights(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    v, divisor = wanted(target, logits, **options), divisor_of(target, logits, **options)
    if target.dtype.kind not in "iu" and options.get("weight") is not None and target.size:
        divisor = np.asarray(counted(target, target, logits, **options).sum(), logits.dtype)
    return loss_of(v, logits, divisor, reduction)


@mistake(
    "cross_entropy",
    "label smoothing by 1 − ε/K in the place of 1 − ε: the targets add up to more than 1",
    "what one class gets is what the right one loses",
    "D2.14",
)
def cross_entropy_smoothed_too_much(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    smoothing = parameter(options.get("label_smoothing", 0.0), like=logits)
    each = smoothing / logits.shape[class_axis(logits)]
    soft = one_hot(target, logits, **options) * (1 - each) + each
    v = counted(soft, target, logits, **options)
    return loss_of(v, logits, divisor_of(target, logits, **options), reduction)


@mistake(
    "cross_entropy",
    "the smoothing of every class has the weight of the right one",
    "a sample has one weight, that of its class",
    "D2.14",
)
def cross_entropy_smoothing_weighted_by_target(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    plain = {**options, "weight": None}
    hot, axis = one_hot(target, logits, **options), class_axis(logits)
    of_sample = counted(hot, target, logits, **options).sum(axis=axis, keepdims=True)
    v = np.asarray(wanted(target, logits, **plain) * of_sample, logits.dtype)
    right = wanted(target, logits, **options)
    weighted = options.get("weight") is not None and target.dtype.kind in "iu"
    divisor = divisor_of(target, logits, **options)
    return loss_of(v if weighted else right, logits, divisor, reduction)


@mistake(
    "cross_entropy",
    "the mean counts the samples that are ignored",
    "a mean divides by the size of the batch",
    "D2.14",
)
def cross_entropy_ignored_counted(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    right = cross_entropy(logits, target, reduction, **options)
    if target.dtype.kind not in "iu" or reduction != "mean" or not target.size:
        return right
    kept = np.mean(target != options.get("ignore_index", -100))
    return np.asarray(right * parameter(kept, like=logits), logits.dtype)


@mistake(
    "cross_entropy",
    "samples that are ignored keep what the smoothing costs",
    "the smoothing has nothing to do with the target's class",
    "D2.14",
)
def cross_entropy_ignored_smoothed(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    smoothing = parameter(options.get("label_smoothing", 0.0), like=logits)
    each = smoothing / logits.shape[class_axis(logits)]
    soft = one_hot(target, logits, **options) * (1 - smoothing) + each
    v = counted(soft, target, logits, **{**options, "ignore_index": -100})
    return loss_of(v, logits, divisor_of(target, logits, **options), reduction)


@mistake(
    "cross_entropy_backward",
    "the gradient of the weighted mean is divided by the number of samples",
    "a mean divides by N, whatever the weights are",
    "D2.17",
)
def cross_entropy_gradient_over_samples(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    v = wanted(target, logits, **options)
    unweighted = divisor_of(target, logits, **{**options, "weight": None})
    return gradient_of(dy, v, logits, unweighted, reduction)


@mistake(
    "cross_entropy_backward",
    "the weights are left out of the gradient",
    "weights belong to the loss, softmax − target to the gradient",
    "D2.17",
)
def cross_entropy_weights_left_out(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    return cross_entropy_backward(dy, logits, target, reduction, **{**options, "weight": None})


@mistake(
    "cross_entropy_backward",
    "o − 1 of the class though the target is smoothed",
    "smoothing belongs to the loss, softmax − target to the gradient",
    "D2.17",
)
def cross_entropy_smoothing_left_out(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    sharp = {**options, "label_smoothing": 0.0}
    return cross_entropy_backward(dy, logits, target, reduction, **sharp)


@mistake(
    "cross_entropy_backward",
    "samples that are ignored get the softmax as their gradient",
    "without a class nothing is subtracted",
    "D2.17",
)
def cross_entropy_ignored_get_a_gradient(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    right = cross_entropy_backward(dy, logits, target, reduction, **options)
    if target.dtype.kind not in "iu":
        return right
    axis = class_axis(logits)
    ignored = np.expand_dims(target == options.get("ignore_index", -100), axis)
    divisor = of_gradient(divisor_of(target, logits, **options), reduction)
    scale = along_classes(dy, logits, reduction) / divisor
    return np.asarray(right + ignored * scale * softmax(logits, axis), logits.dtype)


@mistake(
    "cross_entropy_backward",
    "the gradient of the mean counts the samples that are ignored",
    "a mean divides by the size of the batch",
    "D2.17",
)
def cross_entropy_gradient_counts_ignored(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    right = cross_entropy_backward(dy, logits, target, reduction, **options)
    if target.dtype.kind not in "iu" or reduction != "mean" or not target.size:
        return right
    kept = np.mean(target != options.get("ignore_index", -100))
    return np.asarray(right * parameter(kept, like=logits), logits.dtype)


# --- binary cross-entropy -----------------------------------------------------------------


@mistake(
    "binary_cross_entropy_with_logits",
    "the sum where the mean is asked for, and the mean for the sum",
    "a constant factor does not change the minimum",
    "D1.2",
)
def binary_sum_for_mean(logits: Array, target: Array, reduction: str = "mean") -> Array:
    return binary_cross_entropy_with_logits(logits, target, OTHER_REDUCTION[reduction])


@mistake(
    "binary_cross_entropy_with_logits",
    "−t · log(σ) alone: the second term is missing",
    "of several classes only the right one counts, so here, too",
    "D1.2",
)
def binary_second_term_missing(logits: Array, target: Array, reduction: str = "mean") -> Array:
    losses = target * binary_cross_entropy_with_logits(
        logits, zeros(target.shape, like=target) + 1, "none"
    )
    return reduced(np.asarray(losses, logits.dtype), reduction)


@mistake(
    "binary_cross_entropy_with_logits",
    "log(σ) and log(1 − σ) as they stand: ∞ where σ rounds to 0 or 1",
    "formulas that are equal compute equal numbers",
    "D1.2",
)
def binary_logarithm_of_zero(logits: Array, target: Array, reduction: str = "mean") -> Array:
    o = sigmoid(logits)
    losses = -(target * np.log(o) + (1 - target) * np.log(1 - o))
    return reduced(np.asarray(losses, logits.dtype), reduction)


@mistake(
    "binary_cross_entropy_with_logits_backward",
    "(σ − t) · σ(1 − σ): the derivative of the activation comes in once more",
    "δ of an output node is (y − t) φ'(n), whatever the loss",
    "D1.2",
    "D1.7",
)
def binary_derivative_twice(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    o = sigmoid(logits)
    right = binary_cross_entropy_with_logits_backward(dy, logits, target, reduction)
    return np.asarray(right * o * (1 - o), logits.dtype)


@mistake(
    "binary_cross_entropy_with_logits_backward",
    "1/N is left out (and put in where the sum is asked for)",
    "the optimiser divides by the batch",
    "D1.2",
    "D0.14",
)
def binary_mean_left_out(dy: Array, logits: Array, target: Array, reduction: str = "mean") -> Array:
    other = OTHER_REDUCTION[reduction]
    return binary_cross_entropy_with_logits_backward(dy, logits, target, other)


@mistake(
    "binary_cross_entropy_with_logits_backward",
    "z − t: the sigmoid is left out",
    "the gradient is prediction less target, and z is the prediction",
    "D1.2",
)
def binary_sigmoid_left_out(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    divisor = np.asarray(max(logits.size, 1) if reduction == "mean" else 1, logits.dtype)
    return np.asarray(dy * (logits - target) / divisor, logits.dtype)


# --- mean squared error -------------------------------------------------------------------


def samples_for_elements(right: Array, output: Array, reduction: str) -> Array:
    """What was divided by the number of elements, divided by that of the samples instead."""
    if reduction != "mean" or not output.size:
        return right
    return np.asarray(right * (output.size // len(output) if output.ndim else 1), output.dtype)


@mistake(
    "mse_loss",
    "is divided by the number of samples, not of all elements",
    "a mean over the batch is a mean",
)
def mse_mean_over_samples(output: Array, target: Array, reduction: str = "mean") -> Array:
    return samples_for_elements(mse_loss(output, target, reduction), output, reduction)


@mistake(
    "mse_loss",
    "half of the mean: squared_error's half and the mean together",
    "a squared error has a half before it",
)
def mse_with_a_half(output: Array, target: Array, reduction: str = "mean") -> Array:
    return np.asarray(mse_loss(output, target, reduction) / 2, output.dtype)


@mistake(
    "mse_loss",
    "the sum where the mean is asked for, and the mean for the sum",
    "a constant factor does not change the minimum",
)
def mse_sum_for_mean(output: Array, target: Array, reduction: str = "mean") -> Array:
    return mse_loss(output, target, OTHER_REDUCTION[reduction])


@mistake(
    "mse_loss_backward",
    "the factor 2 is missing",
    "the half before the square takes it away, and here is none",
)
def mse_factor_two_missing(
    dy: Array, output: Array, target: Array, reduction: str = "mean"
) -> Array:
    return np.asarray(mse_loss_backward(dy, output, target, reduction) / 2, output.dtype)


@mistake(
    "mse_loss_backward",
    "is divided by the number of samples, not of all elements",
    "a mean over the batch is a mean",
)
def mse_gradient_over_samples(
    dy: Array, output: Array, target: Array, reduction: str = "mean"
) -> Array:
    right = mse_loss_backward(dy, output, target, reduction)
    return samples_for_elements(right, output, reduction)


@mistake(
    "mse_loss_backward",
    "t − y: the sign is the other one",
    "the error is target less output",
)
def mse_gradient_negated(dy: Array, output: Array, target: Array, reduction: str = "mean") -> Array:
    return -mse_loss_backward(dy, output, target, reduction)


@mistake(
    "mse_loss_backward",
    "1/n is left out (and put in where the sum is asked for)",
    "the optimiser divides by the batch",
)
def mse_mean_left_out(dy: Array, output: Array, target: Array, reduction: str = "mean") -> Array:
    return mse_loss_backward(dy, output, target, OTHER_REDUCTION[reduction])


# --- squared error ------------------------------------------------------------------------


@mistake("squared_error", "the half is left out", "a constant factor does not matter", "D1.4")
def squared_without_half(output: Array, target: Array) -> Array:
    return np.asarray(squared_error(output, target) * 2, output.dtype)


@mistake(
    "squared_error",
    "the mean instead of half the sum",
    "the mean squared error of every library",
    "D1.4",
)
def squared_mean(output: Array, target: Array) -> Array:
    count = np.asarray(max(output.size, 1), output.dtype)
    return np.asarray(squared_error(output, target) * 2 / count, output.dtype)


@mistake(
    "squared_error_backward",
    "2(y − t): the half is forgotten",
    "the derivative of a square has a factor 2",
    "D1.7",
    "D1.4",
)
def squared_gradient_twice(dy: Array, output: Array, target: Array) -> Array:
    return squared_error_backward(dy, output, target) * 2


@mistake(
    "squared_error_backward",
    "t − y: the sign is the other one",
    "the error is target less output",
    "D1.7",
)
def squared_gradient_negated(dy: Array, output: Array, target: Array) -> Array:
    return -squared_error_backward(dy, output, target)


@mistake(
    "squared_error_backward",
    "is divided by the number of outputs",
    "an error is a mean error",
    "D1.7",
    "D1.9",
)
def squared_gradient_averaged(dy: Array, output: Array, target: Array) -> Array:
    count = np.asarray(max(output.size, 1), output.dtype)
    return np.asarray(squared_error_backward(dy, output, target) / count)


# --- right as formulas: digits are lost where 1 − o is left of a rounded o ------------------


@mistake(
    "cross_entropy",
    "the logarithm of the whole sum: a loss of 0 for an answer that is almost sure",
    "what is shifted by the maximum is safe",
    "D2.14",
    loses_digits=True,
)
def cross_entropy_of_whole_sum(
    logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    axis = class_axis(logits)
    log_o = log_softmax_of_whole_sum(logits, axis)
    losses = -(wanted(target, logits, **options) * log_o).sum(axis=axis)
    return reduced(losses, reduction, divisor_of(target, logits, **options))


@mistake(
    "cross_entropy_backward",
    "o − 1 of the rounded output: 0 where o rounds to 1",
    "formulas that are equal compute equal numbers",
    "D2.17",
    loses_digits=True,
)
def cross_entropy_gradient_less_one(
    dy: Array, logits: Array, target: Array, reduction: str = "mean", **options: Any
) -> Array:
    divisor = divisor_of(target, logits, **options)
    return gradient_of(dy, wanted(target, logits, **options), logits, divisor, reduction)


@mistake(
    "binary_cross_entropy_with_logits",
    "log(1 + e^(−|z|)) in the place of log1p: a loss of 0 for an answer that is almost sure",
    "log(1 + e) needs no function of its own",
    "D1.2",
    loses_digits=True,
)
def binary_without_log1p(logits: Array, target: Array, reduction: str = "mean") -> Array:
    wrong_side = target * np.maximum(-logits, 0) + (1 - target) * np.maximum(logits, 0)
    losses = wrong_side + np.log(1 + np.exp(-np.abs(logits)))
    return reduced(np.asarray(losses, logits.dtype), reduction)


@mistake(
    "binary_cross_entropy_with_logits_backward",
    "σ(z) − t of the rounded σ: 0 where t = 1 and σ rounds to 1",
    "formulas that are equal compute equal numbers",
    "D1.2",
    loses_digits=True,
)
def binary_gradient_from_output(
    dy: Array, logits: Array, target: Array, reduction: str = "mean"
) -> Array:
    count = np.asarray(max(logits.size, 1) if reduction == "mean" else 1, logits.dtype)
    return np.asarray(dy / count * (sigmoid(logits) - target), logits.dtype)


slightly_too_large("cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "squared_error")
