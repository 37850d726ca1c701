"""refimpl's own functions before the judge: they can be asked, and are right."""

from __future__ import annotations

import pytest

import parity
import refimpl
from parity.cases.functions import FUNCTIONS
from parity.mistakes.catalogue import MISTAKES

NAMES = [
    name
    for known in FUNCTIONS.values()
    for name in (known.name, *((known.backward_name,) if known.inputs else ()))
]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_right(name: str) -> None:
    """Each forward and backward, by its own name."""
    found = parity.check(getattr(refimpl, name), like=name, style="refimpl")
    assert found.status == "right", str(found)


def test_what_overflows_sums_over_no_batch() -> None:
    """A softmax that is right for batches of ordinary numbers is not told what it does not do."""
    known = MISTAKES["softmax-overflows"]
    found = parity.check(lambda x, axis=-1: known.wrong(x, axis=axis), "softmax", "refimpl")
    assert found.status == "wrong"
    assert not [cause.text for cause in found.causes if "batch" in cause.text]
