"""Mistakes in average pooling and its gradient. Each works along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import add_relatives, mistake
from parity.mistakes.slips import last_row_left_out, slightly_too_large
from parity.mistakes.windows import copied, geometry_of, overwritten, places, window_size
from refimpl import (
    avg_pool1d,
    avg_pool1d_backward,
    avg_pool2d,
    avg_pool2d_backward,
    avg_pool3d,
    avg_pool3d_backward,
)
from refimpl.elements import zeros

FORWARD: dict[int, Callable[..., Array]] = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
BACKWARD: dict[int, Callable[..., Array]] = {
    1: avg_pool1d_backward,
    2: avg_pool2d_backward,
    3: avg_pool3d_backward,
}


def average(x: Array, kernel_size: Any, **how: Any) -> Array:
    """The mean along as many axes as x has."""
    return FORWARD[x.ndim - 2](x, kernel_size, **how)


def average_backward(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    """Its gradient."""
    return BACKWARD[x.ndim - 2](dy, x, kernel_size, **how)


# --- slips that any code can have ---------------------------------------------------------


@mistake(
    "avg_pool2d_backward",
    "dx: the last row is left out",
    "range(H − 1)",
    "D2.28",
    "D3.10",
)
def average_last_row_left_out(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return last_row_left_out(avg_pool2d_backward(dy, x, kernel_size, **how))


slightly_too_large("avg_pool1d", "avg_pool2d", "avg_pool3d")

# --- a mistaken mean ----------------------------------------------------------------------


@mistake(
    "avg_pool2d",
    "the sum of a window, not divided",
    "average pooling is a convolution with a kernel of ones",
    "D0.4",
    "D3.6",
    "D4.15",
)
def average_not_divided(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    y = zeros((*x.shape[:2], *g.output), like=x)
    for outputs, inputs in places(g):
        y[outputs] += x[inputs]
    return y


@mistake(
    "avg_pool2d",
    "the divisor counts the padding where it should not, or the other way round",
    "the mean of a window is over what is in the image",
    "D0.4",
)
def average_by_valid_count(x: Array, kernel_size: Any, **how: Any) -> Array:
    counted = not how.get("count_include_pad", True)
    return average(x, kernel_size, **{**how, "count_include_pad": counted})


@mistake(
    "avg_pool2d",
    "every window is divided by its full size, those that hang over, too",
    "all windows have the same size",
    "D0.4",
)
def average_by_window_size(x: Array, kernel_size: Any, **how: Any) -> Array:
    count = window_size(geometry_of(x, kernel_size, **how), x)
    return np.asarray(average_not_divided(x, kernel_size, **how) / count)


@mistake(
    "avg_pool2d",
    "divides by a side of the window instead of by all its places",
    "the mean along one axis",
    "D0.4",
    "D3.6",
)
def average_by_one_side(x: Array, kernel_size: Any, **how: Any) -> Array:
    side = np.asarray(geometry_of(x, kernel_size, **how).kernel[-1], x.dtype)
    return np.asarray(average_not_divided(x, kernel_size, **how) / side)


@mistake(
    "avg_pool2d_backward",
    "each place of a window gets all of dy",
    "to upsample is to copy",
    "D0.11",
    "D2.28",
    "D3.10",
)
def average_gradient_not_divided(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy, x, geometry_of(x, kernel_size, **how))


@mistake(
    "avg_pool2d_backward",
    "each place gets a quarter, whatever the window is",
    "the ¼ of D2.28 is part of the formula",
    "D2.28",
)
def average_gradient_always_a_quarter(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy / np.asarray(4, dy.dtype), x, geometry_of(x, kernel_size, **how))


@mistake(
    "avg_pool2d_backward",
    "the divisor counts the padding where it should not, or the other way round",
    "a place of the padding has no gradient, so it has no share",
    "D0.11",
)
def average_gradient_by_valid_count(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    counted = not how.get("count_include_pad", True)
    return average_backward(dy, x, kernel_size, **{**how, "count_include_pad": counted})


@mistake(
    "avg_pool2d_backward",
    "where windows overlap, the last one overwrites the others (= for +=)",
    "each pixel belongs to one window",
    "D2.28",
)
def average_overlaps_overwritten(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return overwritten(dy / window_size(g, dy), x, g)


@mistake(
    "avg_pool2d_backward",
    "a loop over the window's places assigns (= for +=): of several windows the first stands",
    "each pixel belongs to one window",
    "D2.28",
)
def average_first_window_stands(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return overwritten(dy / window_size(g, dy), x, g, first=True)


@mistake(
    "avg_pool2d_backward",
    "the largest place of a window gets all of dy",
    "one rule for all poolings",
    "D0.11",
    "D3.10",
)
def average_gradient_to_the_maximum(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, dx, zero = geometry_of(x, kernel_size, **how), zeros(x.shape, like=dy), zeros((), like=dy)
    winner = np.full(dy.shape, -1)
    value = zeros(dy.shape, like=x)
    for number, (outputs, inputs) in enumerate(places(g)):
        wins = (winner[outputs] < 0) | (x[inputs] > value[outputs])
        value[outputs] = np.where(wins, x[inputs], value[outputs])
        winner[outputs] = np.where(wins, number, winner[outputs])
    for number, (outputs, inputs) in enumerate(places(g)):
        dx[inputs] += np.where(winner[outputs] == number, dy[outputs], zero)
    return dx


# --- the same along one and three axes ----------------------------------------------------


RELATIVES = {
    "avg_pool1d": {"average-by-valid-count": "signals: the divisor counts the padding wrongly"},
    "avg_pool1d_backward": {
        "average-gradient-not-divided": "signals: each place of a window gets all of dy",
        "average-overlaps-overwritten": "signals: where windows overlap, the last dy stands",
    },
    "avg_pool3d": {"average-by-one-side": "volumes: divides by a side of the window"},
    "avg_pool3d_backward": {
        "average-gradient-always-a-quarter": "volumes: each place gets a quarter",
        "average-overlaps-overwritten": "volumes: where windows overlap, the last dy stands",
    },
}


add_relatives(RELATIVES)
