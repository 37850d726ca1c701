"""Planting puts a mistake in a function's place, and takes it out again whatever happens."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial

import numpy as np
import pytest

import refimpl
from parity import oracle
from parity.judges import training
from parity.mistakes.catalogue import MISTAKES
from parity.results import judging
from parity.suite import planting

PLACES = {
    "refimpl": (partial(planting.in_refimpl, "relu", 2.0), lambda: refimpl.relu),
    "known": (partial(planting.known, MISTAKES["add-halved"]), lambda: refimpl.add),
    "torch": (partial(planting.in_torch, "relu", 2.0), lambda: oracle.FUNCTIONS["relu"]),
    "layer": (partial(planting.in_layer, refimpl.ReLU, 2.0), lambda: refimpl.ReLU.backward),
    "update": (partial(planting.in_update, 2.0), lambda: training.descend),  # type: ignore[attr-defined]
    "elements": (planting.unwritten, lambda: judging.element_rows),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_right_code_is_back_after_an_exception(place: str) -> None:
    """Inside the block another object stands there, behind it the old one."""
    plant, look = PLACES[place]
    right = look()

    def break_off() -> None:
        planted: AbstractContextManager[object] = plant()
        with planted:
            assert look() is not right
            raise RuntimeError("broke off")

    with pytest.raises(RuntimeError, match="broke off"):
        break_off()
    assert look() is right


def test_what_is_off() -> None:
    """Each number by the factor; dtypes and kinds of results stay."""
    found = planting.all_off(
        refimpl.LinearGrads(np.ones(2, np.float32), np.zeros(2), np.array([np.nan, 2.0])), 1.5
    )
    assert isinstance(found, refimpl.LinearGrads)
    np.testing.assert_array_equal(found.dx, np.full(2, 1.5, np.float32), strict=True)
    np.testing.assert_array_equal(found.dweight, [0.5, 0.5])
    np.testing.assert_array_equal(found.dbias, [np.nan, 3.0])


def test_a_known_mistake_may_call_what_it_replaces() -> None:
    """It is written around the right code, which it finds under the same name."""
    with planting.known(MISTAKES["slightly-too-large-relu"]):
        dx = refimpl.relu_backward(np.ones(2), np.array([-1.0, 1.0]))
    np.testing.assert_array_equal(dx, [0, planting.SLIGHT])


def test_torch_s_gradients_are_off_too() -> None:
    """What autograd finds behind a value that is off."""
    x, dy = np.array([-1.0, 2.0]), np.array([3.0, 5.0])
    with planting.in_torch("relu", 2.0):
        found = oracle.gradients("relu", {"x": x}, {}, dy, ["x"])
    np.testing.assert_array_equal(found.y, [0, 4])
    np.testing.assert_array_equal(found.gradients["x"], [0, 10])
