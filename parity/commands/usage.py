"""What is said of an option or argument that cannot be read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

CHOICE = re.compile(r"'(?P<given>[^']*)' is not one of (?P<known>'.*')")
# By the kind of a library's own error: what the value must be, by the error's context.
MUST: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than_equal": lambda context: f"at least {context['ge']}",
    "less_than_equal": lambda context: f"at most {context['le']}",
    "int_parsing": lambda context: "a whole number",
    "int_from_float": lambda context: "a whole number",
    "float_parsing": lambda context: "a number",
}


def sentence(error: Any) -> str:
    """A wrong call in one sentence: the option, what it must be, what it is."""
    option = _option(error)
    choice = CHOICE.search(error.message)
    if option and choice:
        return _of_choice(option, choice["given"], re.findall("'(.*?)'", choice["known"]))
    kind, context, given = _found(error)
    if option and kind in MUST:
        return f"{option} must be {MUST[kind](context)}, but is {given}"
    return str(error.format_message())


def _of_choice(option: str, given: str, known: list[str]) -> str:
    """The nearest word, in whatever case it was written.

    >>> print(_of_choice("--layout", "nhwc", ["NCHW", "NHWC"]))
    --layout must be NCHW or NHWC, but is 'nhwc'; did you mean NHWC?
    """
    by_case = {word.lower(): word for word in known}
    near = get_close_matches(given.lower(), list(by_case), 1)
    meant = f"; did you mean {by_case[near[0]]}?" if near else ""
    listed = f"{', '.join(known[:-1])} or {known[-1]}" if len(known) > 1 else known[0]
    return f"{option} must be {listed}, but is {given!r}{meant}"


def _option(error: Any) -> str:
    """The option as one writes it; an argument by its name."""
    param = getattr(error, "param", None)
    names = [*getattr(param, "opts", ())]
    return next((name for name in names if name.startswith("--")), "")


def _found(error: Any) -> tuple[str, Mapping[str, Any], Any]:
    """The kind, context and value of the error behind; nothing where the library tells none."""
    listed = getattr(error.__cause__, "errors", None)
    if listed is None:
        return "", {}, None
    first = listed()[0]
    return first["type"], first.get("ctx", {}), first["input"]
