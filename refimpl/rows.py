"""Parts of arrays that stay in the processor's caches; softmax's axis as rows.

What stays there from one pass to the next is read from memory once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any, TypeAlias

import numpy as np

from refimpl.elements import Array, log1p
from refimpl.sums import along

Index: TypeAlias = tuple[Any, ...]  # rows and columns of as many elements

PART_BYTES = 256 << 10


def rows_of(x: Array, axis: int) -> Array:
    """x with one axis last and all others in one, in C order; a view of x where it can be one.

    Shapes: x (…, K, …) -> (R, K).

    >>> rows_of(np.arange(4.0).reshape(2, 2), axis=0)
    array([[0., 2.],
           [1., 3.]])
    """
    return np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis])


def from_rows(rows: Array, like: Array, axis: int) -> Array:
    """The inverse of `rows_of`: an array of the shape of `like`, in C order.

    >>> from_rows(np.array([[0.0, 2.0], [1.0, 3.0]]), np.zeros((2, 2)), axis=0)
    array([[0., 1.],
           [2., 3.]])
    """
    shape = np.moveaxis(like, axis, -1).shape
    return np.ascontiguousarray(np.moveaxis(rows.reshape(shape), -1, axis))


def parts(rows: Array) -> Iterator[slice]:
    """Slices of about `PART_BYTES` that together cover the rows.

    >>> list(parts(np.zeros((3, PART_BYTES // 16))))
    [slice(0, 2, None), slice(2, 4, None)]
    """
    step = max(1, PART_BYTES // (prod(rows.shape[1:]) * rows.itemsize))
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def in_parts(formula: Callable[..., Array], *arrays: Array) -> Array:
    """A formula of single elements, on a part of the arrays at a time.

    Shapes: arrays alike -> their shape.

    >>> in_parts(np.add, np.array([1.0, 2.0]), np.array([10.0, 20.0]))
    array([11., 22.])
    """
    if arrays[0].nbytes <= PART_BYTES:
        return np.asarray(formula(*arrays))
    flat = [array.reshape(-1) for array in arrays]
    result = np.empty(flat[0].shape, arrays[0].dtype)
    for some in parts(flat[0]):
        result[some] = formula(*(array[some] for array in flat))
    return result.reshape(arrays[0].shape)


def below_maximum(rows: Array) -> tuple[Array, Index]:
    """t = x − max(x) of each row, and where its (first) maximum stands.

    Any shift gives the same softmax; this one keeps e^t within 1.

    Shapes: rows (R, K), K at least 1 -> (R, K), and an index of R elements.

    >>> below_maximum(np.array([[7.0, 7.0, 6.0]]))
    (array([[ 0.,  0., -1.]]), (array([0]), array([0])))
    """
    k = np.arange(len(rows)), _first_maximum(rows)
    return np.asarray(rows - rows[k][:, None]), k


def _first_maximum(rows: Array) -> Array:
    """The place of each row's maximum."""
    if rows.dtype == object:  # argmax makes a SystemError of what a comparison raises
        return np.asarray((rows == rows.max(axis=1, keepdims=True)).argmax(axis=1))
    return np.asarray(rows.argmax(axis=1))


def log_of_sum(t: Array, k: Index, out: Array | None = None) -> Array:
    """log Σ_j e^(t_j) of each row, as log(1 + Σ_{j≠k} e^(t_j)) for the maximum t_k = 0.

    Beside its 1 the sum of the others would be rounded; log(1 + sum) keeps its digits.

    Shapes: t and k as `below_maximum` gives them -> (R, 1). out: an array of t's shape to work in.

    >>> log_of_sum(np.array([[0.0, -40.0]]), (np.array([0]), np.array([0])))
    array([[4.24835426e-18]])
    """
    powers = np.asarray(np.exp(t, out=out))
    powers[k] *= 0  # NaN, where the maximum is ∞, stays NaN
    return np.asarray(log1p(along(powers, 1)))
