"""A docstring of refimpl taken apart: what it computes, its formula, shapes, source, example."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any

FIELD = re.compile(r"^(Shapes|Raises|Source|Plain): ?(.*)$")
FORMULA = re.compile(r"[=Σ≈]|∂L")
SENTENCE = re.compile(r"([A-Za-z]{2,},? +){4}")  # five words of a language
STATEMENT = re.compile(r"D[0-4]\.\d+")


@dataclass(frozen=True)
class Docstring:
    """The parts; formula: the lines of its paragraphs, as they stand; sentences: further ones."""

    summary: str
    formula: tuple[str, ...]
    sentences: str
    fields: dict[str, str]
    example: tuple[str, ...]

    @property
    def mathematics(self) -> list[str]:
        """The lines of the formula that are no sentences.

        >>> import refimpl
        >>> docstring_of(refimpl.rot180).mathematics
        ['y[…,h,w] = a[…, H − 1 − h, W − 1 − w]']
        """
        return [li for li in self.formula if FORMULA.search(li) and not SENTENCE.search(li)]

    @property
    def statements(self) -> list[str]:
        """The ids of the documents' statements that it names.

        >>> import refimpl
        >>> docstring_of(refimpl.softmax).statements
        ['D0.8', 'D1.29', 'D2.8']
        """
        return STATEMENT.findall(self.fields.get("Source", ""))


def docstring_of(thing: Any) -> Docstring:
    """The docstring of a function or class.

    >>> import refimpl
    >>> docstring_of(refimpl.relu_backward).formula
    ('∂L/∂x = dy where x > 0, 0 where x < 0, at_zero · dy where x = 0',)
    """
    text, _, shown = inspect.cleandoc(thing.__doc__ or "").partition("\n>>> ")
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
    return Docstring(summary, tuple(formula), " ".join(sentences), fields, example)


def _read_fields(lines: list[str], fields: dict[str, str]) -> None:
    """Shapes, Raises, Source and Plain, each with the lines that belong to it."""
    name = next(reversed(fields), "Shapes")
    for line in lines:
        found = FIELD.match(line)
        if found:
            name, line = found[1], found[2]
        fields[name] = f"{fields.get(name, '')} {line.strip()}".strip()
