"""What is said of a command line that cannot be understood: what is wrong, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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
# The words of Click and of pydantic, and ours.
WORDS = (
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", r"too many arguments: \1"),
    (r"Option '(.+)' requires .*", r"\1 needs a value behind it"),
    (r"Option '(.+)' does not take a value", r"\1 takes no value"),
    (r"Input should be a valid integer.*|.* is not a valid int.*", "must be a whole number"),
    (r"Input should be a valid number.*|.* is not a valid float.*", "must be a number"),
    (r"Input should be (.+)", r"must be \1"),
    (r"Value error, (.+)", r"\1"),
)


def explained(error: Any, argv: Sequence[str], commands: Sequence[str]) -> str:
    """One sentence on a usage error of typer's, and where to read on."""
    command = next(iter(word for word in argv if word in commands), "")
    said = _what(error, argv, commands)
    return f"{said}; `{' '.join(filter(None, ('parity', command)))} --help` shows what there is"


def _what(error: Any, argv: Sequence[str], commands: Sequence[str]) -> str:
    kind, message = type(error).__name__, str(error.message)
    if kind == "NoSuchOption":
        near = get_close_matches(error.option_name, error.possibilities or (), n=1, cutoff=0.4)
        return f"there is no option {error.option_name}{_meant(near)}"
    unknown = re.match(r"No such command (['\"])(.*?)\1", message)
    if unknown:
        return no_command(unknown[2], commands)
    param = getattr(error, "param", None)
    if param is None:
        return plain(message)
    if kind == "MissingParameter":
        return f"{_named(param)} is missing"
    choice, (failure, context, value) = CHOICE.search(message), _found(error)
    if choice:
        return _of_choice(_named(param), choice["given"], re.findall("'(.*?)'", choice["known"]))
    if failure in MUST:
        return f"{_named(param)} must be {MUST[failure](context)}, but is {value}"
    given = _given(param.opts, argv)
    return f"{_named(param)} {plain(message)}{f', but is {given!r}' if given else ''}"


def no_command(name: str, commands: Sequence[str]) -> str:
    """The sentence on a command that is none, with the nearest one."""
    return f"there is no command {name!r}{_meant(get_close_matches(name, commands, n=1))}"


def _named(param: Any) -> str:
    """`--jobs`, or what the usage line calls an argument."""
    options = [name for name in param.opts if name.startswith("--")]
    return str(options[0] if options else param.metavar or param.name.upper())


def _given(options: Sequence[str], argv: Sequence[str]) -> str:
    """What stands behind an option."""
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        name, _, value = word.partition("=")
        if name in options:
            return value or following
    return ""


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


def _found(error: Any) -> tuple[str, Mapping[str, Any], Any]:
    """The kind, context and value of the error behind; nothing where the library tells none."""
    listed = getattr(error.__cause__, "errors", None)
    if listed is None:
        return "", {}, None
    first = listed()[0]
    return first["type"], first.get("ctx", {}), first["input"]


def _meant(near: Sequence[str]) -> str:
    return f", did you mean {near[0]}?" if near else ""


def plain(message: str) -> str:
    """A message in plainer words.

    >>> plain("Input should be a valid integer, unable to parse string as an integer")
    'must be a whole number'
    >>> plain("Got unexpected extra argument (x).")
    'too many arguments: x'
    """
    message = message.removesuffix(".")
    for theirs, ours in WORDS:
        if re.fullmatch(theirs, message):
            return re.sub(theirs, ours, message)
    return message


def command(argv: Sequence[str]) -> str:
    """The command that is running, as its user calls it.

    >>> command(["run", "relu"]), command(["--help"])
    ('parity run', 'parity')
    """
    return " ".join(["parity", *(word for word in argv[:1] if not word.startswith("-"))])
