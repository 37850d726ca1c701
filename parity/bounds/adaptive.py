"""Where the windows of an adaptive pooling begin and end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def spans(sides: Sequence[int], output_size: Any) -> list[list[tuple[int, int]]]:
    """Along each axis the first place of each window and the one behind its last.

    >>> spans((5, 4), (3, None))
    [[(0, 2), (1, 4), (3, 5)], [(0, 1), (1, 2), (2, 3), (3, 4)]]
    """
    given = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size,)
    wanted = given * len(sides) if len(given) == 1 else given
    return [
        [(i * n // count, -((i + 1) * n // -count)) for i in range(count)]
        for n, count in (
            (n, n if size is None else size) for n, size in zip(sides, wanted, strict=True)
        )
    ]
