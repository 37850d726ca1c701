"""Each known mistake is shown where it differs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parity.explain.of_mistake import first_difference, in_floats, smallest
from parity.mistakes.catalogue import EVERY, LOSING_DIGITS, control


@pytest.mark.parametrize("name", EVERY)
def test_a_mistake_has_an_example(name: str) -> None:
    """In exact numbers, or on floats where digits are lost or numbers overflow."""
    known = EVERY[name]
    found = smallest(known)
    if found is None:
        assert in_floats(known) is not None
        return
    demo, wrong, shown = found
    assert replace(demo, code=known.wrong).results.keys() == demo.results.keys()
    assert first_difference(demo.results, wrong) == shown


def test_most_are_shown_exactly() -> None:
    """Steps can be told for all but these."""
    without = [name for name, known in EVERY.items() if smallest(known) is None]
    assert set(LOSING_DIGITS) <= set(without)
    assert len(without) < 30


@pytest.mark.parametrize("function", ["conv2d_backward", "max_pool2d", "softmax", "linear"])
def test_right_code_has_none(function: str) -> None:
    """The search can come back empty: nothing differs from itself."""
    assert smallest(control(function)) is None
    assert in_floats(control(function)) is None
