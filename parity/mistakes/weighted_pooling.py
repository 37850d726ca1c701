"""Mistakes in pooling with weights, of its own and of a Gaussian, and in its gradients."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import last_place_alone, slightly_too_large
from parity.mistakes.windows import copied, geometry_of, overwritten, window_size
from refimpl import (
    WeightedPool2dGrads,
    gaussian_pool2d,
    gaussian_pool2d_backward,
    weighted_pool2d,
    weighted_pool2d_backward,
)
from refimpl.elements import parameter, zeros

slightly_too_large("weighted_pool2d", "gaussian_pool2d")


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


@mistake(
    "weighted_pool2d_backward",
    "dx: where windows overlap, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
    "D0.11",
    "D1.17",
)
def weighted_overlaps_overwritten(
    dy: Array, x: Array, weight: Array, **how: Any
) -> WeightedPool2dGrads:
    g = geometry_of(x, weight.shape[1:], **how)
    # (C, K_h, K_w) -> (K_h·K_w, C, 1, 1)
    shares = weight.reshape(len(weight), prod(g.kernel)).T[:, :, None, None]
    dx = overwritten(dy, x, g, list(shares))
    return weighted_pool2d_backward(dy, x, weight, **how)._replace(dx=dx)


@mistake(
    "weighted_pool2d_backward",
    "dweight: only the last window of the last sample counts (= for +=)",
    "the loop over the windows assigns",
    "D1.17",
)
def weighted_dweight_of_last_window(
    dy: Array, x: Array, weight: Array, **how: Any
) -> WeightedPool2dGrads:
    right = weighted_pool2d_backward(dy, x, weight, **how)
    last = last_place_alone(dy, 2)[len(dy) - 1 :]
    wrong = weighted_pool2d_backward(last, x[len(x) - 1 :], weight, **how).dweight
    return right._replace(dweight=wrong)


# --- Gaussian -----------------------------------------------------------------------------


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
    "where windows overlap, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
    "D0.11",
    "D1.17",
)
def gaussian_overlaps_overwritten(
    dy: Array, x: Array, kernel_size: Any, sigma: Any, **how: Any
) -> Array:
    g = geometry_of(x, kernel_size, **how)
    one, window = zeros((1, 1, 1, 1), like=dy) + 1, zeros((1, 1, *g.kernel), like=dy)
    shares = gaussian_pool2d_backward(one, window, kernel_size, sigma).ravel()
    return overwritten(dy, x, g, list(shares))


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
