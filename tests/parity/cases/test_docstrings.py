"""A docstring is taken apart: no field is taken for a sentence, nothing is lost."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import refimpl
from parity.cases.docstrings import FIELD, docstring, docstring_of

NAMES = [name for name in refimpl.__all__ if docstring(name).summary]


@pytest.mark.parametrize("name", NAMES)
def test_no_field_is_a_sentence(name: str) -> None:
    """Shapes, errors and sources are fields, behind an empty line or not."""
    parts = docstring(name)
    lines = "\n".join((*parts.formula, *parts.sentences)).split("\n")
    assert [line for line in lines if FIELD.match(line)] == []


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost(name: str) -> None:
    """Every word before the example stands in one of the parts."""
    thing: Any = getattr(refimpl, name)
    text = inspect.cleandoc(thing.__doc__).partition("\n>>> ")[0]
    parts = docstring(name)
    fields = (f"{field}: {said}" for field, said in parts.fields.items())
    found = " ".join((parts.summary, *parts.formula, *parts.sentences, *fields)).split()
    assert sorted(found) == sorted(text.split())


def test_a_field_at_once_behind_a_sentence() -> None:
    def function() -> None:
        """Nothing.

        x: a number.
        Raises: ValueError.
        Source: D0.1.
        """

    parts = docstring_of(function)
    assert parts.sentences == ("x: a number.",)
    assert parts.fields == {"Raises": "ValueError.", "Source": "D0.1."}
