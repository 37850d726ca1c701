"""A size or a number of parameters that no array has is refused."""

from __future__ import annotations

from typing import Any

import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.sizes import sizes_as_counted

CASES = {
    "pool_output_size": "avg_pool2d[one sample]",
    "conv_output_size": "conv2d[kernel 1×1 stride (2,3)]",
    "conv_parameters": "conv3d[plain]",
    "shared_conv_parameters": "shared_conv2d[plain]",
    "dense_parameters": "linear[plain]",
    "dense_connections": "linear[plain]",
}


def one_more(value: Any) -> Any:
    if isinstance(value, tuple):
        return (value[0] + 1, *value[1:])
    return value + 1


@pytest.mark.parametrize("name", CASES)
def test_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The right one is accepted, one more is not."""
    assert faults(sizes_as_counted, CASES[name]) == []
    plant(monkeypatch, refimpl, name, one_more)
    (said,) = faults(sizes_as_counted, CASES[name])
    assert said.startswith(f"{name} says ")
