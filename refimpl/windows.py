"""The windows of an array as a view, its adjoint, and where windows meet the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from refimpl.elements import Array, zeros
from refimpl.shapes import Pair, PoolGeometry

BLOCK_BYTES = 2 << 20  # made at a time: more of them leave the caches, fewer starve the BLAS
BUFFER = 1024  # elements, for arithmetic on short rows; NumPy's own are 8192


def pad(x: Array, padding: Sequence[Pair]) -> Array:
    """x with zeros (before, after) each of its last axes; x itself where there are none.

    Shapes: x (…, *S), one pair for each axis of S -> (…, *(before + n + after)).
    Source: D0.3, D3.4.

    >>> pad(np.array([[1.0, 2.0]]), [(1, 2)])
    array([[0., 1., 2., 0., 0.]])
    """
    if not any(map(any, padding)):
        return x
    lead = x.ndim - len(padding)
    sizes = (b + n + a for n, (b, a) in zip(x.shape[lead:], padding, strict=True))
    padded = zeros((*x.shape[:lead], *sizes), like=x)
    crop(padded, padding)[...] = x
    return padded


def crop(padded: Array, padding: Sequence[Pair]) -> Array:
    """The inverse of `pad`, as a view: what lies inside the padding.

    Shapes: padded (…, *(before + n + after)) -> (…, *S).

    >>> crop(np.array([[0.0, 1.0, 2.0, 0.0, 0.0]]), [(1, 2)])
    array([[1., 2.]])
    """
    sizes = padded.shape[padded.ndim - len(padding) :]
    inside = (slice(b, n - a) for n, (b, a) in zip(sizes, padding, strict=True))
    index: Any = (..., *inside)
    interior: Array = padded[index]
    return interior


def windows(
    x: Array, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int]
) -> Array:
    """View of every window: out[n, c, i…, h…] = x[n, c, h·stride + i·dilation, …].

    Shapes: x (N, C, *S) -> (N, C, *K, *S_out); no element is copied.
    Source: D0.1, D3.2.

    >>> windows(np.arange(4.0).reshape(1, 1, 4), (2,), (1,), (1,))[0, 0]
    array([[0., 1., 2.],
           [1., 2., 3.]])
    """
    sizes, steps = x.shape[2:], x.strides[2:]
    counts = (
        (n - d * (k - 1) - 1) // s + 1
        for n, k, s, d in zip(sizes, kernel, stride, dilation, strict=True)
    )
    return np.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:2], *kernel, *counts),
        (
            *x.strides[:2],
            *(step * d for step, d in zip(steps, dilation, strict=True)),
            *(step * s for step, s in zip(steps, stride, strict=True)),
        ),
        writeable=False,
    )


@contextmanager
def short_rows() -> Iterator[None]:
    """For arithmetic on views whose rows are short: a smaller buffer of NumPy's.

    NumPy copies rows into its buffer, as many as it holds, where one row does not fill it half;
    the copies take longer than the sums. What comes out is the same.

    >>> with short_rows():
    ...     np.getbufsize()
    1024
    """
    before = np.setbufsize(BUFFER)
    try:
        yield
    finally:
        np.setbufsize(before)


def add_windows(into: Array, parts: Array, stride: Sequence[int], dilation: Sequence[int]) -> None:
    """Adjoint of `windows`: into[n, c, h·stride + i·dilation, …] += parts[n, c, i…, h…].

    Places that several windows share collect the sum of their parts.

    Shapes: into (N, C, *S), parts (N, C, *K, *S_out).
    Source: D0.12, D2.25.

    >>> into = np.zeros((1, 1, 4))
    >>> add_windows(into, np.array([[[[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]]]), (1,), (1,))
    >>> into[0, 0]
    array([ 1., 12., 23., 30.])
    """
    n = len(stride)
    with short_rows():
        for axis, s, d in zip(range(n), stride, dilation, strict=True):  # a sum of sums, by axes
            # parts: (N, C, K from `axis` on, finished axes of S, S_out from `axis` on)
            if axis < n - 1:
                shape = (*parts.shape[:2], *parts.shape[3:])
                sums = zeros((*shape[: n + 1], into.shape[2 + axis], *shape[n + 2 :]), like=into)
            else:
                sums = into
            for i in range(parts.shape[2]):
                places = slice(i * d, i * d + s * (parts.shape[n + 2] - 1) + 1, s)
                there = sums[(slice(None),) * (n + 1) + (places,)]
                there += parts[:, :, i]
            parts = sums


def blocks(
    batch: int, rows: int, row_bytes: int, read_bytes: int = 0
) -> Iterator[tuple[slice, slice]]:
    """Slices (samples, rows) of about `BLOCK_BYTES` each that together cover batch × rows.

    rows: at least 1. read_bytes: what each block is multiplied by, read anew for each; where that
    is more than a block, blocks are twice as large.

    >>> list(blocks(3, 4, BLOCK_BYTES // 8))
    [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
    """
    block_bytes = BLOCK_BYTES if read_bytes <= BLOCK_BYTES else 2 * BLOCK_BYTES
    fitting_rows = max(1, block_bytes // max(1, row_bytes))
    samples_step = max(1, fitting_rows // rows)
    rows_step = min(rows, fitting_rows)
    for n in range(0, batch, samples_step):
        for r in range(0, rows, rows_step):
            yield slice(n, min(n + samples_step, batch)), slice(r, min(r + rows_step, rows))


def map_blocks(x: Array, *others: Array) -> Iterator[tuple[Array, ...]]:
    """Views of the arrays as maps, some of them at a time: `BLOCK_BYTES` of x, as `blocks` has it.

    Shapes: (N, C, *S) each, with an S of its own -> (maps, *S); a copy where an array's elements
    don't lie in order.

    >>> [maps.shape for (maps,) in map_blocks(np.zeros((2, 3, 4)))]
    [(6, 4)]
    """
    maps = [a.reshape(prod(a.shape[:2]), *a.shape[2:]) for a in (x, *others)]
    for some, _ in blocks(len(maps[0]), 1, x.itemsize * prod(x.shape[2:])):
        yield tuple(a[some] for a in maps)


def add_at(gradient: Array, at: Array, upstream: Array) -> None:
    """gradient += upstream at these places of each map; windows may share a maximum.

    Shapes: gradient (maps, *S), at and upstream (maps, *S_out).
    """
    size = prod(gradient.shape[1:])
    places = at.reshape(len(at), -1) + np.arange(0, gradient.size, size)[:, None]
    np.add.at(gradient.reshape(-1), places.reshape(-1), upstream.reshape(-1))


def meetings(size: int, output: int, k: int, s: int, p: int, d: int) -> list[tuple[slice, slice]]:
    """For each offset of a window along one axis: the outputs it serves, the inputs it reads.

    Offset i of window o reads place o·s − p + i·d; the slices leave out the places that lie
    in the padding, so that padding needs no value.

    >>> meetings(size=4, output=2, k=3, s=2, p=1, d=1)[0]
    (slice(1, 2, None), slice(1, 2, 2))
    """
    pairs = []
    for i in range(k):
        shift = i * d - p
        first = max(0, -(shift // s))  # smallest o with o·s + shift ≥ 0
        last = min(output - 1, (size - 1 - shift) // s)
        count = max(0, last - first + 1)
        start = first * s + shift
        stop = start + (count - 1) * s + 1 if count else 0
        pairs.append((slice(first, first + count), slice(start, stop, s)))
    return pairs


def pool_meetings(geometry: PoolGeometry) -> list[list[tuple[slice, slice]]]:
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


def row_major(places: Sequence[Array], sizes: Sequence[int]) -> Array:
    """The number of every combination of places along axes of these sizes; outside of them, too.

    >>> row_major([np.array([0, 2]), np.array([1, 3])], (3, 4))
    array([[ 1,  3],
           [ 9, 11]])
    """
    numbers, *others = places
    for along, size in zip(others, sizes[1:], strict=True):
        numbers = numbers[..., None] * size + along
    return numbers
