"""What is kept from call to call is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.state import repeated, without_state

CASE = "conv2d[plain]"
RIGHT, RIGHT_BACKWARD = refimpl.conv2d, refimpl.conv2d_backward


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [CASE, "dropout[maps]", "softmax[plain]", "dtanh[maps]"])
def test_the_right_code(case: str, dtype: str) -> None:
    """Nothing is kept."""
    assert faults(without_state, case, dtype) == faults(repeated, case, dtype) == []


def test_a_backward_that_uses_what_the_last_forward_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes as long as its own forward is the last."""
    seen: list[Any] = [None]

    def forward(x: Any, *args: Any, **options: Any) -> Any:
        seen[0] = x
        return RIGHT(x, *args, **options)

    def backward(dy: Any, x: Any, weight: Any, **options: Any) -> Any:
        same = seen[0] is not None and seen[0].shape == x.shape
        return RIGHT_BACKWARD(dy, seen[0] if same else x, weight, **options)

    monkeypatch.setattr(refimpl, "conv2d", forward)
    monkeypatch.setattr(refimpl, "conv2d_backward", backward)
    said = faults(without_state, CASE)
    assert said[0].startswith("conv2d_backward behind a forward on other numbers: dweight at (0, ")


def test_a_backward_that_needs_a_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before any, it gives zeros."""
    ran = []

    def forward(*args: Any, **options: Any) -> Any:
        ran.append(True)
        return RIGHT(*args, **options)

    def backward(*args: Any, **options: Any) -> Any:
        return RIGHT_BACKWARD(0 * args[0] if not ran else args[0], *args[1:], **options)

    monkeypatch.setattr(refimpl, "conv2d", forward)
    monkeypatch.setattr(refimpl, "conv2d_backward", backward)
    said = faults(without_state, CASE)
    assert said[0].startswith("conv2d_backward before any forward: dx at (0, 0, 0, 0) is ")
    assert ", else " in said[0]


@pytest.mark.parametrize("name", ["conv2d", "conv2d_backward"])
@pytest.mark.parametrize("key", [id, lambda a: a.ctypes.data], ids=["object", "memory"])
def test_results_kept_by_the_place_of_the_array(
    monkeypatch: pytest.MonkeyPatch, name: str, key: Any
) -> None:
    """Other numbers in the same memory are other arguments."""
    right, kept = getattr(refimpl, name), {}

    def caching(first: Any, *args: Any, **options: Any) -> Any:
        place = key(first)
        if place not in kept:
            kept[place] = first, right(first, *args, **options)
        return kept[place][1]

    monkeypatch.setattr(refimpl, name, caching)
    assert f"{name} on memory that held other numbers" in " ".join(faults(without_state, CASE))


def test_a_function_that_changes_as_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """From its second call on."""
    calls = []
    plant(
        monkeypatch, refimpl, "tanh", lambda y: calls.append(1) or (y if len(calls) < 2 else 2 * y)
    )
    assert faults(repeated, "tanh[maps]")


def test_values_that_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last bit of one element is random."""
    rng = np.random.default_rng(0)
    plant(monkeypatch, refimpl, "tanh", lambda y: y * (1 + rng.integers(0, 2, y.shape) * 2e-16))
    (said,) = faults(repeated, "tanh[maps]")
    assert said.startswith("tanh, called again: y at (")
