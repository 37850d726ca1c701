"""One element by its definition: who is right, and whether refimpl's formula agrees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from problems import problem

import refimpl
from parity.witnesses.exact import opinion
from parity.witnesses.exact.opinion import second_opinion
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem


@pytest.mark.parametrize("odd", [np.nan, np.inf])
def test_not_applicable(odd: float) -> None:
    """NaN and ∞ have no exact arithmetic; an element that depends on neither has."""
    asked = Problem("relu", {"x": np.array([1.0, odd])}, {}, np.ones(2))
    assert second_opinion(asked, "y", (1,)) is None
    beside = second_opinion(asked, "y", (0,))
    assert beside is not None
    assert (beside.defined, beside.truth.nearest.tolist()) == (True, [1.0])


def test_what_a_definition_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is kept, whatever it was: it is said, and is no opinion."""

    def raises(*_: object) -> Any:
        raise TypeError("unexpected keyword argument 'axis'")

    monkeypatch.setitem(opinion.DEFINITIONS, "linear", raises)
    asked = problem("linear", "float64", x=(3, 4), weight=(2, 4))
    found = second_opinion(asked, "y", (1, 1))
    assert found is not None
    assert found.raised == ("the definition raised TypeError: unexpected keyword argument 'axis'")
    assert not found.defined


def test_a_second_opinion_knows_a_wrong_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definition does not follow refimpl where its formula is changed."""
    asked = problem("linear", "float64", x=(3, 4), weight=(2, 4))
    right = second_opinion(asked, "y", (1, 1))
    assert right is not None
    assert right.defined
    assert right.formula_agrees
    linear = refimpl.linear
    monkeypatch.setattr(refimpl, "linear", lambda *arrays: linear(*arrays) * 2)
    changed = second_opinion(asked, "y", (1, 1))
    assert changed is not None
    assert not changed.formula_agrees
    assert changed.truth.nearest == right.truth.nearest


@pytest.mark.parametrize(("budget", "verdict"), [(250_000, False), (40_000, None)])
def test_a_mistake_that_no_piece_shows(
    monkeypatch: pytest.MonkeyPatch, budget: int, verdict: bool | None
) -> None:
    """The piece has no padding: the whole formula is asked, or nothing is said of it."""
    monkeypatch.setattr(opinion, "BUDGET", budget)
    shapes = {"x": (2, 3, 17, 16), "weight": (4, 3, 3, 3)}
    asked = problem("conv2d", "float64", options={"padding": ((2, 0), (0, 2))}, **shapes)
    assert 40_000 < cost(asked) < 250_000
    crop = refimpl.windows.crop
    monkeypatch.setattr(
        refimpl.windows, "crop", lambda padded, pairs: crop(padded, [p[::-1] for p in pairs])
    )
    found = second_opinion(asked, "dx", (0, 1, 5, 6))
    assert found is not None
    assert found.formula_agrees is verdict


def test_without_a_definition_the_formula_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the opinion says so; a function that raises has none."""

    def unknown(*_: object) -> Any:
        raise KeyError("no such function")

    monkeypatch.setattr(opinion, "exact_element", unknown)
    asked = problem("linear", "float64", x=(3, 4), weight=(2, 4))
    found = second_opinion(asked, "dweight", (1, 2))
    assert found is not None
    assert not found.defined
    monkeypatch.setattr(refimpl, "linear_backward", unknown)
    assert second_opinion(asked, "dweight", (1, 2)) is None


def test_a_large_problem_is_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definition loops over a piece; of what has none it is not asked at all."""
    asked = problem("conv2d", "float64", x=(2, 3, 9, 8), weight=(4, 3, 3, 2))
    whole = second_opinion(asked, "dx", (1, 2, 3, 4))
    monkeypatch.setattr(opinion, "DEFINITION_BUDGET", 0)
    piece = second_opinion(asked, "dx", (1, 2, 3, 4))
    assert whole is not None
    assert piece is not None
    assert piece.defined
    assert piece.truth.nearest == whole.truth.nearest
    softmax = problem("softmax", "float64", x=(3, 4))
    assert second_opinion(softmax, "y", (0, 0)) is None
