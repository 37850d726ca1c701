"""Padding of maps by a constant, by their reflection, their border or their other end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from refimpl import windows
from refimpl.checks import check_arrays, check_gradient
from refimpl.elements import Array, parameter, zeros
from refimpl.shapes import Padding, Pair, pad_pairs, padded_sizes
from refimpl.unlike_torch import called, unlike_torch


@unlike_torch(pad=called("padding"))
def pad(x: Array, padding: Padding, mode: str = "constant", value: Any = 0) -> Array:
    """Maps with places added before and after each spatial axis, one to three of them.

    y[n,c,u] = x[n,c,v] where v = ρ(u − before), along an axis of S places
    reflect:   ρ(v) = S − 1 − |S − 1 − |v||, the border is not repeated
    replicate: ρ(v) = min(max(v, 0), S − 1)
    circular:  ρ(v) = v mod S
    constant:  ρ(v) = v, and y is `value` where x has no place v

    Shapes: x (N, C, *S) -> (N, C, *(before + S + after)).
    padding: a number, or for each axis, in the order of the axes, a number or (before, after).
    A negative number takes places away, in the mode "constant" alone.
    Raises: ValueError for padding that the mode cannot fill (reflect: fewer places than the axis
    has, circular: at most as many), TypeError for padding that is no integers.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/padding.py.

    >>> pad(np.array([[[1.0, 2.0, 3.0]]]), [(2, 1)], "reflect")
    array([[[3., 2., 1., 2., 3., 2.]]])
    >>> pad(np.array([[[1.0, 2.0, 3.0]]]), [(2, -1)], value=9)
    array([[[9., 9., 1., 2.]]])
    """
    (x,) = check_arrays("pad", x=x)
    pairs = pad_pairs("pad", x, padding, mode, value)
    return extended(x, pairs, mode, value)


def pad_backward(
    dy: Array, x: Array, padding: Padding, mode: str = "constant", value: Any = 0
) -> Array:
    """Gradient of a loss L through `pad`, given dy = ∂L/∂y.

    ∂L/∂x[n,c,v] = Σ_u dy[n,c,u] over all u with v = ρ(u − before)

    Each place collects the gradients of all its copies; `value` gets none.

    Shapes: dy (N, C, *(before + S + after)), x (N, C, *S) -> (N, C, *S).
    Raises: ValueError if the sizes disagree, for example dy of another padding.
    Source: beyond the documents.
    Plain: parity/witnesses/definitions/padding.py.

    >>> x, dy = np.array([[[1.0, 2.0, 3.0]]]), np.array([[[1.0, 10.0, 100.0, 1000.0]]])
    >>> pad_backward(dy, x, [(1, 0)], "reflect")
    array([[[  10.,  101., 1000.]]])
    >>> pad_backward(dy, x, [(1, 0)], "replicate")
    array([[[  11.,  100., 1000.]]])
    """
    where = "pad_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    pairs = pad_pairs(where, x, padding, mode, value)
    check_gradient(where, dy, (*x.shape[:2], *padded_sizes(x.shape[2:], pairs)), channels=True)
    return collected(dy, x.shape, pairs, mode)


def _reflected(v: Array, size: int) -> Array:
    places: Array = size - 1 - np.abs(size - 1 - np.abs(v))
    return places


def _replicated(v: Array, size: int) -> Array:
    return np.minimum(np.maximum(v, 0), size - 1)


def _wrapped(v: Array, size: int) -> Array:
    return v % size


SOURCES: dict[str, Callable[[Array, int], Array]] = {
    "reflect": _reflected,
    "replicate": _replicated,
    "circular": _wrapped,
}


def extended(x: Array, pairs: Sequence[Pair], mode: str, value: Any = 0) -> Array:
    """`pad`, of checked arguments: one axis after the other, so that corners copy copies."""
    if mode == "constant":
        return _surrounded(x, pairs, value)
    for axis, pair in enumerate(pairs, 2):
        x = x.take(_sources(mode, x.shape[axis], pair), axis)
    return x


def collected(dy: Array, shape: tuple[int, ...], pairs: Sequence[Pair], mode: str) -> Array:
    """`pad_backward`, of checked arguments; shape: that of x."""
    if mode == "constant":
        return _freed(dy, shape, pairs)
    for axis, (size, pair) in enumerate(zip(shape[2:], pairs, strict=True), 2):
        dy = _added_along(dy, axis, size, pair, _sources(mode, size, pair))
    return dy


def framed(x: Array, pairs: Sequence[Pair], padding_mode: str) -> Array:
    """x in the frame that a convolution slides over; x itself where there is none."""
    if padding_mode == "zeros" or not any(map(any, pairs)):
        return windows.pad(x, pairs)
    return extended(x, pairs, padding_mode)


def unframed(
    dpadded: Array, shape: tuple[int, ...], pairs: Sequence[Pair], padding_mode: str
) -> Array:
    """Adjoint of `framed`; shape: that of x."""
    if padding_mode == "zeros" or not any(map(any, pairs)):
        return np.ascontiguousarray(windows.crop(dpadded, pairs))
    return np.ascontiguousarray(collected(dpadded, shape, pairs, padding_mode))


def _sources(mode: str, size: int, pair: Pair) -> Array:
    """ρ(u − before) for each place u of an axis."""
    before, after = pair
    return SOURCES[mode](np.arange(-before, size + after), size)


def _added_along(dy: Array, axis: int, size: int, pair: Pair, sources: Array) -> Array:
    """Along one axis, what lies in the frame is added to the place that it was copied from."""
    upstream, before = np.moveaxis(dy, axis, 0), pair[0]
    gradient = upstream[before : before + size].copy()
    for u in (*range(before), *range(before + size, len(upstream))):
        gradient[sources[u]] += upstream[u]
    return np.moveaxis(gradient, 0, axis)


def _surrounded(x: Array, pairs: Sequence[Pair], value: Any) -> Array:
    """x among places that hold the value."""
    y = np.full((*x.shape[:2], *padded_sizes(x.shape[2:], pairs)), parameter(value, x), x.dtype)
    y[_outside(pairs)] = x[_inside(pairs)]
    return y


def _freed(dy: Array, shape: tuple[int, ...], pairs: Sequence[Pair]) -> Array:
    """What x's own places have of dy; those that were taken away get nothing."""
    dx = zeros(shape, like=dy)
    dx[_inside(pairs)] = dy[_outside(pairs)]
    return dx


def _inside(pairs: Sequence[Pair]) -> Any:
    """Which places of x are places of y too: all but those that negative padding takes away."""
    return (..., *(slice(max(-before, 0), min(after, 0) or None) for before, after in pairs))


def _outside(pairs: Sequence[Pair]) -> Any:
    """Where they stand in y: between those that positive padding adds."""
    return (..., *(slice(max(before, 0), -max(after, 0) or None) for before, after in pairs))
