"""A size for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def each(value: Any, n: int) -> tuple[int, ...]:
    """One number for all axes, or one for each; a single entry stands for all, as in torch.

    >>> each(2, 3), each((2,), 3), each([1, 2], 2)
    ((2, 2, 2), (2, 2, 2), (1, 2))
    """
    values = tuple(value) if isinstance(value, Sequence) else (value,)
    return values * n if len(values) == 1 else values
