"""Arrays of exact numbers and expressions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray


def of_objects(objects: Iterable[object], shape: tuple[int, ...]) -> NDArray[Any]:
    """Objects row by row; NumPy is not asked what else it could make of them.

    >>> of_objects(map(str, range(2)), (2, 1))
    array([['0'],
           ['1']], dtype=object)
    """
    every = list(objects)
    found = np.empty(len(every), object)
    found[:] = every
    return found.reshape(shape)
