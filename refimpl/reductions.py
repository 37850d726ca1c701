"""Numbers that stand for all of an array along some of its axes: the mean."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

import numpy as np

from refimpl.checks import check_arrays, check_flag, check_gradient, check_reduced
from refimpl.elements import Array
from refimpl.sums import is_narrow, quotient, total
from refimpl.unlike_torch import OUT, called, unlike_torch

Axes: TypeAlias = "int | Sequence[int] | None"


@unlike_torch(dim=called("axis"), keepdim=called("keepdims"), dtype="convert x before", out=OUT)
def mean(x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """The mean over one axis, several, or all of them.

    y = (1/N) · Σ x, summed over axis; N is how many places these axes have together

    Arguments are named as in NumPy: axis (torch: dim) is an integer, a tuple of them, or None for
    all; −1 is the last axis. With keepdims (torch: keepdim) each of these axes stays, with one
    place, so that y broadcasts against x. float32 is added in float64 and rounded once.

    Shapes: any -> x's shape without these axes, or with one place in each.
    Raises: ValueError for an axis that is not there, or twice; for no axis, (), which NumPy and
    torch take in different ways; for axes without a place, of which there is no mean.
    Source: beyond the documents. torch.mean, without its dtype: give x.astype(dtype); He et al.
    2016, "Deep residual learning for image recognition", whose last pooling it is: mean(x, (2, 3)).

    >>> x = np.array([[1.0, 2.0, 6.0], [3.0, 4.0, 8.0]])
    >>> mean(x), mean(x, axis=-1)
    (array(4.), array([3., 5.]))
    >>> mean(x, axis=0, keepdims=True)
    array([[2., 3., 7.]])
    """
    (x,) = check_arrays("mean", x=x)
    axes, N = _reduced("mean", x, axis, keepdims)
    y = _mean(x, axes, N)
    return np.expand_dims(y, axes) if keepdims else y


def mean_backward(dy: Array, x: Array, axis: Axes = None, keepdims: bool = False) -> Array:
    """Gradient of a loss L through `mean`, given dy = ∂L/∂y.

    ∂L/∂x = dy / N, the same at every place that the mean was taken of

    Shapes: dy as y, x as in `mean` -> the shape of x.
    Raises: ValueError as `mean` does, or if dy has another shape.
    Source: beyond the documents. torch.mean.

    >>> mean_backward(np.array([6.0, 3.0]), np.ones((2, 3)), axis=1)
    array([[2., 2., 2.],
           [1., 1., 1.]])
    """
    where = "mean_backward"
    dy, x = check_arrays(where, dy=dy, x=x)
    axes, N = _reduced(where, x, axis, keepdims)
    kept = tuple(1 if place in axes else size for place, size in enumerate(x.shape))
    left = tuple(size for place, size in enumerate(x.shape) if place not in axes)
    check_gradient(where, dy, kept if keepdims else left)
    return np.broadcast_to(quotient(dy, N).reshape(kept), x.shape).copy()


def _reduced(where: str, x: Array, axis: Any, keepdims: Any) -> tuple[tuple[int, ...], int]:
    """The axes, counted from the first, and how many places they have together."""
    check_flag(where, "keepdims", keepdims)
    axes = check_reduced(where, "x", x, axis)
    return axes, prod(x.shape[place] for place in axes)


def _mean(x: Array, axes: tuple[int, ...], N: int) -> Array:
    if is_narrow(x):
        return np.asarray(x.sum(axis=axes, dtype=np.float64) / N).astype(x.dtype)
    return quotient(total(x, axes), N)
