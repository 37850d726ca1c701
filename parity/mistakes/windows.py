"""The windows of poolings: the pieces that mistakes in them are made of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from refimpl.elements import zeros
from refimpl.shapes import PoolGeometry, pool_geometry
from refimpl.windows import pool_meetings


def geometry_of(
    x: Array,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    **other: Any,
) -> PoolGeometry:
    """The sizes of a pooling."""
    n = x.ndim - 2
    return pool_geometry("mistake", n, x, kernel_size, stride, padding, dilation, ceil_mode)


def places(g: PoolGeometry) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """For each place of a window, row by row: the outputs it serves, the inputs it reads."""
    every = (slice(None), slice(None))
    for pairs in product(*pool_meetings(g)):
        outputs, inputs = zip(*pairs, strict=True)
        yield every + outputs, every + inputs


def copied(dy: Array, x: Array, g: PoolGeometry) -> Array:
    """dy at every place of its window, added up."""
    dx = zeros(x.shape, like=dy)
    for outputs, inputs in places(g):
        dx[inputs] += dy[outputs]
    return dx


def overwritten(
    dy: Array,
    x: Array,
    g: PoolGeometry,
    shares: Sequence[Array] | None = None,
    first: bool = False,
) -> Array:
    """dy at every place of its window; of several windows the last one stands, or the first.

    shares: what dy is multiplied by at each place of a window, row by row.
    """
    dx = zeros(x.shape, like=dy)
    every = list(enumerate(places(g)))
    for number, (outputs, inputs) in every if first else reversed(every):
        share = dy[outputs] if shares is None else dy[outputs] * shares[number]
        dx[inputs] = share  # the last window reads the first place, and is written last
    return dx


def window_size(g: PoolGeometry, like: Array) -> Array:
    """The number of places of a window, as an element."""
    return np.asarray(prod(g.kernel), like.dtype)
