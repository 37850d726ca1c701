"""refimpl's blocks made small, so that small arrays have several of them and an incomplete last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from refimpl import windows


@contextmanager
def blocks_of(size: int | None) -> Iterator[None]:
    """Let refimpl work in blocks of so many bytes; nothing: in those that it has.

    >>> with blocks_of(1):
    ...     len(list(windows.blocks(2, 3, row_bytes=8)))
    6
    >>> len(list(windows.blocks(2, 3, row_bytes=8)))
    1
    """
    real = windows.BLOCK_BYTES
    windows.BLOCK_BYTES = real if size is None else size
    try:
        yield
    finally:
        windows.BLOCK_BYTES = real
