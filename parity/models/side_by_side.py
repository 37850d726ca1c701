"""Parts judged side by side: one thread for each that torch may use, one BLAS thread in each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from threadpoolctl import ThreadpoolController

from parity.oracle import set_threads, thread_count

T = TypeVar("T")
U = TypeVar("U")


class Workers:
    """Threads that are there as long as somebody watches."""

    def __init__(self) -> None:
        self.count = thread_count()
        self._threads: ThreadPoolExecutor | None = None
        self._blas: ThreadpoolController | None = None

    def each(self, work: Callable[[T], U], parts: Iterable[T]) -> list[U]:
        """What the work gives of each part, in order.

        Raises: whatever the work raises, of the first part that did.
        """
        parts = list(parts)
        if self.count == 1 or len(parts) == 1:
            return [work(part) for part in parts]
        if self._threads is None or self._blas is None:
            self._blas = ThreadpoolController()
            self._threads = ThreadPoolExecutor(self.count, initializer=set_threads, initargs=(1,))
        theirs = thread_count()
        with self._blas.limit(limits=1, user_api="blas"):
            try:
                return list(self._threads.map(lambda part: _calmly(work, part), parts))
            finally:
                set_threads(theirs)  # which a thread that begins sets for all to come

    def close(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.shutdown()
            self._threads = None


def _calmly(work: Callable[[T], U], part: T) -> U:
    with np.errstate(all="ignore"):
        return work(part)
