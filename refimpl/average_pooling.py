"""Average pooling over one, two and three spatial axes.

Sums are formed axis by axis over the places inside the input: padding adds nothing to them.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from refimpl.checks import Ints, check_arrays, check_divisor, check_flag, check_gradient
from refimpl.elements import Array, zeros
from refimpl.shapes import PoolGeometry, pool_geometry
from refimpl.sums import wide_half
from refimpl.unlike_torch import unlike_torch
from refimpl.windows import map_blocks, pool_meetings, short_rows


@unlike_torch()
def avg_pool1d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Mean of each window along one axis.

    y[n,c,l] = (1/divisor) Σ_i x[n, c, l·s − p + i], x padded with zeros

    Shapes: x (N, C, L) -> (N, C, L_out). Divisor and sizes: as in `avg_pool2d`.
    Raises: ValueError, TypeError as `avg_pool2d` does.
    Source: D0.4, D4.4, D4.15.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> avg_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[2., 1.]]])
    """
    return _avg_pool(
        "avg_pool1d", 1, x, kernel_size, stride, padding, ceil_mode, count_include_pad, None
    )


def avg_pool1d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Array:
    """Gradient of a loss L through `avg_pool1d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u] = Σ_l dy[n,c,l]/divisor[l] over the windows l that hold u

    Shapes: dy (N, C, L_out), x (N, C, L) -> (N, C, L).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D2.28, D3.10.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> avg_pool1d_backward(np.array([[[4.0, 6.0]]]), np.zeros((1, 1, 4)), 2)
    array([[[2., 2., 3., 3.]]])
    """
    return _avg_pool_backward(
        "avg_pool1d_backward",
        1,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        None,
    )


@unlike_torch()
def avg_pool2d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Mean of each window along two axes.

    y[n,c,h,w] = (1/divisor) Σ_ij x[n, c, h·s − p + i, w·s − p + j], x padded with zeros

    Shapes: x (N, C, H, W) -> (N, C, H_out, W_out); sizes as in `max_pool2d`.
    divisor: the number of places of the window in the padded input (what ceil_mode lets hang
    over the padding is not counted); without count_include_pad, in the input itself;
    divisor_override, of either sign and not 0, replaces both.
    Raises: ValueError if a window exceeds the padded input or padding is more than half of
    kernel_size; TypeError for arrays that are not real numbers.
    Source: D0.4, D0.7, D1.17, D2.11, D3.6, D4.4, D4.15.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> avg_pool2d(x[None, None], 2)[0, 0]
    array([[3.25, 5.25],
           [2.  , 2.  ]])
    """
    return _avg_pool(
        "avg_pool2d",
        2,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def avg_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Gradient of a loss L through `avg_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hw dy[n,c,h,w]/divisor[h,w] over the windows (h, w) that hold (u, v)

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D0.17, D1.23, D2.28, D3.10, D4.6.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> avg_pool2d_backward(np.array([[[[4.0]]]]), np.zeros((1, 1, 2, 2)), 2)[0, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    return _avg_pool_backward(
        "avg_pool2d_backward",
        2,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


@unlike_torch()
def avg_pool3d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Mean of each window along three axes.

    y[n,c,z,h,w] = (1/divisor) Σ_kij x[n, c, z·s − p + k, h·s − p + i, w·s − p + j]

    Shapes: x (N, C, D, H, W) -> (N, C, D_out, H_out, W_out). Divisor: as in `avg_pool2d`.
    Raises: ValueError, TypeError as `avg_pool2d` does.
    Source: D0.4, D0.5.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2)
    array([[[[[3.5]]]]])
    """
    return _avg_pool(
        "avg_pool3d",
        3,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def avg_pool3d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Array:
    """Gradient of a loss L through `avg_pool3d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,t,u,v] = Σ_zhw dy[n,c,z,h,w]/divisor[z,h,w] over the windows that hold (t, u, v)

    Shapes: dy (N, C, D_out, H_out, W_out), x (N, C, D, H, W) -> the shape of x.
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.5, D0.11.
    Plain: parity/witnesses/definitions/average_pooling.py.

    >>> avg_pool3d_backward(np.full((1, 1, 1, 1, 1), 8.0), np.zeros((1, 1, 2, 2, 2)), 2)[0, 0, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    return _avg_pool_backward(
        "avg_pool3d_backward",
        3,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


def _avg_pool(
    where: str,
    n: int,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, 1, ceil_mode)
    divisor = _divisor(where, geometry, count_include_pad, divisor_override, wide_half(x).dtype)
    y = np.empty((*x.shape[:2], *geometry.output), x.dtype)
    along = list(enumerate(pool_meetings(geometry), start=1))
    with short_rows():
        for maps, means in map_blocks(x, y):
            sums = wide_half(maps)
            for axis, pairs in along:  # a sum of sums, axis by axis
                sums = _sums(sums, axis, pairs, geometry.output)
            np.divide(sums, divisor, out=means, casting="same_kind")
    return y


def _avg_pool_backward(
    where: str,
    n: int,
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    dy, x = check_arrays(where, dy=dy, x=x)
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, 1, ceil_mode)
    check_gradient(where, dy, (*x.shape[:2], *geometry.output), channels=True)
    divisor = _divisor(where, geometry, count_include_pad, divisor_override, wide_half(dy).dtype)
    dx = zeros(x.shape, like=wide_half(dy))
    along = list(enumerate(pool_meetings(geometry), start=1))
    with short_rows():
        for gradient, upstream in map_blocks(dx, dy):
            shares = wide_half(upstream) / divisor
            for axis, pairs in reversed(along):  # the adjoint, axis by axis
                longer = gradient if axis == 1 else _zeros(shares, axis, geometry.sizes)
                for outputs, inputs in pairs:
                    longer[_on(axis, inputs)] += shares[_on(axis, outputs)]
                shares = longer
    return dx.astype(dy.dtype, copy=False)


def _sums(
    maps: Array, axis: int, pairs: list[tuple[slice, slice]], output: tuple[int, ...]
) -> Array:
    """Along one axis: for each window the sum of what its offsets read."""
    every = slice(0, output[axis - 1])
    if [outputs for outputs, _ in pairs[:2]] == [every, every]:  # for speed: no zeros to add to
        (_, first), (_, second), *pairs = pairs
        sums = maps[_on(axis, first)] + maps[_on(axis, second)]
    else:
        sums = _zeros(maps, axis, output)
    for outputs, inputs in pairs:
        sums[_on(axis, outputs)] += maps[_on(axis, inputs)]
    return sums


def _zeros(maps: Array, axis: int, sizes: tuple[int, ...]) -> Array:
    """Zeros in the shape of maps (M, *S), but for one axis: its size is that of `sizes`."""
    return zeros((*maps.shape[:axis], sizes[axis - 1], *maps.shape[axis + 1 :]), like=maps)


def _on(axis: int, places: slice) -> tuple[slice, ...]:
    """The index that takes `places` on one axis and everything on those before it."""
    return (slice(None),) * axis + (places,)


def _divisor(
    where: str, geometry: PoolGeometry, count_include_pad: bool, override: int | None, dtype: Any
) -> Array:
    """What each window's sum is divided by, as an array of the output's spatial shape."""
    check_flag(where, "count_include_pad", count_include_pad)
    if override is not None:
        return np.full(geometry.output, check_divisor(where, override, dtype), dtype)
    counts = []
    for size, n, k, s, p in zip(
        geometry.sizes,
        geometry.output,
        geometry.kernel,
        geometry.stride,
        geometry.padding,
        strict=True,
    ):
        margin = p if count_include_pad else 0
        start = np.arange(n) * s - p
        counts.append(np.minimum(start + k, size + margin) - np.maximum(start, -margin))
    return np.asarray(prod(np.ix_(*counts))).astype(dtype)
