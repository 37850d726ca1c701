"""A size or a number of parameters that no array has is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.sizes import sizes_as_counted

CASES = {
    "pool_output_size": "avg_pool2d[one sample]",
    "conv_output_size": "conv2d[kernel 1×1 stride (2,3)]",
    "conv_parameters": "conv3d[plain]",
    "local_parameters": "conv3d[plain]",
    "local_connections": "conv2d[plain]",
    "window_counts": "conv2d[plain]",
    "receptive_field": "conv2d[plain]",
    "shared_conv_parameters": "shared_conv2d[plain]",
    "dense_parameters": "linear[plain]",
    "dense_connections": "linear[plain]",
}


def one_more(value: Any) -> Any:
    if isinstance(value, tuple):
        return (one_more(value[0]), *value[1:])
    return value + 1


@pytest.mark.parametrize("name", CASES)
def test_counts(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The right one is accepted, one more is not."""
    assert faults(sizes_as_counted, CASES[name]) == []
    plant(monkeypatch, refimpl, name, one_more)
    said = faults(sizes_as_counted, CASES[name])
    assert said
    assert all(text.startswith(name) for text in said)


ONE_AXIS = {"conv_output_size": "conv1d[plain]", "pool_output_size": "avg_pool1d[one sample]"}


@pytest.mark.parametrize("name", ONE_AXIS)
def test_a_number_of_numpy_is_no_tuple(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What one number gives depends on its type."""
    assert faults(sizes_as_counted, ONE_AXIS[name]) == []
    right = getattr(refimpl, name)

    def wrong(size: Any, *more: Any, **options: Any) -> Any:
        found = right(size, *more, **options)
        return (found,) if isinstance(size, np.integer) else found

    monkeypatch.setattr(refimpl, name, wrong)
    (said,) = faults(sizes_as_counted, ONE_AXIS[name])
    assert said.startswith(f"{name} of narrow integers says (")


@pytest.mark.parametrize("name", ["dense_connections", "local_connections"])
def test_numpys_numbers_do_not_come_back(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Products of them would wrap around."""
    plant(monkeypatch, refimpl, name, np.int64)
    said = faults(sizes_as_counted, CASES[name])
    assert said
    assert all(text.startswith(f"{name} ") and "says np.int64(" in text for text in said)
