"""What is said of a candidate that gave no answer: one sentence each."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from parity.candidates.child.serving import FAILED, HUNG_UP

CRASHES = {
    "SIGSEGV": "a segmentation fault",
    "SIGABRT": "an abort",
    "SIGFPE": "an arithmetic error of the processor",
    "SIGILL": "an illegal instruction",
    "SIGBUS": "a bus error",
    "SIGKILL": "a kill, perhaps by the system for lack of memory",
}
MUCH = 16_384  # bytes: printing may be what takes long

# Exit codes of the runner; None: it goes on, and nothing can come any more.
BROKEN = {
    None: "it closed files that are not its own",
    HUNG_UP: "it closed files that are not its own",
    FAILED: "it changed what the runner itself needs",
}


class Failure(NamedTuple):
    """Why there is no answer; `kind` is one of raised, timeout, memory, crashed, left, protocol,
    import."""

    kind: str
    said: str
    detail: str = ""


def asked(request: Mapping[str, Any]) -> str:
    """Whom a request concerns, for a sentence.

    >>> asked({"do": "call", "target": "conv"}), asked({"do": "load", "source": "a/conv.py"})
    ('conv', 'the import of a/conv.py')
    """
    if request["do"] == "load":
        return f"the import of {request['source']}"
    return str(request["target"])


def timeout(who: str, seconds: float, first: bool, printed: int = 0) -> Failure:
    """The time limit was reached; printed: so many bytes, which may be what took so long.

    >>> print(timeout("conv", 10.0, first=True).said)
    conv did not end within the time limit of 10 s (--time-limit)
    """
    limit = f"the time limit of {seconds:g} s"
    much = f"; it has printed {printed / 1024:.0f} KB" if printed > MUCH else ""
    if first:
        return Failure("timeout", f"{who} did not end within {limit} (--time-limit){much}")
    return Failure("timeout", f"{who} reached {limit} for all calls together (--time-limit){much}")


def memory(who: str, megabytes: int) -> Failure:
    """The memory limit was reached."""
    limit = f"the limit of {megabytes} MB (--memory-limit)"
    return Failure("memory", f"{who} asked for more memory than {limit}")


def ended(who: str, code: int | None) -> Failure:
    """The process ended, by a signal if its code is negative; None: it lives and says nothing.

    >>> print(ended("conv", -11).said)
    conv ended its process by a segmentation fault (SIGSEGV)
    >>> print(ended("conv", 3).said)
    conv ended its process with exit code 3
    """
    if code in BROKEN:
        return protocol(who, BROKEN[code])
    if code is None or code >= 0:
        return Failure("left", f"{who} ended its process with exit code {code}")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    how = f"{CRASHES[name]} ({name})" if name in CRASHES else name
    return Failure("crashed", f"{who} ended its process by {how}")


def protocol(who: str, why: str) -> Failure:
    """The line to the process is broken."""
    return Failure("protocol", f"{who} broke the line between its process and parity: {why}")


def no_start(python: str, why: str) -> Failure:
    """The interpreter does not run the runner."""
    return Failure("import", f"--python {python} cannot run a candidate: {why}")


def missing(python: str, why: str) -> Failure:
    """The library of the style is not there, or cannot be imported.

    >>> print(missing("python3", "ModuleNotFoundError: No module named 'jax'").said)
    the style needs jax, which python3 has not: pip install jax
    """
    name = re.fullmatch(r"ModuleNotFoundError: No module named '(\w+)'", why)
    if name is None:
        return no_start(python, why)
    said = f"the style needs {name[1]}, which {python} has not: pip install {name[1]}"
    return Failure("import", said)


def of_error(error: Mapping[str, Any], request: Mapping[str, Any], megabytes: int) -> Failure:
    """An error that the process reports."""
    who, kind, message = asked(request), str(error.get("type")), str(error.get("message"))
    if error.get("memory"):
        return memory(who, megabytes)
    detail = "\n".join(map(str, error.get("trace", [])))
    if kind in NOT_THERE:
        return Failure("import", NOT_THERE[kind](request, message, error.get("names", [])))
    place = _place(error)
    if kind == "SystemExit":
        return Failure("left", f"{who} calls sys.exit({message}){place}", detail)
    said = f"{kind}: {message}" if message else kind
    if error.get("where") == "load":
        return Failure(
            "import", f"{request.get('source')} cannot be imported: {said}{place}", detail
        )
    return Failure("raised", f"{who} raises {said}{place}", detail)


def _place(error: Mapping[str, Any]) -> str:
    """The line of the candidate's file, as it stands there."""
    if "line" not in error:
        return ""
    _, comma, cell = Path(str(error.get("file"))).name.rpartition(", cell ")
    where = f"cell {cell}, line {error['line']}" if comma else f"line {error['line']}"
    text = error.get("text")
    return f" ({where}: `{text}`)" if text else f" ({where})"


def _no_name(request: Mapping[str, Any], message: str, names: list[Any]) -> str:
    source = request.get("source", "the candidate")
    there = f": it has {', '.join(map(str, names))}" if names else ""
    return f"{source} has no {message}{there}"


NOT_THERE = {
    "NoFile": lambda request, message, names: f"there is no file {message}",
    "NoModule": lambda request, message, names: f"there is no module {message}",
    "NoNotebook": lambda request, message, names: message,
    "NoText": lambda request, message, names: f"{message} is no Python file: it is no text",
    "NoName": _no_name,
}
