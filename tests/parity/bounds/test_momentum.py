"""Running statistics near momentum 1: torch rounds the momentum before it subtracts it from 1."""

from __future__ import annotations

import numpy as np
import pytest
from planting import plant

import refimpl
from parity.cases.case import FLOATS, Case, Draw, Given
from parity.judges.layer import check_case
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE, WITHIN

MOMENTUM = 0.9887310148602519
NEAR_ONE = Case(
    "running_statistics",
    "momentum near 1",
    {
        "x": Draw((4, 2), "tiny"),
        "running_mean": Given((0.617, -0.698)),
        "running_var": Given((1.0, 0.25)),
    },
    {"momentum": MOMENTUM},
)


def verdicts(dtype: str) -> set[str]:
    return {row.verdict for row in check_case(NEAR_ONE, dtype, Settings()).rows}


@pytest.mark.parametrize("dtype", FLOATS)
def test_both_sides_hold(dtype: str) -> None:
    """torch is off by u·m of what it keeps, which is large beside (1 − m)."""
    assert verdicts(dtype) == {WITHIN}


@pytest.mark.parametrize("dtype", FLOATS)
def test_a_slightly_wrong_share_is_refused(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """0.05 %, in refimpl, whose own bound knows nothing of torch's rounding."""
    plant(monkeypatch, refimpl, "running_statistics", lambda y: y * np.asarray(1.0005, y.dtype))
    assert verdicts(dtype) == {OUTSIDE}


def test_torch_rounds_the_momentum() -> None:
    """What the bound says of it is what it does: in float32 it is off by more than 6 roundings."""
    (row,) = check_case(NEAR_ONE, "float32", Settings()).rows
    assert row.torch_ulp is not None
    assert row.refimpl_ulp is not None
    assert row.refimpl_ulp < 1 < 6 < row.torch_ulp
