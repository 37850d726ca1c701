"""How processes are started that judge: a server loads torch once, and its forks work."""

from __future__ import annotations

from multiprocessing import get_all_start_methods, get_context
from multiprocessing.context import BaseContext

SERVED = "parity.suite.workers"  # and with it torch, which takes most of a start


def context() -> BaseContext:
    """The start method of every pool.

    A process that has computed must not be forked: torch's threads would be missing in the
    copy. The server has only imported it. Where there is no such server (Windows), each process
    loads its own.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    served = get_context("forkserver")
    served.set_forkserver_preload([SERVED])
    return served
