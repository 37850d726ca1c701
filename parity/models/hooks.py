"""What a hook did to a gradient, in words."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array


def changed_by(before: Array, after: Array) -> str:
    """By which factor, where it is one; behind a colon.

    >>> changed_by(np.array([1.0, -2.0]), np.array([0.5, -1.0]))
    ': it is 0.5 times what arrived'
    >>> changed_by(np.array([1.0, -2.0]), np.array([0.5, 7.0]))
    ''
    """
    if before.shape != after.shape or not before.size:
        return ""
    worst = np.unravel_index(np.argmax(np.abs(before)), before.shape)
    if not before[worst]:
        return ""
    factor = float(after[worst] / before[worst])
    near = np.allclose(after, factor * before, rtol=1e-6, atol=0)
    return f": it is {factor:.6g} times what arrived" if near else ""
