"""Maximum pooling over one, two and three spatial axes.

A running maximum over the offsets in the window; of few windows with many places, one window after
another. No window reads padding: `pool_meetings` leaves those places out, so a maximum needs no −∞
and runs on any element type.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np

from refimpl.checks import (
    AXES,
    Ints,
    check_arrays,
    check_choice,
    check_gradient,
    check_indices,
)
from refimpl.elements import Array, zeros
from refimpl.shapes import PoolGeometry, check_window_holds_input, pool_geometry
from refimpl.unlike_torch import unlike_torch
from refimpl.window_maxima import Spans, maxima_in
from refimpl.windows import add_at, map_blocks, pool_meetings, row_major


@unlike_torch(return_indices="call max_pool1d_with_indices")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> max_pool1d(np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[3., 2.]]])
    """
    return _max_pool("max_pool1d", 1, x, kernel_size, stride, padding, dilation, ceil_mode)


@unlike_torch(return_indices="they are always returned")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

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
    indices: Array | None = None,
) -> Array:
    """Gradient of a loss L through `max_pool1d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u] = Σ_l dy[n,c,l] over the windows l whose maximum is at u

    Shapes: dy (N, C, L_out), x (N, C, L) -> (N, C, L). ties, indices: as in
    `max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.11, D2.28, D3.10.
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> max_pool1d_backward(np.array([[[5.0, 7.0]]]), np.array([[[1.0, 3.0, 2.0, 0.0]]]), 2)
    array([[[0., 5., 7., 0.]]])
    """
    return _max_pool_backward(
        "max_pool1d_backward",
        1,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        ties,
        indices,
    )


@unlike_torch(return_indices="call max_pool2d_with_indices")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> x = np.array([[1.0, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]])
    >>> max_pool2d(x[None, None], 2)[0, 0]
    array([[6., 8.],
           [3., 4.]])
    """
    return _max_pool("max_pool2d", 2, x, kernel_size, stride, padding, dilation, ceil_mode)


@unlike_torch(return_indices="they are always returned")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

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
    indices: Array | None = None,
) -> Array:
    """Gradient of a loss L through `max_pool2d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,u,v] = Σ_hw dy[n,c,h,w] over the windows (h, w) whose maximum is at (u, v)

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    ties: "first" gives a window's dy to its first maximum (torch; the last NaN where there are
    some), "all" to every element that equals the maximum (D2.28 as printed), "split" an equal share
    of it to each of these (the subgradient of torch.amax, and JAX's of max); where the maximum is
    NaN, nothing equals it.
    indices: what `max_pool2d_with_indices` gave for this x; dy is then added at these places, and
    no maximum is looked for again.
    Raises: ValueError if the sizes disagree, for example dy from another stride, or if indices
    are not places of x.
    Source: D0.11, D0.17, D1.23 (corrected), D2.28, D3.10, D4.6.
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> x = np.array([[[[1.0, 3.0], [3.0, 0.0]]]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2)[0, 0]
    array([[0., 5.],
           [0., 0.]])
    >>> _, indices = max_pool2d_with_indices(x, 2)
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2, indices=indices)[0, 0]
    array([[0., 5.],
           [0., 0.]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2, ties="all")[0, 0]
    array([[0., 5.],
           [5., 0.]])
    >>> max_pool2d_backward(np.array([[[[5.0]]]]), x, 2, ties="split")[0, 0]
    array([[0. , 2.5],
           [2.5, 0. ]])
    """
    return _max_pool_backward(
        "max_pool2d_backward",
        2,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        ties,
        indices,
    )


@unlike_torch(return_indices="call max_pool3d_with_indices")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> max_pool3d(np.arange(8.0).reshape(1, 1, 2, 2, 2), 2)
    array([[[[[7.]]]]])
    """
    return _max_pool("max_pool3d", 3, x, kernel_size, stride, padding, dilation, ceil_mode)


@unlike_torch(return_indices="they are always returned")
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
    Plain: parity/witnesses/definitions/max_pooling.py.

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
    indices: Array | None = None,
) -> Array:
    """Gradient of a loss L through `max_pool3d`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,t,u,v] = Σ_zhw dy[n,c,z,h,w] over the windows whose maximum is at (t, u, v)

    Shapes: dy (N, C, D_out, H_out, W_out), x (N, C, D, H, W) -> the shape of x.
    ties, indices: as in `max_pool2d_backward`.
    Raises: ValueError if the sizes disagree, for example dy from another stride.
    Source: D0.5, D0.11.
    Plain: parity/witnesses/definitions/max_pooling.py.

    >>> x = np.arange(8.0).reshape(1, 1, 2, 2, 2)
    >>> max_pool3d_backward(np.full((1, 1, 1, 1, 1), 5.0), x, 2)[0, 0, 1]
    array([[0., 0.],
           [0., 5.]])
    """
    return _max_pool_backward(
        "max_pool3d_backward",
        3,
        dy,
        x,
        kernel_size,
        stride,
        padding,
        dilation,
        ceil_mode,
        ties,
        indices,
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
) -> Array:
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, dilation, ceil_mode)
    first = _first_inside(where, geometry)
    y = np.empty((*x.shape[:2], *geometry.output), x.dtype)
    spans = _spans(geometry, first)
    for maps, best in map_blocks(x, y):
        if spans:
            best[...], _ = maxima_in(maps, spans)
            continue
        best[...] = _read(maps, first, geometry)
        columns = _columns(maps, geometry)
        for _, outputs, inputs in _offsets(geometry):
            _keep_larger(best[outputs], _part(columns, inputs))
    return y


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
    (x,) = check_arrays(where, x=x)
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, dilation, ceil_mode)
    first = _first_inside(where, geometry)
    y = np.empty((*x.shape[:2], *geometry.output), x.dtype)
    indices = np.empty(y.shape, np.intp)
    for maps, best, places in map_blocks(x, y, indices):
        best[...], places[...] = _maxima(maps, geometry, first)
    return y, indices


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
    indices: Array | None,
) -> Array:
    dy, x = check_arrays(where, dy=dy, x=x)
    check_choice(where, "ties", ties, ("first", "all", "split"))
    geometry = pool_geometry(where, n, x, kernel_size, stride, padding, dilation, ceil_mode)
    first = _first_inside(where, geometry)
    check_gradient(where, dy, (*x.shape[:2], *geometry.output), channels=True)
    dx = zeros(x.shape, like=dy)
    if indices is not None:
        places = check_indices(where, indices, ties, dy.shape, prod(geometry.sizes))
        for gradient, at, upstream in map_blocks(dx, places, dy):
            add_at(gradient, at, upstream)
        return dx
    for maps, upstream, gradient in map_blocks(x, dy, dx):
        best, at = _maxima(maps, geometry, first)
        if ties == "first":
            add_at(gradient, at, upstream)
        else:
            if ties == "split":
                upstream = np.asarray(upstream / _tied(maps, best, geometry).astype(dy.dtype))
            for _, outputs, inputs in _offsets(geometry):
                is_maximum = maps[inputs] == best[outputs]
                gradient[inputs] += np.where(is_maximum, upstream[outputs], zeros((), like=dy))
    return dx


def _tied(maps: Array, best: Array, geometry: PoolGeometry) -> Array:
    """How many elements of each window equal its maximum; 1 where that is NaN."""
    count = np.zeros(best.shape, np.intp)
    for _, outputs, inputs in _offsets(geometry):
        count[outputs] += np.asarray(maps[inputs] == best[outputs], bool)
    return np.maximum(count, 1)


def _maxima(maps: Array, geometry: PoolGeometry, first: Sequence[Array]) -> tuple[Array, Array]:
    """Each window's maximum, and its place in the map as one row-major number."""
    if spans := _spans(geometry, first):
        return maxima_in(maps, spans)
    best = _read(maps, first, geometry)
    winner = np.empty(best.shape, np.min_scalar_type(prod(geometry.kernel)))
    winner[...] = row_major(first, geometry.kernel)
    columns = _columns(maps, geometry)
    for number, outputs, inputs in _offsets(geometry):
        part, leader = _part(columns, inputs), best[outputs]
        won = (part > leader) * winner.dtype.type(number)  # number grows from offset to offset
        np.maximum(winner[outputs], won, out=winner[outputs])
        _keep_larger(leader, part)
    if (best != best).any():  # no NaN is greater; of several the last one wins, as in torch
        for number, outputs, inputs in _offsets(geometry):
            winner[outputs][maps[inputs] != maps[inputs]] = number
    offsets = [np.arange(k) * d for k, d in zip(geometry.kernel, geometry.dilation, strict=True)]
    places = row_major(offsets, geometry.sizes).take(winner)
    places += row_major(_starts(geometry), geometry.sizes)
    return best, places


def _spans(geometry: PoolGeometry, first: Sequence[Array]) -> Spans:
    """For each axis, what each window reads of it; nothing where windows are many or small."""
    if 2 * prod(geometry.output) > prod(geometry.kernel):
        return []
    axes = zip(_starts(geometry), first, geometry.kernel, geometry.dilation, strict=True)
    return [
        [slice(s + i * d, s + (k - 1) * d + 1, d) for s, i in zip(starts, offsets, strict=True)]
        for starts, offsets, k, d in axes
    ]


def _keep_larger(best: Array, part: Array) -> None:
    """best = max(best, part) in place; NaN wins, also among objects, where np.maximum drops it."""
    np.maximum(part, best, out=best)
    if best.dtype == object:
        np.copyto(best, part, where=part != part)


def _offsets(
    geometry: PoolGeometry,
) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """Each offset in the window, row-major: its number, the outputs it serves, its inputs."""
    every = (slice(None),)
    for number, pairs in enumerate(product(*pool_meetings(geometry))):
        outputs, inputs = zip(*pairs, strict=True)
        yield number, every + outputs, every + inputs


def _columns(maps: Array, geometry: PoolGeometry) -> dict[int, Array]:
    """The last axis dealt out by stride, by first place: what an offset reads lies side by side.

    Each element is read K times; what lies side by side is read several times as fast.
    """
    stride = geometry.stride[-1]
    firsts = {inputs.start % stride for _, inputs in pool_meetings(geometry)[-1]}
    return {first: np.ascontiguousarray(maps[..., first::stride]) for first in firsts}


def _part(columns: Mapping[int, Array], inputs: tuple[slice, ...]) -> Array:
    """maps[inputs], from `_columns` of the maps."""
    *others, last = inputs
    number, first = divmod(last.start, last.step)
    count = len(range(last.start, last.stop, last.step))
    part: Array = columns[first][*others, number : number + count]
    return part


def _starts(geometry: PoolGeometry) -> list[Array]:
    """For each axis, where each window starts; in the padding that is before 0."""
    return [
        np.arange(n) * s - p
        for n, s, p in zip(geometry.output, geometry.stride, geometry.padding, strict=True)
    ]


def _first_inside(where: str, geometry: PoolGeometry) -> list[Array]:
    """For each axis, the first offset of each window that lies inside x."""
    axes = AXES[len(geometry.sizes)]
    first = []
    for axis, size, start, d in zip(
        axes, geometry.sizes, _starts(geometry), geometry.dilation, strict=True
    ):
        offset = np.maximum(0, -(start // d))  # smallest i with start + i·d ≥ 0
        inside = start + offset * d < size
        check_window_holds_input(where, axis, int(np.argmin(inside)), bool(inside.all()))
        first.append(offset)
    return first


def _read(maps: Array, offsets: Sequence[Array], geometry: PoolGeometry) -> Array:
    """What each window reads at its offset along each axis."""
    for axis, (start, offset, d) in enumerate(
        zip(_starts(geometry), offsets, geometry.dilation, strict=True), start=1
    ):
        maps = maps.take(start + offset * d, axis)
    return maps
