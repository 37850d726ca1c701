"""Mistakes in normalisation."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    NormGrads,
    batch_norm,
    batch_norm_backward,
    group_norm,
    group_norm_backward,
    layer_norm_backward,
    local_response_norm,
    local_response_norm_backward,
    running_statistics,
)
from refimpl.checks import entries
from refimpl.elements import parameter

Given = dict[str, Any]
Deviation = Callable[[Array, Any], Array]  # of a variance and eps


def root(var: Array, eps: Any) -> Array:
    """√(var + eps)"""
    return np.asarray(np.sqrt(var + parameter(eps, like=var)))


def mean_of(x: Array, over: tuple[int, ...]) -> Array:
    """Along some axes, which stay; of nothing 0."""
    count = max(prod(x.shape[axis] for axis in over), 1)
    return np.asarray(x.sum(axis=over, keepdims=True) / np.asarray(count, x.dtype), x.dtype)


def normalised(x: Array, over: tuple[int, ...], eps: Any, deviation: Deviation = root) -> Array:
    """(x − μ) divided by a deviation, of the elements along some axes."""
    centred = x - mean_of(x, over)
    var = np.asarray(mean_of((centred * centred), over))
    return np.asarray(centred / deviation(var, eps), x.dtype)


def scaled(y: Array, given: Given, affine: tuple[int, ...]) -> Array:
    """Times the weight, plus the bias, where they are given."""
    for name, apply in (("weight", np.multiply), ("bias", np.add)):
        if given.get(name) is not None:
            y = apply(y, np.reshape(given[name], affine))
    return np.asarray(y)


def of_channels(x: Array) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """All axes but the channels, and the shape of a weight beside x."""
    return (0, *range(2, x.ndim)), (-1, *(1,) * (x.ndim - 2))


def unbiased(count: int) -> Deviation:
    """The variance of so many elements divided by one less than they are."""

    def deviation(var: Array, eps: Any) -> Array:
        if count < 2:
            return root(var, eps)
        return root(var * parameter(count, like=var) / parameter(count - 1, like=var), eps)

    return deviation


def eps_outside(var: Array, eps: Any) -> Array:
    """√var + eps"""
    return np.asarray(np.sqrt(var) + parameter(eps, like=var))


# --- batch normalisation ------------------------------------------------------------------


def batch_like(x: Array, given: Given, over: tuple[int, ...], deviation: Deviation) -> Array:
    """In training x normalised in another way; otherwise what is right."""
    if not given.get("training"):
        return batch_norm(x, **given)
    y = normalised(x, over, given.get("eps", 1e-5), deviation)
    return scaled(y, given, of_channels(x)[1])


@mistake(
    "batch_norm",
    "the variance is divided by K − 1 in normalising, too",
    "a variance is always the unbiased one",
)
def batch_norm_unbiased(x: Array, **given: Any) -> Array:
    over, _ = of_channels(x)
    return batch_like(x, given, over, unbiased(prod(x.shape[axis] for axis in over)))


@mistake(
    "batch_norm",
    "eps is added to the deviation, outside of the root",
    "eps only keeps the divisor from 0, wherever it stands",
)
def batch_norm_eps_outside(x: Array, **given: Any) -> Array:
    return batch_like(x, given, of_channels(x)[0], eps_outside)


@mistake(
    "batch_norm",
    "the statistics are those of each place, over the samples alone",
    "batch normalisation is over the batch axis",
)
def batch_norm_over_samples_alone(x: Array, **given: Any) -> Array:
    return batch_like(x, given, (0,), root)


@mistake(
    "batch_norm",
    "the statistics are those of each sample, over the places alone",
    "a channel of a sample is a map, and has a mean of its own",
)
def batch_norm_over_places_alone(x: Array, **given: Any) -> Array:
    return batch_like(x, given, tuple(range(2, x.ndim)), root) if x.ndim > 2 else 0 * x


@mistake(
    "batch_norm",
    "is divided by the variance instead of its root",
    "the variance says how far the numbers are from their mean",
)
def batch_norm_by_variance(x: Array, **given: Any) -> Array:
    def variance(var: Array, eps: Any) -> Array:
        return np.asarray(var + parameter(eps, like=var))

    return batch_like(x, given, of_channels(x)[0], variance)


@mistake(
    "batch_norm",
    "normalises by the batch where running statistics are to be used",
    "normalising is the same in training and in use",
)
def batch_norm_never_in_use(x: Array, **given: Any) -> Array:
    over, affine = of_channels(x)
    y = normalised(x, over, given.get("eps", 1e-5))
    return scaled(y, given, affine)


@mistake(
    "batch_norm",
    "the bias is added before the weight is multiplied",
    "y = γ·(x̂ + β)",
)
def batch_norm_bias_first(x: Array, **given: Any) -> Array:
    plain = {k: v for k, v in given.items() if k not in ("weight", "bias")}
    y, (_, affine) = batch_norm(x, **plain), of_channels(x)
    return scaled(scaled(y, {"bias": given.get("bias")}, affine), {**given, "bias": None}, affine)


@mistake(
    "batch_norm",
    "the mean of the squares minus the square of the mean",
    "the variance is E[x²] − E[x]², in one pass",
    loses_digits=True,
)
def batch_norm_in_one_pass(x: Array, **given: Any) -> Array:
    if not given.get("training"):
        return batch_norm(x, **given)
    over, affine = of_channels(x)
    mean = np.asarray(mean_of(x, over))
    var = np.asarray(mean_of((x * x), over) - mean * mean)
    y = (x - mean) / root(var, given.get("eps", 1e-5))
    return scaled(np.asarray(y, x.dtype), given, affine)


def constant_statistics(dy: Array, x: Array, given: Given) -> Array:
    """dx = g/√(σ² + eps)"""
    over, affine = of_channels(x)
    centred = x - mean_of(x, over)
    var = np.asarray(mean_of((centred * centred), over))
    g = scaled(dy, {"weight": given.get("weight")}, affine)
    return np.asarray(g / root(var, given.get("eps", 1e-5)), x.dtype)


@mistake(
    "batch_norm_backward",
    "dx is weight · dy / √(σ² + eps): nothing goes through mean and variance",
    "mean and variance are numbers that x is normalised by",
)
def batch_norm_constant_statistics(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    if not given.get("training"):
        return grads
    return grads._replace(dx=constant_statistics(dy, x, given))


@mistake(
    "batch_norm_backward",
    "nothing goes through the variance",
    "the variance does not change if all x move alike",
)
def batch_norm_constant_variance(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    if not given.get("training"):
        return grads
    dx = constant_statistics(dy, x, given)
    return grads._replace(dx=np.asarray(dx - mean_of(dx, of_channels(x)[0])))


@mistake(
    "batch_norm_backward",
    "nothing goes through the mean",
    "the mean of what is normalised is 0, so that it has no gradient",
)
def batch_norm_constant_mean(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    if not given.get("training"):
        return grads
    mean = mean_of(constant_statistics(dy, x, given), of_channels(x)[0])
    return grads._replace(dx=np.asarray(grads.dx + mean, x.dtype))


@mistake(
    "batch_norm_backward",
    "the gradient goes through mean and variance where they are running statistics",
    "backward is the same in training and in use",
)
def batch_norm_gradient_never_in_use(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    over, _ = of_channels(x)
    if given.get("training") or not x.size or prod(x.shape[axis] for axis in over) == 1:
        return grads
    others = {"running_mean": None, "running_var": None, "training": True}
    return grads._replace(dx=batch_norm_backward(dy, x, **{**given, **others}).dx)


@mistake(
    "batch_norm_backward",
    "dx lacks the weight",
    "the weight stands behind the normalisation",
)
def batch_norm_gradient_without_weight(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    return grads._replace(dx=batch_norm_backward(dy, x, **{**given, "weight": None}).dx)


@mistake(
    "batch_norm_backward",
    "dweight is the sum of dy · x, not of dy · x̂",
    "the weight is multiplied with x, as that of every layer",
)
def batch_norm_weight_of_input(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    return grads._replace(dweight=np.asarray((dy * x).sum(axis=of_channels(x)[0]), x.dtype))


@mistake(
    "batch_norm_backward",
    "dweight and dbias are means over the batch instead of sums",
    "batch normalisation takes means",
)
def batch_norm_mean_gradients(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = batch_norm_backward(dy, x, **given)
    count = parameter(max(len(x), 1), like=x)
    return grads._replace(
        dweight=np.asarray(grads.dweight / count), dbias=np.asarray(grads.dbias / count)
    )


# --- running statistics -------------------------------------------------------------------


@mistake(
    "running_statistics",
    "the running variance takes the one divided by K",
    "it is the variance that the batch was normalised by",
)
def running_variance_biased(
    x: Array, running_mean: Array, running_var: Array, momentum: Any = 0.1
) -> Array:
    right = running_statistics(x, running_mean, running_var, momentum)
    over, _ = of_channels(x)
    count = prod(x.shape[axis] for axis in over)
    kept = parameter(1 - momentum, like=x) * running_var
    share = parameter(count - 1, like=x) / parameter(count, like=x)
    return np.stack([right[0], np.asarray(kept + (right[1] - kept) * share)])


@mistake(
    "running_statistics",
    "momentum is the share that is kept",
    "momentum is how much of the past stays, as in Keras and in an optimiser",
)
def running_momentum_turned(
    x: Array, running_mean: Array, running_var: Array, momentum: Any = 0.1
) -> Array:
    return running_statistics(x, running_mean, running_var, 1 - momentum)


@mistake(
    "running_statistics",
    "the running variance is never moved",
    "the mean is what follows the batches",
)
def running_variance_left(
    x: Array, running_mean: Array, running_var: Array, momentum: Any = 0.1
) -> Array:
    right = running_statistics(x, running_mean, running_var, momentum)
    return np.stack([right[0], running_var])


# --- layer normalisation ------------------------------------------------------------------


def last_axes(x: Array, given: Given) -> tuple[int, ...]:
    """Those that are normalised together."""
    return tuple(range(x.ndim - len(entries(given["normalized_shape"], 1)), x.ndim))


def layer_like(x: Array, given: Given, over: tuple[int, ...], deviation: Deviation) -> Array:
    """x normalised in another way."""
    y = normalised(x, over, given.get("eps", 1e-5), deviation)
    return scaled(y, given, entries(given["normalized_shape"], 1))


@mistake(
    "layer_norm",
    "the variance is divided by K − 1",
    "a variance is always the unbiased one, as torch.var's",
)
def layer_norm_unbiased(x: Array, **given: Any) -> Array:
    over = last_axes(x, given)
    return layer_like(x, given, over, unbiased(prod(x.shape[axis] for axis in over)))


@mistake(
    "layer_norm",
    "eps is added to the deviation, outside of the root",
    "eps only keeps the divisor from 0, wherever it stands",
)
def layer_norm_eps_outside(x: Array, **given: Any) -> Array:
    return layer_like(x, given, last_axes(x, given), eps_outside)


@mistake(
    "layer_norm",
    "normalises over the batch",
    "every normalisation is over the first axis, as batch normalisation",
)
def layer_norm_over_batch(x: Array, **given: Any) -> Array:
    return layer_like(x, given, (0,), root)


@mistake(
    "layer_norm",
    "normalises the last axis alone, whatever normalized_shape is",
    "what is normalised are the features, the last axis",
)
def layer_norm_last_axis_alone(x: Array, **given: Any) -> Array:
    return layer_like(x, given, (x.ndim - 1,), root)


def of_views(
    backward: Callable[..., NormGrads], dy: Array, x: Array, given: Given, change: str
) -> NormGrads:
    """The gradients without the weight in dx, or with the weight behind the means."""
    grads = backward(dy, x, **given)
    plain = backward(dy, x, **{**given, "weight": None}).dx
    weight = given.get("weight")
    if change == "without" or weight is None:
        return grads._replace(dx=plain)
    affine = of_channels(x)[1] if "num_groups" in given else np.shape(weight)
    return grads._replace(dx=np.asarray(plain * np.reshape(weight, affine), x.dtype))


@mistake(
    "layer_norm_backward",
    "the weight is multiplied behind the means over a sample, not before",
    "the weight is a factor of dx, as in batch normalisation, where it is the same within a mean",
)
def layer_norm_weight_behind(dy: Array, x: Array, **given: Any) -> NormGrads:
    return of_views(layer_norm_backward, dy, x, given, "behind")


@mistake(
    "layer_norm_backward",
    "dx lacks the weight",
    "the weight stands behind the normalisation",
)
def layer_norm_gradient_without_weight(dy: Array, x: Array, **given: Any) -> NormGrads:
    return of_views(layer_norm_backward, dy, x, given, "without")


@mistake(
    "layer_norm_backward",
    "dx is weight · dy / √(σ² + eps): nothing goes through mean and variance",
    "mean and variance are numbers that x is normalised by",
)
def layer_norm_constant_statistics(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads, over = layer_norm_backward(dy, x, **given), last_axes(x, given)
    centred = x - mean_of(x, over)
    var = np.asarray(mean_of((centred * centred), over))
    g = scaled(dy, {"weight": given.get("weight")}, entries(given["normalized_shape"], 1))
    return grads._replace(dx=np.asarray(g / root(var, given.get("eps", 1e-5)), x.dtype))


@mistake(
    "layer_norm_backward",
    "dweight and dbias are means over the samples instead of sums",
    "each sample is normalised by itself, so its gradients are averaged",
)
def layer_norm_mean_gradients(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = layer_norm_backward(dy, x, **given)
    count = parameter(max(prod(x.shape[: last_axes(x, given)[0]]), 1), like=x)
    return grads._replace(
        dweight=np.asarray(grads.dweight / count), dbias=np.asarray(grads.dbias / count)
    )


# --- group normalisation ------------------------------------------------------------------


@mistake(
    "group_norm",
    "channel c is in group c mod num_groups",
    "groups are dealt like cards",
)
def group_norm_dealt(x: Array, **given: Any) -> Array:
    groups, plain = given["num_groups"], {k: given[k] for k in ("eps",) if k in given}
    dealt = np.argsort(np.arange(x.shape[1]) % groups, kind="stable")
    y = np.empty_like(x)
    y[:, dealt] = group_norm(x[:, dealt], groups, **plain)
    return scaled(y, given, of_channels(x)[1])


@mistake(
    "group_norm",
    "every channel is normalised by itself",
    "num_groups is how many channels a group has, or nothing that matters",
)
def group_norm_each_channel(x: Array, **given: Any) -> Array:
    return group_norm(x, **{**given, "num_groups": x.shape[1]})


@mistake(
    "group_norm",
    "all channels of a sample are one group",
    "a sample has one mean, as in layer normalisation",
)
def group_norm_one_group(x: Array, **given: Any) -> Array:
    return group_norm(x, **{**given, "num_groups": 1})


@mistake(
    "group_norm",
    "the variance is divided by K − 1",
    "a variance is always the unbiased one, as torch.var's",
)
def group_norm_unbiased(x: Array, **given: Any) -> Array:
    N, C, *places = x.shape
    cut = (N, given["num_groups"], C // given["num_groups"], *places)
    over = tuple(range(2, len(cut)))
    deviation = unbiased(prod(cut[axis] for axis in over))
    y = normalised(x.reshape(cut), over, given.get("eps", 1e-5), deviation).reshape(x.shape)
    return scaled(y, given, of_channels(x)[1])


@mistake(
    "group_norm_backward",
    "the weight is multiplied behind the means over a group, not before",
    "the weight is a factor of dx, as in batch normalisation, where it is the same within a mean",
)
def group_norm_weight_behind(dy: Array, x: Array, **given: Any) -> NormGrads:
    return of_views(group_norm_backward, dy, x, given, "behind")


@mistake(
    "group_norm_backward",
    "dx lacks the weight",
    "the weight stands behind the normalisation",
)
def group_norm_gradient_without_weight(dy: Array, x: Array, **given: Any) -> NormGrads:
    return of_views(group_norm_backward, dy, x, given, "without")


@mistake(
    "group_norm_backward",
    "dx is that of one group for each channel",
    "a group's channels do not meet each other",
)
def group_norm_gradient_of_each_channel(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = group_norm_backward(dy, x, **given)
    apart = group_norm_backward(dy, x, **{**given, "num_groups": x.shape[1]})
    return grads._replace(dx=apart.dx)


@mistake(
    "group_norm_backward",
    "dweight and dbias are means over the samples instead of sums",
    "each sample is normalised by itself, so its gradients are averaged",
)
def group_norm_mean_gradients(dy: Array, x: Array, **given: Any) -> NormGrads:
    grads = group_norm_backward(dy, x, **given)
    count = parameter(max(len(x), 1), like=x)
    return grads._replace(
        dweight=np.asarray(grads.dweight / count), dbias=np.asarray(grads.dbias / count)
    )


# --- local response normalisation ---------------------------------------------------------


@mistake(
    "local_response_norm",
    "alpha is not divided by size",
    "alpha is the factor of the sum, as AlexNet's paper writes it",
)
def response_alpha_undivided(
    x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    return local_response_norm(x, size, alpha * size, beta, k)


@mistake(
    "local_response_norm",
    "of an even size the channel behind is the one more",
    "the window begins (size − 1)/2 before its middle, as in a convolution",
)
def response_window_mirrored(
    x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    return local_response_norm(x[:, ::-1], size, alpha, beta, k)[:, ::-1].copy()


@mistake(
    "local_response_norm",
    "neighbours are places, not channels",
    "a response is local in the picture",
)
def response_of_places(
    x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    turned = local_response_norm(np.swapaxes(x, 1, 2), size, alpha, beta, k)
    return np.ascontiguousarray(np.swapaxes(turned, 1, 2))


@mistake(
    "local_response_norm",
    "beta and k are left at their defaults",
    "alpha and size are all that is ever set",
)
def response_defaults(
    x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    return local_response_norm(x, size, alpha)


@mistake(
    "local_response_norm_backward",
    "nothing goes through the neighbours: dx is dy / d^beta",
    "d is a number that x is divided by",
)
def response_constant_divisor(
    dy: Array, x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    direct = dy * local_response_norm(x, size, alpha, beta, k) / np.where(x == 0, 1, x)
    zero = local_response_norm_backward(dy, x, size, alpha, beta, k)
    return np.asarray(np.where(x == 0, zero, direct), x.dtype)


@mistake(
    "local_response_norm_backward",
    "the factor 2 of the squares' derivative is forgotten",
    "alpha · beta is all that comes down",
)
def response_factor_two_left_out(
    dy: Array, x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    right = local_response_norm_backward(dy, x, size, alpha, beta, k)
    direct = response_constant_divisor(dy, x, size, alpha, beta, k)
    return np.asarray((right + direct) / parameter(2, like=x), x.dtype)


@mistake(
    "local_response_norm_backward",
    "alpha is not divided by size",
    "alpha is the factor of the sum, as AlexNet's paper writes it",
)
def response_gradient_alpha_undivided(
    dy: Array, x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    return local_response_norm_backward(dy, x, size, alpha * size, beta, k)


@mistake(
    "local_response_norm_backward",
    "of an even size the gradient is that of the window turned round",
    "forward and backward look at the same neighbours",
)
def response_gradient_mirrored(
    dy: Array, x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    turned = local_response_norm_backward(dy[:, ::-1], x[:, ::-1], size, alpha, beta, k)
    return turned[:, ::-1].copy()


slightly_too_large("batch_norm", "layer_norm", "group_norm", "local_response_norm")
