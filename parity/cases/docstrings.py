"""A docstring of refimpl taken apart: what it computes, its formula, shapes, source, example."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import refimpl

FIELD = re.compile(r"^(Shapes|Raises|Source|Plain): ?(.*)$")
FORMULA = re.compile(r"[=Σ≈←→]|∂L")
# Two words of a language, or one that says how things stand to each other.
SENTENCE = re.compile(r"(?<![\w`.])[A-Za-z]{2,} [a-z]{2,}(?![\w(\[=`])|\b(where|alike|any)\b")
STATEMENT = re.compile(r"D[0-4]\.\d+")
SOURCES = re.compile(r"^(Source|Plain): .*?(?=^\S+: |^$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Docstring:
    """The parts; formula: the paragraphs that have one, as they stand; sentences: the others.

    text: all between summary and example as it stands, but for its lines about sources.
    """

    summary: str
    text: str
    formula: tuple[str, ...]
    sentences: tuple[str, ...]
    fields: dict[str, str]
    example: tuple[str, ...]

    @property
    def prose(self) -> list[str]:
        """The texts beside the summary that have sentences in them: they need a language.

        >>> docstring_of(refimpl.rot180).prose, docstring_of(refimpl.multiply).prose
        ([], ['any two that broadcast, as in `add`.'])
        """
        texts = (*self.formula, *self.sentences, self.fields.get("Shapes", ""))
        return [text for text in texts if is_prose(text)]

    @property
    def source(self) -> str:
        """Statements of the documents, or a paper."""
        return self.fields.get("Source", "")

    @property
    def statements(self) -> list[str]:
        """The ids of the documents' statements that it names.

        >>> docstring_of(refimpl.softmax).statements
        ['D0.8', 'D1.29', 'D2.8']
        """
        return list(dict.fromkeys(STATEMENT.findall(self.source)))


@cache
def docstring(name: str) -> Docstring:
    """Of a public name of refimpl; of a constant, which has none, empty texts.

    >>> docstring("relu_backward").summary
    'Gradient of a loss L through `relu`, given dy = ∂L/∂y.'
    """
    found = getattr(refimpl, name)
    return docstring_of(found if callable(found) else None)


def docstring_of(thing: Any) -> Docstring:
    """The docstring of a function or class.

    >>> docstring_of(refimpl.relu_backward).formula
    ('∂L/∂x = dy where x > 0, 0 where x < 0, at_zero · dy where x = 0',)
    """
    said = "" if thing is None else thing.__doc__ or ""
    text, _, shown = inspect.cleandoc(said).partition("\n>>> ")
    paragraphs = text.strip().split("\n\n")
    summary = " ".join(paragraphs[0].split())
    formula: list[str] = []
    sentences: list[str] = []
    fields: dict[str, str] = {}
    for paragraph in paragraphs[1:]:
        lines = paragraph.split("\n")
        first = 0 if fields else next((k for k, li in enumerate(lines) if FIELD.match(li)), None)
        if first is not None:
            _read_fields(lines[first:], fields)
        if said := "\n".join(lines[:first]):
            (formula if FORMULA.search(said) else sentences).append(said)
    example = tuple(f">>> {shown}".rstrip().split("\n")) if shown else ()
    whole = SOURCES.sub("", "\n\n".join(paragraphs[1:])).strip("\n")
    return Docstring(summary, whole, tuple(formula), tuple(sentences), fields, example)


def is_prose(text: str) -> bool:
    """Whether a text has words of a language in it, and not only names and mathematics.

    >>> is_prose("y = max(x, 0)"), is_prose("y = x where x > 0"), is_prose("x padded with zeros")
    (False, True, True)
    """
    return bool(SENTENCE.search(text))


def _read_fields(lines: list[str], fields: dict[str, str]) -> None:
    """Shapes, Raises, Source and Plain, each with the lines that belong to it."""
    name = next(reversed(fields), "Shapes")
    for line in lines:
        found = FIELD.match(line)
        if found:
            name, line = found[1], found[2]
        fields[name] = f"{fields.get(name, '')} {line.strip()}".strip()
