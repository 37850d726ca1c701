"""A zero of the wrong sign is refused, where nothing is summed."""

from __future__ import annotations

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.suite.task import CASES
from parity.witnesses.properties.zeros import SIGNED, signs_of_zeros


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SIGNED)
def test_the_right_code(name: str, dtype: str) -> None:
    """torch's signs, and sign(−0) = −0."""
    case = next(c for c in CASES if c.startswith(f"{name}[") and CASES[c].arrays)
    assert faults(signs_of_zeros, case, dtype) == []


@pytest.mark.parametrize("name", ["relu", "hardtanh", "sign", "tanh", "flatten", "dropout"])
def test_a_lost_sign_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """−0 + 0 is 0."""
    plant(monkeypatch, refimpl, name, lambda y: y + 0)
    (said,) = faults(signs_of_zeros, f"{name}[maps]")
    assert said.startswith("y at (")
    assert said.endswith(" is 0.0, torch -0.0")


def test_a_gradient_with_the_other_sign_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing passes, torch gives 0."""
    plant(monkeypatch, refimpl, "relu_backward", lambda dx: np.where(dx == 0, -dx, dx))
    (said,) = faults(signs_of_zeros, "relu[maps]")
    assert said.startswith("dx at (")


def test_sums_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum that begins with 0 gives 0 for terms of −0."""
    plant(monkeypatch, refimpl, "avg_pool1d", lambda y: -y)
    assert faults(signs_of_zeros, "avg_pool1d[overlap]") == []
