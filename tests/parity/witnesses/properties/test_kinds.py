"""What only resembles an array, or is more or less than asked for, is refused."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.witnesses.properties.kinds import of_right_kind


def matrix(y: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.matrix(y)


def read_only(y: Any) -> Any:
    y.setflags(write=False)
    return y


@pytest.mark.parametrize(
    "case", ["linear[one sample]", "concatenate[one map]", "squared_error[batch]", "dtanh[maps]"]
)
def test_the_right_code(case: str) -> None:
    """Values of no axes are arrays too."""
    assert faults(of_right_kind, case) == []


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("linear", lambda y: y.tolist(), "y is a builtins.list, not an array"),
        ("linear", matrix, "y is a numpy.matrix, not an array"),
        ("linear", np.ma.masked_array, "y is a numpy.ma.MaskedArray, not an array"),
        ("linear", lambda y: y.astype(np.float32), "y has dtype float32, its arguments float64"),
        ("linear", read_only, "y cannot be written to"),
        (
            "linear_backward",
            lambda g: g._replace(dx=g.dx[:1, :1]),
            "dx has shape (1, 1), not (1, 4)",
        ),
        (
            "linear_backward",
            lambda g: (*g, g.dx),
            "linear_backward returns 4 gradients, not 3",
        ),
        ("linear_backward", lambda g: g[:2], "linear_backward returns 2 gradients, not 3"),
        (
            "linear_backward",
            tuple,
            "linear_backward returns a tuple without names, not dx, dweight, dbias",
        ),
        (
            "linear_backward",
            lambda g: refimpl.SharedConv2dGrads(*g),
            None,
        ),
        (
            "linear_backward",
            lambda g: refimpl.layers.NamedTuple("G", [(n, Any) for n in "abc"])(*g),
            "linear_backward returns a, b, c, not dx, dweight, dbias",
        ),
    ],
)
def test_another_kind(
    monkeypatch: pytest.MonkeyPatch, name: str, change: Callable[[Any], Any], text: str | None
) -> None:
    """Each in its own words; names that are the right ones may have another type."""
    plant(monkeypatch, refimpl, name, change)
    assert faults(of_right_kind, "linear[one sample]")[:1] == ([text] if text else [])


def test_a_number_for_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """A float is no array without axes."""
    plant(monkeypatch, refimpl, "squared_error", float)
    assert faults(of_right_kind, "squared_error[batch]") == ["y is a builtins.float, not an array"]


def test_tuples_and_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    """One gradient is an array, the maps' are a tuple."""
    plant(monkeypatch, refimpl, "relu_backward", lambda dx: (dx,))
    assert faults(of_right_kind, "relu[maps]") == ["relu_backward returns a tuple, not dx alone"]
    plant(monkeypatch, refimpl, "concatenate_backward", list)
    said = faults(of_right_kind, "concatenate[one map]")[0]
    assert said == "concatenate_backward returns a list, not a tuple"


def test_several_parts_are_asked_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is an array that can be written to."""
    assert faults(of_right_kind, "split[parts of one]") == []
    right = refimpl.split
    changes = (read_only, lambda y: y.tolist())
    for change, said in zip(changes, ("cannot be written to", "is a builtins.list"), strict=True):
        plant(monkeypatch, refimpl, "split", lambda parts, c=change: (*parts[:-1], c(parts[-1])))
        found = faults(of_right_kind, "split[two halves of the channels]")
        assert [fault for fault in found if fault.startswith(f"y[1] {said}")]
        monkeypatch.setattr(refimpl, "split", right)
