"""Printed sums of products and printed matrices, read from their text."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from parity.documents.printed.notation import Array, at, total


def evaluate(text: str, **arrays: Any) -> Any:
    """The value of a printed sum of products such as `A11*W11 + A12*W12 + b`.

    Each factor is the name of an array and its indices from 1, a digit each; or a number.

    >>> evaluate("A12*W1 + b", A=np.array([[2, 3]]), W=np.array([10]), b=np.array(4))
    34
    """
    return total(
        math.prod(_factor(factor.strip(), arrays) for factor in term.split("*"))
        for term in text.split("+")
    )


def _factor(text: str, arrays: dict[str, Any]) -> Any:
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    for name, array in arrays.items():
        indices = text.removeprefix(name)
        if (
            text.startswith(name)
            and len(indices) == np.ndim(array)
            and not indices.strip("123456789")
        ):
            return at(np.asarray(array, object), *map(int, indices))
    raise ValueError(f"{text!r} is no element of {', '.join(arrays)}")


def matrix(text: str, **arrays: Any) -> Array:
    """A printed matrix, a line for each row, its entries between blanks.

    >>> matrix("0 -1", A=np.array([[7]]))
    array([[0, -1]], dtype=object)
    """
    rows = [[_factor(entry, arrays) for entry in row.split()] for row in text.strip().split("\n")]
    array = np.empty((len(rows), len(rows[0])), object)
    for i, row in enumerate(rows):
        array[i] = row
    return array


def correlate(A: Array, W: Array) -> Array:
    """A ⊗ W of D2.1 and D2.23: every window of A, times W element by element, summed."""
    h, w = W.shape
    out = np.empty((A.shape[0] - h + 1, A.shape[1] - w + 1), object)
    for i, j in np.ndindex(*out.shape):
        out[i, j] = total(A[i + u, j + v] * W[u, v] for u, v in np.ndindex(h, w))
    return out
