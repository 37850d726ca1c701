"""The process of a candidate, seen from outside: it is asked, it answers, or it is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Lock, Thread
from typing import IO, Any

from numpy.typing import NDArray

from parity.candidates import failures, wire
from parity.candidates.child import frames
from parity.candidates.failures import Failure

RUNNER = Path(__file__).with_name("runner.py")
START = 60.0  # seconds that an interpreter has to import NumPy, torch or JAX: not the candidate's
END = 1.0  # seconds in which a process that says no more, or its pipes, come to an end
PIPE = 1 << 14  # bytes that every system's pipes hold
# One thread, so that sums have one order; one order of sets.
ENVIRONMENT = {
    **dict.fromkeys(
        (
            *("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"),
            *("VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"),
        ),
        "1",
    ),
    "PYTHONHASHSEED": "0",
    "JAX_ENABLE_X64": "1",  # for constants that a file makes when it is imported
}
# What a user's environment may have otherwise: JAX computes on the processor, as torch does.
DEFAULTS = {"JAX_PLATFORMS": "cpu"}
ALARM = -getattr(signal, "SIGALRM", signal.NSIG)  # the exit code; Windows has none
SECONDS = 10.0
COMPILING = {"jax": 60.0}  # it compiles a function anew for each shape
Reply = tuple[dict[str, Any], list[NDArray[Any]]]

_living: set[int] = set()  # the processes of candidates, by their ids


@dataclass(frozen=True)
class Limits:
    """What a candidate may use: seconds of all its calls together (None: as its library needs),
    megabytes beyond what NumPy takes, kilobytes of what it prints that are kept."""

    seconds: float | None = None
    memory_mb: int = 2048
    output_kb: int = 64


class Child:
    """A process that loads a candidate and calls it. Once it has ended, it stays so."""

    def __init__(
        self,
        limits: Limits = Limits(),
        python: str = sys.executable,
        folder: Path | None = None,
        library: str = "numpy",
    ) -> None:
        """`folder` is where the process works and looks for modules (None: here); `library` is
        imported before the candidate's time begins."""
        self.limits, self.python = limits, python
        self.seconds = limits.seconds or COMPILING.get(library, SECONDS)
        self.seconds_left = self.seconds
        self.about: dict[str, Any] = {}  # versions of its Python and NumPy
        self._failure: Failure | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._printed = _Printed(limits.output_kb * 1024)
        self._replies: Queue[frames.Frame | Exception] = Queue()
        self._threads: list[Thread] = []
        self._writer: Thread | None = None
        self._start(folder, library)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *error: object) -> None:
        self._end()

    @property
    def output(self) -> str:
        """What the candidate has printed; all of it once the process has ended."""
        return self._printed.text()

    def ask(
        self, request: Mapping[str, Any], arrays: Sequence[NDArray[Any]] = ()
    ) -> Reply | Failure:
        """The reply to a request, or why there is none."""
        if self._failure is None and not self.about:
            self._failure = self._greeting()
        if self._failure is not None:
            return self._failure
        limited = {**request, "seconds": max(self.seconds_left, 0.0)}
        begun = time.perf_counter()
        self._send(frames.pack(limited, wire.blobs(arrays)))
        found = self._receive(self.seconds_left)
        first = self.seconds_left > 0.9 * self.seconds
        self.seconds_left -= time.perf_counter() - begun
        who = failures.asked(request)
        if found is None:
            return self._fail(failures.timeout(who, self.seconds, first, self._printed.total))
        if isinstance(found, EOFError):
            code = self._exit_code()
            if code == ALARM:  # this process was held up, and the system was quicker
                return self._fail(failures.timeout(who, self.seconds, first, self._printed.total))
            return self._fail(failures.ended(who, code))
        if isinstance(found, Exception):
            return self._fail(failures.protocol(who, str(found)))
        return self._read(request, *found)

    # --- the process --------------------------------------------------------------------------

    def _start(self, folder: Path | None, library: str) -> None:
        command = [self.python, str(RUNNER), str(self.limits.memory_mb), library]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env={**DEFAULTS, **os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
        except OSError as error:
            self._failure = failures.no_start(self.python, error.strerror or str(error))
            return
        _living.add(self._process.pid)
        pipes = self._process.stdout, self._process.stderr
        for read, pipe in zip((self._read_replies, self._printed.read), pipes, strict=True):
            assert pipe is not None
            self._in_thread(read, pipe)

    def _greeting(self) -> Failure | None:
        """Wait until the runner is ready."""
        found = self._receive(START)
        if isinstance(found, tuple) and "numpy" in found[0]:
            self.about = found[0]
            return None
        self._end()
        if isinstance(found, tuple):
            return failures.missing(self.python, str(found[0].get("missing")))
        if isinstance(found, ValueError):
            return failures.no_start(self.python, "it prints something before the runner begins")
        lines = self.output.strip().splitlines()
        silent = "it ends without a word" if found else f"no answer came in {START:g} s"
        why = lines[-1] if lines else silent
        return failures.no_start(self.python, why)

    def _fail(self, failure: Failure) -> Failure:
        """End the process; every later request has the same failure."""
        self._end()
        self._failure = failure
        return failure

    def _exit_code(self) -> int | None:
        """The code of a process that hung up; None if it goes on."""
        assert self._process is not None
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(END)
        return None

    def _end(self) -> None:
        """End the process with its threads and the processes that it started."""
        process, self._process = self._process, None
        if process is None:
            return
        _end_group(process.pid)
        _living.discard(process.pid)
        process.wait()
        until = time.perf_counter() + END
        for thread in self._threads:
            # A process that left the group may hold a pipe open: its thread ends with it.
            thread.join(max(0.0, until - time.perf_counter()))
        if process.stdin is not None and not (self._writer and self._writer.is_alive()):
            _close(process.stdin)

    # --- the line -----------------------------------------------------------------------------

    def _send(self, frame: bytes) -> None:
        """What fits into a pipe at once; else in a thread, as the process may stop reading."""
        assert self._process is not None
        assert self._process.stdin is not None
        if len(frame) <= PIPE:
            _write(self._process.stdin, frame)
        else:
            self._writer = self._in_thread(_write, self._process.stdin, frame)

    def _receive(self, seconds: float) -> frames.Frame | Exception | None:
        """What comes next; None if nothing does in time."""
        try:
            return self._replies.get(timeout=max(seconds, 0.0))
        except Empty:
            return None

    def _read_replies(self, pipe: IO[bytes]) -> None:
        with pipe:
            try:
                while True:
                    self._replies.put(frames.read(pipe))  # type: ignore[arg-type]
            except (EOFError, ValueError, RecursionError, OSError) as error:
                self._replies.put(error)

    def _read(
        self, request: Mapping[str, Any], message: dict[str, Any], found: list[bytes]
    ) -> Reply | Failure:
        """A reply whose arrays are arrays, or the error in it."""
        if isinstance(message.get("error"), dict):
            return failures.of_error(message["error"], request, self.limits.memory_mb)
        try:
            return message, wire.unpacked(found)
        except (ValueError, EOFError, OSError) as error:
            return self._fail(failures.protocol(failures.asked(request), str(error)))

    def _in_thread(self, function: Any, *args: Any) -> Thread:
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        thread = Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread


def end_all() -> None:
    """End the processes of all candidates of this process, which itself is to end."""
    for pid in tuple(_living):
        _end_group(pid)


def _end_group(pid: int) -> None:
    """A process and those that it started."""
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGTERM)  # Windows ends a process by any signal


class _Printed:
    """The beginning of what a process prints; the rest is read, so that it goes on, and dropped."""

    def __init__(self, most: int) -> None:
        self.most, self.kept, self.total = most, bytearray(), 0
        self.lock = Lock()

    def read(self, pipe: IO[bytes]) -> None:
        """All that comes."""
        with pipe:
            while chunk := os.read(pipe.fileno(), 1 << 16):
                with self.lock:
                    room = self.most - len(self.kept)
                    self.kept += chunk[:room]
                    self.total += len(chunk)

    def text(self) -> str:
        """What is kept, and that it is cut."""
        with self.lock:
            cut = self.total > self.most
            note = f"\n[cut: more than {self.most // 1024} KB]" if cut else ""
            return self.kept.decode("utf-8", "replace") + note


def _write(pipe: IO[bytes], frame: bytes) -> None:
    try:
        pipe.write(frame)
        pipe.flush()
    except OSError:  # the process has ended: who reads its replies sees that
        _close(pipe)


def _close(pipe: IO[bytes]) -> None:
    with suppress(OSError):
        pipe.close()
