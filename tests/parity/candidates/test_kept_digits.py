"""A right candidate that loses digits is told where; one that keeps them is told nothing."""

from __future__ import annotations

import numpy as np
import pytest

import parity
import refimpl
from parity.candidates.verdict import Verdict
from parity.cases.case import Array


def _sigmoid_backward(dy: Array, x: Array) -> Array:
    o = refimpl.sigmoid(x)
    return np.asarray(dy * o * (1 - o))


def _tanh_backward(dy: Array, x: Array) -> Array:
    return np.asarray(dy * (1 - np.tanh(x) ** 2))


def _log_softmax(x: Array) -> Array:
    z = x - x.max(axis=1, keepdims=True)
    return np.asarray(z - np.log(np.exp(z).sum(axis=1, keepdims=True)))


def _linear_one_by_one(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """In a loop, as far off as a sum may be where its terms cancel."""
    y = np.zeros((len(x), len(weight)), x.dtype)
    for i in range(x.shape[1]):
        y += x[:, i, None] * weight[None, :, i]
    return y if bias is None else y + bias


LOSING = {
    "sigmoid_backward": (_sigmoid_backward, "dx loses digits that need not be lost: at x "),
    "tanh_backward": (_tanh_backward, "dx loses digits that need not be lost: at x "),
    "log_softmax": (_log_softmax, "y loses digits that need not be lost: at x "),
}


def _losses(found: Verdict) -> list[str]:
    return [said for said in found.remarks if "loses digits" in said]


@pytest.mark.parametrize("name", LOSING)
def test_lost_digits_are_pointed_out(name: str) -> None:
    """The formula is right, and its tail has no correct digit."""
    code, said = LOSING[name]
    found = parity.check(code, name, "refimpl")
    assert found.status == "right", str(found)
    assert [one[: len(said)] for one in _losses(found)] == [said]


@pytest.mark.parametrize("name", [*LOSING, "sigmoid", "tanh", "softmax_backward", "linear"])
def test_refimpl_keeps_them(name: str) -> None:
    """The same cases, by the formulas that subtract nothing rounded."""
    found = parity.check(getattr(refimpl, name), name, "refimpl")
    assert found.status == "right", str(found)
    assert not _losses(found)


def test_what_cancels_by_nature_is_no_loss() -> None:
    """A sum of terms that cancel is off by many ULP in any order."""
    found = parity.check(_linear_one_by_one, "linear", "refimpl")
    assert found.status == "right", str(found)
    assert not _losses(found)


def test_the_three_numbers_are_told() -> None:
    """Its own, the exact one, and how near refimpl is."""
    (said,) = _losses(parity.check(_tanh_backward, "tanh_backward", "refimpl"))
    assert said == (
        "dx loses digits that need not be lost: at x 42.979147767053234, dy -0.25022772051319536 "
        "it is -0, exactly -4.66855e-38; refimpl is right to 0.3 ULP (docs/accuracy.md)"
    )
