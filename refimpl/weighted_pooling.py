"""Pooling by a weighted sum: trainable weights for each channel, or those of a Gaussian."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from refimpl.checks import (
    Ints,
    check_arrays,
    check_axes,
    check_gradient,
    check_kernel,
    check_methods,
    check_number,
    check_positive,
)
from refimpl.elements import Array, parameter, zeros
from refimpl.shapes import PoolGeometry, check_bias, check_channels, pool_geometry
from refimpl.sums import total
from refimpl.windows import pool_meetings


class WeightedPool2dGrads(NamedTuple):
    """∂L/∂(argument) for every argument of `weighted_pool2d`."""

    dx: Array
    dweight: Array
    dbias: Array


# --- trainable pooling --------------------------------------------------------------------


def weighted_pool2d(
    x: Array, weight: Array, bias: Array | None = None, stride: Ints | None = None
) -> Array:
    """Trainable pooling: each channel has weights for the places of its windows.

    y[n,c,h,w] = bias[c] + Σ_ij weight[c,i,j] · x[n, c, h·s + i, w·s + j]

    Shapes: x (N, C, H, W), weight (C, K_h, K_w), bias (C,) -> (N, C, H_out, W_out),
    H_out = ⌊(H − K_h)/s⌋ + 1. stride: the window's size unless given, so that windows lie side
    by side.
    Raises: ValueError if the channels disagree or a window exceeds the input, TypeError for
    arrays that are not real numbers of one dtype.
    Source: D1.17 (trainable pooling), D4.15 (the mean as such a sum).
    Plain: parity/witnesses/definitions/weighted_pooling.py.

    >>> x = np.array([[[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]]])
    >>> weight = np.array([[[1.0, 10.0], [100.0, 1000.0]]])
    >>> weighted_pool2d(x, weight, np.array([0.5]))
    array([[[[6521.5, 8743.5]]]])
    """
    where = "weighted_pool2d"
    given = {} if bias is None else {"bias": bias}
    x, weight, *biases = check_arrays(where, x=x, weight=weight, **given)
    geometry = _weighted_geometry(where, x, weight, stride)
    y = _weighted_sums(x, weight, geometry)
    for b in biases:
        check_bias(where, b, len(weight))
        y = y + b[:, None, None]
    return y


def weighted_pool2d_backward(
    dy: Array, x: Array, weight: Array, stride: Ints | None = None
) -> WeightedPool2dGrads:
    """Gradients of a loss L through `weighted_pool2d`, given dy = ∂L/∂y.

    ∂L/∂bias[c]       = Σ_nhw   dy[n,c,h,w]
    ∂L/∂weight[c,i,j] = Σ_nhw   dy[n,c,h,w] · x[n, c, h·s + i, w·s + j]
    ∂L/∂x[n,c,u,v]    = Σ_hwij  dy[n,c,h,w] · weight[c,i,j]   where u = h·s + i, v = w·s + j

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W), weight (C, K_h, K_w).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D1.17.
    Plain: parity/witnesses/definitions/weighted_pooling.py.

    >>> x, weight = np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), np.array([[[10.0, 20.0]]])
    >>> weighted_pool2d_backward(np.array([[[[1.0], [-1.0]]]]), x, weight)
    WeightedPool2dGrads(dx=array([[[[ 10., 20.], [-10., -20.]]]]),
                        dweight=array([[[-2., -2.]]]), dbias=array([0.]))
    """
    where = "weighted_pool2d_backward"
    dy, x, weight = check_arrays(where, dy=dy, x=x, weight=weight)
    geometry = _weighted_geometry(where, x, weight, stride)
    check_gradient(where, dy, (*x.shape[:2], *geometry.output), channels=True)
    dweight = zeros(weight.shape, like=weight)
    for i, j, there in _places(geometry):
        dweight[:, i, j] = total(dy * x[there], axes=(0, 2, 3))
    dbias = total(dy, axes=(0, 2, 3))
    return WeightedPool2dGrads(_spread(dy, x, weight, geometry), dweight, dbias)


def _weighted_geometry(where: str, x: Array, weight: Array, stride: Ints | None) -> PoolGeometry:
    check_axes(where, "weight", weight, ("C", "K_h", "K_w"))
    check_kernel(where, "weight", weight, weight.shape[1:])
    geometry = pool_geometry(where, 2, x, weight.shape[1:], stride, 0, 1, False)
    check_channels(where, x, weight, len(weight))
    return geometry


def _weighted_sums(x: Array, weight: Array, geometry: PoolGeometry) -> Array:
    """Σ_ij weight[c,i,j] · x[n, c, h·s + i, w·s + j]."""
    y = zeros((*x.shape[:2], *geometry.output), like=x)
    for i, j, there in _places(geometry):
        y += weight[:, i, j, None, None] * x[there]
    return y


def _spread(dy: Array, x: Array, weight: Array, geometry: PoolGeometry) -> Array:
    """The adjoint of `_weighted_sums` in x: dy · weight at every place of a window."""
    dx = zeros(x.shape, like=x)
    for i, j, there in _places(geometry):
        dx[there] += weight[:, i, j, None, None] * dy
    return dx


def _places(geometry: PoolGeometry) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
    """Each place (i, j) of a window, and the index of where all windows have it in x."""
    every_row, every_column = map(enumerate, pool_meetings(geometry))
    for (i, (_, rows)), (j, (_, columns)) in product(every_row, every_column):
        yield i, j, (..., rows, columns)


# --- Gaussian pooling ---------------------------------------------------------------------


def gaussian_pool2d(x: Array, kernel_size: Ints, sigma: Any, stride: Ints | None = None) -> Array:
    """Gaussian pooling: the mean of each window, weighted by a Gaussian about its centre.

    y[n,c,h,w] = Σ_ij g[i,j] · x[n, c, h·s + i, w·s + j]
    g[i,j] = e^(−r²/(2σ²)) / Σ e^(−r²/(2σ²)),  r² = (i − (K_h − 1)/2)² + (j − (K_w − 1)/2)²

    Shapes: x (N, C, H, W), kernel_size K or (K_h, K_w) -> (N, C, H_out, W_out), sizes and stride
    as in `weighted_pool2d`. sigma: σ in pixels, taken in the dtype of x. In a 2×2 window all
    four places are equally far from the centre: their mean, whatever σ is.
    Raises: ValueError if a window exceeds the input or sigma is not positive; TypeError for
    arrays that are not real numbers, or objects without exp.
    Source: D1.17 (Gaussian pooling), D2.5.
    Plain: parity/witnesses/definitions/weighted_pooling.py.

    >>> x = np.array([[[[1.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 1.0]]]])
    >>> gaussian_pool2d(x, 3, sigma=0.5)  # (4 + 2e⁻⁴)/(1 + 4e⁻² + 4e⁻⁴)
    array([[[[2.5000756]]]])
    """
    where = "gaussian_pool2d"
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, 2, x, kernel_size, stride, 0, 1, False)
    return _weighted_sums(x, _gaussian_weights(where, x, sigma, geometry), geometry)


def gaussian_pool2d_backward(
    dy: Array, x: Array, kernel_size: Ints, sigma: Any, stride: Ints | None = None
) -> Array:
    """Gradient of a loss L through `gaussian_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hwij dy[n,c,h,w] · g[i,j]   where u = h·s + i, v = w·s + j

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D1.17.
    Plain: parity/witnesses/definitions/weighted_pooling.py.

    >>> gaussian_pool2d_backward(np.array([[[[4.0]]]]), np.zeros((1, 1, 2, 2)), 2, sigma=0.5)
    array([[[[1., 1.],
             [1., 1.]]]])
    """
    where = "gaussian_pool2d_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    geometry = pool_geometry(where, 2, x, kernel_size, stride, 0, 1, False)
    weight = _gaussian_weights(where, x, sigma, geometry)
    check_gradient(where, dy, (*x.shape[:2], *geometry.output), channels=True)
    return _spread(dy, x, weight, geometry)


def _gaussian_weights(where: str, x: Array, sigma: Any, geometry: PoolGeometry) -> Array:
    """g of `gaussian_pool2d`, the same for each channel: (C, K_h, K_w)."""
    check_number(where, "sigma", sigma, x)
    check_methods(where, x, "exp")
    sigma, given = parameter(sigma, x), sigma
    check_positive(where, "sigma", given, sigma)
    C, (K_h, K_w) = x.shape[1], geometry.kernel
    if not x.size:
        return zeros((C, K_h, K_w), like=x)  # there may be no element that has an exp
    # r² less that of the places nearest to the centre: a factor of all weights, which leaves
    # with their sum, and a sum that is at least 1 for any σ. Twice r: half-integers otherwise.
    rows, columns = np.arange(K_h) * 2 - (K_h - 1), np.arange(K_w) * 2 - (K_w - 1)
    squares = np.add.outer(rows**2, columns**2)
    squares = (squares - squares.min()) // 4
    exponents = zeros(squares.shape, like=x) - squares.astype(x.dtype)
    powers = np.exp(exponents / 2 / sigma / sigma)
    g: Array = powers / powers.sum()
    return np.broadcast_to(g, (C, K_h, K_w))
