"""Mistakes in padding: the border, the sides, the order of the axes, the corners, the copies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import pad, pad_backward
from refimpl.elements import zeros
from refimpl.shapes import Pair, pad_pairs

Sources = Callable[[Array, int], Array]
Pairs = tuple[Pair, ...]

# --- the pieces that the mistakes are made of ---------------------------------------------


def pairs_of(x: Array, padding: Any) -> Pairs:
    """(before, after) of each axis."""
    return pad_pairs("mistake", x, padding, "constant", 0)


def exchanged(pairs: Pairs) -> Pairs:
    """Before and after each change places."""
    return tuple((after, before) for before, after in pairs)


def from_last(pairs: Pairs) -> Pairs:
    """The pairs of the axes from the last to the first, where that gives the same sizes."""
    totals = [sum(pair) for pair in pairs]
    return pairs[::-1] if totals == totals[::-1] else pairs


def mirrored(v: Array, size: int) -> Array:
    """The place behind the border is the border once more."""
    return np.where(v < 0, -1 - v, np.where(v < size, v, 2 * size - 1 - v))


def wrapped_near(v: Array, size: int) -> Array:
    """In front of x its first places, behind it its last ones, in their order."""
    before, after = int(max(-v.min(initial=0), 0)), int(max(v.max(initial=0) - size + 1, 0))
    inside = np.arange(size)
    return np.concatenate([inside[:before], inside, inside[size - after :]])


def sources(x: Array, pairs: Pairs, rule: Sources) -> list[Array]:
    """For each axis the place that each place of y is a copy of."""
    return [
        rule(np.arange(-before, size + after), size)
        for size, (before, after) in zip(x.shape[2:], pairs, strict=True)
    ]


def copied(x: Array, pairs: Pairs, rule: Sources) -> Array:
    """`pad` by another rule."""
    for axis, places in enumerate(sources(x, pairs, rule), 2):
        x = x.take(places, axis)
    return x


def added(dy: Array, x: Array, pairs: Pairs, rule: Sources) -> Array:
    """`pad_backward` by another rule."""
    for axis, places in enumerate(sources(x, pairs, rule), 2):
        gradient = zeros((x.shape[axis], *np.moveaxis(dy, axis, 0).shape[1:]), like=dy)
        np.add.at(gradient, places, np.moveaxis(dy, axis, 0))
        dy = np.moveaxis(gradient, 0, axis)
    return dy


def in_corner(pairs: Pairs, sizes: tuple[int, ...]) -> Array:
    """Which places of y lie in the frame of more than one axis."""
    framed = [
        np.pad(np.zeros(size, int), pair, constant_values=1)
        for size, pair in zip(sizes, pairs, strict=True)
    ]
    return np.asarray(sum(np.ix_(*framed)) > 1)


# --- mistaken values ----------------------------------------------------------------------


@mistake("pad", "reflect repeats the border", "a mirror shows what stands next to it as well")
def pad_border_repeated(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    if mode != "reflect":
        return pad(x, padding, mode, value)
    return copied(x, pairs_of(x, padding), mirrored)


@mistake("pad", "before and after are exchanged", "a frame is the same on both sides")
def pad_sides_exchanged(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    return pad(x, exchanged(pairs_of(x, padding)), mode, value)


@mistake(
    "pad",
    "the ring is closed at the near end: in front of x stand its first places",
    "circular copies the next places",
)
def pad_ring_at_near_end(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    if mode != "circular":
        return pad(x, padding, mode, value)
    return copied(x, pairs_of(x, padding), wrapped_near)


@mistake("pad", "the frame is 0 whatever the value is", "padding adds zeros")
def pad_value_left_out(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    return pad(x, padding, mode)


@mistake(
    "pad",
    "the corners stay 0, each axis is padded by itself",
    "a frame has four sides",
)
def pad_corners_empty(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    y = pad(x, padding, mode, value)
    if mode != "constant":
        y[:, :, in_corner(pairs_of(x, padding), x.shape[2:])] = zeros((), like=x)
    return y


@mistake(
    "pad",
    "the pairs are those of the axes from the last to the first",
    "torch's order is that of the axes",
)
def pad_axes_from_last(x: Array, padding: Any, mode: str = "constant", value: Any = 0) -> Array:
    return pad(x, from_last(pairs_of(x, padding)), mode, value)


# --- mistaken gradients -------------------------------------------------------------------


@mistake(
    "pad_backward",
    "the frame is cut off, its gradient is lost",
    "what was added has no gradient",
)
def pad_gradient_cropped(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    return pad_backward(dy, x, padding)


@mistake(
    "pad_backward",
    "the frame's gradient goes back as if reflect repeated the border",
    "a mirror shows what stands next to it as well",
)
def pad_gradient_border_repeated(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    if mode != "reflect":
        return pad_backward(dy, x, padding, mode)
    return added(dy, x, pairs_of(x, padding), mirrored)


@mistake(
    "pad_backward",
    "the gradient of a wrapped frame goes to the near end",
    "circular copies the next places",
)
def pad_gradient_to_near_end(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    if mode != "circular":
        return pad_backward(dy, x, padding, mode)
    return added(dy, x, pairs_of(x, padding), wrapped_near)


@mistake(
    "pad_backward",
    "the frame's zeros give their gradient to the border",
    "no gradient may be lost",
)
def pad_gradient_of_zeros_kept(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    pairs = pairs_of(x, padding)
    if mode != "constant" or min(map(min, pairs)) < 0 or 0 in x.shape:
        return pad_backward(dy, x, padding, mode)
    return pad_backward(dy, x, padding, "replicate")


@mistake(
    "pad_backward",
    "the corners of the frame are left out",
    "a frame has four sides",
)
def pad_gradient_without_corners(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    upstream = dy.copy()
    upstream[:, :, in_corner(pairs_of(x, padding), x.shape[2:])] = zeros((), like=dy)
    return pad_backward(upstream, x, padding, mode)


@mistake(
    "pad_backward",
    "the corners of replicate are counted once",
    "the place in a corner has one copy",
)
def pad_gradient_corner_once(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    """Of each corner of the frame the place that is farthest out is taken, no other."""
    if mode != "replicate":
        return pad_backward(dy, x, padding, mode)
    upstream = dy.copy()
    corners = in_corner(pairs_of(x, padding), x.shape[2:])
    corners[np.ix_(*(_ends(n) for n in corners.shape))] = False
    upstream[:, :, corners] = zeros((), like=dy)
    return pad_backward(upstream, x, padding, mode)


def _ends(size: int) -> list[int]:
    """The first place of an axis and the last."""
    return [0, size - 1] if size else []


@mistake(
    "pad_backward",
    "a place gets the mean of what its copies get",
    "the copies share the gradient",
)
def pad_gradient_averaged(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    ones = zeros(dy.shape, like=dy) + 1
    copies = pad_backward(ones, x, padding, mode)
    none = copies == 0  # what negative padding takes away
    return np.asarray(pad_backward(dy, x, padding, mode) / (copies + none), dy.dtype)


@mistake(
    "pad_backward",
    "before and after are exchanged in the gradient",
    "a frame is the same on both sides",
)
def pad_gradient_sides_exchanged(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    return pad_backward(dy, x, exchanged(pairs_of(x, padding)), mode)


@mistake(
    "pad_backward",
    "the gradient's pairs are those of the axes from the last to the first",
    "torch's order is that of the axes",
)
def pad_gradient_axes_from_last(
    dy: Array, x: Array, padding: Any, mode: str = "constant", value: Any = 0
) -> Array:
    return pad_backward(dy, x, from_last(pairs_of(x, padding)), mode)


slightly_too_large("pad")
