"""Integers that become another dtype than float64, and float16 that does not stay, are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asking import faults

import refimpl
from parity.witnesses.properties.dtypes import INTEGERS, half_precision, integers_as_float64
from refimpl import checks

CASES = (
    "conv2d[plain]",
    "max_pool2d[overlap 3 stride 2]",
    "relu[maps]",
    "leaky_relu[maps]",
    "hardtanh[limits that are rounded]",
    "softmax[plain]",
    "cross_entropy[spread, indices]",
    "cross_entropy[spread, probabilities]",
    "dropout[p 0.9]",
    "gaussian_pool2d[window 3×3]",
)


@pytest.mark.parametrize("case", CASES)
def test_the_right_code(case: str) -> None:
    """Whatever the integers, and in half precision."""
    for seed in range(4):
        assert faults(integers_as_float64, case, "float64", seed) == []
        assert faults(half_precision, case, "float32", seed) == []


def test_narrow_integers_that_become_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `np.result_type(array, np.float16)` has it: only integers of 8 and 16 bits see it."""

    def promoted(integers: Any, objects: Any) -> Any:
        return integers.astype(np.result_type(integers, np.float16))

    monkeypatch.setattr(checks, "_promoted", promoted)
    said = [faults(integers_as_float64, "relu[maps]", seed=seed) for seed in range(30)]
    assert all(f"arrays of {kind}" not in str(said) for kind in INTEGERS if kind[-2:] in "3264")
    assert ["y has dtype float32, else float64" in str(found) for found in said].count(True) > 5


def test_integers_that_wrap_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum of two kept in their own type."""
    right = refimpl.add

    def wrong(x: Any, branch: Any) -> Any:
        narrow = x.dtype.kind in "iu"
        return (x * 50 + branch * 50).astype(float) / 50 if narrow else right(x, branch)

    monkeypatch.setattr(refimpl, "add", wrong)
    assert any("y at" in str(faults(integers_as_float64, "add[maps]", seed=s)) for s in range(9))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda y: y.astype(np.float32), "arrays of float16: y has dtype float32"),
        (lambda y: y * y.dtype.type(1 + 2.0**-8), "arrays of float16: y at "),
    ],
)
def test_half_precision(monkeypatch: pytest.MonkeyPatch, change: Any, text: str) -> None:
    """Results in another dtype; results a few roundings too large, of float16 alone."""
    right = refimpl.conv2d

    def wrong(x: Any, *more: Any, **options: Any) -> Any:
        y = right(x, *more, **options)
        return change(y) if x.dtype == np.float16 else y

    monkeypatch.setattr(refimpl, "conv2d", wrong)
    said = faults(half_precision, "conv2d[kernel 1×1]", "float32")
    assert said
    assert said[0].startswith(text)
