"""What probes are about, and how their numbers are written."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array

TIES, NOT_A_NUMBER, KINKS = "ties", "NaN", "kinks"
PADDING, CEIL_MODE, SAME = "padding", "ceil_mode", "same"
DEFAULTS, LABELS, INTEGERS = "defaults", "soft labels", "integers"
SUMS, DIVISION, LOST = "long sums", "division", "values lost"
TOPICS = (
    *(TIES, NOT_A_NUMBER, KINKS, PADDING, CEIL_MODE, SAME),
    *(DEFAULTS, LABELS, INTEGERS, SUMS, DIVISION, LOST),
)
LOWEST = -float(np.finfo(np.float32).max)


def numbers(*values: float) -> Array:
    """In a row.

    >>> numbers(1, 2)
    array([1., 2.])
    """
    return np.array(values, np.float64)


def row_of_map(*values: float) -> Array:
    """(1, 1, 1, W)

    >>> row_of_map(1, 2).shape
    (1, 1, 1, 2)
    """
    return numbers(*values).reshape(1, 1, 1, -1)
