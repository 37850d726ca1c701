"""A docstring of refimpl taken apart: what it computes, its formula, shapes, source, example."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import refimpl

FIELD = re.compile(r"^(Shapes|Raises|Source|Plain): ?(.*)$")
FORMULA = re.compile(r"[=Σ≈]|∂L")
SENTENCE = re.compile(r"([A-Za-z]{2,},? +){4}")  # five words of a language
STATEMENT = re.compile(r"D[0-4]\.\d+")
SOURCES = re.compile(r"^(Source|Plain): .*?(?=^\S+: |^$|\Z)", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Docstring:
    """The parts; formula: the lines of its paragraphs, as they stand; sentences: further ones.

    text: all between summary and example as it stands, but for its lines about sources.
    """

    summary: str
    text: str
    formula: tuple[str, ...]
    sentences: str
    fields: dict[str, str]
    example: tuple[str, ...]

    @property
    def mathematics(self) -> list[str]:
        """The lines of the formula that are no sentences.

        >>> docstring_of(refimpl.rot180).mathematics
        ['y[…,h,w] = a[…, H − 1 − h, W − 1 − w]']
        """
        return [li for li in self.formula if FORMULA.search(li) and not SENTENCE.search(li)]

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
        if FIELD.match(lines[0]) or fields:
            _read_fields(lines, fields)
            continue
        (formula if FORMULA.search(paragraph) else sentences).extend(lines)
    example = tuple(f">>> {shown}".rstrip().split("\n")) if shown else ()
    whole = SOURCES.sub("", "\n\n".join(paragraphs[1:])).strip("\n")
    return Docstring(summary, whole, tuple(formula), " ".join(sentences), fields, example)


def _read_fields(lines: list[str], fields: dict[str, str]) -> None:
    """Shapes, Raises, Source and Plain, each with the lines that belong to it."""
    name = next(reversed(fields), "Shapes")
    for line in lines:
        found = FIELD.match(line)
        if found:
            name, line = found[1], found[2]
        fields[name] = f"{fields.get(name, '')} {line.strip()}".strip()
