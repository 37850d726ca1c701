"""Normalisation by a batch, by a sample, by neighbouring channels, each beside its backward."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from refimpl.checks import (
    Ints,
    check_arrays,
    check_flag,
    check_gradient,
    check_int,
    check_methods,
    check_most,
    check_number,
)
from refimpl.elements import Array, parameter, zeros
from refimpl.normalization_checks import (
    check_channels,
    check_each_channel,
    check_epsilon,
    check_momentum,
    check_no_momentum,
    check_normalized,
    check_normalized_affine,
    check_num_groups,
    check_several,
    check_statistics,
    check_variances,
)
from refimpl.sums import quotient, total, wide
from refimpl.unlike_torch import unlike_torch


class NormGrads(NamedTuple):
    """∂L/∂x, ∂L/∂weight and ∂L/∂bias of a normalisation."""

    dx: Array
    dweight: Array
    dbias: Array


# --- batch --------------------------------------------------------------------------------


@unlike_torch()
def batch_norm(
    x: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    bias: Array | None = None,
    training: bool = False,
    momentum: Any = None,
    eps: Any = 1e-5,
) -> Array:
    """Batch normalisation: each channel with mean 0 and variance 1, then scaled and shifted.

    y[n,c,…] = weight[c] · (x[n,c,…] − μ[c]) / √(σ²[c] + eps) + bias[c]
    training: μ[c] = Σ x[n,c,…] / K and σ²[c] = Σ (x[n,c,…] − μ[c])² / K over all samples and
    places, K of them: divided by K, not by K − 1. Otherwise μ = running_mean, σ² = running_var.

    The arguments are torch's. Nothing is written: what torch does to running_mean and running_var
    in training is `running_statistics`, which takes its momentum.

    Shapes: x (N, C, …); all others (C,) or None: weight 1, bias 0. eps at least 0.
    Raises: ValueError if shapes disagree, if there is one value of each channel alone in training,
    without running statistics outside of it, and for a momentum.
    Source: beyond the documents. Ioffe & Szegedy 2015, "Batch normalization: accelerating deep
    network training by reducing internal covariate shift", arXiv 1502.03167, algorithm 1.

    >>> batch_norm(np.array([[1.0], [3.0]]), training=True, eps=0)
    array([[-1.],
           [ 1.]])
    >>> mean, var = np.array([1.0]), np.array([4.0])
    >>> batch_norm(np.array([[1.0], [3.0]]), mean, var, np.array([10.0]), eps=0)
    array([[ 0.],
           [10.]])
    """
    where = "batch_norm"
    check_no_momentum(where, momentum)
    given = {"weight": weight, "bias": bias}
    x, statistics, given = _batch(where, x, running_mean, running_var, training, eps, given)
    view = _of_channels(x)
    normalised, _ = _normalised(x, view, eps, statistics)
    return _affine(normalised, view, x, given["weight"], given["bias"])


def batch_norm_backward(
    dy: Array,
    x: Array,
    running_mean: Array | None = None,
    running_var: Array | None = None,
    weight: Array | None = None,
    training: bool = False,
    momentum: Any = None,
    eps: Any = 1e-5,
) -> NormGrads:
    """Gradients of a loss L through `batch_norm`, given dy = ∂L/∂y.

    x̂ = (x − μ)/√(σ² + eps), g = weight · dy; Σ over all samples and places of a channel, K of them
    ∂L/∂bias[c]   = Σ dy[n,c,…]
    ∂L/∂weight[c] = Σ dy[n,c,…] · x̂[n,c,…]
    ∂L/∂x = (g − Σ g / K − x̂ · Σ g·x̂ / K) / √(σ² + eps)   in training: μ and σ² depend on x
    ∂L/∂x = g / √(σ² + eps)                               otherwise

    Shapes: dy and x alike, the others as in `batch_norm`.
    Raises: ValueError as `batch_norm` does.
    Source: beyond the documents. Ioffe & Szegedy 2015, §3.

    >>> dy, x = np.array([[2.0], [0.0], [1.0], [1.0]]), np.array([[1.0], [1.0], [3.0], [3.0]])
    >>> dx, dweight, dbias = batch_norm_backward(dy, x, training=True, eps=0)
    >>> dx[:, 0], dweight, dbias
    (array([ 1., -1.,  0.,  0.]), array([0.]), array([4.]))
    """
    where = "batch_norm_backward"
    check_no_momentum(where, momentum)
    given = {"weight": weight, "dy": dy}
    x, statistics, given = _batch(where, x, running_mean, running_var, training, eps, given)
    return _backward(where, given["dy"], x, given["weight"], _of_channels(x), eps, statistics)


def running_statistics(
    x: Array, running_mean: Array, running_var: Array, momentum: Any = 0.1
) -> Array:
    """Running mean and variance behind one more batch: what torch writes in training.

    mean = (1 − momentum) · running_mean + momentum · μ
    var  = (1 − momentum) · running_var + momentum · Σ (x − μ)² / (K − 1)
    over all samples and places of a channel, K of them: the variance is the unbiased one here.

    Shapes: x (N, C, …), running_mean and running_var (C,) -> (2, C): the mean, the variance. An
    empty batch leaves both as they are.
    Raises: ValueError if shapes disagree, or if there is one value of each channel alone.
    Source: beyond the documents. Ioffe & Szegedy 2015, algorithm 2; torch.nn.BatchNorm2d.

    >>> x = np.array([[1.0], [3.0]])
    >>> mean, var = running_statistics(x, np.array([0.0]), np.array([1.0]), momentum=0.5)
    >>> mean, var
    (array([1.]), array([1.5]))
    """
    where = "running_statistics"
    x, mean, var = check_arrays(where, x=x, running_mean=running_mean, running_var=running_var)
    check_channels(where, x)
    check_each_channel(where, x, running_mean=mean, running_var=var)
    check_momentum(where, momentum, x)
    check_variances(where, var)
    view = _of_channels(x)
    check_several(where, x, view.size)
    if not view.size:
        return np.array([mean, var])
    centred, centre = _centred(wide(x), view)
    squares = total(centred * centred, view.over)
    batch = centre.reshape(mean.shape), quotient(squares, view.size - 1)
    kept, taken = (parameter(share, like=squares) for share in (1 - momentum, momentum))
    moved = (kept * wide(old) + taken * new for old, new in zip((mean, var), batch, strict=True))
    return np.array([*moved], x.dtype)


Given: TypeAlias = dict[str, Array | None]
Statistics: TypeAlias = tuple[Array, Array] | None  # mean and variance, if not the batch's own


def _batch(
    where: str, x: Any, mean: Any, var: Any, training: Any, eps: Any, others: dict[str, Any]
) -> tuple[Array, Statistics, Given]:
    """Checked x, the statistics to normalise by unless they are its own, the others by name."""
    check_flag(where, "training", training)
    check_statistics(where, training, mean, var)
    running = {"running_mean": mean, "running_var": var}
    x, given = _checked(where, x, {**running, **others})
    check_channels(where, x)
    weights = {name: given[name] for name in ("weight", "bias") if name in given}
    check_each_channel(where, x, **{name: given[name] for name in running}, **weights)
    check_epsilon(where, eps, x)
    center, spread = given["running_mean"], given["running_var"]
    if center is not None and spread is not None:
        check_variances(where, spread)
        if not training:
            return x, (center, spread), given
    check_several(where, x, _of_channels(x).size)
    return x, None, given


def _checked(where: str, x: Any, others: dict[str, Any]) -> tuple[Array, Given]:
    """Arrays of one dtype; what is None stays None. dy, where it is among them, goes first."""
    named = {"dy": others["dy"]} if "dy" in others else {}
    named |= {"x": x, **{name: a for name, a in others.items() if a is not None}}
    found: Given = dict(zip(named, check_arrays(where, **named), strict=True))
    checked = found.pop("x")
    assert checked is not None
    check_methods(where, checked, "sqrt")
    return checked, {name: found.get(name) for name in others}


# --- sample -------------------------------------------------------------------------------


@unlike_torch()
def layer_norm(
    x: Array,
    normalized_shape: Ints,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: Any = 1e-5,
) -> Array:
    """Layer normalisation: the last axes of each sample with mean 0 and variance 1, then scaled.

    y = weight · (x − μ) / √(σ² + eps) + bias, where μ and σ² = Σ (x − μ)² / K are those of the K
    elements along the last axes, and differ from sample to sample

    Shapes: x (…, *normalized_shape), weight and bias normalized_shape or None: 1 and 0.
    Raises: ValueError if shapes disagree.
    Source: beyond the documents. Ba, Kiros & Hinton 2016, "Layer normalization",
    arXiv 1607.06450.

    >>> layer_norm(np.array([[1.0, 3.0], [10.0, 30.0]]), 2, np.array([1.0, 5.0]), eps=0)
    array([[-1.,  5.],
           [-1.,  5.]])
    """
    where = "layer_norm"
    x, view, given = _layer(where, x, normalized_shape, eps, {"weight": weight, "bias": bias})
    normalised, _ = _normalised(x, view, eps)
    return _affine(normalised, view, x, given["weight"], given["bias"])


def layer_norm_backward(
    dy: Array,
    x: Array,
    normalized_shape: Ints,
    weight: Array | None = None,
    eps: Any = 1e-5,
) -> NormGrads:
    """Gradients of a loss L through `layer_norm`, given dy = ∂L/∂y.

    x̂ = (x − μ)/√(σ² + eps), g = weight · dy
    ∂L/∂bias   = Σ dy        over all samples
    ∂L/∂weight = Σ dy · x̂    over all samples
    ∂L/∂x = (g − Σ g / K − x̂ · Σ g·x̂ / K) / √(σ² + eps)   over the K elements of a sample

    Shapes: dy and x alike, the others as in `layer_norm`.
    Raises: ValueError if shapes disagree.
    Source: beyond the documents. Ba, Kiros & Hinton 2016.

    >>> dy, x = np.array([[2.0, 0.0, 1.0, 1.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])
    >>> layer_norm_backward(dy, x, 4, eps=0).dx
    array([[ 1., -1.,  0.,  0.]])
    """
    where = "layer_norm_backward"
    x, view, given = _layer(where, x, normalized_shape, eps, {"weight": weight, "dy": dy})
    return _backward(where, given["dy"], x, given["weight"], view, eps)


def _layer(
    where: str, x: Any, normalized_shape: Any, eps: Any, others: dict[str, Any]
) -> tuple[Array, _View, Given]:
    x, given = _checked(where, x, others)
    shape = check_normalized(where, x, normalized_shape)
    weights = {name: given[name] for name in ("weight", "bias") if name in given}
    check_normalized_affine(where, shape, **weights)
    check_epsilon(where, eps, x)
    first = x.ndim - len(shape)
    view = _View(x.shape, tuple(range(first, x.ndim)), shape, tuple(range(first)))
    return x, view, given


@unlike_torch()
def group_norm(
    x: Array,
    num_groups: int,
    weight: Array | None = None,
    bias: Array | None = None,
    eps: Any = 1e-5,
) -> Array:
    """Group normalisation: of each sample each group of channels with mean 0 and variance 1.

    y[n,c,…] = weight[c] · (x[n,c,…] − μ) / √(σ² + eps) + bias[c], where μ and σ² = Σ (x − μ)² / K
    are those of the K elements of sample n in the C/num_groups channels of the group of c

    One group for each channel, num_groups = C, is instance normalisation; one for all,
    num_groups = 1, is `layer_norm` of all but the first axis, but for the shape of its weight.

    Shapes: x (N, C, …), weight and bias (C,) or None: 1 and 0.
    Raises: ValueError if shapes disagree, or if num_groups does not divide C.
    Source: beyond the documents. Wu & He 2018, "Group normalization", arXiv 1803.08494; instance
    normalisation: Ulyanov, Vedaldi & Lempitsky 2016, "Instance normalization: the missing
    ingredient for fast stylization", arXiv 1607.08022.

    >>> group_norm(np.array([[1.0, 3.0, 10.0, 30.0]]), 2, eps=0)
    array([[-1.,  1., -1.,  1.]])
    """
    where = "group_norm"
    x, view, given = _group(where, x, num_groups, eps, {"weight": weight, "bias": bias})
    normalised, _ = _normalised(x, view, eps)
    return _affine(normalised, view, x, given["weight"], given["bias"])


def group_norm_backward(
    dy: Array,
    x: Array,
    num_groups: int,
    weight: Array | None = None,
    eps: Any = 1e-5,
) -> NormGrads:
    """Gradients of a loss L through `group_norm`, given dy = ∂L/∂y.

    x̂ = (x − μ)/√(σ² + eps), g = weight · dy
    ∂L/∂bias[c]   = Σ dy[n,c,…]                over all samples and places
    ∂L/∂weight[c] = Σ dy[n,c,…] · x̂[n,c,…]    over all samples and places
    ∂L/∂x = (g − Σ g / K − x̂ · Σ g·x̂ / K) / √(σ² + eps)   over the K elements of a group

    Shapes: dy and x alike, the others as in `group_norm`.
    Raises: ValueError as `group_norm` does.
    Source: beyond the documents. Wu & He 2018.

    >>> dy, x = np.array([[2.0, 0.0, 1.0, 1.0]]), np.array([[1.0, 1.0, 3.0, 3.0]])
    >>> group_norm_backward(dy, x, 1, eps=0).dx
    array([[ 1., -1.,  0.,  0.]])
    """
    where = "group_norm_backward"
    x, view, given = _group(where, x, num_groups, eps, {"weight": weight, "dy": dy})
    return _backward(where, given["dy"], x, given["weight"], view, eps)


def _group(
    where: str, x: Any, num_groups: Any, eps: Any, others: dict[str, Any]
) -> tuple[Array, _View, Given]:
    x, given = _checked(where, x, others)
    check_channels(where, x)
    groups = check_num_groups(where, x, num_groups)
    weights = {name: given[name] for name in ("weight", "bias") if name in given}
    check_each_channel(where, x, **weights)
    check_epsilon(where, eps, x)
    N, C, *places = x.shape
    shape = (N, groups, C // groups, *places)
    return x, _of_channels(x)._replace(shape=shape, over=tuple(range(2, len(shape)))), given


# --- what these share ---------------------------------------------------------------------


class _View(NamedTuple):
    """How x is cut into groups, and how the weights stand beside it."""

    shape: tuple[int, ...]  # of x, cut so that the axes `over` hold what is normalised together
    over: tuple[int, ...]
    affine: tuple[int, ...]  # the shape of a weight beside x
    shared: tuple[int, ...]  # the axes of x along which a weight is the same

    @property
    def size(self) -> int:
        """K, how many elements are normalised together."""
        return prod(self.shape[axis] for axis in self.over)


def _of_channels(x: Array) -> _View:
    """Each channel is normalised by itself, and has a weight."""
    others = (0, *range(2, x.ndim))
    return _View(x.shape, others, (x.shape[1], *(1,) * (x.ndim - 2)), others)


def _mean(x: Array, view: _View) -> Array:
    """Σ x / K over the axes of a view, which stay: (…, 1, …)."""
    kept = tuple(1 if axis in view.over else n for axis, n in enumerate(x.shape))
    return quotient(total(x, view.over), view.size).reshape(kept)


def _centred(x: Array, view: _View) -> tuple[Array, Array]:
    """x − μ and μ; of floats the mean of what is left is subtracted, too.

    Where μ is much larger than the distances from it, its rounding would shift all of these.
    """
    mean = _mean(x, view)
    centred = np.asarray(x - mean)
    if centred.dtype != object:
        rest = _mean(centred, view)
        centred -= rest
        mean += np.where(np.isfinite(mean), rest, 0)
    return centred, mean


def _normalised(
    x: Array, view: _View, eps: Any, statistics: Statistics = None
) -> tuple[Array, Array]:
    """x̂ and √(σ² + eps), of float32 numbers in float64: (view), (…, 1, …)."""
    if not x.size:
        return zeros(view.shape, like=wide(x)), zeros((1,) * len(view.shape), like=wide(x))
    x = wide(x).reshape(view.shape)
    if statistics is None:
        centred, _ = _centred(x, view)
        var = _mean(centred * centred, view)
    else:
        mean, var = (wide(one).reshape(view.affine) for one in statistics)
        centred = np.asarray(x - mean)
    deviation = np.asarray(np.sqrt(var + parameter(eps, like=x)))
    return np.asarray(centred / deviation), deviation


def _affine(
    normalised: Array, view: _View, x: Array, weight: Array | None, bias: Array | None
) -> Array:
    """weight · x̂ + bias, in the shape and dtype of x."""
    y = normalised.reshape(x.shape)
    if weight is not None:
        y = y * wide(weight).reshape(view.affine)
    if bias is not None:
        y = y + wide(bias).reshape(view.affine)
    return np.asarray(y, x.dtype)


def _backward(
    where: str,
    dy: Array | None,
    x: Array,
    weight: Array | None,
    view: _View,
    eps: Any,
    statistics: Statistics = None,
) -> NormGrads:
    """The gradients; with statistics of its own x has two more paths to y than g."""
    assert dy is not None
    check_gradient(where, dy, x.shape)
    normalised, deviation = _normalised(x, view, eps, statistics)
    dy = wide(dy)
    g = dy if weight is None else np.asarray(dy * wide(weight).reshape(view.affine))
    g = g.reshape(view.shape)
    if statistics is None and x.size:
        g = g - _mean(g, view) - normalised * _mean(g * normalised, view)
    dx = (g / deviation).reshape(x.shape)
    dweight = total(dy * normalised.reshape(x.shape), view.shared)
    dbias = total(dy, view.shared)
    return NormGrads(*(np.asarray(grad, x.dtype) for grad in (dx, dweight, dbias)))


# --- neighbouring channels ----------------------------------------------------------------


@unlike_torch()
def local_response_norm(
    x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    """Local response normalisation: each element divided by a power of its channel's neighbours.

    y[n,c,…] = x[n,c,…] / d[n,c,…]^beta, d[n,c,…] = k + alpha/size · Σ_j x[n,j,…]²
    over the channels j from c − ⌊size/2⌋ to c + ⌊(size − 1)/2⌋ that there are

    The arguments are torch's, whose alpha is divided by size. AlexNet's paper does not divide: its
    n = 5, α = 10⁻⁴, β = 0.75, k = 2 are size=5, alpha=5e-4, beta=0.75, k=2 here. Of an even size
    the channel in front is the one more.

    Shapes: x (N, C, L, …) -> the same.
    Raises: ValueError for fewer axes and a size below 1.
    Source: beyond the documents. Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification
    with deep convolutional neural networks", §3.3; torch.nn.functional.local_response_norm.

    >>> x = np.array([[[1.0], [2.0], [4.0]]])
    >>> local_response_norm(x, 3, alpha=3, beta=1, k=0)[0, :, 0]
    array([0.2      , 0.0952381, 0.2      ])
    """
    where = "local_response_norm"
    (x,) = check_arrays(where, x=x)
    size = _response_options(where, x, size, alpha, beta, k)
    wide_x = wide(x)
    power, _ = _powers(wide_x, size, alpha, beta, k)
    return np.asarray(wide_x * power, x.dtype)


def local_response_norm_backward(
    dy: Array, x: Array, size: int, alpha: Any = 1e-4, beta: Any = 0.75, k: Any = 1.0
) -> Array:
    """Gradient of a loss L through `local_response_norm`, given dy = ∂L/∂y.

    ∂L/∂x[n,j,…] = dy[n,j,…] / d[n,j,…]^beta − 2 · beta · alpha/size · x[n,j,…] · S[n,j,…]
    S[n,j,…] = Σ_c dy[n,c,…] · x[n,c,…] / d[n,c,…]^(beta + 1)
    over the channels c whose neighbours include j: from j − ⌊(size − 1)/2⌋ to j + ⌊size/2⌋

    Shapes: dy and x alike.
    Raises: ValueError as `local_response_norm` does.
    Source: beyond the documents. Krizhevsky, Sutskever & Hinton 2012, §3.3.

    >>> dy, x = np.array([[[1.0], [0.0]]]), np.array([[[1.0], [2.0]]])
    >>> local_response_norm_backward(dy, x, 3, alpha=3, beta=1, k=0)[0, :, 0]
    array([ 0.12, -0.16])
    """
    where = "local_response_norm_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    size = _response_options(where, x, size, alpha, beta, k)
    check_gradient(where, dy, x.shape)
    wide_dy, wide_x = wide(dy), wide(x)
    power, d = _powers(wide_x, size, alpha, beta, k)
    direct = wide_dy * power
    shares = _over_neighbours(direct * wide_x / d, (size - 1) // 2, size // 2)
    factor = 2 * parameter(beta, like=wide_x) * parameter(alpha, like=wide_x) / size
    return np.asarray(direct - factor * wide_x * shares, x.dtype)


def _response_options(where: str, x: Array, size: Any, alpha: Any, beta: Any, k: Any) -> int:
    check_channels(where, x, least=3)
    for name, value in (("alpha", alpha), ("beta", beta), ("k", k)):
        check_number(where, name, value, x)
    check_methods(where, x, "exp", "log")
    channels = check_int(where, "size", size, 1)
    check_most(where, size=(channels,))
    return channels


def _powers(x: Array, size: int, alpha: Any, beta: Any, k: Any) -> tuple[Array, Array]:
    """d^(−beta) and d."""
    squares = _over_neighbours(x * x, size // 2, (size - 1) // 2)
    d = np.asarray(parameter(k, like=x) + parameter(alpha, like=x) * squares / size)
    exponent = parameter(-beta, like=x)
    if d.dtype == object:
        return np.asarray(np.exp(exponent * np.log(d))), d
    return np.asarray(d**exponent), d


def _over_neighbours(x: Array, before: int, behind: int) -> Array:
    """Σ over so many channels before and behind each: (N, C, …) -> the same."""
    C = x.shape[1]
    before, behind = min(before, C), min(behind, C)
    shape = (x.shape[0], C + before + behind, *x.shape[2:])
    padded = zeros(shape, like=x)
    padded[:, before : before + C] = x
    if not x.size:
        return padded[:, :C]
    windows = np.lib.stride_tricks.sliding_window_view(padded, before + 1 + behind, axis=1)
    return total(windows, (x.ndim,))
