"""Limits that the process sets itself: memory, core files, and an end without its parent."""

from __future__ import annotations

import math
import os
import signal
from contextlib import contextmanager
from typing import Iterator  # noqa: UP035 (Python 3.8)

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

STATM = "/proc/self/statm"  # Linux: sizes of this process in pages; the sixth is data and stack
MEGABYTE = 1 << 20
GRACE = 5  # seconds after which a process whose parent is gone ends by itself


class Confinement:
    """How much memory a candidate may take beyond what the process has, while it runs.

    RLIMIT_DATA counts what is allocated and leaves out libraries, whose code alone fills
    gigabytes of addresses; Linux enforces it, other systems may not.
    """

    def __init__(self, memory_mb: int) -> None:
        self.most = _data_bytes() + memory_mb * MEGABYTE
        if resource is not None:
            resource.setrlimit(
                resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1])
            )

    @contextmanager
    def around_candidate(self, seconds: float) -> Iterator[None]:
        """While the candidate runs; what the runner does after it has the memory that it needs."""
        _set_data_limit(self.most)
        _alarm(seconds)
        try:
            yield
        finally:
            _set_data_limit(None)
            _alarm(None)


def _data_bytes() -> int:
    try:
        with open(STATM) as file:
            return int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def _set_data_limit(most: int | None) -> None:
    """The soft limit, which may be raised again; less than a hard limit that was there before."""
    if resource is None:
        return
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    soft = hard if most is None else most
    if hard != resource.RLIM_INFINITY and soft > hard:
        soft = hard
    resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def _alarm(seconds: float | None) -> None:
    """The parent ends the process in time; if it is gone, the system does."""
    if hasattr(signal, "alarm"):
        signal.alarm(0 if seconds is None else math.ceil(seconds) + GRACE)
