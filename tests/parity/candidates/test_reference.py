"""What a right candidate gives: without torch, confirmed by the definition, refimpl within it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import refimpl
from parity.candidates import reference
from parity.candidates.asked import plan
from parity.candidates.reference import contradicted, expected, tensors_of
from parity.cases.functions import FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_refimpl_is_right(function: str) -> None:
    """Every function, in both dtypes; the definition says the same of the smallest."""
    asked = plan(function, lambda problem: "", 7).asked
    for number, one in enumerate((*asked[:6], *asked[-3:])):
        tensors = tensors_of(one.problem)
        found = expected(one.problem, tensors)
        with np.errstate(all="ignore"):
            ours = FUNCTIONS[function].tensors(
                one.problem.dy, one.problem.arrays, one.problem.options
            )
        for tensor in tensors:
            error = np.abs(ours[tensor].astype(np.float64) - found.right(tensor))
            assert np.all(error <= found.limits[tensor]), (one.case.id, one.dtype, tensor)
        if not number:
            assert contradicted(found) == ""


def test_a_wrong_reference_is_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the definition, which shares no line with it."""
    right = refimpl.conv2d
    monkeypatch.setattr(refimpl, "conv2d", lambda *a, **o: right(*a, **o) * 2)
    one = plan("conv2d", lambda problem: "", 7).asked[0]
    assert contradicted(expected(one.problem, ["y"])) == "y"


def test_selections_have_no_limit() -> None:
    """A maximum is one of the numbers that it is given."""
    one = plan("max_pool2d", lambda problem: "", 7).asked[3]
    assert not expected(one.problem, ["y"]).limits["y"].any()
    assert reference.ROUNDINGS < 10


def test_torch_is_not_loaded() -> None:
    """All of a check does without it."""
    code = """
import sys
import refimpl
sys.path.insert(0, "tests/parity")
from answering import verdict
assert verdict(refimpl.conv2d_backward, "conv2d", "backward")
assert verdict(refimpl.cross_entropy, "cross_entropy", "forward")
print(sorted({"torch", "sympy", "pandas"} & set(sys.modules)))
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
