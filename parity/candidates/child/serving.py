"""The loop: a request, its reply, the next. The line to the parent is out of everybody's way."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Any, BinaryIO, NamedTuple

import numpy as np

from . import libraries
from .answering import Room
from .confining import Confinement
from .frames import pack, read

HUNG_UP, FAILED = 76, 77  # exit codes: the line is gone; the runner itself does not go on
_write, _exit, _print_exception = os.write, os._exit, traceback.print_exc


class Line(NamedTuple):
    """Where requests come from and where replies go."""

    requests: BinaryIO
    replies: int


def main(memory_mb: str, library: str) -> None:
    """Say that all is ready, then serve until the parent hangs up; threads do not delay the end."""
    line = private_line()
    try:
        libraries.start(library)
    except Exception as error:
        _send(line, {"missing": f"{type(error).__name__}: {error}"}, [])
        _exit(1)
    sys.path.insert(0, os.getcwd())  # where the candidate's modules are looked for
    room = Room(Confinement(int(memory_mb)))
    python = ".".join(map(str, sys.version_info[:3]))
    _send(line, {"python": python, "numpy": np.__version__}, [])
    sys.dont_write_bytecode = True  # nothing beside other people's files
    sys.argv = [""]
    try:
        serve(line, room)
    except OSError:
        _exit(HUNG_UP)
    except BaseException:
        _print_exception()
        _exit(FAILED)
    _exit(0)


def private_line() -> Line:
    """Take stdin and stdout away: what the candidate reads is empty, what it prints is stderr's."""
    requests, replies = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        again: Any = stream
        again.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    return Line(os.fdopen(requests, "rb"), replies)


def serve(line: Line, room: Room) -> None:
    """Until there are no more requests."""
    while True:
        try:
            message, blobs = read(line.requests)
        except EOFError:
            return
        reply, found = room.answer(message, blobs)
        _flush()
        _send(line, reply, found)


def _send(line: Line, message: dict[str, Any], blobs: list[bytes]) -> None:
    frame = memoryview(pack(message, blobs))
    while frame:
        frame = frame[_write(line.replies, frame) :]


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # it was closed or replaced
            continue
