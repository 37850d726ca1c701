"""What torch would have found takes no value, and lets nobody go on as if it had one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refimpl
from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.rules import RULES
from parity.documents import asking
from parity.documents.absent import (
    ABSENT,
    MARK,
    AbsentError,
    asks_torch,
    if_found,
    is_absent,
    is_left_out,
    torch_left_out,
)
from parity.documents.evidence import RATIONALS, SYMPY, TORCH, UNSUPPORTED, Evidence, smallest

FLOATS = np.array([0.5, -1.0])
X, SIDES = {"x": FLOATS}, sides("float64")


@pytest.mark.parametrize(
    "goes_on",
    [
        lambda a: a + 1,
        lambda a: 2.0**a,
        lambda a: FLOATS * a,
        lambda a: a @ FLOATS,
        lambda a: -abs(a),
        lambda a: a == 1,
        lambda a: a != a,
        lambda a: a >= FLOATS,
        lambda a: a.gradients["x"][0, ..., None].shape,
        lambda a: a.reshape(2, 3).sum(axis=0),
        lambda a: np.exp(a),
        lambda a: np.concatenate([a, FLOATS]),
        lambda a: np.count_nonzero(a),
        lambda a: a // 3,
    ],
)
def test_what_follows_from_it_is_absent(goes_on: Callable[[Any], Any]) -> None:
    """Arithmetic, comparisons, indices, attributes, NumPy's functions."""
    assert is_absent(goes_on(ABSENT))


@pytest.mark.parametrize(
    "needs_it",
    [bool, len, list, int, float, np.asarray, range, lambda a: np.array([a, 1], dtype=object)],
)
def test_a_value_that_is_needed(needs_it: Callable[[Any], Any]) -> None:
    """A branch, a loop and an array of numbers cannot do without it."""
    with pytest.raises(AbsentError, match=r"^torch decides how to go on here, but it is left out"):
        needs_it(ABSENT)


def test_refimpl_cannot_go_on_either() -> None:
    """But for what `if_found` passes on."""
    with pytest.raises(AbsentError):
        refimpl.relu(ABSENT)
    assert is_absent(if_found(refimpl.relu)(ABSENT))
    assert if_found(refimpl.relu)(FLOATS).tolist() == [0.5, 0]
    assert is_absent(if_found(refimpl.conv2d)(FLOATS, weight=ABSENT))


def test_texts_show_it() -> None:
    """And so a counterexample with it in it is known."""
    assert f"x = {ABSENT}, {ABSENT:>5}" == f"x = {MARK}, {MARK}"
    assert str([ABSENT]) == f"[{MARK}]"
    found = Evidence()
    found.false_at(f"x = {ABSENT}")
    assert (found.counterexample, found.lacks_counterexample) == ("", True)


def test_it_is_found_inside() -> None:
    """In arrays of objects, lists, tuples and dicts, and only there."""
    array = np.array([1, None], dtype=object)
    assert not is_absent(array)
    array[1] = ABSENT
    for value in (array, [1, (2, ABSENT)], {"x": [array]}):
        assert is_absent(value)
    for value in (FLOATS, [1, (2,)], {"x": FLOATS}, "absent", None):
        assert not is_absent(value)


def test_torch_is_asked_unless_it_is_left_out() -> None:
    """Also afterwards, and after an error."""
    asked = asks_torch(lambda: 7)
    with torch_left_out():
        assert is_absent(asked())
    assert asked() == 7
    with pytest.raises(AbsentError), torch_left_out():
        bool(asked())
    assert not is_left_out()


def test_the_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of torch is called, and no number is made up."""
    for name in ("forward", "gradients", "differentiate"):
        monkeypatch.setattr(oracle, name, None)
    with torch_left_out():
        for found in (
            asking.value("relu", X),
            asking.layer("relu", FLOATS, X),
            asking.autograd(lambda x: x, FLOATS, x=FLOATS),
            asking.torch_forward("relu", X),
            asking.torch_gradients("relu", X, FLOATS, ["x"]),
            asking.rationals(ABSENT),
            asking.floats(ABSENT),
        ):
            assert is_absent(found)


def test_bounds_by_formula_need_no_torch() -> None:
    """They are those of the rules; the others are computed by torch, and absent without it."""
    for name, pair in asking.BY_FORMULA.items():
        assert RULES[name] == pair
    dy = np.ones(2)
    whole = asking.forward_bound("relu", X, {}, SIDES), asking.forward_bound("tanh", X, {}, SIDES)
    whole_back = asking.backward_bounds("tanh", dy, X, {}, SIDES)["x"]
    assert not any(map(is_absent, whole))
    with torch_left_out():
        assert is_absent(asking.forward_bound("relu", X, {}, SIDES))
        assert is_absent(asking.backward_bounds("relu", dy, X, {}, SIDES)["x"].limit)
        assert is_absent(asking.forward_bound("tanh", {"x": ABSENT}, {}, SIDES).limit)
        again = asking.forward_bound("tanh", X, {}, SIDES)
        again_back = asking.backward_bounds("tanh", dy, X, {}, SIDES)["x"]
    assert again.limit.tolist() == whole[1].limit.tolist()
    assert again_back.limit.tolist() == whole_back.limit.tolist()


def test_which_checks_are_left_out() -> None:
    """torch's own, and those of others that go on from its findings, a bound among them."""
    with torch_left_out():
        found = Evidence()
        found.printed(RATIONALS, "made", 1, 1)
        found.printed(TORCH, "torch's", 1, 2)
        found.refuted(SYMPY, "of torch's value", ABSENT, 1)
        found.implemented(SYMPY, "within torch's bound", 1, 1, ABSENT)
        found.number("torch's", "0.5", ABSENT)
    assert [check.what for check in found.checks] == ["made"]
    assert [(c.kind, c.judge, c.what) for c in found.left_out] == [
        ("printed", TORCH, "torch's"),
        ("refuted", SYMPY, "of torch's value"),
        ("implementation", SYMPY, "within torch's bound"),
        ("number", "50 digits", "torch's = 0.5"),
    ]
    assert (found.judges, found.verdict) == ((RATIONALS,), "holds")
    assert found.all_judges == (TORCH, RATIONALS, SYMPY, "50 digits")
    assert found.best_verdict == UNSUPPORTED  # refuted, and no correction


def test_no_counterexample_is_searched_without_torch() -> None:
    """Candidate, printed and right are all absent."""
    (x, y), printed, right = smallest([(FLOATS, FLOATS)], lambda x, y: x, lambda x, y: ABSENT)
    assert all(map(is_absent, (x, y, printed, right)))
