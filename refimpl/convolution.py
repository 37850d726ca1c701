"""Convolution over one, two and three spatial axes, as networks define it: no kernel flip."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

import numpy as np

from refimpl.checks import Ints, check_arrays, check_gradient
from refimpl.elements import Array, zeros
from refimpl.padding import framed, unframed
from refimpl.patches import (
    add_patches,
    add_products,
    kernel_matrix,
    patch_matrix,
    window_blocks,
)
from refimpl.shapes import Padding, check_bias, check_padding_mode, conv_geometry
from refimpl.sums import LongSum, matmul, total
from refimpl.unlike_torch import unlike_torch


class ConvGrads(NamedTuple):
    """∂L/∂(argument) for every argument of a convolution."""

    dx: Array
    dweight: Array
    dbias: Array


Conv1dGrads = Conv2dGrads = Conv3dGrads = ConvGrads


@unlike_torch()
def conv1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Array:
    """Convolution along one axis, as networks define it (cross-correlation).

    y[n,o,l] = bias[o] + Σ_ci x[n, c, l·s + i·d] · weight[o,c,i],
    x padded as padding_mode says

    Shapes: x (N, C_in, L), weight (C_out, C_in/groups, K), bias (C_out,) -> (N, C_out, L_out).
    padding, padding_mode: as in `conv2d`. An asymmetric padding is a tuple of one pair,
    `((before, after),)`.
    Raises: ValueError, TypeError as `conv2d` does.
    Source: D4.1, D4.12, D4.17.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> conv1d(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]))
    array([[[21., 42.]]])
    """
    return _forward("conv1d", 1, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def conv1d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> ConvGrads:
    """Gradients of a loss L through `conv1d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]       = Σ_nl   dy[n,o,l]
    ∂L/∂weight[o,c,i] = Σ_nl   dy[n,o,l] · x[n, c, l·s + i·d]
    ∂L/∂x[n,c,u]      = Σ_oli  dy[n,o,l] · weight[o,c,i]   where u = l·s + i·d

    Shapes: dy (N, C_out, L_out), x (N, C_in, L), weight (C_out, C_in/groups, K).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.12, D0.13, D4.8.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> dy, x, weight = np.array([[[1.0, -1.0]]]), np.array([[[1.0, 2.0, 4.0]]]), np.ones((1, 1, 2))
    >>> conv1d_backward(dy, x, weight).dweight
    array([[[-1., -2.]]])
    """
    return _backward(
        "conv1d_backward", 1, dy, x, weight, stride, padding, dilation, groups, padding_mode
    )


@unlike_torch()
def conv2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Array:
    """Convolution along two axes, as networks define it (cross-correlation).

    y[n,o,h,w] = bias[o] + Σ_cij x[n, c, h·s + i·d, w·s + j·d] · weight[o,c,i,j],
    x padded as padding_mode says; with groups, c runs over the channels of o's group.

    Shapes: x (N, C_in, H, W), weight (C_out, C_in/groups, K_h, K_w), bias (C_out,)
    -> (N, C_out, H_out, W_out), H_out = ⌊(H + before + after − d·(K_h − 1) − 1)/s⌋ + 1,
    before and after the places added on the two sides: padding p puts p on each, 2p in all.
    padding: a number, one for each axis, a pair (before, after) for each axis, "valid" (none),
    "same" (H_out = ⌈H/s⌉, any stride), or "full" (d·(K − 1) on every side).
    padding_mode: "zeros", or, as in `pad`, "reflect", "replicate", "circular"; then dx collects
    the gradients of all copies of a place.
    Raises: ValueError if sizes disagree or a window exceeds the padded input, TypeError for
    arrays that are not real numbers of one dtype.
    Source: D0.1, D0.3, D0.5, D0.6, D0.16, D2.1, D2.2, D2.12, D2.23, D3.1, D3.2, D3.7, D3.12, D4.1,
    D4.3, D4.5, D4.9, D4.14.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> a = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0],
    ...               [0, 1, 1, 0, 0]])  # D2.1
    >>> b = np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
    >>> conv2d(a[None, None], b[None, None])[0, 0]
    array([[4., 3., 4.],
           [2., 4., 3.],
           [2., 3., 4.]])
    """
    return _forward("conv2d", 2, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def conv2d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> ConvGrads:
    """Gradients of a loss L through `conv2d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]         = Σ_nhw    dy[n,o,h,w]
    ∂L/∂weight[o,c,i,j] = Σ_nhw    dy[n,o,h,w] · x[n, c, h·s + i·d, w·s + j·d]
    ∂L/∂x[n,c,u,v]      = Σ_ohwij  dy[n,o,h,w] · weight[o,c,i,j]
                                   where u = h·s + i·d, v = w·s + j·d

    Shapes: dy (N, C_out, H_out, W_out), x (N, C_in, H, W), weight (C_out, C_in/groups, K_h, K_w).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.12, D0.13, D2.24, D2.25, D2.26, D2.27, D3.8, D3.9, D3.11, D4.7, D4.8, D4.10, D4.11.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> x, weight = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> dy = np.eye(2)[None, None]
    >>> conv2d_backward(dy, x, weight).dweight[0, 0]
    array([[ 4.,  6.],
           [10., 12.]])
    """
    return _backward(
        "conv2d_backward", 2, dy, x, weight, stride, padding, dilation, groups, padding_mode
    )


@unlike_torch()
def conv3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> Array:
    """Convolution along three axes, for input volumes.

    y[n,o,z,h,w] = bias[o] + Σ_ckij x[n, c, z·s + k·d, h·s + i·d, w·s + j·d] · weight[o,c,k,i,j]

    Shapes: x (N, C_in, D, H, W), weight (C_out, C_in/groups, K_d, K_h, K_w), bias (C_out,)
    -> (N, C_out, D_out, H_out, W_out).
    padding, padding_mode: as in `conv2d`.
    Raises: ValueError, TypeError as `conv2d` does.
    Source: D0.5.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> conv3d(x, x)
    array([[[[[140.]]]]])
    """
    return _forward("conv3d", 3, x, weight, bias, stride, padding, dilation, groups, padding_mode)


def conv3d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Padding = 0,
    dilation: Ints = 1,
    groups: int = 1,
    padding_mode: str = "zeros",
) -> ConvGrads:
    """Gradients of a loss L through `conv3d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]           = Σ_nzhw     dy[n,o,z,h,w]
    ∂L/∂weight[o,c,k,i,j] = Σ_nzhw     dy[n,o,z,h,w] · x[n, c, z·s + k·d, h·s + i·d, w·s + j·d]
    ∂L/∂x[n,c,t,u,v]      = Σ_ozhwkij  dy[n,o,z,h,w] · weight[o,c,k,i,j]
                                       where t = z·s + k·d, u = h·s + i·d, v = w·s + j·d

    Shapes: dy (N, C_out, D_out, H_out, W_out), x (N, C_in, D, H, W),
    weight (C_out, C_in/groups, K_d, K_h, K_w).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.5, D0.12, D0.13.
    Plain: parity/witnesses/definitions/convolution.py.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> grads = conv3d_backward(np.full((1, 1, 1, 1, 1), 3.0), x, x)
    >>> bool((grads.dx == 3 * x).all()), grads.dbias
    (True, array([3.]))
    """
    return _backward(
        "conv3d_backward", 3, dy, x, weight, stride, padding, dilation, groups, padding_mode
    )


def _forward(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
    padding_mode: str,
) -> Array:
    given = {} if bias is None else {"bias": bias}
    x, weight, *biases = check_arrays(where, x=x, weight=weight, **given)
    geometry = conv_geometry(where, n, x, weight, stride, padding, dilation, groups)
    check_padding_mode(where, x, geometry.padding, padding_mode)
    N, C_out, G = x.shape[0], weight.shape[0], geometry.groups
    for b in biases:
        check_bias(where, b, C_out)
    padded = framed(x, geometry.padding, padding_mode)
    kernels = kernel_matrix(weight, G)
    y = np.empty((N, G, C_out // G, prod(geometry.output)), x.dtype)
    for part, columns in window_blocks(padded, geometry, kernels):
        # (G, C_out/G, C·K) @ (n, G, C·K, L) -> (n, G, C_out/G, L)
        matmul(kernels, patch_matrix(padded[part], geometry), out=y[columns])
    y = y.reshape(N, C_out, *geometry.output)
    for b in biases:
        y += b.reshape(-1, *(1,) * len(geometry.output))
    return y


def _backward(
    where: str,
    n: int,
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
    padding_mode: str,
) -> ConvGrads:
    dy, x, weight = check_arrays(where, dy=dy, x=x, weight=weight)
    geometry = conv_geometry(where, n, x, weight, stride, padding, dilation, groups)
    check_padding_mode(where, x, geometry.padding, padding_mode)
    N, C_out, G = x.shape[0], weight.shape[0], geometry.groups
    check_gradient(where, dy, (N, C_out, *geometry.output), channels=True)
    upstream = dy.reshape(N, G, C_out // G, prod(geometry.output))
    dbias = total(upstream, axes=(0, 3)).reshape(C_out)
    padded = framed(x, geometry.padding, padding_mode)
    dpadded = zeros(padded.shape, like=x)
    kernels = kernel_matrix(weight, G)
    dkernels = LongSum(nothing=zeros(kernels.shape, like=weight))
    for part, columns in window_blocks(padded, geometry, kernels):
        d = upstream[columns]  # (n, G, C_out/G, L)
        add_products(dkernels, d, patch_matrix(padded[part], geometry))
        add_patches(dpadded[part], kernels, d, geometry)
    dx = unframed(dpadded, x.shape, geometry.padding, padding_mode)
    dweight = dkernels.result().astype(weight.dtype, copy=False).reshape(weight.shape)
    return ConvGrads(dx, dweight, dbias)
