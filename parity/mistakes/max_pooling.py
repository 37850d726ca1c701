"""Mistakes in max pooling and its gradient. Each works along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import add_relatives, mistake
from parity.mistakes.slips import last_row_left_out, slightly_too_large
from parity.mistakes.windows import copied, geometry_of, places, window_size
from refimpl import (
    max_pool1d,
    max_pool1d_backward,
    max_pool2d,
    max_pool2d_backward,
    max_pool3d,
    max_pool3d_backward,
)
from refimpl.elements import zeros
from refimpl.windows import pad

FORWARD: dict[int, Callable[..., Array]] = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
BACKWARD: dict[int, Callable[..., Array]] = {
    1: max_pool1d_backward,
    2: max_pool2d_backward,
    3: max_pool3d_backward,
}


def maximum(x: Array, kernel_size: Any, **how: Any) -> Array:
    """The maximum along as many axes as x has."""
    return FORWARD[x.ndim - 2](x, kernel_size, **how)


def maximum_backward(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    """Its gradient."""
    return BACKWARD[x.ndim - 2](dy, x, kernel_size, **how)


# --- slips that any code can have ---------------------------------------------------------


@mistake(
    "max_pool2d_backward",
    "dx: the last row is left out",
    "range(H − 1)",
    "D2.28",
    "D3.10",
)
def max_last_row_left_out(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return last_row_left_out(max_pool2d_backward(dy, x, kernel_size, **how))


slightly_too_large("max_pool1d", "max_pool2d", "max_pool3d")

# --- a mistaken maximum -------------------------------------------------------------------


@mistake(
    "max_pool2d",
    "the padding's zeros take part in the maximum",
    "padding is zeros, as in a convolution",
    "D0.4",
    "D3.6",
)
def max_padding_takes_part(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    here = {**how, "padding": 0}
    y = maximum(pad(x, [(p, p) for p in g.padding]), kernel_size, **here)
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "max_pool2d",
    "the dilation sets the size of the output, but the window reads neighbours",
    "dilation is another word for a larger window",
    "D0.4",
)
def max_dilation_ignored(x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    y = maximum(x, kernel_size, **{**how, "dilation": 1})
    return y[:, :, *(slice(n) for n in g.output)]


@mistake(
    "max_pool2d",
    "the value that is largest without its sign wins",
    "the strongest answer of a feature, whichever sign it has",
    "D0.4",
    "D3.6",
)
def max_of_absolute_values(x: Array, kernel_size: Any, **how: Any) -> Array:
    most, least = maximum(x, kernel_size, **how), -maximum(-x, kernel_size, **how)
    return np.where(np.abs(least) > np.abs(most), least, most)


@mistake(
    "max_pool2d_backward",
    "each place of a window gets dy, not its maximum alone",
    "to upsample is to copy, as D1 words it for max pooling, too",
    "D1.23",
    "D2.28",
    "D4.6",
)
def max_copied_to_all_places(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return copied(dy, x, geometry_of(x, kernel_size, **how))


@mistake(
    "max_pool2d_backward",
    "dy is shared equally by the window, as for the mean",
    "one rule for all poolings",
    "D0.11",
    "D3.10",
)
def max_shared_equally(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g = geometry_of(x, kernel_size, **how)
    return copied(dy / window_size(g, dy), x, g)


@mistake(
    "max_pool2d_backward",
    "of equal maxima each gets dy, as D2.28 prints it",
    "whatever equals the maximum is the maximum",
    "D2.28",
)
def max_ties_all(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return maximum_backward(dy, x, kernel_size, **how, ties="all")


@mistake(
    "max_pool2d_backward",
    "of equal maxima the last one gets dy",
    "the comparison is ≥ in the loop that looks for the maximum",
    "D2.28",
)
def max_ties_last(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, best = geometry_of(x, kernel_size, **how), maximum(x, kernel_size, **how)
    winner = np.zeros(best.shape, int)
    for number, (outputs, inputs) in enumerate(places(g)):
        winner[outputs][x[inputs] == best[outputs]] = number
    dx, zero = zeros(x.shape, like=dy), zeros((), like=dy)
    for number, (outputs, inputs) in enumerate(places(g)):
        dx[inputs] += np.where(winner[outputs] == number, dy[outputs], zero)
    return dx


@mistake(
    "max_pool2d_backward",
    "an element that wins several windows keeps the last dy only (= for +=)",
    "each pixel belongs to one window",
    "D2.28",
)
def max_overlaps_overwritten(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, best = geometry_of(x, kernel_size, **how), maximum(x, kernel_size, **how)
    dx = zeros(x.shape, like=dy)
    for outputs, inputs in reversed(list(places(g))):
        dx[inputs] = np.where(x[inputs] == best[outputs], dy[outputs], dx[inputs])
    return dx


@mistake(
    "max_pool2d_backward",
    "a whole window is assigned (= for +=), its zeros over what an earlier window gave",
    "dx of a window is mask · dy",
    "D2.28",
)
def max_windows_overwritten(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    g, best = geometry_of(x, kernel_size, **how), maximum(x, kernel_size, **how)
    dx, zero = zeros(x.shape, like=dy), zeros((), like=dy)
    for outputs, inputs in reversed(list(places(g))):
        dx[inputs] = np.where(x[inputs] == best[outputs], dy[outputs], zero)
    return dx


@mistake(
    "max_pool2d_backward",
    "the place of the maximum gets the input's own value",
    "D3.10's word for it, the original value, is that of x",
    "D3.10",
)
def max_gives_the_input_back(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    return maximum_backward(maximum(x, kernel_size, **how), x, kernel_size, **how)


@mistake(
    "max_pool2d_backward",
    "the upper left corner of a window gets all of dy",
    "to upsample is to put zeros in between",
    "D0.11",
    "D2.28",
)
def max_to_the_corner(dy: Array, x: Array, kernel_size: Any, **how: Any) -> Array:
    dx = zeros(x.shape, like=dy)
    outputs, inputs = next(places(geometry_of(x, kernel_size, **how)))
    dx[inputs] = dy[outputs]
    return dx


# --- the same along one and three axes ----------------------------------------------------


RELATIVES = {
    "max_pool1d": {"max-of-absolute-values": "signals: the value largest without its sign wins"},
    "max_pool1d_backward": {
        "max-copied-to-all-places": "signals: each place of a window gets dy",
        "max-ties-last": "signals: of equal maxima the last one gets dy",
        "max-windows-overwritten": "signals: a whole window is assigned, its zeros, too",
    },
    "max_pool3d": {"max-padding-takes-part": "volumes: the padding's zeros take part"},
    "max_pool3d_backward": {
        "max-copied-to-all-places": "volumes: each place of a window gets dy",
        "max-overlaps-overwritten": "volumes: a maximum of several windows keeps the last dy",
        "max-ties-all": "volumes: of equal maxima each gets dy",
    },
}


add_relatives(RELATIVES)
