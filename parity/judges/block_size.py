"""refimpl's blocks made small, so that small arrays have several of them and an incomplete last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from refimpl import sums, windows

BYTES = ((windows, "BLOCK_BYTES"), (sums, "ROWS_BYTES"))
# Long sums are cut into parts, too: shorter parts round less often, so that their bound holds.
COUNTS = ((sums, "TERMS", 8), (sums, "RUN", 2), (sums, "FEW", 4))


@contextmanager
def blocks_of(size: int | None) -> Iterator[None]:
    """Let refimpl work in blocks of so many bytes and in short sums; nothing: as it does.

    >>> with blocks_of(1):
    ...     len(list(windows.blocks(2, 3, row_bytes=8)))
    6
    >>> len(list(windows.blocks(2, 3, row_bytes=8)))
    1
    """
    small = [] if size is None else [*((*place, size) for place in BYTES), *COUNTS]
    real = [(module, name, getattr(module, name)) for module, name, _ in small]
    try:
        _set(small)
        yield
    finally:
        _set(real)


def _set(values: list[tuple[ModuleType, str, int]]) -> None:
    for module, name, value in values:
        setattr(module, name, value)
