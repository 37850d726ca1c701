"""Which method is asked, and what is said where it does not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from problems import problem, tensors_of

import refimpl
from parity.witnesses.exact import values as module
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import Fallback, Found, NotApplicable, exact_values
from parity.witnesses.problem import Problem


def found(asked: Problem, tensors: list[str], budget: int = module.BUDGET) -> dict[str, Any]:
    """By tensor, all that is said of it; parts of values joined."""
    said: dict[str, list[Found]] = {tensor: [] for tensor in tensors}
    for tensor, value in exact_values(asked, tensors, np.random.default_rng(1), budget):
        said[tensor].append(value)
    return said


def places(said: list[Found]) -> list[int]:
    return sorted(int(p) for truth in said if isinstance(truth, Truth) for p in truth.flat_places())


def test_not_applicable() -> None:
    """NaN and ∞ have no exact arithmetic, the mean loss of no samples no value."""
    for odd in (np.nan, np.inf):
        with pytest.raises(NotApplicable):
            found(Problem("relu", {"x": np.array([1.0, odd])}, {}, np.ones(2)), ["y"])
    nothing = {"logits": np.zeros((0, 3)), "target": np.zeros(0, np.int64)}
    with pytest.raises(NotApplicable):
        found(Problem("cross_entropy", nothing, {}, np.array(1.0)), ["y"])


def test_numbers_that_do_not_fit_slices_go_to_balls() -> None:
    """It is said why, what was said before is void, and every element is exact all the same."""
    arrays = {"x": np.array([[1e300, 5e-324]]), "weight": np.array([[1.0, 3.0]])}
    asked = Problem("linear", arrays, {}, np.ones((1, 1)))
    for said in found(asked, ["y", "dx", "dweight"]).values():
        first = next(k for k, value in enumerate(said) if isinstance(value, Fallback))
        assert str(said[first].reason).startswith("on balls: ")
        last = said[-1]
        assert isinstance(last, Truth)
        assert last.decided.all()
    assert "sizes from 4.94e-324 to 1e+300" in str(found(asked, ["y"])["y"])


def test_single_elements_go_to_balls() -> None:
    """Of a function of one element only those that double-double leaves open."""
    x = np.array([0.5, 400.0, -1e-250, 2.0])
    asked = Problem("tanh", {"x": x}, {}, np.ones(4))
    (truth,) = found(asked, ["dx"])["dx"]
    assert truth.decided.all()
    assert truth.nearest[1] == pytest.approx(4 * np.exp(-800.0))
    few = found(asked, ["dx"], budget=1)["dx"][0]
    assert few.decided.tolist() == [True, True, False, True]


def test_a_formula_that_raises_has_no_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forward and backward apart."""

    def broken(*arguments: Any, **options: Any) -> Any:
        raise IndexError("off by one")

    monkeypatch.setattr(refimpl, "linear_backward", broken)
    said = found(problem("linear", "float64", x=(3, 5), weight=(4, 5)), ["y", "dx"])
    assert isinstance(said["y"][0], Truth)
    assert said["dx"] == ["no exact value: IndexError: off by one"]


@pytest.mark.parametrize(
    ("function", "options", "shapes"),
    [
        ("gaussian_pool2d", {"kernel_size": 2, "sigma": 0.7}, {"x": (4, 5, 6, 4)}),
        ("softmax", {}, {"x": (7, 6)}),
    ],
)
def test_a_sample_has_the_values_of_the_whole(
    function: str, options: dict[str, Any], shapes: dict[str, Any]
) -> None:
    """What only balls can do is sampled where the budget is too small."""
    asked = problem(function, "float64", options=options, **shapes)
    whole = found(asked, ["y", "dx"])
    for tensor, said in found(asked, ["y", "dx"], budget=1).items():
        (full,) = whole[tensor]
        if function == "softmax":
            assert len(places(said)) == full.elements  # nothing smaller holds an element of it
        else:
            assert len(places(said)) == np.prod(asked.dy.shape[2:] if tensor == "y" else (6, 4))
        for part in said:
            assert part.elements == full.elements
            for name in ("nearest", "ulp"):
                assert np.array_equal(getattr(part, name), getattr(full, name)[part.places])
            np.testing.assert_allclose(part.rest, full.rest[part.places], rtol=1e-12)


@pytest.mark.parametrize("budget", [1, module.BUDGET])
def test_what_slices_can_do_is_never_sampled(budget: int) -> None:
    """Whatever the budget."""
    asked = problem("conv2d", "float32", x=(2, 3, 9, 8), weight=(4, 3, 3, 2))
    for tensor, said in found(asked, ["y", "dx", "dweight"], budget).items():
        assert places(said) == list(range(tensors_of(asked)[tensor].size))
