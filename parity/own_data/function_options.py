"""Options of refimpl's functions as words of a command: `--stride 2,1 --ceil-mode`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter
from typing import Any

from parity.own_data.errors import OwnDataError
from parity.own_data.names import option_parameters
from parity.suite.selection import nearest

OF_THE_COMMAND = ("dtype", "seed", "elements", "out")
WHOLE = re.compile(r"[+-]?\d+")
PAIR = r"\(\s*([+-]?\d+)\s*,\s*([+-]?\d+)\s*\)"
PAIRS = re.compile(rf"\(?\s*(?:{PAIR}\s*,?\s*)+\)?")
FLAGS = {"true": True, "True": True, "false": False, "False": False}
AXIS = "Axes"  # the type of axes by their numbers, None for all
AXES = re.compile(r"\s*[,x×]\s*")  # between the numbers of the axes


def separated(function: str, words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The files, and the options of a function by name.

    Raises: OwnDataError for an option that it has not, has twice, or a value that is none.

    >>> separated("conv2d", ["data.npz", "--stride", "2,1", "--padding=same"])
    (['data.npz'], {'stride': (2, 1), 'padding': 'same'})
    >>> separated("max_pool2d", ["x.csv", "--kernel-size", "2", "--ceil-mode"])
    (['x.csv'], {'kernel_size': 2, 'ceil_mode': True})
    """
    known, files, found = option_parameters(function), [], {}
    left = list(words)
    while left:
        word = left.pop(0)
        if not _is_option(word):
            files.append(word)
            continue
        name, value = _taken(function, word, left, known)
        if name in found:
            raise OwnDataError(f"{_dashed(name)} is given twice")
        found[name] = value
    return files, found


def _is_option(word: str) -> bool:
    return word.startswith("-") and not WHOLE.match(word) and word != "-"


def _taken(
    function: str, word: str, left: list[str], known: Mapping[str, Parameter]
) -> tuple[str, Any]:
    """An option's name and value; the value is taken off the words that are left."""
    given, sign, text = word.partition("=")
    name = given.lstrip("-").replace("-", "_")
    negated = name.removeprefix("no_")
    if name not in known and negated in known and _is_flag(known[negated]) and not sign:
        return negated, False
    if name not in known:
        raise OwnDataError(unknown(function, given))
    if _is_flag(known[name]) and not sign:
        return name, FLAGS[left.pop(0)] if left and left[0] in FLAGS else True
    if not sign:
        if not left or _is_option(left[0]):
            raise OwnDataError(f"{given} needs a value: {_example(known[name])}")
        text = left.pop(0)
    return name, option_value(given, text, known[name])


def unknown(function: str, given: str) -> str:
    """What to say of an option that nobody has."""
    own = [_dashed(name) for name in option_parameters(function)]
    everyone = [_dashed(name) for name in OF_THE_COMMAND]
    near = nearest(given, [*own, *everyone])
    meant = near if "did you mean" in near else ""
    has = f"{function} has {', '.join(own)}" if own else f"{function} has no options"
    return f"there is no {given}{meant}; {has}; the command has {', '.join(everyone)}"


def _dashed(name: str) -> str:
    return f"--{name.replace('_', '-')}"


# --- values -------------------------------------------------------------------------------


def option_value(given: str, text: str, parameter: Parameter) -> Any:
    """An option's value out of its word, strictly. given: what messages call it.

    Raises: OwnDataError.
    """
    text = text.strip()
    may_be_none = "None" in _type(parameter) or _type(parameter) in ("OutputSize", AXIS)
    if text == "None" and may_be_none:
        return None
    for parse in _parsers(parameter):
        value = parse(text)
        if value is not None:
            return value
    raise OwnDataError(f"{given} {text!r}: must be {_example(parameter)}")


def _parsers(parameter: Parameter) -> tuple[Callable[[str], Any], ...]:
    kind = _type(parameter)
    if _is_flag(parameter):
        return (FLAGS.get,)
    if kind.startswith("Padding"):
        return (_whole, _pairs, _wholes, _name)
    if kind.startswith("Ints") or kind == AXIS:
        return (_whole, _wholes)
    if kind == "OutputSize":
        return (_whole, _wholes_or_none)
    if kind.startswith("int"):
        return (_whole,)
    return (_name,) if kind == "str" else (_whole, _real)


def _type(parameter: Parameter) -> str:
    return str(parameter.annotation)


def _is_flag(parameter: Parameter) -> bool:
    return _type(parameter) == "bool"


def _whole(text: str) -> int | None:
    return int(text) if WHOLE.fullmatch(text) else None


def _wholes(text: str) -> tuple[int, ...] | None:
    """One for each axis: "2,1", "(2, 1)", "2x1"; of a single one "(2,)"."""
    inner = text.strip("()[] ")
    parts = AXES.split(inner.removesuffix(","))
    if inner == parts[0] or not all(WHOLE.fullmatch(part) for part in parts):
        return None
    return tuple(map(int, parts))


def _wholes_or_none(text: str) -> tuple[int | None, ...] | None:
    """One for each axis, None where it stays: "4,None"."""
    parts = AXES.split(text.strip("()[] ").removesuffix(","))
    if text == parts[0] or not all(p == "None" or WHOLE.fullmatch(p) for p in parts):
        return None
    return tuple(None if part == "None" else int(part) for part in parts)


def _pairs(text: str) -> tuple[tuple[int, int], ...] | None:
    """Before and after each axis: "(1,2),(0,1)"; of one axis "((1,2),)"."""
    if text.count("(") < 2 or not PAIRS.fullmatch(text):
        return None
    return tuple((int(before), int(after)) for before, after in re.findall(PAIR, text))


def _real(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _name(text: str) -> str | None:
    return text if text.isidentifier() else None


def _example(parameter: Parameter) -> str:
    kind = _type(parameter)
    if _is_flag(parameter):
        return "true or false"
    if kind.startswith("Padding"):
        return (
            'a whole number, "same", "full" or "valid", one for each axis, 2,1, or a pair for '
            'each, "(1,2),(0,1)"'
        )
    if kind.startswith("Ints"):
        return "a whole number, or one for each axis: 2 or 2,1"
    if kind == AXIS:
        return "a whole number, several, or None for all axes: 2 or 0,2"
    if kind == "OutputSize":
        return "a whole number, or one for each axis, None where it stays as it is: 2 or 2,None"
    if kind.startswith("int"):
        return "a whole number"
    return "a word" if kind == "str" else "a number"
