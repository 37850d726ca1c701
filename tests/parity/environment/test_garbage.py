"""How often garbage is looked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from parity.environment.garbage import SELDOM, looked_for_seldom

OFTEN = (701, 11, 12)


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Whatever tests of this process have done before."""
    before = gc.get_threshold()
    gc.set_threshold(*OFTEN)
    gc.unfreeze()
    yield
    gc.set_threshold(*before)


def test_it_is_looked_for_seldom_within_alone() -> None:
    """Also where what is done within it fails."""
    with pytest.raises(ZeroDivisionError):
        fail_within()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (OFTEN, 0)


def fail_within() -> None:
    with looked_for_seldom():
        assert gc.get_threshold() == SELDOM
        assert gc.get_freeze_count() > 0
        raise ZeroDivisionError


def test_cycles_are_found_within() -> None:
    """Seldom is not never."""
    with looked_for_seldom():
        before = gc.get_stats()[0]["collected"]
        for _ in range(3 * SELDOM[0]):
            cycle: list[object] = []
            cycle.append(cycle)
        assert gc.get_stats()[0]["collected"] > before
