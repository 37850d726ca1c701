"""The definitions as a table: what is there, and in which file. Their values: `test_truth.py`."""

from __future__ import annotations

from importlib import import_module

import pytest

import refimpl
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions.every import DEFINITIONS
from parity.witnesses.problem import SUM


def test_everything_that_is_compared_has_one() -> None:
    """And so has the sum of what several layers send back, which is no function of refimpl's."""
    assert set(DEFINITIONS) == {*FUNCTIONS, SUM}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_stands_in_the_file_of_its_subject(name: str) -> None:
    """Which is called as refimpl's file of the function."""
    subject = getattr(refimpl, name).__module__.removeprefix("refimpl.")
    table = import_module(f"parity.witnesses.definitions.{subject}").DEFINITIONS
    assert table[name] is DEFINITIONS[name]
