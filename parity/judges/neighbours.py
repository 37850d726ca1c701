"""Almost the same numbers, asked about first: what refimpl keeps of them is wrong afterwards."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np

from parity.cases.case import Array, Case
from parity.cases.functions import FUNCTIONS
from parity.results.judging import attempt

LARGEST = 1000  # elements of all arrays of a case that is asked


def ask_neighbour(case: Case, arrays: Mapping[str, Array], dy: Array, seed: int) -> None:
    """Forward and backward on arrays in which two elements have changed places.

    Results kept under a shape, a sum or a few of the numbers would come back for the case itself.
    """
    if dy.size + sum(array.size for array in arrays.values()) > LARGEST:
        return
    others = {name: exchanged(a, _number(seed, case.id, name)) for name, a in arrays.items()}
    other_dy = exchanged(dy, _number(seed, case.id, "dy"))
    with np.errstate(all="ignore"):
        attempt(lambda: FUNCTIONS[case.function].tensors(other_dy, others, case.options))


def _number(seed: int, *labels: str) -> int:
    """Another one for each array; a random generator takes longer than a small case does."""
    return zlib.crc32(" ".join((str(seed), *labels)).encode())


def exchanged(array: Array, number: int) -> Array:
    """A copy in which two elements have changed places: of four and more, not the first or last.

    number: which two.

    >>> exchanged(np.array([1, 2]), 0), exchanged(np.array([1, 2, 3, 4, 5]), 4)
    (array([2, 1]), array([1, 3, 2, 4, 5]))
    """
    copy = array.copy(order="K")
    if array.size > 1:
        edge = int(array.size > 3)
        count = array.size - 2 * edge
        apart, first = divmod(number, count)
        second = (first + 1 + apart % (count - 1)) % count
        copy.flat[edge + first] = array.flat[edge + second]
        copy.flat[edge + second] = array.flat[edge + first]
    return copy
