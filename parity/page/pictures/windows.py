"""Which places a pooling window holds, and how far the windows have come."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.cases.case import Array
from parity.page.pictures.equations import Place


def windows(
    outputs: tuple[int, ...], kernel_size: int, stride: int
) -> Iterator[tuple[Place, list[Place]]]:
    """Each output's place, row by row, and the places of its window.

    >>> next(windows((2, 2), 2, 2))
    ((0, 0), [(0, 0), (0, 1), (1, 0), (1, 1)])
    """
    for h, w in np.ndindex(outputs):
        corner = h * stride, w * stride
        yield (
            (h, w),
            [(corner[0] + i, corner[1] + j) for i, j in np.ndindex(kernel_size, kernel_size)],
        )


def up_to(number: int, dy: Array) -> Array:
    """The first elements of dy, row by row, and 0 for the others.

    >>> up_to(1, np.array([[4, 5]]))
    array([[4, 0]])
    """
    first = dy.ravel().copy()
    first[number:] = 0
    return first.reshape(dy.shape)
