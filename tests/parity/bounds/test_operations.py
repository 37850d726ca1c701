"""Bounds evaluated by something else than torch: the same, and torch is not loaded."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from parity.bounds import operations
from parity.bounds.arithmetic import sides
from parity.bounds.rules import tensor_bounds
from parity.candidates.reference import ByRefimpl
from parity.cases.case import Array

ARRAYS = {
    "x": np.random.default_rng(1).normal(size=(2, 3, 7, 6)),
    "weight": np.random.default_rng(2).normal(size=(4, 3, 3, 2)),
}
DY = np.random.default_rng(3).normal(size=(2, 4, 3, 4))
OPTIONS = {"stride": 2, "padding": (0, 1)}


class Counted(ByRefimpl):
    """refimpl in torch's place; it counts how often it is asked."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor, self.asked = factor, 0

    def forward(self, name: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Array:
        self.asked += 1
        return super().forward(name, arrays, options) * self.factor


def bounds() -> dict[str, Array]:
    value, gradients = tensor_bounds("conv2d", DY, ARRAYS, OPTIONS, sides("float64"))
    return {"y": value.limit, **{name: bound.limit for name, bound in gradients.items()}}


def test_the_same_bounds() -> None:
    """But for the order of the sums of magnitudes."""
    by_torch, ours = bounds(), Counted()
    with operations.evaluated_by(ours):
        found = bounds()
    assert ours.asked
    for name, limit in by_torch.items():
        np.testing.assert_allclose(found[name], limit, rtol=1e-13)


def test_who_is_asked_is_heard() -> None:
    """Inside only, the innermost, and after an error no longer."""
    with operations.evaluated_by(Counted()), operations.evaluated_by(Counted(2.0)):
        twice = bounds()
    assert np.all(twice["y"] > 1.9 * bounds()["y"])
    with pytest.raises(ZeroDivisionError), operations.evaluated_by(Counted(3.0)):
        raise ZeroDivisionError
    assert np.all(twice["y"] > 1.9 * bounds()["y"])


def test_torch_is_loaded_by_the_first_bound_that_needs_it() -> None:
    """Importing the rules loads none of it."""
    code = "import sys, parity.bounds.rules; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
