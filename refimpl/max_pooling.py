"""Maximum pooling over one, two and three spatial axes.

No window reads padding: `pool_meetings` leaves those places out, so a maximum needs no −∞ and
runs on any element type.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

from refimpl.checks import AXES, Ints, check_arrays, check_choice, check_gradient
from refimpl.elements import Array, zeros
from refimpl.shapes import PoolGeometry, check_window_holds_input, pool_geometry
from refimpl.windows import pool_meetings


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
    return _max_pool("max_pool1d", 1, x, kernel_size, stride, padding, dilation, ceil_mode)[0]


def max_pool1d_with_indices(
    x: Array,
    kernel_size: Ints,
    stride: Ints | None = None,
    padding: Ints = 0,
    dilation: Ints = 1,
    ceil_mode: bool = False,
) -> tuple[Array, Array]:
    """`max_pool1d`, and where each maximum stands: torch's `return_indices`.

    indices[n,c,l] = the first place u of window l with x[n,c,u] = y[n,c,l] (of NaN the last)

    Shapes: x (N, C, L) -> two arrays (N, C, L_out).
    Raises: ValueError, TypeError as `max_pool2d` does.
    Source: D0.4.

    >>> max_pool1d_with_indices(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)[1]
    array([[[1, 2]]])
    """
    return _with_indices(
        "max_pool1d_with_indices", 1, x, kernel_size, stride, padding, dilation, ceil_mode
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
        "max_pool1d_backward", 1, dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
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
    Source: D0.4, D0.7, D1.17, D3.6, D4.4, D4.15.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> max_pool2d(x[None, None], 2)[0, 0]
    array([[6., 8.],
           [3., 4.]])
    """
    return _max_pool("max_pool2d", 2, x, kernel_size, stride, padding, dilation, ceil_mode)[0]


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
        "max_pool2d_with_indices", 2, x, kernel_size, stride, padding, dilation, ceil_mode
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
    Source: D0.11, D0.17, D1.23 (corrected), D2.28, D3.10, D4.6.

    >>> x = np.array([[[[1.0, 3.0], [3.0, 0.0]]]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2)[0, 0]
    array([[0., 5.],
           [0., 0.]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2, ties="all")[0, 0]
    array([[0., 5.],
           [5., 0.]])
    """
    return _max_pool_backward(
        "max_pool2d_backward", 2, dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
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
    return _max_pool("max_pool3d", 3, x, kernel_size, stride, padding, dilation, ceil_mode)[0]


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
        "max_pool3d_with_indices", 3, x, kernel_size, stride, padding, dilation, ceil_mode
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
        "max_pool3d_backward", 3, dy, x, kernel_size, stride, padding, dilation, ceil_mode, ties
    )


def _max_pool(
    where: str,
    n: int,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> tuple[Array, Array, PoolGeometry]:
    """The maxima, the offset in its window that each one stands at (row-major), the sizes."""
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, dilation, ceil_mode)
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
    n: int,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> tuple[Array, Array]:
    best, winner, geometry = _max_pool(
        where, n, x, kernel_size, stride, padding, dilation, ceil_mode
    )
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
    n: int,
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
    best, winner, geometry = _max_pool(
        where, n, x, kernel_size, stride, padding, dilation, ceil_mode
    )
    check_gradient(where, dy, best.shape)
    dx = zeros(x.shape, like=dy)
    zero = zeros((), like=dy)
    for number, outputs, inputs in _offsets(geometry):
        is_maximum = winner[outputs] == number if ties == "first" else x[inputs] == best[outputs]
        dx[inputs] += np.where(is_maximum, dy[outputs], zero)
    return dx


def _offsets(
    geometry: PoolGeometry,
) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """Each offset in the window, row-major: its number, the outputs it serves, its inputs."""
    every = (slice(None), slice(None))
    for number, pairs in enumerate(product(*pool_meetings(geometry))):
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
