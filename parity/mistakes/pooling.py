"""Mistakes in pooling, down- and upsampling, and their gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product
from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import MISTAKES, add, mistake
from refimpl import (
    WeightedPool2dGrads,
    avg_pool1d,
    avg_pool1d_backward,
    avg_pool2d,
    avg_pool2d_backward,
    avg_pool3d,
    avg_pool3d_backward,
    gaussian_pool2d,
    gaussian_pool2d_backward,
    max_pool1d,
    max_pool1d_backward,
    max_pool2d,
    max_pool2d_backward,
    max_pool3d,
    max_pool3d_backward,
    upsample,
    weighted_pool2d,
    weighted_pool2d_backward,
)
from refimpl.elements import parameter, zeros
from refimpl.shapes import PoolGeometry, pool_geometry
from refimpl.windows import pad, pool_meetings

Pooling = Callable[..., Array]
MAX: dict[int, Pooling] = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
MAX_BACKWARD: dict[int, Pooling] = {
    1: max_pool1d_backward,
    2: max_pool2d_backward,
    3: max_pool3d_backward,
}
AVERAGE: dict[int, Pooling] = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
AVERAGE_BACKWARD: dict[int, Pooling] = {
    1: avg_pool1d_backward,
    2: avg_pool2d_backward,
    3: avg_pool3d_backward,
}

# --- the pieces that the mistakes are made of ---------------------------------------------


def maximum(x: Array, kernel_size: Any, **how: Any) -> Array:
    """The maximum along as many axes as x has."""
    return MAX[x.ndim - 2](x, kernel_size, **how)


def maximum_backward(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    """Its gradient."""
    return MAX_BACKWARD[x.ndim - 2](dy, x, kernel_size, **how)


def average(x: Array, kernel_size: Any, **how: Any) -> Array:
    """The mean along as many axes as x has."""
    return AVERAGE[x.ndim - 2](x, kernel_size, **how)


def average_backward(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    """Its gradient."""
    return AVERAGE_BACKWARD[x.ndim - 2](dy, x, kernel_size, **how)


def geometry_of(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **other: Any,
) -> PoolGeometry:
    """The sizes of a pooling."""
    n = x.ndim - 2
    return pool_geometry("mistake", n, x, kernel_size, stride, padding, dilation, ceil_mode)


def places(g: PoolGeometry) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """For each place of a window, row by row: the outputs it serves, the inputs it reads."""
    every = (slice(None), slice(None))
    for pairs in product(*pool_meetings(g)):
        outputs, inputs = zip(*pairs, strict=True)
        yield every + outputs, every + inputs


def copied(dy: Array, x: Array, g: PoolGeometry) -> Array:
    """dy at every place of its window, added up."""
    dx = zeros(x.shape, like=dy)
    for outputs, inputs in places(g):
        dx[inputs] += dy[outputs]
    return dx


def overwritten(dy: Array, x: Array, g: PoolGeometry) -> Array:
    """dy at every place of its window; of several windows the last one stands."""
    dx = zeros(x.shape, like=dy)
    for outputs, inputs in reversed(list(places(g))):  # the last window reads offset 0
        dx[inputs] = dy[outputs]
    return dx


def window_size(g: PoolGeometry, like: Array) -> Array:
    """The number of places of a window, as an element."""
    return np.asarray(prod(g.kernel), like.dtype)


# --- maximum ------------------------------------------------------------------------------


@mistake(
    "max_pool2d",
    "the padding's zeros take part in the maximum",
    "padding is zeros, as in a convolution",
    "D0.4",
    "D3.6",
)
def max_padding_takes_part(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    here = {**how, "padding": 0}
    y = maximum(pad(x, [(p, p) for p in g.padding]), kernel_size, **here)
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "max_pool2d",
    "the dilation sets the size of the output, but the window reads neighbours",
    "dilation is another word for a larger window",
    "D0.4",
)
def max_dilation_ignored(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    y = maximum(x, kernel_size, **{**how, "dilation": 1})
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "max_pool2d",
    "the value that is largest without its sign wins",
    "the strongest answer of a feature, whichever sign it has",
    "D0.4",
    "D3.6",
)
def max_of_absolute_values(x: Array, kernel_size: Any, **how: Any) -> Array:
    most, least = maximum(x, kernel_size, **how), -maximum(-x, kernel_size, **how)
    return np.where(np.abs(least) > np.abs(most), least, most)


@mistake(
    "max_pool2d_backward",
    "each place of a window gets dy, not its maximum alone",
    "to upsample is to copy, as D1 words it for max pooling, too",
    "D1.23",
    "D2.28",
    "D4.6",
)
def max_copied_to_all_places(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy, x, geometry_of(x, kernel_size, **how))


@mistake(
    "max_pool2d_backward",
    "dy is shared equally by the window, as for the mean",
    "one rule for all poolings",
    "D0.11",
    "D3.10",
)
def max_shared_equally(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return copied(dy / window_size(g, dy), x, g)


@mistake(
    "max_pool2d_backward",
    "of equal maxima each gets dy, as D2.28 prints it",
    "whatever equals the maximum is the maximum",
    "D2.28",
)
def max_ties_all(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return maximum_backward(dy, x, kernel_size, **how, ties="all")


@mistake(
    "max_pool2d_backward",
    "of equal maxima the last one gets dy",
    "the comparison is ≥ in the loop that looks for the maximum",
    "D2.28",
)
def max_ties_last(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, best = geometry_of(x, kernel_size, **how), maximum(x, kernel_size, **how)
    winner = np.zeros(best.shape, int)
    for number, (outputs, inputs) in enumerate(places(g)):
        winner[outputs][x[inputs] == best[outputs]] = number
    dx, zero = zeros(x.shape, like=dy), zeros((), like=dy)
    for number, (outputs, inputs) in enumerate(places(g)):
        dx[inputs] += np.where(winner[outputs] == number, dy[outputs], zero)
    return dx


@mistake(
    "max_pool2d_backward",
    "an element that wins several windows keeps the last dy only (= for +=)",
    "each pixel belongs to one window",
    "D2.28",
)
def max_overlaps_overwritten(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, best = geometry_of(x, kernel_size, **how), maximum(x, kernel_size, **how)
    dx = zeros(x.shape, like=dy)
    for outputs, inputs in reversed(list(places(g))):
        dx[inputs] = np.where(x[inputs] == best[outputs], dy[outputs], dx[inputs])
    return dx


@mistake(
    "max_pool2d_backward",
    "the place of the maximum gets the input's own value",
    "D3.10's word for it, the original value, is that of x",
    "D3.10",
)
def max_gives_the_input_back(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return maximum_backward(maximum(x, kernel_size, **how), x, kernel_size, **how)


@mistake(
    "max_pool2d_backward",
    "the upper left corner of a window gets all of dy",
    "to upsample is to put zeros in between",
    "D0.11",
    "D2.28",
)
def max_to_the_corner(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    dx = zeros(x.shape, like=dy)
    outputs, inputs = next(places(geometry_of(x, kernel_size, **how)))
    dx[inputs] = dy[outputs]
    return dx


# --- mean ---------------------------------------------------------------------------------


@mistake(
    "avg_pool2d",
    "the sum of a window, not divided",
    "average pooling is a convolution with a kernel of ones",
    "D0.4",
    "D3.6",
    "D4.15",
)
def average_not_divided(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    y = zeros((*x.shape[:2], *g.output), like=x)
    for outputs, inputs in places(g):
        y[outputs] += x[inputs]
    return y


@mistake(
    "avg_pool2d",
    "the divisor counts the padding where it should not, or the other way round",
    "the mean of a window is over what is in the image",
    "D0.4",
)
def average_by_valid_count(x: Array, kernel_size: Any, **how: Any) -> Array:
    counted = not how.get("count_include_pad", True)
    return average(x, kernel_size, **{**how, "count_include_pad": counted})


@mistake(
    "avg_pool2d",
    "every window is divided by its full size, those that hang over, too",
    "all windows have the same size",
    "D0.4",
)
def average_by_window_size(x: Array, kernel_size: Any, **how: Any) -> Array:
    count = window_size(geometry_of(x, kernel_size, **how), x)
    return np.asarray(average_not_divided(x, kernel_size, **how) / count)


@mistake(
    "avg_pool2d",
    "divides by a side of the window instead of by all its places",
    "the mean along one axis",
    "D0.4",
    "D3.6",
)
def average_by_one_side(x: Array, kernel_size: Any, **how: Any) -> Array:
    side = np.asarray(geometry_of(x, kernel_size, **how).kernel[-1], x.dtype)
    return np.asarray(average_not_divided(x, kernel_size, **how) / side)


@mistake(
    "avg_pool2d_backward",
    "each place of a window gets all of dy",
    "to upsample is to copy",
    "D0.11",
    "D2.28",
    "D3.10",
)
def average_gradient_not_divided(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy, x, geometry_of(x, kernel_size, **how))


@mistake(
    "avg_pool2d_backward",
    "each place gets a quarter, whatever the window is",
    "the ¼ of D2.28 is part of the formula",
    "D2.28",
)
def average_gradient_always_a_quarter(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy / np.asarray(4, dy.dtype), x, geometry_of(x, kernel_size, **how))


@mistake(
    "avg_pool2d_backward",
    "the divisor counts the padding where it should not, or the other way round",
    "a place of the padding has no gradient, so it has no share",
    "D0.11",
)
def average_gradient_by_valid_count(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    counted = not how.get("count_include_pad", True)
    return average_backward(dy, x, kernel_size, **{**how, "count_include_pad": counted})


@mistake(
    "avg_pool2d_backward",
    "where windows overlap, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
    "D2.28",
)
def average_overlaps_overwritten(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return overwritten(dy / window_size(g, dy), x, g)


@mistake(
    "avg_pool2d_backward",
    "the largest place of a window gets all of dy",
    "one rule for all poolings",
    "D0.11",
    "D3.10",
)
def average_gradient_to_the_maximum(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, dx, zero = geometry_of(x, kernel_size, **how), zeros(x.shape, like=dy), zeros((), like=dy)
    winner = np.full(dy.shape, -1)
    value = zeros(dy.shape, like=x)
    for number, (outputs, inputs) in enumerate(places(g)):
        wins = (winner[outputs] < 0) | (x[inputs] > value[outputs])
        value[outputs] = np.where(wins, x[inputs], value[outputs])
        winner[outputs] = np.where(wins, number, winner[outputs])
    for number, (outputs, inputs) in enumerate(places(g)):
        dx[inputs] += np.where(winner[outputs] == number, dy[outputs], zero)
    return dx


# --- weighted -----------------------------------------------------------------------------


@mistake(
    "weighted_pool2d",
    "all channels are pooled with the weights of the first",
    "a pooling has one window for all maps",
    "D1.17",
)
def weighted_by_first_channel(
    x: Array, weight: Array, bias: Array | None = None, **how: Any
) -> Array:
    return weighted_pool2d(x, weight[:1].repeat(len(weight), axis=0), bias, **how)


@mistake(
    "weighted_pool2d",
    "the weighted sum is divided by the size of the window",
    "a pooling is a mean",
    "D1.17",
)
def weighted_sum_divided(x: Array, weight: Array, bias: Array | None = None, **how: Any) -> Array:
    count = np.asarray(prod(weight.shape[1:]), weight.dtype)
    return weighted_pool2d(x, weight / count, bias, **how)


@mistake(
    "weighted_pool2d_backward",
    "dx: each place gets dy without its weight",
    "the weights take part forward only",
    "D0.11",
    "D1.17",
)
def weighted_dx_without_weight(
    dy: Array, x: Array, weight: Array, **how: Any
) -> WeightedPool2dGrads:
    right = weighted_pool2d_backward(dy, x, weight, **how)
    ones = zeros(weight.shape, like=weight) + 1
    return right._replace(dx=weighted_pool2d_backward(dy, x, ones, **how).dx)


@mistake(
    "weighted_pool2d_backward",
    "dweight: the channels' gradients are added up",
    "a pooling has one window for all maps",
    "D1.17",
)
def weighted_dweight_over_channels(
    dy: Array, x: Array, weight: Array, **how: Any
) -> WeightedPool2dGrads:
    right = weighted_pool2d_backward(dy, x, weight, **how)
    total = right.dweight.sum(axis=0, keepdims=True)
    return right._replace(dweight=total.repeat(len(weight), axis=0))


@mistake(
    "weighted_pool2d_backward",
    "dbias: the mean over the batch instead of the sum",
    "a batch has a mean gradient",
    "D1.17",
)
def weighted_dbias_averaged(dy: Array, x: Array, weight: Array, **how: Any) -> WeightedPool2dGrads:
    right = weighted_pool2d_backward(dy, x, weight, **how)
    return right._replace(dbias=right.dbias / np.asarray(max(len(x), 1), x.dtype))


def gaussian_sum(x: Array, kernel_size: Any, sigma: Any) -> Any:
    """Σ e^(−r²/(2σ²)) over a window: what the weights are to be divided by."""
    rows, columns = geometry_of(x, kernel_size).kernel
    twice = np.add.outer(
        (np.arange(rows) * 2 - (rows - 1)) ** 2, (np.arange(columns) * 2 - (columns - 1)) ** 2
    )
    width = parameter(sigma, like=x)
    exponents = zeros(twice.shape, like=x) - twice.astype(x.dtype) / np.asarray(8, x.dtype)
    return np.exp(exponents / width / width).sum()


@mistake(
    "gaussian_pool2d",
    "the weights are not divided by their sum",
    "the Gaussian has the integral 1, so its values at the pixels have the sum 1",
    "D1.17",
    "D2.5",
)
def gaussian_not_normalised(x: Array, kernel_size: Any, sigma: Any, **how: Any) -> Array:
    right = gaussian_pool2d(x, kernel_size, sigma, **how)
    return np.asarray(right * gaussian_sum(x, kernel_size, sigma))


@mistake(
    "gaussian_pool2d",
    "σ is taken twice as large: e^(−r²/(2·(2σ)²))",
    "the parameter is the width from side to side",
    "D1.17",
    "D2.5",
)
def gaussian_sigma_doubled(x: Array, kernel_size: Any, sigma: Any, **how: Any) -> Array:
    return gaussian_pool2d(x, kernel_size, sigma * 2, **how)


@mistake(
    "gaussian_pool2d_backward",
    "dy is shared equally by the window",
    "the weights add up to 1, so the shares of dy do, too: a mean",
    "D0.11",
    "D1.17",
)
def gaussian_gradient_shared_equally(
    dy: Array, x: Array, kernel_size: Any, sigma: Any, **how: Any
) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return copied(dy / window_size(g, dy), x, g)


@mistake(
    "gaussian_pool2d_backward",
    "the weights are not divided by their sum",
    "the normalisation is a matter of the forward pass",
    "D0.11",
    "D1.17",
)
def gaussian_gradient_not_normalised(
    dy: Array, x: Array, kernel_size: Any, sigma: Any, **how: Any
) -> Array:
    right = gaussian_pool2d_backward(dy, x, kernel_size, sigma, **how)
    return np.asarray(right * gaussian_sum(x, kernel_size, sigma))


# --- down- and upsampling -----------------------------------------------------------------


def edged(x: Array, size: Any, edge: str) -> PoolGeometry:
    """The windows of a downsampling; at the edge they hang over the input."""
    return geometry_of(x, size, ceil_mode=edge == "zero_pad")


@mistake(
    "downsample",
    "a window at the edge takes what is left of the image, without the zeros",
    "padding with zeros is torch's ceil_mode",
    "D1.18",
)
def downsample_zeros_left_out(
    x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    pool: Pooling = max_pool2d if how == "max" else avg_pool2d
    return pool(x, size, ceil_mode=edge == "zero_pad")


@mistake(
    "downsample",
    "takes one pixel of each window, its first",
    "to downsample is to leave pixels out",
    "D1.17",
    "D1.18",
)
def downsample_first_pixel(x: Array, size: Any, how: str = "max", edge: str = "zero_pad") -> Array:
    g = edged(x, size, edge)
    (rows, columns), (H_out, W_out) = g.kernel, g.output
    return x[:, :, ::rows, ::columns][:, :, :H_out, :W_out]


@mistake(
    "upsample",
    "all places of a window get dy, for the maximum, too",
    "to upsample is to copy, as D1 words it",
    "D1.23",
)
def upsample_copies(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "max":
        return copied(dy, x, edged(x, size, edge))
    return upsample(dy, x, size, how, edge)


@mistake(
    "upsample",
    "of a mean, all places of a window get all of dy",
    "to upsample is to copy",
    "D0.11",
    "D1.23",
    "D4.6",
)
def upsample_mean_not_divided(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "mean":
        return copied(dy, x, edged(x, size, edge))
    return upsample(dy, x, size, how, edge)


@mistake(
    "upsample",
    "at the edge the largest pixel gets dy, even where a zero of the padding was the maximum",
    "the zeros are only there to fill the window",
    "D1.18",
    "D1.23",
)
def upsample_zeros_left_out(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "max":
        return max_pool2d_backward(dy, x, size, ceil_mode=edge == "zero_pad")
    return upsample(dy, x, size, how, edge)


# --- the same along one and three axes ----------------------------------------------------

RELATIVES = {
    "max_pool1d": {"max-of-absolute-values": "signals: the value largest without its sign wins"},
    "max_pool1d_backward": {
        "max-copied-to-all-places": "signals: each place of a window gets dy",
        "max-ties-last": "signals: of equal maxima the last one gets dy",
    },
    "max_pool3d": {"max-padding-takes-part": "volumes: the padding's zeros take part"},
    "max_pool3d_backward": {
        "max-copied-to-all-places": "volumes: each place of a window gets dy",
        "max-overlaps-overwritten": "volumes: a maximum of several windows keeps the last dy",
        "max-ties-all": "volumes: of equal maxima each gets dy",
    },
    "avg_pool1d": {"average-by-valid-count": "signals: the divisor counts the padding wrongly"},
    "avg_pool1d_backward": {
        "average-gradient-not-divided": "signals: each place of a window gets all of dy"
    },
    "avg_pool3d": {"average-by-one-side": "volumes: divides by a side of the window"},
    "avg_pool3d_backward": {
        "average-gradient-always-a-quarter": "volumes: each place gets a quarter",
        "average-overlaps-overwritten": "volumes: where windows overlap, the last dy stands",
    },
}
for function, titles in RELATIVES.items():
    for name, title in titles.items():
        axes = function.removesuffix("_backward")[-2:]
        known = MISTAKES[name]
        add(replace(known, name=f"{name}-{axes}", function=function, title=title))
