"""An option with another default than refimpl's is named; the layer is right all the same."""

from __future__ import annotations

from typing import Any

import pytest

import refimpl
from parity.candidates.in_python import check

SAID = "left out, these options are something else than in refimpl: "


def conv2d(x: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 1) -> Any:
    return refimpl.conv2d(x, weight, bias, stride, padding)


def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Any:
    return refimpl.leaky_relu(x, negative_slope)


def softmax(x: Any, axis: int = 0) -> Any:
    return refimpl.softmax(x, axis)


class AvgPool2d:
    """A stride of 1, where none is given."""

    def __init__(self, kernel_size: Any, stride: Any = 1, padding: Any = 0) -> None:
        self.options = {"kernel_size": kernel_size, "stride": stride, "padding": padding}

    def forward(self, x: Any) -> Any:
        return refimpl.avg_pool2d(x, **self.options)


@pytest.mark.parametrize(
    ("code", "like", "option"),
    [
        (conv2d, "conv2d", "padding"),
        (leaky_relu, "leaky_relu", "negative_slope"),
        (softmax, "softmax", "axis"),
        (AvgPool2d, "avg_pool2d", "stride"),
    ],
)
def test_another_default(code: Any, like: str, option: str) -> None:
    """Right, and said."""
    found = check(code, like=like)
    assert found, str(found)
    assert SAID + option in found.remarks


@pytest.mark.parametrize("name", ["conv2d", "leaky_relu", "softmax", "avg_pool2d", "cross_entropy"])
def test_the_same_defaults(name: str) -> None:
    """Nothing to say."""
    found = check(getattr(refimpl, name), like=name)
    assert found
    assert not any(remark.startswith(SAID) for remark in found.remarks)
