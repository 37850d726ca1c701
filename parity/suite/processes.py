"""How processes that judge start and end: a server loads what takes long, its forks work."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing import (
    active_children,
    get_all_start_methods,
    get_context,
    parent_process,
)
from multiprocessing.connection import wait
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any

FIRST = "parity.suite.served"
SERVED = ("parity.suite.run",)  # and with it torch, which takes most of a start
END, AGAIN = 1.0, 0.1  # seconds that a process has to clear up, and after which it is told again

Begin = Callable[..., Any]


@contextmanager
def pool(
    jobs: int, begin: Begin, *given: Any, served: Sequence[str] = SERVED
) -> Iterator[ProcessPoolExecutor]:
    """So many processes, each begun by `begin(*given)`; they end with this one.

    An error, Ctrl-C for example, ends them at once: what they do is not waited for.
    """
    before = active_children()
    executor = ProcessPoolExecutor(
        jobs, context(served), initializer=_begin, initargs=(begin, given)
    )
    try:
        yield executor
    except BaseException as error:
        executor.shutdown(wait=False, cancel_futures=True)
        _end(process for process in active_children() if process not in before)
        if not isinstance(error, Exception):
            end_server()  # it may be loading still, for a process that nobody waits for
        raise
    executor.shutdown(wait=True, cancel_futures=True)


def load_ahead(*also: str) -> None:
    """Have the server load, while this process finds out what there is to do."""
    context((*SERVED, *also))


def context(served: Sequence[str] = SERVED) -> BaseContext:
    """The start method of every pool.

    A process that has computed must not be forked: torch's threads would be missing in the
    copy. The server has only imported it. Where there is no such server (Windows), each process
    loads its own.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    made = get_context("forkserver")
    made.set_forkserver_preload([FIRST, *served])
    _start_server()
    return made


def _start_server() -> None:
    """Start the server deaf to Ctrl-C: who started it decides what ends."""
    from multiprocessing import forkserver, resource_tracker

    resource_tracker.ensure_running()  # it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_server() -> None:
    """End the server, if there is one, though it may be loading still, and whom it is starting.

    Who starts after the command has ended looks in vain for what they share, and says so at length.
    """
    server = getattr(sys.modules.get("multiprocessing.forkserver"), "_forkserver", None)
    pid, stop = (getattr(server, name, None) for name in ("_forkserver_pid", "_stop"))
    if pid is not None and stop is not None:
        with suppress(OSError):
            os.kill(pid, signal.SIGSTOP)  # it starts nobody any more
            started = _started_by(pid)
            for each in (*started, pid):
                with suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            stop()


def _started_by(pid: int) -> list[int]:
    """The processes that one has started and that are still there, where the system tells."""
    try:
        told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(each) for each in told.split()]


def _end(processes: Iterable[BaseProcess]) -> None:
    """End processes, those that do not end by themselves after a while by force."""
    ending, until = list(processes), time.monotonic() + END
    while (living := [one for one in ending if one.is_alive()]) and time.monotonic() < until:
        for process in living:
            process.terminate()  # again: a thread of it may have taken the signal, and sleep on
        wait([process.sentinel for process in living], AGAIN)
    for process in ending:
        process.kill()


# --- in the process -----------------------------------------------------------------------


def _begin(begin: Begin, given: tuple[Any, ...]) -> None:
    """Leave Ctrl-C to the parent, end with it, then begin."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    Thread(target=_end_with_parent, daemon=True).start()
    begin(*given)


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(END)
        os._exit(1)
