"""Arguments that are written to, and memory that is shared, are refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.memory import in_own_memory


@pytest.mark.parametrize(
    "case", ["flatten[maps]", "rot180[plain]", "add[maps]", "relu[maps]", "linear[one sample]"]
)
def test_the_right_code(case: str) -> None:
    """Nothing is shared, not by what only moves its elements either."""
    assert faults(in_own_memory, case) == []


def test_views_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NumPy's reshape gives them, and torch's flatten."""
    monkeypatch.setattr(refimpl, "flatten", lambda x: x.reshape(len(x), -1))
    monkeypatch.setattr(refimpl, "flatten_backward", lambda dy, x: dy.reshape(x.shape))
    assert faults(in_own_memory, "flatten[maps]") == [
        "y shares memory with the argument x",
        "dx shares memory with the argument dy",
        "y shares memory with the y of the next call",
        "dx shares memory with the dx of the next call",
    ]


def test_parts_that_are_views_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As NumPy's and torch's split give them."""
    assert faults(in_own_memory, "split[parts of one]") == []
    monkeypatch.setattr(refimpl, "split", lambda x, sizes, axis=0: tuple(np.split(x, 2, axis)))
    found = faults(in_own_memory, "split[two halves of the channels]")
    assert found[:2] == [f"y[{p}] shares memory with the argument x" for p in (0, 1)]


def test_work_in_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it may: read-only arguments would pass."""

    def in_place(x: Any) -> Any:
        return np.maximum(x, 0, out=x if x.flags.writeable else None) + 0

    monkeypatch.setattr(refimpl, "relu", in_place)
    (said,) = faults(in_own_memory, "relu[maps]")
    assert said.startswith("relu and its backward changed x: x at (")
    assert "is 0.0, else -" in said


def test_dy_that_is_written_to_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An argument, too."""

    def in_place(dy: Any, x: Any) -> Any:
        dy *= x > 0
        return dy.copy()

    monkeypatch.setattr(refimpl, "relu_backward", in_place)
    (said,) = faults(in_own_memory, "relu[maps]")
    assert said.startswith("relu and its backward changed dy: dy at (")


def test_one_array_for_two_gradients_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who changed one changed both."""
    plant(monkeypatch, refimpl, "add_backward", lambda g: refimpl.AddGrads(g.dx, g.dx))
    assert faults(in_own_memory, "add[maps]") == ["dx shares memory with dother"]


def test_a_workspace_that_is_used_again_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next call would change what the last one returned."""
    workspace: dict[Any, Any] = {}

    def kept(y: Any) -> Any:
        room = workspace.setdefault(y.shape, np.empty_like(y))
        np.copyto(room, y)
        return room

    plant(monkeypatch, refimpl, "tanh", kept)
    assert faults(in_own_memory, "tanh[maps]") == ["y shares memory with the y of the next call"]
