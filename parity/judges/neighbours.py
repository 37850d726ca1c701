"""Almost the same numbers, asked about first: what refimpl keeps of them is wrong afterwards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from parity.cases.case import Array, Case, generator
from parity.cases.functions import FUNCTIONS
from parity.results.judging import attempt

LARGEST = 1000  # elements of all arrays of a case that is asked


def ask_neighbour(case: Case, arrays: Mapping[str, Array], dy: Array, seed: int) -> None:
    """Forward and backward on arrays in which two elements have changed places.

    Results kept under a shape, a sum or a few of the numbers would come back for the case itself.
    """
    if dy.size + sum(array.size for array in arrays.values()) > LARGEST:
        return
    rng = generator(seed, case.id, "neighbour")
    others = {name: exchanged(array, rng) for name, array in arrays.items()}
    other_dy = exchanged(dy, rng)
    with np.errstate(all="ignore"):
        attempt(lambda: FUNCTIONS[case.function].tensors(other_dy, others, case.options))


def exchanged(array: Array, rng: np.random.Generator) -> Array:
    """A copy in which two elements have changed places: of four and more, not the first or last.

    >>> exchanged(np.array([1, 2]), np.random.default_rng(0))
    array([2, 1])
    """
    copy = array.copy(order="K")
    if array.size > 1:
        edge = int(array.size > 3)
        places = edge + rng.choice(array.size - 2 * edge, 2, replace=False)
        copy.flat[places] = array.flat[places[::-1]]
    return copy
