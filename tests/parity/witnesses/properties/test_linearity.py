"""A backward that is not linear in dy is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from asking import faults

import refimpl
from parity.witnesses.properties.linearity import linear_in_upstream

RIGHT = refimpl.relu_backward


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "case",
    [
        "relu[maps]",
        "conv2d[3×3 by 2×2]",
        "softmax[plain]",
        "gaussian_pool2d[sigma 0.1]",
        "perceptron_loss[batch]",
        "dtanh[maps]",
    ],
)
def test_the_right_code(case: str, dtype: str) -> None:
    """Also where weights underflow."""
    assert faults(linear_in_upstream, case, dtype) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            lambda dy, x: np.sign(RIGHT(dy, x)),
            "relu_backward of −2·dy beside −2·relu_backward: dx at",
        ),
        (
            lambda dy, x: np.abs(RIGHT(dy, x)),
            "relu_backward of −2·dy beside −2·relu_backward: dx at (",
        ),
        (
            lambda dy, x: RIGHT(dy, x) + 1,
            "relu_backward of −2·dy beside −2·relu_backward: dx at (",
        ),
        (
            lambda dy, x: dy * (np.abs(dy) == np.abs(dy).max()),
            "relu_backward of a sum beside the sum: dx at (",
        ),
    ],
    ids=["sign", "absolute", "constant", "largest alone"],
)
def test_what_is_not_linear(
    monkeypatch: pytest.MonkeyPatch, wrong: Callable[..., Any], text: str
) -> None:
    """Homogeneous or additive alone is not enough."""
    monkeypatch.setattr(refimpl, "relu_backward", wrong)
    assert faults(linear_in_upstream, "relu[maps]")[0].startswith(text)
