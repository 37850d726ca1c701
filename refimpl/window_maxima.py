"""Maxima window after window: for few windows with many places."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any, TypeAlias

import numpy as np

from refimpl.elements import Array

Spans: TypeAlias = Sequence[Sequence[slice]]  # for each spatial axis, the places of each window


def maxima_in(maps: Array, spans: Spans) -> tuple[Array, Array]:
    """Each window's maximum, and its place in the map as one row-major number.

    The first of several maxima; of several NaN the last one, as torch has it.

    Shapes: maps (M, *S), as many spans for each axis as S_out has -> two arrays (M, *S_out).

    >>> best, places = maxima_in(np.array([[3.0, 1.0, 4.0, 4.0]]), [[slice(0, 2), slice(1, 4)]])
    >>> best, places
    (array([[3., 4.]]), array([[0, 2]]))
    """
    sizes = (len(maps), *map(len, spans))
    best, places = np.empty(sizes, maps.dtype), np.empty(sizes, np.intp)
    numbers = np.arange(prod(maps.shape[1:])).reshape(maps.shape[1:])
    every = np.arange(len(maps))
    for numbered in product(*map(enumerate, spans)):
        here, window = zip(*numbered, strict=True)
        inside = maps[(slice(None), *window)].reshape(len(maps), -1)
        first = first_maximum(inside)
        best[(slice(None), *here)] = inside[every, first]
        places[(slice(None), *here)] = numbers[window].reshape(-1)[first]
    return best, places


def first_maximum(rows: Array) -> Array:
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
    for k, element in enumerate(row[1:], start=1):
        if element > leader:
            first, leader = k, element
    return first
