"""A size for each of two axes."""

from __future__ import annotations

from typing import Any


def two(value: Any) -> tuple[int, int]:
    """One number for both axes, alone or in a tuple, or one for each.

    >>> two(3), two((3,)), two([3, 4])
    ((3, 3), (3, 3), (3, 4))
    """
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,)
    first, second = sizes * 2 if len(sizes) == 1 else sizes
    return first, second
