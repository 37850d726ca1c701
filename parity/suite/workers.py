"""What a process does before it judges: one thread, and an end with its parent."""

from __future__ import annotations

import os
from multiprocessing import parent_process
from threading import Thread

from threadpoolctl import threadpool_limits

from parity import oracle


def start_worker(tf32: bool = False) -> None:
    """Set up a process of a pool: one thread each; it ends with its parent."""
    Thread(target=_end_with_parent, daemon=True).start()
    one_thread(tf32)


def one_thread(tf32: bool = False) -> None:
    """Compute with one BLAS thread and one torch thread, and TF32 as said."""
    threadpool_limits(1)
    oracle.set_threads(1)
    oracle.set_tf32(tf32)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)
