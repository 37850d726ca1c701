"""Correlation and true convolution of matrices, and the convolution layer of D1.

A correlation slides the kernel as it stands over the input; a true convolution turns it by 180°
first (D1.14). Both are sums of products, which `conv2d` forms here, too.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from refimpl.checks import (
    check_arrays,
    check_axes,
    check_choice,
    check_gradient,
    check_kernel,
    check_last_two_axes,
    check_matrices,
    check_one_holds_other,
    check_room,
)
from refimpl.convolution import conv2d, conv2d_backward
from refimpl.elements import Array
from refimpl.shapes import Pair, check_bias, check_span
from refimpl.sums import total


class CorrelationGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `correlate2d` and `convolve2d`."""

    da: Array
    dkernel: Array


class SharedConv2dGrads(NamedTuple):
    """∂L/∂(argument) for every argument of `shared_conv2d`."""

    dx: Array
    dweight: Array
    dbias: Array


# --- matrices -----------------------------------------------------------------------------


def rot180(a: Array) -> Array:
    """The last two axes turned by 180°: a view, nothing is copied.

    y[…,h,w] = a[…, H − 1 − h, W − 1 − w]

    Shapes: a (…, H, W) -> (…, H, W).
    Raises: ValueError without two axes, TypeError for elements that are not real numbers.
    Source: D0.12, D1.25, D2.25, D4.2, D4.7.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> rot180(np.array([[1.0, 2.0], [3.0, 4.0]]))
    array([[4., 3.],
           [2., 1.]])
    """
    (a,) = check_arrays("rot180", a=a)
    check_last_two_axes("rot180", "a", a)
    return _turned(a).copy()


def rot180_backward(dy: Array, a: Array) -> Array:
    """Gradient of a loss L through `rot180`, given dy = ∂L/∂y: it is turned back.

    ∂L/∂a[…,h,w] = dy[…, H − 1 − h, W − 1 − w]

    Shapes: dy and a (…, H, W) -> (…, H, W).
    Raises: ValueError if the sizes disagree.
    Source: D1.25, D4.7.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> rot180_backward(np.array([[1.0, 2.0]]), np.array([[5.0, 6.0]]))
    array([[2., 1.]])
    """
    dy, a = check_arrays("rot180_backward", dy=dy, a=a)
    check_last_two_axes("rot180_backward", "a", a)
    check_gradient("rot180_backward", dy, a.shape)
    return _turned(dy).copy()


def correlate2d(a: Array, kernel: Array, mode: str = "full") -> Array:
    """Cross-correlation of a matrix, or of each matrix of a batch, with one kernel.

    y[…,h,w] = Σ_ij a[…, h − p_h + i, w − p_w + j] · kernel[i,j], a padded with zeros

    Shapes: a (…, H, W), kernel (K_h, K_w) -> (…, H_out, W_out).
    mode, as in scipy.signal.correlate2d:
      "full"   every overlap; p = K − 1, size H + K − 1.
      "same"   the size of a; p = ⌊(K − 1)/2⌋, so that of an even kernel's odd zero is behind.
      "valid"  complete overlaps only; p = 0, size H − K + 1. Where the kernel is the larger one
               on both axes, a slides inside it, size K − H + 1, and y is turned by 180°: as
               before, the last element belongs to the kernel's first place over a. Where each is
               larger on one axis, there is no complete overlap: ValueError. D1.15 asks for a
               kernel that fits into a.
    Raises: ValueError if an array is empty, an axis is missing or the mode is unknown, TypeError
    for arrays that are not real numbers of one dtype.
    Source: D0.16, D1.15, D4.1, D4.7, D4.9.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> a, kernel = np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 1.0]])
    >>> correlate2d(a, kernel)
    array([[ 1., 12., 23., 30.]])
    >>> correlate2d(a, kernel, "valid"), correlate2d(a, kernel, "same")
    (array([[12., 23.]]), array([[12., 23., 30.]]))
    """
    return _forward("correlate2d", a, kernel, mode, flip=False)


def correlate2d_backward(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    """Gradients of a loss L through `correlate2d`, given dy = ∂L/∂y.

    ∂L/∂a[…,u,v]     = Σ_hwij  dy[…,h,w] · kernel[i,j]   where u = h − p_h + i, v = w − p_w + j
    ∂L/∂kernel[i,j]  = Σ_…hw   dy[…,h,w] · a[…, h − p_h + i, w − p_w + j]

    Shapes: dy (…, H_out, W_out), a (…, H, W), kernel (K_h, K_w); … are the axes of the batch.
    Raises: ValueError if the sizes disagree, for example dy from another mode.
    Source: D4.10, D4.11.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> a, kernel = np.array([[1.0, 2.0, 4.0]]), np.array([[10.0, 1.0]])
    >>> correlate2d_backward(np.array([[1.0, -1.0]]), a, kernel, "valid").dkernel
    array([[-1., -2.]])
    """
    return _backward("correlate2d_backward", dy, a, kernel, mode, flip=False)


def convolve2d(a: Array, kernel: Array, mode: str = "full") -> Array:
    """True convolution of a matrix, or of each matrix of a batch, with one kernel.

    y[…,h,w] = Σ_ij a[…, h + q_h − i, w + q_w − j] · kernel[i,j], a padded with zeros:
    the correlation with the kernel turned by 180°.

    Shapes: a (…, H, W), kernel (K_h, K_w) -> (…, H_out, W_out).
    mode, as in scipy.signal.convolve2d:
      "full"   q = 0, size H + K − 1: the convolution (a ∗ kernel)(h, w) itself.
      "same"   the middle of "full" in the size of a; q = ⌊(K − 1)/2⌋.
      "valid"  complete overlaps only; q = K − 1, size H − K + 1. Where the kernel is the larger
               one on both axes, both change places (a ∗ kernel = kernel ∗ a), size K − H + 1;
               where each is larger on one axis: ValueError. D1.15 asks for a kernel that fits.
    Raises: ValueError, TypeError as `correlate2d` does.
    Source: D0.16, D1.13, D1.14, D1.15, D1.30, D4.2 (its formula corrected: X(i − m, j − n)), D4.11.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> a, kernel = np.array([[1.0, 2.0, 3.0]]), np.array([[10.0, 1.0]])
    >>> convolve2d(a, kernel)
    array([[10., 21., 32.,  3.]])
    >>> convolve2d(a, kernel, "valid"), convolve2d(a, kernel, "same")
    (array([[21., 32.]]), array([[10., 21., 32.]]))
    """
    return _forward("convolve2d", a, kernel, mode, flip=True)


def convolve2d_backward(dy: Array, a: Array, kernel: Array, mode: str = "full") -> CorrelationGrads:
    """Gradients of a loss L through `convolve2d`, given dy = ∂L/∂y.

    ∂L/∂a[…,u,v]     = Σ_hwij  dy[…,h,w] · kernel[i,j]   where u = h + q_h − i, v = w + q_w − j
    ∂L/∂kernel[i,j]  = Σ_…hw   dy[…,h,w] · a[…, h + q_h − i, w + q_w − j]

    Shapes: dy (…, H_out, W_out), a (…, H, W), kernel (K_h, K_w); … are the axes of the batch.
    Raises: ValueError if the sizes disagree, for example dy from another mode.
    Source: D1.24, D1.25, D1.27, D1.34.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> a, kernel = np.array([[1.0, 2.0, 4.0]]), np.array([[10.0, 1.0]])
    >>> convolve2d_backward(np.array([[1.0, -1.0]]), a, kernel, "valid").dkernel
    array([[-2., -1.]])
    """
    return _backward("convolve2d_backward", dy, a, kernel, mode, flip=True)


class _Layer(NamedTuple):
    """The `conv2d` that forms the sums of a correlation."""

    x: Array
    weight: Array
    padding: tuple[Pair, ...]
    output: tuple[int, ...]  # the shape of y
    swapped: bool  # a slides inside the kernel


def _forward(where: str, a: Array, kernel: Array, mode: str, flip: bool) -> Array:
    a, kernel = check_arrays(where, a=a, kernel=kernel)
    layer = _as_layer(where, a, kernel, mode, flip)
    y = conv2d(layer.x, layer.weight, padding=layer.padding)
    if layer.swapped:
        y = _turned(y)
    return y.reshape(layer.output)


def _backward(
    where: str, dy: Array, a: Array, kernel: Array, mode: str, flip: bool
) -> CorrelationGrads:
    dy, a, kernel = check_arrays(where, dy=dy, a=a, kernel=kernel)
    layer = _as_layer(where, a, kernel, mode, flip)
    check_gradient(where, dy, layer.output)
    size = dy.shape[-2:]
    if layer.swapped:
        upstream = _turned(dy.reshape(1, len(layer.weight), *size))
        dkernel, da, _ = conv2d_backward(upstream, layer.x, layer.weight)
    else:
        upstream = dy.reshape(len(layer.x), 1, *size)
        da, dkernel, _ = conv2d_backward(upstream, layer.x, layer.weight, padding=layer.padding)
    dkernel = dkernel.reshape(kernel.shape)
    return CorrelationGrads(da.reshape(a.shape), _turned(dkernel) if flip else dkernel)


def _as_layer(where: str, a: Array, kernel: Array, mode: str, flip: bool) -> _Layer:
    """Check the arguments; the matrices of a as a batch of images of one channel."""
    check_matrices(where, a, kernel)
    check_choice(where, "mode", mode, ("full", "same", "valid"))
    *batch, H, W = a.shape
    K_h, K_w = kernel.shape
    images = a.reshape(prod(batch), 1, H, W)
    turned = _turned(kernel) if flip else kernel
    swapped = False
    if mode == "valid":
        check_one_holds_other(where, a, kernel)
        swapped = K_h > H or K_w > W
        padding = ((0, 0), (0, 0))
        size = (abs(H - K_h) + 1, abs(W - K_w) + 1)
    elif mode == "full":
        padding = ((K_h - 1, K_h - 1), (K_w - 1, K_w - 1))
        size = (H + K_h - 1, W + K_w - 1)
    else:
        padding = (_same(K_h, flip), _same(K_w, flip))
        size = (H, W)
    padded = (H + sum(padding[0]), W + sum(padding[1]))
    check_room(where, f"mode {mode!r}", (*batch, *padded), a.itemsize)
    x, weight = (turned[None, None], images) if swapped else (images, turned[None, None])
    return _Layer(x, weight, padding, (*batch, *size), swapped)


def _same(k: int, flip: bool) -> Pair:
    """Zeros before and after: of an even kernel, the middle is on its other side once turned."""
    return (k // 2, (k - 1) // 2) if flip else ((k - 1) // 2, k // 2)


def _turned(a: Array) -> Array:
    """`rot180` without its checks."""
    return a[..., ::-1, ::-1]


# --- the convolution layer of D1 ----------------------------------------------------------


def shared_conv2d(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """The convolution layer of D1: one kernel Θ_j serves all input maps X_i, and it is turned.

    O_j = Σ_i X_i ∗_v Θ_j + b_j = (Σ_i X_i) ∗_v Θ_j + b_j, without the activation:
    y[n,j,h,w] = bias[j] + Σ_kl (Σ_i x[n, i, h + K_h − 1 − k, w + K_w − 1 − l]) · weight[j,k,l]

    Shapes: x (N, C_in, H, W), weight (C_out, K_h, K_w), bias (C_out,)
    -> (N, C_out, H − K_h + 1, W − K_w + 1).
    Raises: ValueError if sizes disagree or the kernel exceeds a map, TypeError for arrays that
    are not real numbers of one dtype.
    Source: D1.13, D1.16.
    Plain: parity/witnesses/definitions/correlation.py.

    >>> x = np.array([[[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]]])
    >>> shared_conv2d(x, np.array([[[1.0, 0.0]], [[1.0, -1.0]]]))
    array([[[[22., 33.]], [[11., 11.]]]])
    """
    where = "shared_conv2d"
    given = {} if bias is None else {"bias": bias}
    x, weight, *biases = check_arrays(where, x=x, weight=weight, **given)
    _check_shared(where, x, weight)
    for b in biases:
        check_bias(where, b, len(weight))
    return conv2d(_sum_of_maps(x), _turned(weight)[:, None], biases[0] if biases else None)


def shared_conv2d_backward(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    """Gradients of a loss L through `shared_conv2d`, given dy = ∂L/∂y, which D1 calls Δ.

    ∂L/∂bias[p]   = Σ_uv Δ_p[u,v]
    ∂L/∂weight[p] = rot180((Σ_q O_q) ∗_v rot180(Δ_p)), O_q the input maps x[n,q]
    ∂L/∂x[n,q]    = Σ_p Δ_p ∗_f rot180(Θ_p), the same for every q

    The first two are summed over the samples n. D1 multiplies the last one by O_q, which is no
    part of it: φ' of the layer in front belongs there, and stands in that layer's own backward.

    Shapes: dy (N, C_out, H_out, W_out), x (N, C_in, H, W), weight (C_out, K_h, K_w).
    Raises: ValueError if the sizes disagree.
    Source: D1.24, D1.25, D1.26, D1.27 (without its factor O_q).
    Plain: parity/witnesses/definitions/correlation.py.

    >>> x = np.array([[[[1.0, 2.0, 3.0]], [[10.0, 20.0, 30.0]]]])
    >>> dy, weight = np.array([[[[1.0, 5.0]]]]), np.array([[[7.0, 0.0]]])
    >>> shared_conv2d_backward(dy, x, weight)
    SharedConv2dGrads(dx=array([[[[ 0.,  7., 35.]], [[ 0.,  7., 35.]]]]),
                      dweight=array([[[187., 121.]]]), dbias=array([6.]))
    """
    where = "shared_conv2d_backward"
    dy, x, weight = check_arrays(where, dy=dy, x=x, weight=weight)
    output = _check_shared(where, x, weight)
    check_gradient(where, dy, output, channels=True)
    dsum, dturned, dbias = conv2d_backward(dy, _sum_of_maps(x), _turned(weight)[:, None])
    return SharedConv2dGrads(dsum.repeat(x.shape[1], axis=1), _turned(dturned[:, 0]), dbias)


def _sum_of_maps(x: Array) -> Array:
    """Σ_i X_i: (N, C_in, H, W) -> (N, 1, H, W)."""
    return total(x, axes=(1,))[:, None]


def _check_shared(where: str, x: Array, weight: Array) -> tuple[int, ...]:
    """Check the arguments of the layer; the shape of its output."""
    check_axes(where, "x", x, ("N", "C_in", "H", "W"))
    check_axes(where, "weight", weight, ("C_out", "K_h", "K_w"))
    check_kernel(where, "weight", weight, weight.shape[1:])
    for axis, k, n in zip(("H", "W"), weight.shape[1:], x.shape[2:], strict=True):
        check_span(where, axis, k, n, 0)
    (N, _, H, W), (C_out, K_h, K_w) = x.shape, weight.shape
    output = (N, C_out, H - K_h + 1, W - K_w + 1)
    check_room(where, "the output", output, x.itemsize)
    return output
