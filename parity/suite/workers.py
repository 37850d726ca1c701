"""How a process that judges computes: in one thread, and seldom looking for garbage."""

from __future__ import annotations

from threadpoolctl import threadpool_limits

from parity import oracle
from parity.environment.garbage import look_seldom


def one_thread(tf32: bool = False) -> None:
    """Compute with one BLAS thread and one torch thread, and TF32 as said."""
    threadpool_limits(1)
    oracle.set_threads(1)
    oracle.set_tf32(tf32)
    look_seldom()
