"""Maximum and average pooling over one, two and three spatial axes.

No window ever reads padding: `meetings` leaves those places out, so a maximum needs no −∞ and
an average no zeros, and both run on any element type.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from refimpl.elements import Array, zeros
from refimpl.shapes import (
    AXES,
    Ints,
    PoolGeometry,
    check_arrays,
    check_choice,
    check_flag,
    check_gradient,
    check_int,
    check_window_holds_input,
    pool_geometry,
)
from refimpl.windows import meetings

# --- maximum ------------------------------------------------------------------------------


def max_pool1d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> Array:
    """Maximum of each window along one axis.

    y[n,c,l] = max_i x[n, c, l·s − p + i·d] over the places inside x

    Shapes: x (N, C, L) -> (N, C, L_out). The stride is kernel_size unless given.
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4, D4.4, D4.15.

    >>> max_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[3., 2.]]])
    """
    return _max_pool("max_pool1d", x, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool1d_with_indices(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """`max_pool1d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,l] = the first place u of window l with x[n,c,u] = y[n,c,l]

    Shapes: x (N, C, L) -> two arrays (N, C, L_out).
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4.

    >>> max_pool1d_with_indices(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)[1]
    array([[[1, 2]]])
    """
    return _with_indices(
        "max_pool1d_with_indices", x, kernel_size, stride, padding, dilation, ceil_mode
    )


def max_pool1d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    ties: str = "first",
) -> Array:
    """Gradient of a loss L through `max_pool1d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u] = Σ_l dy[n,c,l] over the windows l whose maximum is at u

    Shapes: dy (N, C, L_out), x (N, C, L) -> (N, C, L). ties: as in `max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D2.28, D3.10.

    >>> max_pool1d_backward(np.array([[[5.0, 7.0]]]), np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[0., 5., 7., 0.]]])
    """
    return _max_pool_backward(
        "max_pool1d_backward", dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
    )


def max_pool2d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> Array:
    """Maximum of each window along two axes.

    y[n,c,h,w] = max_ij x[n, c, h·s − p + i·d, w·s − p + j·d] over the places inside x

    Shapes: x (N, C, H, W) -> (N, C, H_out, W_out),
    H_out = ⌊(H + 2p − d·(K − 1) − 1)/s⌋ + 1; with ceil_mode ⌈…⌉ + 1, unless the last window
    would start behind the input. The stride is kernel_size unless given. NaN wins.
    Raises: ValueError if a window exceeds the padded input, holds padding only, or padding is
    more than half of kernel_size; TypeError for arrays that are not real numbers.
    Source: D0.4, D0.7, D1.17, D3.6, D4.4.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> max_pool2d(x[None, None], 2)[0, 0]
    array([[6., 8.],
           [3., 4.]])
    """
    return _max_pool("max_pool2d", x, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool2d_with_indices(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """`max_pool2d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,h,w] = u·W + v for the first place (u, v) of the window with x[n,c,u,v] = y[n,c,h,w]

    Shapes: x (N, C, H, W) -> two arrays (N, C, H_out, W_out).
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4.

    >>> max_pool2d_with_indices(np.arange(4.0).reshape(1, 1, 2, 2), 2)[1]
    array([[[[3]]]])
    """
    return _with_indices(
        "max_pool2d_with_indices", x, kernel_size, stride, padding, dilation, ceil_mode
    )


def max_pool2d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    ties: str = "first",
) -> Array:
    """Gradient of a loss L through `max_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hw dy[n,c,h,w] over the windows (h, w) whose maximum is at (u, v)

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    ties: "first" gives a window's dy to its first maximum (torch; the last NaN where there are
    some), "all" to every element that equals the maximum (D2.28 as printed).
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D2.28, D3.10, D4.6.

    >>> x = np.array([[[[1.0, 3.0], [3.0, 0.0]]]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2)[0, 0]
    array([[0., 5.],
           [0., 0.]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2, ties="all")[0, 0]
    array([[0., 5.],
           [5., 0.]])
    """
    return _max_pool_backward(
        "max_pool2d_backward", dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
    )


def max_pool3d(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> Array:
    """Maximum of each window along three axes.

    y[n,c,z,h,w] = max_kij x[n, c, z·s − p + k·d, h·s − p + i·d, w·s − p + j·d] inside x

    Shapes: x (N, C, D, H, W) -> (N, C, D_out, H_out, W_out); sizes as in `max_pool2d`.
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4, D0.5.

    >>> max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2)
    array([[[[[7.]]]]])
    """
    return _max_pool("max_pool3d", x, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool3d_with_indices(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """`max_pool3d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,z,h,w] = (t·H + u)·W + v for the first place (t, u, v) that holds the maximum

    Shapes: x (N, C, D, H, W) -> two arrays (N, C, D_out, H_out, W_out).
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4, D0.5.

    >>> max_pool3d_with_indices(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2)[1]
    array([[[[[7]]]]])
    """
    return _with_indices(
        "max_pool3d_with_indices", x, kernel_size, stride, padding, dilation, ceil_mode
    )


def max_pool3d_backward(
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
    ties: str = "first",
) -> Array:
    """Gradient of a loss L through `max_pool3d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,t,u,v] = Σ_zhw dy[n,c,z,h,w] over the windows whose maximum is at (t, u, v)

    Shapes: dy (N, C, D_out, H_out, W_out), x (N, C, D, H, W) -> the shape of x.
    ties: as in `max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.5, D0.11.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> max_pool3d_backward(np.full((1, 1, 1, 1, 1), 5.0), x, 2)[0, 0, 1]
    array([[0., 0.],
           [0., 5.]])
    """
    return _max_pool_backward(
        "max_pool3d_backward", dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
    )


def _max_pool(
    where: str,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> tuple[Array, Array, PoolGeometry]:
    """The maxima, the offset in its window that each one stands at (row-major), the sizes."""
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, x, kernel_size, stride, padding, dilation, ceil_mode)
    offsets, places = _first_places(where, geometry)
    first: Any = (slice(None), slice(None), *np.ix_(*places))
    best = x[first]
    winner = np.empty(best.shape, np.min_scalar_type(prod(geometry.kernel)))
    winner[...] = np.ravel_multi_index(np.ix_(*offsets), geometry.kernel)
    for number, outputs, inputs in _offsets(geometry):
        part, leader = x[inputs], best[outputs]
        wins = (part > leader) | (part != part)  # NaN wins, as in torch
        best[outputs] = np.where(wins, part, leader)
        winner[outputs][wins] = number
    return best, winner, geometry


def _with_indices(
    where: str,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> tuple[Array, Array]:
    best, winner, geometry = _max_pool(where, x, kernel_size, stride, padding, dilation, ceil_mode)
    offsets = np.unravel_index(winner.astype(np.intp), geometry.kernel)
    starts = np.ix_(
        *(
            np.arange(n) * s - p
            for n, s, p in zip(geometry.output, geometry.stride, geometry.padding, strict=True)
        )
    )
    places = tuple(
        start + offset * d
        for start, offset, d in zip(starts, offsets, geometry.dilation, strict=True)
    )
    return best, np.ravel_multi_index(places, geometry.sizes)


def _max_pool_backward(
    where: str,
    dy: Array,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
    ties: str,
) -> Array:
    dy, x = check_arrays(where, dy=dy, x=x)
    check_choice(where, "ties", ties, ("first", "all"))
    best, winner, geometry = _max_pool(where, x, kernel_size, stride, padding, dilation, ceil_mode)
    check_gradient(where, dy, best.shape)
    dx = zeros(x.shape, like=dy)
    zero = zeros((), like=dy)
    for number, outputs, inputs in _offsets(geometry):
        is_maximum = winner[outputs] == number if ties == "first" else x[inputs] == best[outputs]
        dx[inputs] += np.where(is_maximum, dy[outputs], zero)
    return dx


def _meetings(geometry: PoolGeometry) -> list[list[tuple[slice, slice]]]:
    """For each spatial axis and each offset in the window: (outputs served, inputs read)."""
    return [
        meetings(*sizes)
        for sizes in zip(
            geometry.sizes,
            geometry.output,
            geometry.kernel,
            geometry.stride,
            geometry.padding,
            geometry.dilation,
            strict=True,
        )
    ]


def _offsets(
    geometry: PoolGeometry,
) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """Each offset in the window, row-major: its number, the outputs it serves, its inputs."""
    every = (slice(None), slice(None))
    for number, pairs in enumerate(product(*_meetings(geometry))):
        outputs, inputs = zip(*pairs, strict=True)
        yield number, every + outputs, every + inputs


def _first_places(where: str, geometry: PoolGeometry) -> tuple[list[Array], list[Array]]:
    """For each axis and window: the first offset that lies inside x, and the place it reads."""
    offsets, places = [], []
    axes = AXES[len(geometry.sizes)]
    for axis, size, n, s, p, d in zip(
        axes,
        geometry.sizes,
        geometry.output,
        geometry.stride,
        geometry.padding,
        geometry.dilation,
        strict=True,
    ):
        start = np.arange(n) * s - p
        offset = np.maximum(0, -(start // d))  # smallest i with start + i·d ≥ 0
        place = start + offset * d
        inside = place < size
        check_window_holds_input(where, axis, int(np.argmin(inside)), bool(inside.all()))
        offsets.append(offset)
        places.append(place)
    return offsets, places


# --- average ------------------------------------------------------------------------------


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

    >>> avg_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[2., 1.]]])
    """
    return _avg_pool(
        "avg_pool1d", x, kernel_size, stride, padding, ceil_mode, count_include_pad, None
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

    >>> avg_pool1d_backward(np.array([[[4.0, 6.0]]]), np.zeros((1, 1, 4)), 2)
    array([[[2., 2., 3., 3.]]])
    """
    return _avg_pool_backward(
        "avg_pool1d_backward",
        dy,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        None,
    )


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
    divisor_override replaces both.
    Raises: ValueError if a window exceeds the padded input or padding is more than half of
    kernel_size; TypeError for arrays that are not real numbers.
    Source: D0.4, D0.7, D1.17, D2.11, D3.6.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> avg_pool2d(x[None, None], 2)[0, 0]
    array([[3.25, 5.25],
           [2.  , 2.  ]])
    """
    return _avg_pool(
        "avg_pool2d",
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
    Source: D0.11, D2.28, D3.10, D4.6.

    >>> avg_pool2d_backward(np.array([[[[4.0]]]]), np.zeros((1, 1, 2, 2)), 2)[0, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    return _avg_pool_backward(
        "avg_pool2d_backward",
        dy,
        x,
        kernel_size,
        stride,
        padding,
        ceil_mode,
        count_include_pad,
        divisor_override,
    )


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

    >>> avg_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2)
    array([[[[[3.5]]]]])
    """
    return _avg_pool(
        "avg_pool3d",
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

    >>> avg_pool3d_backward(np.full((1, 1, 1, 1, 1), 8.0), np.zeros((1, 1, 2, 2, 2)), 2)[0, 0, 0]
    array([[1., 1.],
           [1., 1.]])
    """
    return _avg_pool_backward(
        "avg_pool3d_backward",
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
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Array:
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, x, kernel_size, stride, padding, 1, ceil_mode)
    sums = x
    for axis, pairs in enumerate(_meetings(geometry), start=2):  # a sum of sums, axis by axis
        longer = sums
        sums = zeros(
            (*longer.shape[:axis], geometry.output[axis - 2], *longer.shape[axis + 1 :]), like=x
        )
        for outputs, inputs in pairs:
            sums[_on(axis, outputs)] += longer[_on(axis, inputs)]
    y: Array = sums / _divisor(where, geometry, count_include_pad, divisor_override).astype(x.dtype)
    return y


def _avg_pool_backward(
    where: str,
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
    geometry = pool_geometry(where, x, kernel_size, stride, padding, 1, ceil_mode)
    check_gradient(where, dy, (*x.shape[:2], *geometry.output))
    dx: Array = dy / _divisor(where, geometry, count_include_pad, divisor_override).astype(dy.dtype)
    for axis, pairs in enumerate(_meetings(geometry), start=2):  # the adjoint, axis by axis
        shorter = dx
        dx = zeros(
            (*shorter.shape[:axis], geometry.sizes[axis - 2], *shorter.shape[axis + 1 :]), like=dy
        )
        for outputs, inputs in pairs:
            dx[_on(axis, inputs)] += shorter[_on(axis, outputs)]
    return dx


def _on(axis: int, places: slice) -> tuple[slice, ...]:
    """The index that takes `places` on one axis and everything on those before it."""
    return (slice(None),) * axis + (places,)


def _divisor(
    where: str, geometry: PoolGeometry, count_include_pad: bool, override: int | None
) -> Array:
    """What each window's sum is divided by, as an array of the output's spatial shape."""
    check_flag(where, "count_include_pad", count_include_pad)
    if override is not None:
        return np.full(geometry.output, check_int(where, "divisor_override", override, 1))
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
    return np.asarray(prod(np.ix_(*counts)))
