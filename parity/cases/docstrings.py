"""What the docstrings of refimpl's public names say, part by part."""

from __future__ import annotations

import re
from functools import cache
from inspect import cleandoc
from typing import NamedTuple

import refimpl

STATEMENT = re.compile(r"\bD[0-4]\.\d+\b")


class Docstring(NamedTuple):
    """A docstring of refimpl.

    text: between the summary and the example, without its lines about sources.
    """

    summary: str
    text: str
    source: str
    example: str

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements of the documents that it names, by their ids."""
        return tuple(dict.fromkeys(STATEMENT.findall(self.source)))


@cache
def docstring(name: str) -> Docstring:
    """Of a public name of refimpl; of a constant, which has none, empty texts.

    >>> docstring("relu_backward").summary
    'Gradient of a loss L through `relu`, given dy = ∂L/∂y.'
    >>> docstring("conv1d").statements
    ('D4.1', 'D4.12', 'D4.17')
    """
    found = getattr(refimpl, name)
    said = cleandoc(found.__doc__ or "") if callable(found) else ""
    summary, _, rest = said.partition("\n\n")
    rest, arrows, example = rest.partition(">>> ")
    source = re.search(r"^Source: (.*?)(?=^\S+: |^$|\Z)", rest, re.MULTILINE | re.DOTALL)
    text = re.sub(r"^(Source|Plain): .*?(?=^\S+: |^$|\Z)", "", rest, flags=re.MULTILINE | re.DOTALL)
    return Docstring(
        " ".join(summary.split()),
        text.strip("\n"),
        " ".join(source[1].split()) if source else "",
        arrows + example,
    )
