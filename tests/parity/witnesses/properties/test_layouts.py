"""Code that takes another layout for C order is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import faults

import refimpl
from parity.witnesses.properties.layouts import laid_out_otherwise

RIGHT = refimpl.relu_backward


@pytest.mark.parametrize(
    "case",
    ["relu[maps]", "conv2d[plain]", "cross_entropy[batch, indices, mean]", "squared_error[batch]"],
)
def test_the_right_code(case: str) -> None:
    """Wherever the numbers stand."""
    assert faults(laid_out_otherwise, case) == []


@pytest.mark.parametrize("order", ["K", "F"])
def test_memory_order_is_refused(monkeypatch: pytest.MonkeyPatch, order: Any) -> None:
    """dy read as it lies in memory."""
    monkeypatch.setattr(
        refimpl,
        "relu_backward",
        lambda dy, x: RIGHT(dy if dy.flags.c_contiguous else dy.ravel(order).reshape(x.shape), x),
    )
    said = faults(laid_out_otherwise, "relu[maps]")
    assert said
    assert said[-1].startswith("relu of transposed arrays: dx at (") or order == "F"


@pytest.mark.parametrize(
    ("wrong", "layout"),
    [
        (lambda x: refimpl.activations.relu(abs(x) if min(x.strides) < 0 else x), "reversed"),
        (lambda x: refimpl.activations.relu(x if x.strides[-1] == 8 else abs(x)), "strided"),
    ],
)
def test_strides_that_are_not_followed(
    monkeypatch: pytest.MonkeyPatch, wrong: Any, layout: str
) -> None:
    """Negative ones, and gaps."""
    monkeypatch.setattr(refimpl, "relu", wrong)
    assert any(
        s.startswith(f"relu of {layout} arrays: y")
        for s in faults(laid_out_otherwise, "relu[maps]")
    )
