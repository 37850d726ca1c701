"""Several arrays as one, so that a function that gives parts is compared as one that gives y.

The parts stand along a new first axis, each filled up with zeros to the size of the largest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.cases.case import Array, Shape
from refimpl.elements import zeros


def stacked_shape(shapes: Sequence[Shape]) -> Shape:
    """The shape of parts of these shapes, which have as many axes, as one array.

    >>> stacked_shape([(2, 3), (2, 1)])
    (2, 2, 3)
    """
    return (len(shapes), *(max(along) for along in zip(*shapes, strict=True)))


def stacked(parts: Sequence[Array]) -> Array:
    """Parts as one array.

    >>> stacked([np.array([1.0, 2.0]), np.array([3.0])])
    array([[1., 2.],
           [3., 0.]])
    """
    arrays = [np.asarray(part) for part in parts]
    one = zeros(stacked_shape([a.shape for a in arrays]), like=max(arrays, key=lambda a: a.size))
    for array, place in zip(arrays, one, strict=True):
        place[tuple(map(slice, array.shape))] = array
    return one


def apart(one: Array, shapes: Sequence[Shape]) -> list[Array]:
    """The parts of these shapes that `stacked` made one of.

    >>> apart(np.array([[1.0, 2.0], [3.0, 0.0]]), [(2,), (1,)])
    [array([1., 2.]), array([3.])]
    """
    return [place[tuple(map(slice, shape))] for place, shape in zip(one, shapes, strict=True)]
