"""Mistakes in means over some axes."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import mean, mean_backward
from refimpl.elements import parameter

ONE_SHARE = "the mean's gradient is that of a sum"


def places_of(x: Array, axis: Any) -> tuple[int, ...]:
    """The axes that are named, from the first."""
    named = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return tuple(sorted(place % x.ndim for place in named))


def scaled(values: Array, by: int, divided: int) -> Array:
    """Times one count, divided by another."""
    return np.asarray(values * parameter(by, like=values) / parameter(divided, like=values))


def count(x: Array, axis: Any) -> int:
    """How many places the axes have together."""
    return prod(x.shape[place] for place in places_of(x, axis))


@mistake("mean", "the sum: 1/N is left out", "the learning rate makes up for it")
def mean_not_divided(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return scaled(mean(x, axis, keepdims), count(x, axis), 1)


@mistake(
    "mean",
    "the sum over the axes is divided by the size of the whole array",
    "N is how many numbers there are",
)
def mean_by_all(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return scaled(mean(x, axis, keepdims), count(x, axis), max(1, x.size))


@mistake("mean", "divided by N − 1, as a variance is", "Bessel's correction")
def mean_by_one_less(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    N = count(x, axis)
    return scaled(mean(x, axis, keepdims), N, max(1, N - 1))


@mistake(
    "mean",
    "always over the first axis too: the batch is averaged away and filled in again",
    "a mean is a mean over the batch",
)
def mean_over_the_batch_too(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    y = mean(x, axis, keepdims)
    if 0 in places_of(x, axis) or not y.ndim or not y.size:
        return y
    return np.broadcast_to(mean(y, 0, keepdims=True), y.shape).copy()


@mistake("mean_backward", "every place gets the whole of dy: 1/N is left out", ONE_SHARE)
def mean_gradient_not_divided(
    dy: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> Array:
    return scaled(mean_backward(dy, x, axis, keepdims), count(x, axis), 1)


@mistake(
    "mean_backward",
    "dy is divided by the size of the whole array, not by that of the axes",
    "N is how many numbers there are",
)
def mean_gradient_by_all(dy: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    return scaled(mean_backward(dy, x, axis, keepdims), count(x, axis), max(1, x.size))


@mistake(
    "mean_backward",
    "dy is divided by how many means there are: N of the other axes",
    "N is the number of samples",
)
def mean_gradient_by_other_axes(
    dy: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> Array:
    return scaled(mean_backward(dy, x, axis, keepdims), count(x, axis), max(1, dy.size))


@mistake(
    "mean_backward",
    "divided by the size of one of the axes alone",
    "an axis has a mean of its own",
)
def mean_gradient_by_one_axis(
    dy: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> Array:
    last = x.shape[places_of(x, axis)[-1]] if x.ndim else 1
    return scaled(mean_backward(dy, x, axis, keepdims), count(x, axis), last)


@mistake(
    "mean_backward",
    "the first place along the axes gets all of dy, the others nothing",
    "a number has one place that it came from",
)
def mean_gradient_at_one_place(
    dy: Array, x: Array, axis: Any = None, keepdims: bool = False
) -> Array:
    whole = scaled(mean_backward(dy, x, axis, keepdims), count(x, axis), 1)
    first = np.zeros(x.shape, bool)
    first[tuple(0 if p in places_of(x, axis) else slice(None) for p in range(x.ndim))] = True
    return np.asarray(np.where(first, whole, 0 * whole), whole.dtype)


slightly_too_large("mean")
