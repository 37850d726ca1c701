"""The sizes that a person picks for an example: "4x4 kernel 3x3 stride 2"."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

Sizes = tuple[int, ...]
LARGEST = 400  # elements of an array that is drawn
AXES = re.compile(r"\d+(?:[x×*]\d+)+", re.IGNORECASE)
PAIRS = re.compile(r"-?\d+:-?\d+(?:[x×*]-?\d+:-?\d+)*", re.IGNORECASE)  # before:after an axis
COUNTS = ("batch", "channels", "outputs", "groups")
TRUTH = {"yes": True, "true": True, "no": False, "false": False}


class SizeError(ValueError):
    """A size that cannot be read, or does not fit the function."""


@dataclass(frozen=True)
class Picked:
    """The size of the input, if it was said, and what was said by name."""

    shape: Sizes | None = None
    named: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, otherwise: Any) -> Any:
        """What was said of a name."""
        return self.named.get(name, otherwise)


def picked(text: str, known: Collection[str], example: str) -> Picked:
    """What a text says: first the size of the input, then names, each with a value.

    Raises: SizeError for a word that is no name, a name without a value, a value twice.

    >>> picked("4x4 kernel 3x3 stride 2", ("kernel", "stride"), "")
    Picked(shape=(4, 4), named={'kernel': (3, 3), 'stride': 2})
    """
    words = text.replace("=", " ").replace(",", " ").split()
    shape: Sizes | None = None
    if words and (AXES.fullmatch(words[0]) or words[0].isdigit()):
        shape = _sizes(words.pop(0))
    named: dict[str, Any] = {}
    while words:
        name = words.pop(0)
        if name not in known:
            raise SizeError(_unknown(name, known, example))
        if name in named:
            raise SizeError(f"--size: {name} stands twice")
        if not words or words[0] in known:
            raise SizeError(f"--size: {name} needs a value behind it, as in {example!r}")
        named[name] = _value(words.pop(0))
        if name in COUNTS and not _is_count(named[name]):
            raise SizeError(
                f"--size: {name} must be a whole number of at least 1, but is {named[name]}"
            )
    return Picked(shape, named)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _unknown(word: str, known: Collection[str], example: str) -> str:
    near = get_close_matches(word, known, n=1)
    meant = f", did you mean {near[0]}?" if near else ""
    listed = f"names here are {', '.join(known)}" if known else "this function takes no names"
    return f"--size: {word!r} is no size and no name{meant}; {listed}, as in {example!r}"


def _sizes(word: str) -> Sizes:
    return tuple(int(part) for part in re.split(r"[x×*]", word.lower()))


def _value(word: str) -> Any:
    """A number, sizes, pairs, yes or no, or a word.

    >>> _value("3x2"), _value("1:2x0:3"), _value("1/2")
    ((3, 2), ((1, 2), (0, 3)), Fraction(1, 2))
    """
    if AXES.fullmatch(word):
        return _sizes(word)
    if PAIRS.fullmatch(word):
        pairs = (pair.split(":") for pair in re.split(r"[x×*]", word.lower()))
        return tuple((int(before), int(after)) for before, after in pairs)
    if word.lower() in TRUTH:
        return TRUTH[word.lower()]
    try:
        exact = Fraction(word)
    except ValueError:
        return word
    return int(exact) if exact.denominator == 1 else exact
