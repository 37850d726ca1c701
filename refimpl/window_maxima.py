"""Maxima of windows, each read by itself: where they are few, or differ in size."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np

from refimpl.elements import Array

AT_A_TIME = 1 << 16  # elements that windows read: they stay in the caches

Spans: TypeAlias = Sequence[Sequence[slice]]  # for each spatial axis, the places of each window


def maxima_in(maps: Array, spans: Spans) -> tuple[Array, Array]:
    """Each window's maximum, and its place in the map as one row-major number.

    The first of several maxima; of several NaN the last one, as torch has it.

    Shapes: maps (M, *S), as many spans for each axis as S_out has -> two arrays (M, *S_out).

    >>> best, places = maxima_in(np.array([[3.0, 1.0, 4.0, 4.0]]), [[slice(0, 2), slice(1, 4)]])
    >>> best, places
    (array([[3., 4.]]), array([[0, 2]]))
    """
    flat, read = maps.reshape(len(maps), -1), _places_read(spans, maps.shape[1:])
    places = np.empty((len(maps), len(read)), np.intp)
    whole = read.shape == (1, flat.shape[1])  # one window that holds all of a map, in its order
    step = max(1, AT_A_TIME // max(1, len(maps) * read.shape[1]))
    for start in range(0, len(read), step):
        some = read[start : start + step]
        inside = flat if whole else flat.take(some, 1).reshape(-1, some.shape[1])
        first = _first_maximum(inside)
        window = np.arange(len(first)) % len(some)
        places[:, start : start + step] = some[window, first].reshape(len(maps), -1)
    best = np.take_along_axis(flat, places, 1)
    sizes = (len(maps), *map(len, spans))
    return best.reshape(sizes), places.reshape(sizes)


def _places_read(spans: Spans, sizes: Sequence[int]) -> Array:
    """The row-major numbers of the places that each window reads -> (windows, K).

    A window smaller than the largest reads its last place along an axis again, which changes
    neither its first maximum nor its last NaN.
    """
    axes = [_read_again(windows, size) for windows, size in zip(spans, sizes, strict=True)]
    steps = (prod(sizes[axis + 1 :]) for axis in range(len(sizes)))
    numbers = np.zeros((1, 1), np.intp)
    for places, step in zip(axes, steps, strict=True):  # windows and places of one axis more
        numbers = numbers[:, None, :, None] + step * places[None, :, None, :]
        numbers = numbers.reshape(prod(numbers.shape[:2]), -1)
    return numbers


def _read_again(windows: Sequence[slice], size: int) -> Array:
    """The places that each window reads along one axis, (windows, K)."""
    places = [range(size)[window] for window in windows]
    k = np.arange(max(map(len, places)))
    return np.array([some.start + some.step * np.minimum(k, len(some) - 1) for some in places])


def _first_maximum(rows: Array) -> Array:
    """The number of the first maximum of each row, of NaN the last, (M, K) -> (M,).

    Objects are compared one by one: what a comparison raises, argmax of objects loses.
    """
    if rows.dtype == object:
        first = np.array([_leader(row) for row in rows.tolist()], np.intp)
        is_nan = rows != rows
    else:
        first = np.asarray(rows.argmax(axis=1))  # of NaN the first
        largest = rows[np.arange(len(rows)), first]
        if not (largest != largest).any():
            return first
        is_nan = rows != rows
    if not is_nan.any():
        return first
    last = rows.shape[1] - 1 - is_nan[:, ::-1].argmax(axis=1)
    return np.where(is_nan.any(axis=1), last, first)


def _leader(row: list[Any]) -> int:
    first, leader = 0, row[0]
    for k, element in enumerate(row):
        if k and element > leader:
            first, leader = k, element
    return first
