"""D2's third part as printed: the gradients of pooling by 2×2."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.documents.printed.notation import Array

Place = tuple[int, int]


def windows(DZ: Array, stride: int) -> Iterator[tuple[Place, list[Place]]]:
    """Every Z_ij and the places of its 2×2 window PW."""
    for i, j in np.ndindex(*DZ.shape):
        yield (i, j), [(stride * i + u, stride * j + v) for u, v in np.ndindex(2, 2)]


def max_pooling(DZ: Array, A: Array, stride: int = 2) -> Array:
    """D2.28: DA_ij = DZ_ij if A_ij is the maximum of its window, else 0.

    The slide names no stride; in its picture and examples windows lie side by side.
    """
    DA = np.empty(A.shape, dtype=object)
    for place, PW in windows(DZ, stride):
        for element in PW:
            if A[element] == max(A[e] for e in PW):
                DA[element] = DZ[place]
            else:
                DA[element] = 0
    return DA


def avg_pooling(DZ: Array, A: Array) -> Array:
    """D2.28: 1/4 · DZ_ij for every element of the window."""
    DA = np.empty(A.shape, dtype=object)
    for place, PW in windows(DZ, 2):
        for element in PW:
            DA[element] = DZ[place] / 4
    return DA
