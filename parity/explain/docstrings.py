"""A docstring of refimpl taken apart: what it computes, its formula, shapes, source, example."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Any

FIELD = re.compile(r"^(Shapes|Raises|Source|Plain): ?(.*)$")
FORMULA = re.compile(r"[=Σ≈]|∂L")
STATEMENT = re.compile(r"D[0-4]\.\d+")


@dataclass(frozen=True)
class Docstring:
    """The parts; formula: the lines that have one, as they stand; others: further sentences."""

    summary: str
    formula: tuple[str, ...]
    sentences: str
    fields: dict[str, str]
    example: tuple[str, ...]

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
        for line in lines:
            continues = bool(formula) and line.startswith(" ")
            (formula if FORMULA.search(line) or continues else sentences).append(line)
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
