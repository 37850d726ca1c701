"""Fixtures of the benchmarks' tests."""

from __future__ import annotations

import pytest

from parity.bench import machine


@pytest.fixture(autouse=True)
def _small_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """The products of matrices that every command times take a moment instead of seconds."""
    right = machine.products
    monkeypatch.setattr(machine, "products", lambda: right(size=32, rounds=1))
