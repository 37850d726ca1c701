"""Mistakes in down- and upsampling."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from parity.mistakes.windows import copied, geometry_of
from refimpl import avg_pool2d, max_pool2d, max_pool2d_backward, upsample
from refimpl.shapes import PoolGeometry

slightly_too_large("downsample")


def edged(x: Array, size: Any, edge: str) -> PoolGeometry:
    """The windows of a downsampling; at the edge they hang over the input."""
    return geometry_of(x, size, ceil_mode=edge == "zero_pad")


@mistake(
    "downsample",
    "a window at the edge takes what is left of the image, without the zeros",
    "padding with zeros is torch's ceil_mode",
    "D1.18",
)
def downsample_zeros_left_out(
    x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    pool: Callable[..., Array] = max_pool2d if how == "max" else avg_pool2d
    return pool(x, size, ceil_mode=edge == "zero_pad")


@mistake(
    "downsample",
    "takes one pixel of each window, its first",
    "to downsample is to leave pixels out",
    "D1.17",
    "D1.18",
)
def downsample_first_pixel(x: Array, size: Any, how: str = "max", edge: str = "zero_pad") -> Array:
    g = edged(x, size, edge)
    (rows, columns), (H_out, W_out) = g.kernel, g.output
    return x[:, :, ::rows, ::columns][:, :, :H_out, :W_out]


@mistake(
    "upsample",
    "all places of a window get dy, for the maximum, too",
    "to upsample is to copy, as D1 words it",
    "D1.23",
)
def upsample_copies(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "max":
        return copied(dy, x, edged(x, size, edge))
    return upsample(dy, x, size, how, edge)


@mistake(
    "upsample",
    "of a mean, all places of a window get all of dy",
    "to upsample is to copy",
    "D0.11",
    "D1.23",
    "D4.6",
)
def upsample_mean_not_divided(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "mean":
        return copied(dy, x, edged(x, size, edge))
    return upsample(dy, x, size, how, edge)


@mistake(
    "upsample",
    "at the edge the largest pixel gets dy, even where a zero of the padding was the maximum",
    "the zeros are only there to fill the window",
    "D1.18",
    "D1.23",
)
def upsample_zeros_left_out(
    dy: Array, x: Array, size: Any, how: str = "max", edge: str = "zero_pad"
) -> Array:
    if how == "max":
        return max_pool2d_backward(dy, x, size, ceil_mode=edge == "zero_pad")
    return upsample(dy, x, size, how, edge)
