"""sympy is asked once about each expression, however many tests come to it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from parity.documents import evidence


@pytest.fixture(autouse=True, scope="session")
def _asked_once() -> Iterator[None]:
    """Whether an expression is 0 everywhere depends on nothing but the expression."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evidence, "_vanishes", cache(evidence._vanishes))
        yield
