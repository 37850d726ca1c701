"""The forms that people meet elsewhere give the same numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

import refimpl
from parity.explain.forms import FORMS, Form, FormError, check, values
from parity.explain.ideas import IDEAS


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.title)
def test_a_form_is_equal(form: Form) -> None:
    check(form)
    assert values(form)[0].size > 0


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("rot180(kernel)", "kernel"), ("- one_hot", "+ one_hot"), ("/ 4", "/ 2"), ("@ dz", "* dz")],
)
def test_a_wrong_form_is_refused(right: str, wrong: str) -> None:
    """The kernel not turned, a wrong sign, a wrong factor, another shape."""
    forms = [form for form in FORMS if right in form.other]
    assert forms
    for form in forms:
        with pytest.raises(FormError, match="differ"):
            check(replace(form, other=form.other.replace(right, wrong)))


def test_titles_are_those_that_ideas_name() -> None:
    """Each title stands once; what an idea names is there; so are the functions."""
    titles = [form.title for form in FORMS]
    assert len(titles) == len(set(titles))
    assert {title for idea in IDEAS for title in idea.forms} <= set(titles)
    assert {name for form in FORMS for name in form.functions} <= set(refimpl.__all__)
