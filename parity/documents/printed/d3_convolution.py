"""D3's formulas as printed: the convolution layer, its stride and its padding (§1)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np

from parity.documents.printed.notation import Array, at, build, total


def filter_depths(input_depth: int) -> list[int]:
    """D3.1: a filter is as deep as what it reads; 6 filters, then 10 on what those give."""
    six, depth_of_six = 6, input_depth
    ten, depth_of_ten = 10, six
    return [depth_of_six, depth_of_ten, ten]  # the last is the depth of the result


def inner_products(x: Array, filters: Array, b: Array, stride: int) -> Array:
    """D3.2: every number is an inner product, Wx + b, of the filter with the part under it.

    x (depth, h, w), filters (number, depth, h, w), b (number,).
    """
    number, depth, F, V = filters.shape

    def under(i: int, j: int) -> list[object]:
        rows, columns = range(F), range(V)
        return [
            x[d, stride * (i - 1) + u, stride * (j - 1) + v]
            for d in range(depth)
            for u in rows
            for v in columns
        ]

    def one(f: int, i: int, j: int) -> object:
        W = list(filters[f - 1].ravel())
        return total(a * c for a, c in zip(W, under(i, j), strict=True)) + b[f - 1]

    down, across = (x.shape[1] - F) // stride + 1, (x.shape[2] - V) // stride + 1
    return build((number, down, across), one)


# --- stride -------------------------------------------------------------------------------


def windows(size: int, F: int, stride: int) -> Iterator[range]:
    """The pixels under the filter, place after place along one axis."""
    start = 0
    while start + F <= size:
        yield range(start, start + F)
        start += stride


def outputs(size: int, F: int, stride: int) -> int:
    """D3.3: how many numbers the filter gives on a square: how rich, and how much work."""
    return len(list(windows(size, F, stride))) ** 2


def wasted(size: int, F: int, stride: int) -> int:
    """D3.3: how many pixels of a square no place of the filter reads."""
    read = {i for window in windows(size, F, stride) for i in window}
    return size**2 - len(read) ** 2


# What D3.3 says of a 7×7 input: whether pixels are wasted, by the stride.
WASTES = {1: False, 2: False, 3: True}

# --- pad ----------------------------------------------------------------------------------


def padded(x: Array, pad: int) -> Array:
    """D3.4: pad rings of zeros around the input."""
    h, w = x.shape
    return build((h + 2 * pad, w + 2 * pad), lambda i, j: at(x, i - pad, j - pad))


AT_MOST = 1  # D3.4: how often a pixel on the edge is used without padding


def weight_gradient_without_zeros(
    dout: Array, x: Array, shape: tuple[int, ...], pad: int, stride: int
) -> Array:
    """D3.11: 0 times anything is 0, so nothing is learnt from the added zeros: dw without them."""
    (_, _, H, V) = x.shape
    dw = np.full(shape, 0, dtype=object)
    for n, f, i, j in np.ndindex(*dout.shape):
        for c, s, t in np.ndindex(*shape[1:]):
            u, v = stride * i + s - pad, stride * j + t - pad
            if 0 <= u < H and 0 <= v < V:
                dw[f, c, s, t] += dout[n, f, i, j] * x[n, c, u, v]
    return dw


def output_size(hi: int, filter_size: int, pad: int, stride: int) -> Fraction:
    """D3.5: ho = (hi + 2·pad − filter size)/stride + 1, and wo from wi likewise."""
    return Fraction(hi + 2 * pad - filter_size, stride) + 1


def said_of_sizes(hi: int, wi: int) -> dict[str, tuple[int, int]]:
    """D3.13: "hi, wi: input; ho, wo: input"."""
    return {"hi, wi": (hi, wi), "ho, wo": (hi, wi)}


# --- layout -------------------------------------------------------------------------------


def layer(x: Array, w: Array, b: Array) -> Array:
    """D3.7: Wx + b for every image n, filter f and place, of x[n, c, h, w] and w[f, c, h, w]."""
    (N, C, H, V), (F, _, h, v) = x.shape, w.shape
    return build(
        (N, F, H - h + 1, V - v + 1),
        lambda n, f, i, j: (
            total(
                x[n - 1, c, i - 1 + s, j - 1 + t] * w[f - 1, c, s, t]
                for c in range(C)
                for s in range(h)
                for t in range(v)
            )
            + b[f - 1]
        ),
    )


def shared_weights(w: Array, places: int) -> list[Array]:
    """D3.12: the weights that act at each place: everywhere the same."""
    return [w] * places
