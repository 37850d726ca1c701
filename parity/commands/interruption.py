"""Ctrl-C: a command ends soon after it, with one sentence: what was done, and what is kept.

Python tells its main thread of a signal between two steps of its own: a long product or an import
may keep it waiting, or swallow what the signal raises. A thread ends the process then.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock, Thread
from types import FrameType
from typing import Any, NoReturn

INTERRUPTED = 130  # what a shell gives a command that Ctrl-C ended
PATIENCE = 2.0  # seconds in which a command clears up
SHOW_CURSOR = "\x1b[?25h"  # a progress bar hides it


@dataclass
class Work:
    """How far the command is; what of it is kept if it ends now."""

    done: int = 0
    total: int = 0
    what: str = ""
    kept: Callable[[], str] = lambda: "nothing was written, earlier reports stand"

    def sentence(self) -> str:
        """What is said of an interruption.

        >>> print(Work(3, 40, "candidate").sentence())
        interrupted after 3 of 40 candidates; nothing was written, earlier reports stand
        >>> print(Work().sentence())
        interrupted before anything was done; nothing was written, earlier reports stand
        """
        if not self.total:
            return f"interrupted before anything was done; {self.kept()}"
        plural = "" if self.total == 1 else "s"
        return f"interrupted after {self.done} of {self.total} {self.what}{plural}; {self.kept()}"


@dataclass
class _Ctrl:
    """Whether Ctrl-C came, and whether the sentence is said."""

    came: bool = False
    answered: bool = False
    lock: Any = field(default_factory=Lock)

    def says_it(self) -> bool:
        """Whether it is for the caller to say the sentence: for the first who asks."""
        with self.lock:
            first, self.answered = not self.answered, True
        return first


_work, _ctrl = Work(), _Ctrl()


# --- what the commands tell ---------------------------------------------------------------


def begin() -> None:
    """A new command: nothing is done yet."""
    _work.__dict__.update(Work().__dict__)
    _ctrl.__dict__.update(_Ctrl().__dict__)


def counts(total: int, what: str) -> None:
    """So many of something are to be done.

    Raises: KeyboardInterrupt if Ctrl-C came before, and an import has swallowed it.
    """
    _work.done, _work.total, _work.what = 0, total, what
    if _ctrl.came and not _ctrl.answered:
        raise KeyboardInterrupt


def advance(count: int) -> None:
    """So many more are done."""
    _work.done += count


def keeps(kept: str | Callable[[], str]) -> None:
    """What is kept if the command ends from here on."""
    _work.kept = kept if callable(kept) else lambda: kept


# --- the end ------------------------------------------------------------------------------


def came() -> bool:
    """Whether Ctrl-C came, whatever has become of it since."""
    return _ctrl.came


def answer(sentence: str | None = None) -> None:
    """Say the sentence, once. Who gives its own goes on for a while, until the next Ctrl-C."""
    if _ctrl.says_it():
        with suppress(OSError):
            print(f"parity: {sentence or _work.sentence()}", file=sys.stderr, flush=True)


def end() -> NoReturn:
    """The sentence, if it is not said yet, and exit code 130."""
    answer()
    with suppress(Exception):
        from parity.suite.processes import end_server

        end_server()
    # Python would end by the signal if it came in the middle of an `exec` (a dataclass is one),
    # unless another one comes after it.
    exec("")
    sys.exit(INTERRUPTED)


def watch() -> None:
    """Take SIGINT over, unless who started this process has it ignored (`parity … &`)."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    hears, tells = socket.socketpair()
    tells.setblocking(False)
    signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGINT, _interrupt)
    sys.unraisablehook = _unraisable
    Thread(target=_see_to_it, args=(hears, tells), daemon=True).start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Once: what clears up is not disturbed."""
    if _ctrl.came and not _ctrl.answered:
        return
    _ctrl.came = True
    raise KeyboardInterrupt


def _unraisable(found: Any) -> None:
    """What Ctrl-C raises where nothing can be raised is no news; the rest is told as ever."""
    if not (_ctrl.came and isinstance(found.exc_value, KeyboardInterrupt)):
        sys.__unraisablehook__(found)


def _see_to_it(hears: socket.socket, tells: socket.socket) -> None:
    """End the process if it has not answered in time; `tells` is kept open by this thread."""
    while number := hears.recv(1):
        if number[0] != signal.SIGINT:
            continue
        time.sleep(PATIENCE)
        if _ctrl.says_it():
            _end_at_once()


def _end_at_once() -> NoReturn:
    before = f"{SHOW_CURSOR}\n" if os.isatty(2) else ""
    with suppress(OSError):
        # Not by sys.stderr, whose lock the main thread may hold.
        os.write(2, f"{before}parity: {_work.sentence()}\n".encode(errors="replace"))
    with suppress(Exception):
        from parity.suite.processes import end_server

        end_server()
    os._exit(INTERRUPTED)
