"""The windows of an array as a view, its adjoint, and where windows meet the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from refimpl.elements import Array, zeros
from refimpl.shapes import Pair, PoolGeometry

BLOCK_BYTES = 1 << 20  # patches made at a time: about half of a second-level cache


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
    axes = len(stride)
    kernel, counts = parts.shape[2 : 2 + axes], parts.shape[2 + axes :]
    for offset in np.ndindex(*kernel):
        places = (
            slice(i * d, i * d + s * (n - 1) + 1, s)
            for i, d, s, n in zip(offset, dilation, stride, counts, strict=True)
        )
        target: Any = (..., *places)
        into[target] += parts[:, :, *offset]


def blocks(batch: int, rows: int, row_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Slices (samples, rows) of about `BLOCK_BYTES` each that together cover batch × rows.

    rows: at least 1.

    >>> list(blocks(3, 4, BLOCK_BYTES // 8))
    [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
    """
    fitting_rows = max(1, BLOCK_BYTES // max(1, row_bytes))
    samples_step = max(1, fitting_rows // rows)
    rows_step = min(rows, fitting_rows)
    for n in range(0, batch, samples_step):
        for r in range(0, rows, rows_step):
            yield slice(n, min(n + samples_step, batch)), slice(r, min(r + rows_step, rows))


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
