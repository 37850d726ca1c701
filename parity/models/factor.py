"""By which factor two arrays differ, if it is one."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array


def factor_between(before: Array, after: Array) -> float | None:
    """after / before where that is the same everywhere, to six digits.

    >>> factor_between(np.array([1.0, -2.0]), np.array([0.5, -1.0]))
    0.5
    >>> factor_between(np.array([1.0, -2.0]), np.array([0.5, 7.0]))
    """
    if before.shape != after.shape or not before.size:
        return None
    worst = np.unravel_index(np.argmax(np.abs(before)), before.shape)
    if not before[worst]:
        return None
    factor = float(after[worst] / before[worst])
    return factor if np.allclose(after, factor * before, rtol=1e-6, atol=0) else None
