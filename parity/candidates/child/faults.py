"""What the parent is told of an error of the candidate: type, message, and the line of its file."""

from __future__ import annotations

import linecache
import os
from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
LONGEST = 400  # characters of a message or a line
DEEPEST = 20  # lines of a trace: the innermost
NO_MEMORY = ("can't allocate memory", "RESOURCE_EXHAUSTED", "not enough memory")


class NotThereError(Exception):
    """The file, the module or the name is not there."""

    def __init__(self, kind: str, message: str, names: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind, self.names = kind, names or []


def described(error: BaseException, where: str, files: set[str]) -> dict[str, Any]:
    """The error as JSON; `files` are the names of what the candidate is compiled from."""
    if isinstance(error, NotThereError):
        return {"type": error.kind, "message": str(error), "where": where, "names": error.names}
    message = _message(error)
    found: dict[str, Any] = {"type": type(error).__name__, "message": message, "where": where}
    found["memory"] = isinstance(error, MemoryError) or any(t in message for t in NO_MEMORY)
    lines = _lines(error)
    if isinstance(error, SyntaxError) and error.filename:
        lines.append((error.filename, error.lineno or 0, "", error.text or ""))
        found["message"] = str(error.msg)
    own = [line for line in lines if line[0].partition(", cell ")[0] in files]
    if own:
        file, found["line"], _, text = own[-1]
        found.update(file=file, text=text.strip()[:LONGEST])
    found["trace"] = [_as_text(*line) for line in lines[-DEEPEST:]]
    return found


def _message(error: BaseException) -> str:
    """What an error says; one that cannot say it says nothing."""
    try:
        if isinstance(error, SystemExit):
            return repr(error.code)[:LONGEST]
        return " ".join(str(error).split())[:LONGEST]
    except Exception:
        return ""


def _lines(error: BaseException) -> list[tuple[str, int, str, str]]:
    """File, line, function and text of each call on the way to the error, less ours."""
    found = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not os.path.abspath(code.co_filename).startswith(HERE):
            text = linecache.getline(code.co_filename, trace.tb_lineno).strip()
            found.append((code.co_filename, trace.tb_lineno, code.co_name, text))
        trace = trace.tb_next
    return found


def _as_text(file: str, line: int, function: str, text: str) -> str:
    inside = f", in {function}" if function and function != "<module>" else ""
    return f"{os.path.basename(file)}, line {line}{inside}: {text.strip()[:LONGEST]}"
