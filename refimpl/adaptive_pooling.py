"""Adaptive pooling over one, two and three spatial axes, and pooling of whole maps.

The output's size is given, not the window's: along each axis window i reaches from ⌊i·H/H_out⌋ to
⌈(i + 1)·H/H_out⌉. Where H_out does not divide H, windows differ in size and share places; where
it is larger than H, they repeat them. Pooling of whole maps has one window.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from refimpl.checks import check_arrays, check_gradient, check_indices
from refimpl.elements import Array, zeros
from refimpl.shapes import OutputSize, adaptive_output
from refimpl.sums import along, wide_half
from refimpl.unlike_torch import unlike_torch
from refimpl.window_maxima import Spans, first_maximum
from refimpl.windows import add_at, map_blocks, row_major


@unlike_torch()
def adaptive_avg_pool1d(x: Array, output_size: OutputSize) -> Array:
    """Mean of each of `output_size` windows along one axis.

    y[n,c,l] = 1/K_l Σ_u x[n,c,u] over ⌊l·L/L_out⌋ ≤ u < ⌈(l + 1)·L/L_out⌉, of which there are K_l

    Shapes: x (N, C, L) -> (N, C, L_out). output_size: as in `adaptive_avg_pool2d`.
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_avg_pool1d(np.array([[[3.0, 1.0, 4.0, 1.0, 5.0]]]), 3)
    array([[[2., 2., 3.]]])
    """
    return _means("adaptive_avg_pool1d", 1, x, output_size)


def adaptive_avg_pool1d_backward(dy: Array, x: Array, output_size: OutputSize) -> Array:
    """Gradient of a loss L through `adaptive_avg_pool1d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u] = Σ_l dy[n,c,l]/K_l over the windows l that hold u

    Shapes: dy (N, C, L_out), x (N, C, L) -> (N, C, L).
    Raises: ValueError if the sizes disagree, for example dy of another output_size.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_avg_pool1d_backward(np.array([[[2.0, 3.0, 4.0]]]), np.zeros((1, 1, 5)), 3)
    array([[[1., 2., 1., 3., 2.]]])
    """
    return _means_backward("adaptive_avg_pool1d_backward", 1, dy, x, output_size)


@unlike_torch()
def adaptive_avg_pool2d(x: Array, output_size: OutputSize) -> Array:
    """Mean of each window, as many windows along each axis as are asked for.

    y[n,c,h,w] = 1/K_hw Σ_uv x[n,c,u,v] over the K_hw places of the window,
    ⌊h·H/H_out⌋ ≤ u < ⌈(h + 1)·H/H_out⌉, ⌊w·W/W_out⌋ ≤ v < ⌈(w + 1)·W/W_out⌉

    Shapes: x (N, C, H, W) -> (N, C, H_out, W_out).
    output_size: a number, or one for each axis; None leaves an axis as it is.
    Raises: ValueError if an axis of x is empty or sizes disagree; TypeError for arrays that are
    not real numbers.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0]])
    >>> adaptive_avg_pool2d(x[None, None], (2, 1))[0, 0]
    array([[4.25],
           [4.  ]])
    """
    return _means("adaptive_avg_pool2d", 2, x, output_size)


def adaptive_avg_pool2d_backward(dy: Array, x: Array, output_size: OutputSize) -> Array:
    """Gradient of a loss L through `adaptive_avg_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hw dy[n,c,h,w]/K_hw over the windows (h, w) that hold (u, v)

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    Raises: ValueError if the sizes disagree, for example dy of another output_size.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> dy = np.array([[[[4.0], [8.0]]]])
    >>> adaptive_avg_pool2d_backward(dy, np.zeros((1, 1, 3, 2)), (2, 1))[0, 0]
    array([[1., 1.],
           [3., 3.],
           [2., 2.]])
    """
    return _means_backward("adaptive_avg_pool2d_backward", 2, dy, x, output_size)


@unlike_torch()
def adaptive_avg_pool3d(x: Array, output_size: OutputSize) -> Array:
    """Mean of each window of a volume, as many windows along each axis as are asked for.

    y[n,c,z,h,w] = 1/K_zhw Σ_tuv x[n,c,t,u,v] over the K_zhw places of the window,
    ⌊z·D/D_out⌋ ≤ t < ⌈(z + 1)·D/D_out⌉ and so on

    Shapes: x (N, C, D, H, W) -> (N, C, D_out, H_out, W_out).
    output_size: as in `adaptive_avg_pool2d`.
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), (1, 1, 2))
    array([[[[[3., 4.]]]]])
    """
    return _means("adaptive_avg_pool3d", 3, x, output_size)


def adaptive_avg_pool3d_backward(dy: Array, x: Array, output_size: OutputSize) -> Array:
    """Gradient of a loss L through `adaptive_avg_pool3d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,t,u,v] = Σ_zhw dy[n,c,z,h,w]/K_zhw over the windows that hold (t, u, v)

    Shapes: dy (N, C, D_out, H_out, W_out), x (N, C, D, H, W) -> the shape of x.
    Raises: ValueError if the sizes disagree, for example dy of another output_size.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> dy = np.array([[[[[8.0, 12.0]]]]])
    >>> adaptive_avg_pool3d_backward(dy, np.zeros((1, 1, 2, 2, 2)), (1, 1, 2))[0, 0, 0]
    array([[2., 3.],
           [2., 3.]])
    """
    return _means_backward("adaptive_avg_pool3d_backward", 3, dy, x, output_size)


@unlike_torch(return_indices="call adaptive_max_pool1d_with_indices")
def adaptive_max_pool1d(x: Array, output_size: OutputSize) -> Array:
    """Maximum of each of `output_size` windows along one axis.

    y[n,c,l] = max_u x[n,c,u] over the places ⌊l·L/L_out⌋ ≤ u < ⌈(l + 1)·L/L_out⌉

    Shapes: x (N, C, L) -> (N, C, L_out). output_size: as in `adaptive_avg_pool2d`.
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_max_pool1d(np.array([[[3.0, 1.0, 4.0, 1.0, 5.0]]]), 3)
    array([[[3., 4., 5.]]])
    """
    return _maxima("adaptive_max_pool1d", 1, x, output_size)[0]


@unlike_torch(return_indices="they are always returned")
def adaptive_max_pool1d_with_indices(x: Array, output_size: OutputSize) -> tuple[Array, Array]:
    """`adaptive_max_pool1d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,l] = the first place u of window l with x[n,c,u] = y[n,c,l] (of NaN the last)

    Shapes: x (N, C, L) -> two arrays (N, C, L_out).
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_max_pool1d_with_indices(np.array([[[3.0, 1.0, 4.0, 1.0, 5.0]]]), 3)[1]
    array([[[0, 2, 4]]])
    """
    return _maxima("adaptive_max_pool1d_with_indices", 1, x, output_size)


def adaptive_max_pool1d_backward(
    dy: Array, x: Array, output_size: OutputSize, indices: Array | None = None
) -> Array:
    """Gradient of a loss L through `adaptive_max_pool1d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u] = Σ_l dy[n,c,l] over the windows l whose first maximum is at u

    Shapes: dy (N, C, L_out), x (N, C, L) -> (N, C, L).
    indices: as in `adaptive_max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy of another output_size.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.array([[[3.0, 1.0, 4.0, 1.0, 2.0]]])
    >>> adaptive_max_pool1d_backward(np.array([[[5.0, 7.0, 9.0]]]), x, 3)
    array([[[5., 0., 7., 0., 9.]]])
    """
    return _maxima_backward("adaptive_max_pool1d_backward", 1, dy, x, output_size, indices)


@unlike_torch(return_indices="call adaptive_max_pool2d_with_indices")
def adaptive_max_pool2d(x: Array, output_size: OutputSize) -> Array:
    """Maximum of each window, as many windows along each axis as are asked for.

    y[n,c,h,w] = max_uv x[n,c,u,v] over the places of the window,
    ⌊h·H/H_out⌋ ≤ u < ⌈(h + 1)·H/H_out⌉, ⌊w·W/W_out⌋ ≤ v < ⌈(w + 1)·W/W_out⌉

    Shapes: x (N, C, H, W) -> (N, C, H_out, W_out). NaN wins.
    output_size: as in `adaptive_avg_pool2d`.
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0]])
    >>> adaptive_max_pool2d(x[None, None], (3, 2))[0, 0]
    array([[1., 4.],
           [6., 8.],
           [3., 1.]])
    """
    return _maxima("adaptive_max_pool2d", 2, x, output_size)[0]


@unlike_torch(return_indices="they are always returned")
def adaptive_max_pool2d_with_indices(x: Array, output_size: OutputSize) -> tuple[Array, Array]:
    """`adaptive_max_pool2d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,h,w] = u·W + v for the first place (u, v) of the window with x[n,c,u,v] = y[n,c,h,w]

    Shapes: x (N, C, H, W) -> two arrays (N, C, H_out, W_out).
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_max_pool2d_with_indices(np.arange(6.0).reshape(1, 1, 3, 2), (2, 1))[1]
    array([[[[3],
             [5]]]])
    """
    return _maxima("adaptive_max_pool2d_with_indices", 2, x, output_size)


def adaptive_max_pool2d_backward(
    dy: Array, x: Array, output_size: OutputSize, indices: Array | None = None
) -> Array:
    """Gradient of a loss L through `adaptive_max_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hw dy[n,c,h,w] over the windows (h, w) whose first maximum is at (u, v)

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    Of several NaN the last one gets dy, as in torch.
    indices: what `adaptive_max_pool2d_with_indices` gave for this x; dy is then added at these
    places, and no maximum is looked for again.
    Raises: ValueError if the sizes disagree, for example dy of another output_size, or if indices
    are not places of x.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.array([[[[1.0, 3.0], [4.0, 0.0], [2.0, 1.0]]]])
    >>> adaptive_max_pool2d_backward(np.array([[[[5.0], [7.0]]]]), x, (2, 1))[0, 0]
    array([[ 0.,  0.],
           [12.,  0.],
           [ 0.,  0.]])
    """
    return _maxima_backward("adaptive_max_pool2d_backward", 2, dy, x, output_size, indices)


@unlike_torch(return_indices="call adaptive_max_pool3d_with_indices")
def adaptive_max_pool3d(x: Array, output_size: OutputSize) -> Array:
    """Maximum of each window of a volume, as many windows along each axis as are asked for.

    y[n,c,z,h,w] = max_tuv x[n,c,t,u,v] over the places of the window,
    ⌊z·D/D_out⌋ ≤ t < ⌈(z + 1)·D/D_out⌉ and so on

    Shapes: x (N, C, D, H, W) -> (N, C, D_out, H_out, W_out).
    output_size: as in `adaptive_avg_pool2d`.
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), (1, 1, 2))
    array([[[[[6., 7.]]]]])
    """
    return _maxima("adaptive_max_pool3d", 3, x, output_size)[0]


@unlike_torch(return_indices="they are always returned")
def adaptive_max_pool3d_with_indices(x: Array, output_size: OutputSize) -> tuple[Array, Array]:
    """`adaptive_max_pool3d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,z,h,w] = (t·H + u)·W + v for the first place (t, u, v) that holds the maximum

    Shapes: x (N, C, D, H, W) -> two arrays (N, C, D_out, H_out, W_out).
    Raises: ValueError, TypeError as `adaptive_avg_pool2d` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> adaptive_max_pool3d_with_indices(np.arange(8.0).reshape(1, 1, 2, 2, 2), (1, 1, 2))[1]
    array([[[[[6, 7]]]]])
    """
    return _maxima("adaptive_max_pool3d_with_indices", 3, x, output_size)


def adaptive_max_pool3d_backward(
    dy: Array, x: Array, output_size: OutputSize, indices: Array | None = None
) -> Array:
    """Gradient of a loss L through `adaptive_max_pool3d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,t,u,v] = Σ_zhw dy[n,c,z,h,w] over the windows whose first maximum is at (t, u, v)

    Shapes: dy (N, C, D_out, H_out, W_out), x (N, C, D, H, W) -> the shape of x.
    indices: as in `adaptive_max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy of another output_size.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> adaptive_max_pool3d_backward(np.array([[[[[5.0, 9.0]]]]]), x, (1, 1, 2))[0, 0, 1]
    array([[0., 0.],
           [5., 9.]])
    """
    return _maxima_backward("adaptive_max_pool3d_backward", 3, dy, x, output_size, indices)


def global_avg_pool(x: Array) -> Array:
    """Mean of each map: what is left of it is one number.

    y[n,c] = 1/(H·W) Σ_uv x[n,c,u,v], and the same over one or three spatial axes

    Shapes: x (N, C, *S) -> (N, C, 1, …), an axis of one for each of S; `flatten` drops them.
    It is `adaptive_avg_pool2d(x, 1)`; GlobalAveragePool of ONNX, GlobalAveragePooling2D of Keras.
    Raises: ValueError if x has not one to three spatial axes, or is empty along one of them;
    TypeError for arrays that are not real numbers.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> global_avg_pool(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]))
    array([[[[3.]]]])
    """
    return _means("global_avg_pool", None, x, 1)


def global_avg_pool_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `global_avg_pool`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = dy[n,c]/(H·W)

    Shapes: dy (N, C, 1, …), x (N, C, *S) -> the shape of x.
    Raises: ValueError if the sizes disagree.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> global_avg_pool_backward(np.array([[[[8.0]]]]), np.zeros((1, 1, 2, 2)))[0, 0]
    array([[2., 2.],
           [2., 2.]])
    """
    return _means_backward("global_avg_pool_backward", None, dy, x, 1)


def global_max_pool(x: Array) -> Array:
    """Maximum of each map.

    y[n,c] = max_uv x[n,c,u,v], and the same over one or three spatial axes

    Shapes: x (N, C, *S) -> (N, C, 1, …), an axis of one for each of S; `flatten` drops them.
    It is `adaptive_max_pool2d(x, 1)`; GlobalMaxPool of ONNX, GlobalMaxPooling2D of Keras.
    Raises: ValueError, TypeError as `global_avg_pool` does.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> global_max_pool(np.array([[[[1.0, 2.0], [3.0, 6.0]]]]))
    array([[[[6.]]]])
    """
    return _maxima("global_max_pool", None, x, 1)[0]


def global_max_pool_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `global_max_pool`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = dy[n,c] at the first maximum of the map (of NaN the last), 0 elsewhere

    Shapes: dy (N, C, 1, …), x (N, C, *S) -> the shape of x.
    Raises: ValueError if the sizes disagree.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/adaptive_pooling.py.

    >>> x = np.array([[[[1.0, 6.0], [6.0, 2.0]]]])
    >>> global_max_pool_backward(np.array([[[[8.0]]]]), x)[0, 0]
    array([[0., 8.],
           [0., 0.]])
    """
    return _maxima_backward("global_max_pool_backward", None, dy, x, 1, None)


def _means(where: str, n: int | None, x: Array, output_size: OutputSize) -> Array:
    (x,) = check_arrays(where, x=x)
    spans = _spans(x, adaptive_output(where, n, x, output_size))
    sums = wide_half(x)
    for axis, windows in enumerate(spans, start=2):  # a sum of sums, axis by axis
        sums = np.concatenate([along(sums[_on(axis, w)], axis) for w in windows], axis)
    return np.asarray(sums / _counts(spans, sums.dtype)).astype(x.dtype, copy=False)


def _means_backward(
    where: str, n: int | None, dy: Array, x: Array, output_size: OutputSize
) -> Array:
    dy, x = check_arrays(where, dy=dy, x=x)
    output = adaptive_output(where, n, x, output_size)
    check_gradient(where, dy, (*x.shape[:2], *output), channels=True)
    spans, shares = _spans(x, output), wide_half(dy)
    shares = shares / _counts(spans, shares.dtype)
    for axis, windows in enumerate(spans, start=2):  # the adjoint, axis by axis
        shape = (*shares.shape[:axis], x.shape[axis], *shares.shape[axis + 1 :])
        longer = zeros(shape, like=shares)
        for i, window in enumerate(windows):
            longer[_on(axis, window)] += shares[_on(axis, slice(i, i + 1))]
        shares = longer
    return shares.astype(dy.dtype, copy=False)


def _maxima(where: str, n: int | None, x: Array, output_size: OutputSize) -> tuple[Array, Array]:
    """The maximum of each window, and its place in the map as one row-major number."""
    (x,) = check_arrays(where, x=x)
    output = adaptive_output(where, n, x, output_size)
    y = np.empty((*x.shape[:2], *output), x.dtype)
    places = np.empty(y.shape, np.intp)
    read = _places_read(_spans(x, output), x.shape[2:])
    for maps, best, at in map_blocks(x, y, places):
        flat = maps.reshape(len(maps), -1)
        # One window holds all of a map, in its order.
        inside = flat if len(read) == 1 else flat.take(read, 1).reshape(-1, read.shape[1])
        first = first_maximum(inside)
        found = read[np.arange(len(first)) % len(read), first].reshape(len(maps), -1)
        at[...] = found.reshape(at.shape)
        best[...] = np.take_along_axis(flat, found, 1).reshape(best.shape)
    return y, places


def _maxima_backward(
    where: str,
    n: int | None,
    dy: Array,
    x: Array,
    output_size: OutputSize,
    indices: Array | None,
) -> Array:
    dy, x = check_arrays(where, dy=dy, x=x)
    output = adaptive_output(where, n, x, output_size)
    check_gradient(where, dy, (*x.shape[:2], *output), channels=True)
    if indices is None:
        _, places = _maxima(where, n, x, output_size)
    else:
        places = check_indices(where, indices, "first", dy.shape, prod(x.shape[2:]))
    dx = zeros(x.shape, like=dy)
    for gradient, at, upstream in map_blocks(dx, places, dy):
        add_at(gradient, at, upstream)
    return dx


def _spans(x: Array, output: tuple[int, ...]) -> Spans:
    """For each spatial axis, the places ⌊i·H/H_out⌋ to ⌈(i + 1)·H/H_out⌉ of each window i."""
    return [
        [slice(i * size // n, -(-(i + 1) * size // n)) for i in range(n)]
        for size, n in zip(x.shape[2:], output, strict=True)
    ]


def _counts(spans: Spans, dtype: Any) -> Array:
    """K: how many places each window has, as an array of the output's spatial shape."""
    widths = ([window.stop - window.start for window in windows] for windows in spans)
    return np.asarray(prod(np.ix_(*widths))).astype(dtype)


def _on(axis: int, places: slice) -> tuple[slice, ...]:
    """The index that takes `places` on one axis and everything on those before it."""
    return (slice(None),) * axis + (places,)


def _places_read(spans: Spans, sizes: tuple[int, ...]) -> Array:
    """The row-major numbers of the places that each window reads -> (windows, K).

    A window smaller than the largest reads its last place along an axis again, which changes
    neither its first maximum nor its last NaN.
    """
    axes = []
    for windows in spans:
        k = np.arange(max(window.stop - window.start for window in windows))
        axes.append(np.array([np.minimum(w.start + k, w.stop - 1) for w in windows]))
    n = len(sizes)
    numbers = row_major([places.reshape(-1) for places in axes], sizes)
    numbers = numbers.reshape([size for places in axes for size in places.shape])
    numbers = numbers.transpose(*range(0, 2 * n, 2), *range(1, 2 * n, 2))
    return numbers.reshape(prod(map(len, spans)), -1)
