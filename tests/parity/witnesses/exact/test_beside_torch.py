"""A wrong formula is its own exact value on balls: torch in float64 contradicts it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pytest
from problems import problem

import refimpl
from parity import oracle
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.beside_torch import InFloat64, refuted_by_torch
from parity.witnesses.exact.formula import by_balls
from parity.witnesses.exact.values import exact_values
from parity.witnesses.problem import Problem

LOGITS = {"logits": np.random.default_rng(1).normal(size=(4, 5)), "target": np.array([0, 4, 2, 2])}
ASKED: dict[str, Callable[[str], Problem]] = {
    "softmax": lambda dtype: problem("softmax", dtype, x=(3, 6)),
    "gaussian_pool2d": lambda dtype: problem(
        "gaussian_pool2d", dtype, options={"kernel_size": 2, "sigma": 0.7}, x=(2, 3, 6, 4)
    ),
    "squared_error": lambda dtype: problem("squared_error", dtype, output=(3, 4), target=(3, 4)),
    "cross_entropy": lambda dtype: Problem(
        "cross_entropy",
        {"logits": LOGITS["logits"].astype(dtype), "target": LOGITS["target"]},
        {},
        np.ones((), dtype),
    ),
}


def said(asked: Problem) -> dict[str, str]:
    tensors = ["y", *(f"d{n}" for n in FUNCTIONS[asked.function].inputs if n in asked.arrays)]
    return refuted_by_torch(asked, by_balls(asked, tensors))


def larger(right: Callable[..., Any]) -> Callable[..., Any]:
    """By a millionth of a millionth, in every arithmetic."""

    @wraps(right)
    def wrong(*arrays: Any, **options: Any) -> Any:
        found = right(*arrays, **options)
        return found + found / 10**12

    return wrong


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", ASKED)
def test_a_wrong_formula_is_contradicted(
    monkeypatch: pytest.MonkeyPatch, function: str, dtype: str
) -> None:
    """Forward or backward, far below what a float32 row can see; the right one is not."""
    asked = ASKED[function](dtype)
    assert said(asked) == {}
    backward = FUNCTIONS[function].backward_name
    for name in (function, backward):
        with monkeypatch.context() as patch:
            patch.setattr(refimpl, name, larger(getattr(refimpl, name)))
            found = said(asked)
        assert ("y" in found) == (name == function)
        assert any(tensor != "y" for tensor in found) == (name == backward)
        assert all("further off than it may be" in sentence for sentence in found.values())


def test_it_is_no_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch contradicts comes out as a sentence."""
    monkeypatch.setattr(refimpl, "softmax", larger(refimpl.softmax))
    asked = ASKED["softmax"]("float32")
    ((tensor, found),) = exact_values(asked, ["y"], np.random.default_rng(1))
    assert tensor == "y"
    assert str(found).startswith("refimpl's formula gives exactly ")


def test_what_torch_has_given_is_not_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case of float64 knows it; a wrong formula is contradicted all the same."""
    asked = ASKED["softmax"]("float64")
    torch = oracle.forward("softmax", asked.arrays, {})
    monkeypatch.setattr(oracle, "forward", None)

    def known(tensor: str) -> InFloat64:
        return InFloat64(torch, np.full(torch.shape, 1e-15), np.zeros(torch.shape, bool))

    assert refuted_by_torch(asked, by_balls(asked, ["y"]), known) == {}
    monkeypatch.setattr(refimpl, "softmax", larger(refimpl.softmax))
    assert list(refuted_by_torch(asked, by_balls(asked, ["y"]), known)) == ["y"]
