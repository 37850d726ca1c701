"""The terms of the report: each once, and all the links to them."""

from __future__ import annotations

import re

import pytest
from pages_made import sample_page

from parity.page.glossary import GROUPS, TERMS, anchor_of
from parity.results.verdicts import INFORMATION, VERDICTS


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_said_once(name: str) -> None:
    """A <dfn> with an id of its own, and what it means behind it."""
    found = re.findall(rf'<dt id="{anchor_of(name)}"><dfn>.*?</dfn></dt><dd>', sample_page())
    assert len(found) == 1


def test_no_term_hides_another() -> None:
    """By their names they are as many as in all groups."""
    assert len(TERMS) == sum(len(group.terms) for group in GROUPS)


@pytest.mark.parametrize("verdict", [*VERDICTS, INFORMATION])
def test_every_verdict_is_a_term(verdict: str) -> None:
    """As the reports write it."""
    assert TERMS[verdict].called == verdict


@pytest.mark.parametrize("name", ["ratio", "rounding", "ulp", "bound", "blind", "case", "tensor"])
def test_columns_and_texts_lead_to_a_term(name: str) -> None:
    """Where it first stands, or in the heading of its column."""
    assert f'href="#{anchor_of(name)}"' in sample_page()


def test_a_term_that_does_not_exist_is_refused() -> None:
    """No link leads nowhere."""
    with pytest.raises(KeyError):
        anchor_of("nothing")
