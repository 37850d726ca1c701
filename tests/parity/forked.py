"""`parity …` in processes that have torch already: forks of the server of a run's own workers."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import psutil
from calling import Outcome

from parity.__main__ import main
from parity.suite.processes import context


class Started(NamedTuple):
    """A process, and what it says."""

    process: Any
    out: Connection
    err: Connection


def nothing() -> None:
    pass


def no_room() -> None:
    """From here on the kernel lets no file grow."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def dying() -> None:
    """The first file that is moved kills the process."""
    os.replace = lambda *paths: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[assignment]


def start(*arguments: object, before: Callable[[], None] = nothing) -> Started:
    """`parity …` in a process group of its own, after something else."""
    server = context()
    out, out_end = server.Pipe(duplex=False)
    err, err_end = server.Pipe(duplex=False)
    given = (before, ["parity", *map(str, arguments)], out_end, err_end)
    process = server.Process(target=_call, args=given)  # type: ignore[attr-defined]
    process.start()
    out_end.close()
    err_end.close()
    return Started(process, out, err)


def _call(before: Callable[[], None], words: list[str], out: Connection, err: Connection) -> None:
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # the server is deaf to it
    for end, number in ((out, 1), (err, 2)):
        os.dup2(end.fileno(), number)
        end.close()
    sys.argv = words
    before()
    try:
        main()
    except SystemExit as ended:
        # Nothing else at the end: what measures coverage would write a file where none may grow.
        os._exit(ended.code if isinstance(ended.code, int) else 1)


def finish(started: Started) -> Outcome:
    """Wait for its end."""
    out, err = (_everything(end) for end in (started.out, started.err))
    started.process.join(60)
    assert started.process.exitcode is not None
    return Outcome(started.process.exitcode, out, err)


def _everything(end: Connection) -> str:
    with os.fdopen(os.dup(end.fileno()), encoding="utf-8") as file:
        said = file.read()
    end.close()
    return said


def workers(pid: int) -> list[psutil.Process]:
    """The processes that judge: the children of the server that a process has started."""
    return [w for server in psutil.Process(pid).children() for w in server.children()]


def has_ended(process: psutil.Process) -> bool:
    """Whether it does nothing any more; its entry may be left where nobody asks for it."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def none_is_left(processes: list[psutil.Process], seconds: float) -> None:
    """All end within these seconds: who was killed is gone a moment later."""
    deadline = time.monotonic() + seconds
    while not all(map(has_ended, processes)):
        assert time.monotonic() < deadline, processes
        time.sleep(0.02)
