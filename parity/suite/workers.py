"""How a process that judges computes: in one thread, and seldom looking for garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from parity import oracle

# Witnesses make lists of hundred thousands of numbers. By the interpreter's own thresholds, each
# few of them have all that are alive looked through for cycles, of which there are none.
SELDOM = (100_000, 20, 20)


def one_thread(tf32: bool = False) -> None:
    """Compute with one BLAS thread and one torch thread, and TF32 as said."""
    threadpool_limits(1)
    oracle.set_threads(1)
    oracle.set_tf32(tf32)
    _collect_seldom()


@contextmanager
def collected_seldom() -> Iterator[None]:
    """Within it, garbage that counting references does not find is looked for seldom."""
    before = gc.get_threshold()
    _collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _collect_seldom() -> None:
    gc.freeze()  # what is loaded stays
    gc.set_threshold(*SELDOM)
