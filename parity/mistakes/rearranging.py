"""Mistakes in what only moves elements: the way there taken for the way back, or half of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    channel_shuffle,
    channel_shuffle_backward,
    slice_axis,
    slice_axis_backward,
    split,
    split_backward,
    transpose,
)
from refimpl.elements import zeros
from refimpl.rearranging_checks import check_permutation

SAME = "reshape and transpose are the same"
SAME_WAY = "the same way leads back"
NO_ORDER = "the order of the parts does not matter"

# --- transpose ----------------------------------------------------------------------------


def _order(x: Array, axes: Any) -> tuple[int, ...]:
    return check_permutation("transpose", x, axes)


@mistake("transpose", "the new shape is written over the elements, which stay in their order", SAME)
def transpose_reshaped(x: Array, axes: Any = None) -> Array:
    return x.flatten().reshape(transpose(x, axes).shape)


@mistake(
    "transpose",
    "the inverse order: axis k of x becomes axis axes[k] of y, in the shape of the right one",
    "axes says where each axis goes, not where it comes from",
)
def transpose_inverted(x: Array, axes: Any = None) -> Array:
    wrong = x.transpose(np.argsort(_order(x, axes)).tolist())
    return wrong.flatten().reshape(transpose(x, axes).shape)


@mistake(
    "transpose_backward",
    "dx: dy is transposed by the same axes, not by the inverse order",
    SAME_WAY,
)
def transpose_gradient_not_inverted(dy: Array, x: Array, axes: Any = None) -> Array:
    return dy.transpose(_order(x, axes)).flatten().reshape(x.shape)


@mistake("transpose_backward", "dx: dy is reshaped to x, its elements stay in their order", SAME)
def transpose_gradient_reshaped(dy: Array, x: Array, axes: Any = None) -> Array:
    return dy.flatten().reshape(x.shape)


@mistake(
    "transpose_backward",
    "dx: the first axis stays where it is, the others are led back",
    "the batch axis is never moved",
)
def transpose_gradient_keeps_first_axis(dy: Array, x: Array, axes: Any = None) -> Array:
    rest = [axis for axis in np.argsort(_order(x, axes)).tolist() if axis]
    first = [0] if x.ndim else []
    return dy.transpose([*first, *rest]).flatten().reshape(x.shape)


# --- reshape ------------------------------------------------------------------------------


@mistake("reshape", "column by column: the first axis runs fastest", "Fortran, MATLAB and R do")
def reshape_columns_first(x: Array, shape: Any) -> Array:
    return np.array(x.reshape(shape, order="F"), order="C")


@mistake(
    "reshape",
    "the elements in the reverse order",
    "only the number of elements matters",
)
def reshape_reversed(x: Array, shape: Any) -> Array:
    return x.flatten()[::-1].reshape(shape).copy()


@mistake(
    "reshape_backward",
    "dx: dy is read and written column by column: the first axis runs fastest",
    "Fortran, MATLAB and R do",
)
def reshape_gradient_columns_first(dy: Array, x: Array, shape: Any) -> Array:
    return np.array(dy.reshape(x.shape, order="F"), order="C")


@mistake(
    "reshape_backward",
    "dx: dy is transposed before it gets the shape of x",
    "the way back is a transposition",
)
def reshape_gradient_transposed(dy: Array, x: Array, shape: Any) -> Array:
    return dy.T.flatten().reshape(x.shape)


# --- channel_shuffle ----------------------------------------------------------------------


@mistake(
    "channel_shuffle",
    "groups of so many channels, not so many groups",
    "groups is how many channels a group has",
)
def channel_shuffle_inverted(x: Array, groups: int) -> Array:
    return channel_shuffle_backward(x, x, groups)


@mistake(
    "channel_shuffle",
    "the channels stay: reshaped into groups and back, without a transposition between",
    SAME,
)
def channel_shuffle_not_transposed(x: Array, groups: int) -> Array:
    return x.copy()


@mistake(
    "channel_shuffle_backward",
    "dx: dy is shuffled by the same number of groups again, not by C/groups",
    SAME_WAY,
)
def channel_shuffle_gradient_same_groups(dy: Array, x: Array, groups: int) -> Array:
    return channel_shuffle(dy, groups)


@mistake("channel_shuffle_backward", "dx: dy as it is", "nothing is computed, so nothing changes")
def channel_shuffle_gradient_not_moved(dy: Array, x: Array, groups: int) -> Array:
    return dy.copy()


# --- slice_axis ---------------------------------------------------------------------------


@mistake("slice_axis", "the place before each: start counts from 1", "the first place is 1")
def slice_axis_counted_from_one(
    x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    return slice_axis(np.roll(x, 1, axis), axis, start, stop, step)


@mistake("slice_axis", "as many places side by side: step is left out", "a crop has no gaps")
def slice_axis_step_left_out(
    x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    count = slice_axis(x, axis, start, stop, step).shape[axis]
    first = slice(start, stop).indices(x.shape[axis])[0]
    return slice_axis(x, axis, first, first + count)


@mistake(
    "slice_axis_backward",
    "dx: dy stands at the front: start is forgotten",
    "a crop begins at its own place 0",
)
def slice_axis_gradient_at_front(
    dy: Array, x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    return slice_axis_backward(dy, x, axis, 0, max(0, (dy.shape[axis] - 1) * step + 1), step)


@mistake(
    "slice_axis_backward",
    "dx: dy stands side by side: step is forgotten",
    "what was left out has no place",
)
def slice_axis_gradient_without_gaps(
    dy: Array, x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    first = slice(start, stop).indices(x.shape[axis])[0]
    return slice_axis_backward(dy, x, axis, first, first + dy.shape[axis])


@mistake("slice_axis_backward", "dx: one place too late", "start counts from 1")
def slice_axis_gradient_shifted(
    dy: Array, x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    return np.roll(slice_axis_backward(dy, x, axis, start, stop, step), 1, axis)


@mistake(
    "slice_axis_backward",
    "dx: outside the part it keeps x, where it is 0",
    "dy is written over what was read",
)
def slice_axis_gradient_over_x(
    dy: Array, x: Array, axis: int, start: Any = 0, stop: Any = None, step: int = 1
) -> Array:
    inside = slice_axis_backward(dy * 0 + 1, x, axis, start, stop, step)
    right = slice_axis_backward(dy, x, axis, start, stop, step)
    return np.asarray(np.where(inside == 1, right, x), x.dtype)


# --- split --------------------------------------------------------------------------------


@mistake("split", "the parts are cut off from the end", NO_ORDER)
def split_from_the_end(x: Array, sizes: Any, axis: int = 0) -> tuple[Array, ...]:
    lengths = [part.shape[axis] for part in split(x, sizes, axis)]
    return split(x, lengths[::-1], axis)[::-1]


@mistake("split", "the places are dealt out in turn", "each part gets every second place")
def split_dealt_out(x: Array, sizes: Any, axis: int = 0) -> tuple[Array, ...]:
    lengths = [part.shape[axis] for part in split(x, sizes, axis)]
    turns = sorted((k, p) for p, length in enumerate(lengths) for k in range(length))
    taken = [[at for at, (_, q) in enumerate(turns) if q == p] for p in range(len(lengths))]
    return tuple(x.take(np.array(places, int), axis) for places in taken)


@mistake("split_backward", "dx: the gradients are put together in the reverse order", NO_ORDER)
def split_gradient_reversed(dy: Any, x: Array, sizes: Any, axis: int = 0) -> Array:
    return np.concatenate(dy[::-1], axis)


@mistake("split_backward", "dx: is divided by the number of parts", "the parts share the gradient")
def split_gradient_shared(dy: Any, x: Array, sizes: Any, axis: int = 0) -> Array:
    right = split_backward(dy, x, sizes, axis)
    return np.asarray(right / len(dy), right.dtype)


@mistake(
    "split_backward",
    "dx: the last part alone, the others are 0",
    "each part's gradient is the gradient of x, so that the last one replaces the others",
)
def split_gradient_of_last_part(dy: Any, x: Array, sizes: Any, axis: int = 0) -> Array:
    nothing = [zeros(part.shape, like=x) for part in dy[:-1]]
    return split_backward([*nothing, dy[-1]], x, sizes, axis)


slightly_too_large("transpose", "reshape", "channel_shuffle", "slice_axis", "split")
