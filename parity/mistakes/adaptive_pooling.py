"""Mistakes in adaptive pooling and in the pooling of whole maps, along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.mistakes.mistake import add_relatives, mistake
from parity.mistakes.slips import last_row_left_out, slightly_too_large
from refimpl.elements import zeros
from refimpl.shapes import adaptive_output

Windows = list[tuple[Any, Any]]  # of each: the place of its output, the places of x

# --- the pieces that the mistakes are made of ---------------------------------------------


def right(size: int, count: int, i: int) -> tuple[int, int]:
    """Where window i of an axis begins, and where it ends."""
    return i * size // count, -((i + 1) * size // -count)


def one_size(size: int, count: int, i: int) -> tuple[int, int]:
    """Every window as wide as the widest need be, as far as there is room."""
    start = i * size // count
    return start, min(size, start - size // -count)


def start_rounded_up(size: int, count: int, i: int) -> tuple[int, int]:
    """A window begins behind what it has in common with the one before."""
    _, stop = right(size, count, i)
    return min(stop - 1, -(i * size // -count)), stop


def stop_rounded_down(size: int, count: int, i: int) -> tuple[int, int]:
    """A window ends before what it has in common with the next."""
    start, _ = right(size, count, i)
    return start, max(start + 1, (i + 1) * size // count)


def without_rest(size: int, count: int, i: int) -> tuple[int, int]:
    """⌊H/H_out⌋ wide, side by side; what is left over at the end is not read."""
    width = max(1, size // count)
    start = min(i * width, size - width)
    return start, start + width


def windows_of(
    x: Array, output_size: Any, span: Callable[[int, int, int], tuple[int, int]] = right
) -> tuple[tuple[int, ...], Windows]:
    """The spatial sizes of the output, and all windows, by a rule for an axis."""
    output = adaptive_output("mistake", x.ndim - 2, x, output_size)
    every = [
        [slice(*span(size, count, i)) for i in range(count)]
        for size, count in zip(x.shape[2:], output, strict=True)
    ]
    found = [
        (h, tuple(spans[i] for spans, i in zip(every, h, strict=True)))
        for h in product(*map(range, output))
    ]
    return output, found


def inside(x: Array, window: Any) -> Array:
    """The places of a window in one row: (N, C, K)."""
    part = x[:, :, *window]
    return part.reshape(*x.shape[:2], prod(part.shape[2:]))


def size_of(window: Any) -> int:
    """How many places a window has."""
    return prod(places.stop - places.start for places in window)


def widest(x: Array, output: tuple[int, ...]) -> int:
    """⌈H/H_out⌉·⌈W/W_out⌉"""
    return prod(-(size // -count) for size, count in zip(x.shape[2:], output, strict=True))


def sums(x: Array, output_size: Any, span: Any = right, divided: str = "") -> Array:
    """The sum of each window; divided: by its own size, by that of the widest, by one side."""
    output, found = windows_of(x, output_size, span)
    y = zeros((*x.shape[:2], *output), like=x)
    for h, window in found:
        by = {"own": size_of(window), "widest": widest(x, output), "": 1}[divided]
        y[:, :, *h] = inside(x, window).sum(axis=-1) / np.asarray(by, x.dtype)
    return y


def maxima(x: Array, output_size: Any, span: Any) -> Array:
    """The maximum of each window."""
    output, found = windows_of(x, output_size, span)
    y = zeros((*x.shape[:2], *output), like=x)
    for h, window in found:
        y[:, :, *h] = inside(x, window).max(axis=-1)
    return y


def spread(dy: Array, x: Array, output_size: Any, span: Any = right, divided: str = "own") -> Array:
    """dy of each window at all of its places, divided as `sums` divides."""
    output, found = windows_of(x, output_size, span)
    dx = zeros(x.shape, like=dy)
    for h, window in found:
        by = {"own": size_of(window), "widest": widest(x, output), "": 1}[divided]
        dx[:, :, *window] += (dy[:, :, *h] / np.asarray(by, dy.dtype)).reshape(
            *x.shape[:2], *(1,) * len(h)
        )
    return dx


def of_maxima(dy: Array, x: Array, output_size: Any) -> Iterator[tuple[Any, Array, Array]]:
    """Of each window: its places, where x is as large as its maximum, and dy there."""
    _, found = windows_of(x, output_size)
    for h, window in found:
        part, ones = x[:, :, *window], (1,) * len(h)
        best = inside(x, window).max(axis=-1).reshape(*x.shape[:2], *ones)
        yield window, part == best, dy[:, :, *h].reshape(*x.shape[:2], *ones)


def to_each(dy: Array, x: Array, output_size: Any) -> Array:
    """dy to each maximum of a window."""
    dx, zero = zeros(x.shape, like=dy), zeros((), like=dy)
    for window, is_best, upstream in of_maxima(dy, x, output_size):
        dx[:, :, *window] += np.where(is_best, upstream, zero)
    return dx


def shared(dy: Array, x: Array, output_size: Any) -> Array:
    """dy in equal parts to the maxima of a window."""
    dx, zero = zeros(x.shape, like=dy), zeros((), like=dy)
    spatial = tuple(range(2, x.ndim))
    for window, is_best, upstream in of_maxima(dy, x, output_size):
        count = np.maximum(is_best.sum(axis=spatial, keepdims=True), 1).astype(dy.dtype)
        dx[:, :, *window] += np.where(is_best, upstream / count, zero)
    return dx


def to_last(dy: Array, x: Array, output_size: Any) -> Array:
    """dy to the last maximum of a window."""
    every = (slice(None), slice(None), *(slice(None, None, -1),) * (x.ndim - 2))
    backward: Any = getattr(refimpl, f"adaptive_max_pool{x.ndim - 2}d_backward")
    # Of maps that are turned the windows are turned, too, and their first maxima the last ones.
    turned: Array = backward(dy[every], x[every], output_size)
    return turned[every]


# --- mistaken windows ---------------------------------------------------------------------


@mistake(
    "adaptive_avg_pool2d",
    "every window is ⌈H/H_out⌉ wide",
    "all windows have one size",
)
def adaptive_windows_of_one_size(x: Array, output_size: Any) -> Array:
    return sums(x, output_size, one_size, divided="own")


@mistake(
    "adaptive_avg_pool2d",
    "every window is divided by ⌈H/H_out⌉·⌈W/W_out⌉",
    "all windows have one size",
)
def adaptive_divided_by_one_size(x: Array, output_size: Any) -> Array:
    return sums(x, output_size, divided="widest")


@mistake(
    "adaptive_avg_pool2d",
    "the start of a window is rounded up",
    "no place lies in two windows",
)
def adaptive_start_rounded_up(x: Array, output_size: Any) -> Array:
    return sums(x, output_size, start_rounded_up, divided="own")


@mistake(
    "adaptive_avg_pool2d",
    "the end of a window is rounded down",
    "whole numbers are divided without a rest",
)
def adaptive_end_rounded_down(x: Array, output_size: Any) -> Array:
    return sums(x, output_size, stop_rounded_down, divided="own")


@mistake(
    "adaptive_avg_pool2d",
    "windows of ⌊H/H_out⌋ side by side, what is left over is not read",
    "it is a pooling whose window and stride are H // H_out",
)
def adaptive_rest_left_out(x: Array, output_size: Any) -> Array:
    return sums(x, output_size, without_rest, divided="own")


@mistake("adaptive_avg_pool2d", "the sum of a window, not divided", "pooling adds up")
def adaptive_not_divided(x: Array, output_size: Any) -> Array:
    return sums(x, output_size)


@mistake(
    "adaptive_max_pool2d",
    "every window of the maximum is ⌈H/H_out⌉ wide",
    "all windows have one size",
)
def adaptive_maxima_of_one_size(x: Array, output_size: Any) -> Array:
    return maxima(x, output_size, one_size)


@mistake(
    "adaptive_max_pool2d",
    "the start of a window of the maximum is rounded up",
    "no place lies in two windows",
)
def adaptive_maxima_start_rounded_up(x: Array, output_size: Any) -> Array:
    return maxima(x, output_size, start_rounded_up)


@mistake(
    "adaptive_max_pool2d",
    "windows of the maximum of ⌊H/H_out⌋ side by side, the rest is not read",
    "it is a pooling whose window and stride are H // H_out",
)
def adaptive_maxima_rest_left_out(x: Array, output_size: Any) -> Array:
    return maxima(x, output_size, without_rest)


# --- mistaken gradients of the mean -------------------------------------------------------


@mistake(
    "adaptive_avg_pool2d_backward",
    "dy of every window is divided by ⌈H/H_out⌉·⌈W/W_out⌉",
    "all windows have one size",
)
def adaptive_gradient_by_one_size(dy: Array, x: Array, output_size: Any) -> Array:
    return spread(dy, x, output_size, divided="widest")


@mistake(
    "adaptive_avg_pool2d_backward",
    "dy is spread over windows of one size",
    "the backward of a pooling with window and stride of its own",
)
def adaptive_gradient_over_one_size(dy: Array, x: Array, output_size: Any) -> Array:
    return spread(dy, x, output_size, one_size)


@mistake(
    "adaptive_avg_pool2d_backward",
    "each place of a window gets all of dy",
    "to upsample is to copy",
)
def adaptive_gradient_not_divided(dy: Array, x: Array, output_size: Any) -> Array:
    return spread(dy, x, output_size, divided="")


@mistake(
    "adaptive_avg_pool2d_backward",
    "where windows meet, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
)
def adaptive_overlaps_overwritten(dy: Array, x: Array, output_size: Any) -> Array:
    _, found = windows_of(x, output_size)
    dx = zeros(x.shape, like=dy)
    for h, window in found:
        share = dy[:, :, *h] / np.asarray(size_of(window), dy.dtype)
        dx[:, :, *window] = share.reshape(*x.shape[:2], *(1,) * len(h))
    return dx


@mistake("adaptive_avg_pool2d_backward", "dx: the last row is left out", "range(H − 1)")
def adaptive_last_row_left_out(dy: Array, x: Array, output_size: Any) -> Array:
    return last_row_left_out(refimpl.adaptive_avg_pool2d_backward(dy, x, output_size))


# --- mistaken gradients of the maximum ----------------------------------------------------


@mistake(
    "adaptive_max_pool2d_backward",
    "of equal maxima each gets dy",
    "whatever equals the maximum is the maximum",
)
def adaptive_ties_all(dy: Array, x: Array, output_size: Any) -> Array:
    return to_each(dy, x, output_size)


@mistake(
    "adaptive_max_pool2d_backward",
    "of equal maxima the last one gets dy",
    "the comparison is ≥ in the loop that looks for the maximum",
)
def adaptive_ties_last(dy: Array, x: Array, output_size: Any) -> Array:
    return to_last(dy, x, output_size)


@mistake(
    "adaptive_max_pool2d_backward",
    "each place of a window gets dy, not its maximum alone",
    "to upsample is to copy",
)
def adaptive_maximum_copied(dy: Array, x: Array, output_size: Any) -> Array:
    return spread(dy, x, output_size, divided="")


@mistake(
    "adaptive_max_pool2d_backward",
    "an element that wins several windows keeps the last dy only (= for +=)",
    "each pixel belongs to one window",
)
def adaptive_maximum_overwritten(dy: Array, x: Array, output_size: Any) -> Array:
    dx = zeros(x.shape, like=dy)
    for window, is_best, upstream in of_maxima(dy, x, output_size):
        dx[:, :, *window] = np.where(is_best, upstream, dx[:, :, *window])
    return dx


# --- whole maps ---------------------------------------------------------------------------


@mistake("global_avg_pool", "divides by one side of the map", "the mean along one axis")
def global_mean_by_one_side(x: Array) -> Array:
    return np.asarray(sums(x, 1) / np.asarray(x.shape[-1], x.dtype))


@mistake("global_avg_pool", "the sum of a map, not divided", "pooling adds up")
def global_mean_not_divided(x: Array) -> Array:
    return sums(x, 1)


@mistake(
    "global_avg_pool",
    "the mean over samples and places",
    "the mean is over all but the channels, as in a normalisation",
)
def global_mean_of_the_batch(x: Array) -> Array:
    means = sums(x, 1, divided="own")
    every = means.sum(axis=0, keepdims=True) / np.asarray(max(1, len(x)), x.dtype)
    return np.broadcast_to(every, means.shape)


@mistake("global_avg_pool_backward", "each place gets all of dy", "to upsample is to copy")
def global_mean_gradient_copied(dy: Array, x: Array) -> Array:
    return spread(dy, x, 1, divided="")


@mistake(
    "global_avg_pool_backward",
    "dy is divided by one side of the map",
    "the mean along one axis",
)
def global_mean_gradient_by_one_side(dy: Array, x: Array) -> Array:
    return spread(dy / np.asarray(x.shape[-1], dy.dtype), x, 1, divided="")


@mistake(
    "global_max_pool",
    "the value that is largest without its sign wins",
    "the strongest answer of a feature, whichever sign it has",
)
def global_maximum_of_absolute_values(x: Array) -> Array:
    most, least = refimpl.global_max_pool(x), -refimpl.global_max_pool(-x)
    return np.where(np.abs(least) > np.abs(most), least, most)


@mistake("global_max_pool", "0 takes part in the maximum", "the search begins with 0")
def global_maximum_from_zero(x: Array) -> Array:
    most = refimpl.global_max_pool(x)
    return np.where(most < 0, zeros((), like=x), most)


@mistake(
    "global_max_pool_backward",
    "of equal maxima each gets an equal share of dy",
    "a tie is shared: that is what amax of torch and JAX's max do",
)
def global_maximum_shared(dy: Array, x: Array) -> Array:
    return shared(dy, x, 1)


@mistake(
    "global_max_pool_backward",
    "of the equal maxima of a map each gets dy",
    "dx = dy where x is its maximum",
)
def global_maximum_to_each(dy: Array, x: Array) -> Array:
    return to_each(dy, x, 1)


@mistake(
    "global_max_pool_backward",
    "each place of a map gets dy",
    "to upsample is to copy",
)
def global_maximum_copied(dy: Array, x: Array) -> Array:
    return spread(dy, x, 1, divided="")


slightly_too_large(
    *(f"adaptive_{kind}_pool{n}d" for kind in ("avg", "max") for n in (1, 2, 3)),
    "global_avg_pool",
    "global_max_pool",
)

# --- the same along one and three axes ----------------------------------------------------


RELATIVES = {
    "adaptive_avg_pool1d": {
        "adaptive-windows-of-one-size": "signals: every window is ⌈L/L_out⌉ wide",
        "adaptive-divided-by-one-size": "signals: every window is divided by ⌈L/L_out⌉",
        "adaptive-start-rounded-up": "signals: the start of a window is rounded up",
    },
    "adaptive_avg_pool1d_backward": {
        "adaptive-gradient-by-one-size": "signals: dy of every window is divided by ⌈L/L_out⌉",
        "adaptive-gradient-not-divided": "signals: each place of a window gets all of dy",
        "adaptive-overlaps-overwritten": "signals: where windows meet, the last dy stands",
    },
    "adaptive_avg_pool3d": {
        "adaptive-windows-of-one-size": "volumes: every window is ⌈D/D_out⌉ deep",
        "adaptive-divided-by-one-size": "volumes: every window is divided by one size",
        "adaptive-rest-left-out": "volumes: what ⌊D/D_out⌋ leaves over is not read",
    },
    "adaptive_avg_pool3d_backward": {
        "adaptive-gradient-by-one-size": "volumes: dy of every window is divided by one size",
        "adaptive-gradient-over-one-size": "volumes: dy is spread over windows of one size",
        "adaptive-overlaps-overwritten": "volumes: where windows meet, the last dy stands",
    },
    "adaptive_max_pool1d": {
        "adaptive-maxima-of-one-size": "signals: every window of the maximum is ⌈L/L_out⌉ wide",
        "adaptive-maxima-start-rounded-up": "signals: the maximum's window starts too late",
        "adaptive-maxima-rest-left-out": "signals: what ⌊L/L_out⌋ leaves over is not read",
    },
    "adaptive_max_pool1d_backward": {
        "adaptive-ties-all": "signals: of equal maxima of a window each gets dy",
        "adaptive-maximum-copied": "signals: not the maximum alone gets dy, but its whole window",
        "adaptive-maximum-overwritten": "signals: a winner of several windows keeps the last dy",
    },
    "adaptive_max_pool3d": {
        "adaptive-maxima-of-one-size": "volumes: every window of the maximum is ⌈D/D_out⌉ deep",
        "adaptive-maxima-start-rounded-up": "volumes: the maximum's window starts too late",
        "adaptive-maxima-rest-left-out": "volumes: the maximum of ⌊D/D_out⌋ places, no rest",
    },
    "adaptive_max_pool3d_backward": {
        "adaptive-ties-last": "volumes: of equal maxima of a window the last one gets dy",
        "adaptive-maximum-copied": "volumes: not the maximum alone gets dy, but its whole window",
        "adaptive-maximum-overwritten": "volumes: a winner of several windows keeps the last dy",
    },
}

add_relatives(RELATIVES)
