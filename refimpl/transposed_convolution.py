"""Transposed convolution over one, two and three spatial axes: the dx of a convolution, as a layer.

A convolution reads each window of its input into one place; here each place of x is written into
a window of y, and where windows meet, what they bring is added up. So the forward does what
the backward of `refimpl.convolution` does for its dx, and the backward what that forward does.
"""

from __future__ import annotations

from math import prod

import numpy as np

from refimpl.checks import Ints, check_arrays, check_gradient
from refimpl.convolution import ConvGrads
from refimpl.elements import Array, zeros
from refimpl.patches import (
    add_patches,
    add_products,
    kernel_matrix,
    patch_matrix,
    window_blocks,
)
from refimpl.shapes import TransposedGeometry, check_bias, transposed_geometry
from refimpl.sums import LongSum, matmul, total
from refimpl.unlike_torch import unlike_torch
from refimpl.windows import crop, pad


@unlike_torch()
def conv_transpose1d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Array:
    """Transposed convolution along one axis: conv1d's dx, taken for a forward.

    y[n,o,u] = bias[o] + Σ_cli x[n,c,l] · weight[c,o,i]   where u = l·s − p + i·d

    Shapes: x (N, C_in, L), weight (C_in, C_out/groups, K), bias (C_out,) -> (N, C_out, L_out).
    padding, output_padding, the order of the options: as in `conv_transpose2d`.
    Raises: ValueError, TypeError as `conv_transpose2d` does.
    Source: beyond the documents. Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep
    learning", arXiv 1603.07285, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> conv_transpose1d(np.array([[[1.0, 2.0]]]), np.array([[[1.0, 10.0, 100.0]]]), stride=2)
    array([[[  1.,  10., 102.,  20., 200.]]])
    """
    return _forward(
        "conv_transpose1d",
        1,
        x,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose1d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> ConvGrads:
    """Gradients of a loss L through `conv_transpose1d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]       = Σ_nu   dy[n,o,u]
    ∂L/∂weight[c,o,i] = Σ_nl   x[n,c,l] · dy[n, o, l·s − p + i·d]
    ∂L/∂x[n,c,l]      = Σ_oi   weight[c,o,i] · dy[n, o, l·s − p + i·d]

    Shapes: dy (N, C_out, L_out), x (N, C_in, L), weight (C_in, C_out/groups, K); beyond its ends
    dy counts as 0.
    Raises: ValueError if the sizes disagree, for example dy from another output_padding.
    Source: beyond the documents. Dumoulin & Visin 2016, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> dy, x = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, -1.0]]])
    >>> conv_transpose1d_backward(dy, x, np.array([[[1.0, 10.0]]])).dx
    array([[[21., 42.]]])
    """
    return _backward(
        "conv_transpose1d_backward",
        1,
        dy,
        x,
        weight,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


@unlike_torch()
def conv_transpose2d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Array:
    """Transposed convolution ("deconvolution") along two axes: conv2d's dx, taken for a forward.

    y[n,o,u,v] = bias[o] + Σ_chwij x[n,c,h,w] · weight[c,o,i,j]
                           where u = h·s − p + i·d, v = w·s − p + j·d;
    with groups, c runs over the input channels of o's group.

    Shapes: x (N, C_in, H, W), weight (C_in, C_out/groups, K_h, K_w), bias (C_out,)
    -> (N, C_out, H_out, W_out), H_out = (H − 1)·s − 2·p + d·(K_h − 1) + output_padding + 1.
    padding: that of the convolution whose dx this is; it crops p places at both ends of y.
    output_padding: rows and columns more, behind alone, that the crop leaves out or no window
    reaches: a convolution with a stride gives the same size for some inputs, this says which.
    groups stands before dilation, as in torch's function.
    Raises: ValueError if sizes disagree, the crop leaves nothing of y, or output_padding is neither
    smaller than the stride nor than the dilation; TypeError for arrays that are not real numbers
    of one dtype.
    Source: beyond the documents. Dumoulin & Visin 2016, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> x, weight = np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 10.0], [0.0, 5.0]]]])
    >>> conv_transpose2d(x, weight, stride=2)[0, 0]
    array([[ 1., 10.,  2., 20.],
           [ 0.,  5.,  0., 10.]])
    """
    return _forward(
        "conv_transpose2d",
        2,
        x,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose2d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> ConvGrads:
    """Gradients of a loss L through `conv_transpose2d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]         = Σ_nuv    dy[n,o,u,v]
    ∂L/∂weight[c,o,i,j] = Σ_nhw    x[n,c,h,w] · dy[n, o, h·s − p + i·d, w·s − p + j·d]
    ∂L/∂x[n,c,h,w]      = Σ_oij    weight[c,o,i,j] · dy[n, o, h·s − p + i·d, w·s − p + j·d]

    Shapes: dy (N, C_out, H_out, W_out), x (N, C_in, H, W), weight (C_in, C_out/groups, K_h, K_w);
    beyond its edges dy counts as 0.
    Raises: ValueError if the sizes disagree, for example dy from another output_padding.
    Source: beyond the documents. Dumoulin & Visin 2016, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> x, weight = np.array([[[[1.0, 2.0]]]]), np.array([[[[1.0, 10.0], [0.0, 5.0]]]])
    >>> dy = np.array([[[[1.0, 0.0, 3.0, 0.0], [0.0, 4.0, 0.0, 0.0]]]])
    >>> grads = conv_transpose2d_backward(dy, x, weight, stride=2)
    >>> grads.dx, grads.dweight[0, 0]
    (array([[[[21.,  3.]]]]), array([[7., 0.],
           [0., 4.]]))
    """
    return _backward(
        "conv_transpose2d_backward",
        2,
        dy,
        x,
        weight,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


@unlike_torch()
def conv_transpose3d(
    x: Array,
    weight: Array,
    bias: Array | None = None,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> Array:
    """Transposed convolution along three axes: conv3d's dx, taken for a forward.

    y[n,o,t,u,v] = bias[o] + Σ_czhwkij x[n,c,z,h,w] · weight[c,o,k,i,j]
                             where t = z·s − p + k·d, u = h·s − p + i·d, v = w·s − p + j·d

    Shapes: x (N, C_in, D, H, W), weight (C_in, C_out/groups, K_d, K_h, K_w), bias (C_out,)
    -> (N, C_out, D_out, H_out, W_out).
    padding, output_padding, the order of the options: as in `conv_transpose2d`.
    Raises: ValueError, TypeError as `conv_transpose2d` does.
    Source: beyond the documents. Dumoulin & Visin 2016, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> weight = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> bool((conv_transpose3d(np.full((1, 1, 1, 1, 1), 3.0), weight) == 3 * weight).all())
    True
    """
    return _forward(
        "conv_transpose3d",
        3,
        x,
        weight,
        bias,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def conv_transpose3d_backward(
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints = 1,
    padding: Ints = 0,
    output_padding: Ints = 0,
    groups: int = 1,
    dilation: Ints = 1,
) -> ConvGrads:
    """Gradients of a loss L through `conv_transpose3d`, given dy = ∂L/∂y.

    ∂L/∂bias[o]           = Σ_ntuv  dy[n,o,t,u,v]
    ∂L/∂weight[c,o,k,i,j] = Σ_nzhw  x[n,c,z,h,w] · dy[n,o,t,u,v]
    ∂L/∂x[n,c,z,h,w]      = Σ_okij  weight[c,o,k,i,j] · dy[n,o,t,u,v]
                                    where t = z·s − p + k·d, u = h·s − p + i·d, v = w·s − p + j·d

    Shapes: dy (N, C_out, D_out, H_out, W_out), x (N, C_in, D, H, W),
    weight (C_in, C_out/groups, K_d, K_h, K_w); beyond its faces dy counts as 0.
    Raises: ValueError if the sizes disagree, for example dy from another output_padding.
    Source: beyond the documents. Dumoulin & Visin 2016, ch. 4.
    Plain: parity/witnesses/definitions/transposed_convolution.py.

    >>> dy = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> conv_transpose3d_backward(dy, np.ones((1, 1, 1, 1, 1)), dy).dx
    array([[[[[140.]]]]])
    """
    return _backward(
        "conv_transpose3d_backward",
        3,
        dy,
        x,
        weight,
        stride,
        padding,
        output_padding,
        groups,
        dilation,
    )


def _forward(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    bias: Array | None,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
) -> Array:
    given = {} if bias is None else {"bias": bias}
    x, weight, *biases = check_arrays(where, x=x, weight=weight, **given)
    geometry = transposed_geometry(
        where, n, x, weight, stride, padding, output_padding, groups, dilation
    )
    for b in biases:
        check_bias(where, b, geometry.channels)
    kernels, read = kernel_matrix(weight, geometry.conv.groups), _columns(x, geometry)
    whole = zeros((len(x), geometry.channels, *geometry.reached), like=x)
    for part, columns in window_blocks(whole, geometry.conv, kernels):
        add_patches(whole[part], kernels, read[columns], geometry.conv)
    y = np.ascontiguousarray(crop(pad(whole, geometry.behind), geometry.conv.padding))
    for b in biases:
        y += b.reshape(-1, *(1,) * n)
    return y


def _backward(
    where: str,
    n: int,
    dy: Array,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
) -> ConvGrads:
    dy, x, weight = check_arrays(where, dy=dy, x=x, weight=weight)
    geometry = transposed_geometry(
        where, n, x, weight, stride, padding, output_padding, groups, dilation
    )
    check_gradient(where, dy, (len(x), geometry.channels, *geometry.output), channels=True)
    kernels, read = kernel_matrix(weight, geometry.conv.groups), _columns(x, geometry)
    dbias = total(dy, axes=(0, *range(2, n + 2)))
    dwhole = crop(pad(dy, geometry.conv.padding), geometry.behind)
    dread = np.empty(read.shape, x.dtype)
    dkernels = LongSum(nothing=zeros(kernels.shape, like=weight))
    for part, columns in window_blocks(dwhole, geometry.conv, kernels):
        patches = patch_matrix(dwhole[part], geometry.conv)
        matmul(kernels, patches, out=dread[columns])
        add_products(dkernels, read[columns], patches)
    dweight = dkernels.result().astype(weight.dtype, copy=False).reshape(weight.shape)
    return ConvGrads(dread.reshape(x.shape), dweight, dbias)


def _columns(x: Array, geometry: TransposedGeometry) -> Array:
    """(N, C_in, *S) -> (N, G, C_in/G, L): one column for each place, which fills one window."""
    groups = geometry.conv.groups
    return x.reshape(len(x), groups, x.shape[1] // groups, prod(geometry.conv.output))
