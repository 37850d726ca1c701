"""Textbook formulas whose terms cancel are right, and told where they lose digits."""

from __future__ import annotations

from collections.abc import Callable
from math import erf
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.candidates.plain_formulas import ADDED, limit_of_plain
from parity.cases.case import Array
from parity.witnesses.problem import Problem

_erf = np.vectorize(erf)


def elu(x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, x, alpha * (np.exp(x) - 1))


def elu_backward(dy: Array, x: Array, alpha: float = 1.0) -> Array:
    return np.where(x > 0, dy, dy * (elu(x, alpha) + alpha))


def softplus(x: Array) -> Any:
    return np.log(1 + np.exp(x))


def softplus_backward(dy: Array, x: Array) -> Any:
    return dy * (1 - 1 / (1 + np.exp(x)))


def sigmoid(x: Array) -> Any:
    return 0.5 * (1 + np.tanh(x / 2))


@np.errstate(over="ignore")
def tanh(x: Array) -> Any:
    return 2 / (1 + np.exp(-2 * x)) - 1


def silu(x: Array) -> Any:
    return x * sigmoid(x)


def gelu(x: Array) -> Any:
    return 0.5 * x * (1 + _erf(x / np.sqrt(2)))


def gelu_backward(dy: Array, x: Array) -> Any:
    gate = 0.5 * (1 + _erf(x / np.sqrt(2)))
    return dy * (gate + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi))


LOSING = [elu, elu_backward, softplus, softplus_backward, sigmoid, tanh, silu, gelu, gelu_backward]


@pytest.mark.parametrize("code", LOSING, ids=lambda code: code.__name__)
def test_a_formula_of_a_textbook_is_right(code: Callable[..., Any]) -> None:
    """It is said that it loses digits, where, and by how much."""
    found = parity.check(code)
    assert found.status == "right", str(found)
    said = [remark for remark in found.remarks if "loses digits that need not be lost" in remark]
    assert len(said) == 1
    assert "refimpl is right to" in said[0]


class Softplus(nn.Module):
    """Without a constructor it takes no threshold."""

    def forward(self, x: Any) -> Any:
        return torch.log(1 + torch.exp(x))


def test_a_module_without_a_constructor() -> None:
    found = parity.check(Softplus)
    assert found.status == "right", str(found)
    assert "threshold" in found.unchecked
    assert any("loses digits" in remark for remark in found.remarks)


def test_how_many_elements_lose_digits() -> None:
    """The first line does not claim of them what does not hold."""
    said = parity.check(elu).said
    assert said.startswith("all but ")
    assert said.endswith("; those lose digits where terms of the formula cancel")


# --- formulas that are wrong --------------------------------------------------------------


def _slightly(times: float) -> Callable[[Array], Array]:
    return lambda x: np.where(x > 0, x, times * (np.exp(x) - 1))


def _cut(at: float) -> Callable[[Array], Any]:
    return lambda x: np.where(x < at, 0, np.logaddexp(0, x))


WRONG: dict[str, tuple[str, Callable[..., Any]]] = {
    "elu, 0.1 % too large": ("elu", _slightly(1.001)),
    "elu, 1e-11 too large": ("elu", _slightly(1 + 1e-11)),
    "elu without −1": ("elu", lambda x: np.where(x > 0, x, np.exp(x))),
    "elu, a line near 0": ("elu", lambda x: np.where(x > -1e-3, x, elu(x))),
    "tanh, a line near 0": ("tanh", lambda x: np.where(np.abs(x) < 1e-3, x, np.tanh(x))),
    "elu that is not exact where it is x": ("elu", lambda x: elu(x) * (1 + 1e-15)),
    "softplus without its tail": ("softplus", _cut(-5)),
    "softplus without its far tail": ("softplus", _cut(-20)),
    "softplus as relu": ("softplus", lambda x: np.maximum(x, 0)),
    "softplus, linear from 5 on": ("softplus", lambda x: np.where(x > 5, x, softplus(x))),
    "sigmoid, clipped": ("sigmoid", lambda x: np.clip(sigmoid(x), 1e-7, 1 - 1e-7)),
    "tanh, 1e-11 too large": ("tanh", lambda x: np.tanh(x) * (1 + 1e-11)),
    "silu with a gate 1e-9 too open": ("silu", lambda x: x * (sigmoid(x) + 1e-9)),
    "gelu by a sigmoid": ("gelu", lambda x: x / (1 + np.exp(-1.702 * x))),
    "gelu without its tail": ("gelu", lambda x: np.where(x < -4, 0, gelu(x))),
    "gelu′ without the density": (
        "gelu_backward",
        lambda dy, x: dy * 0.5 * (1 + _erf(x / np.sqrt(2))),
    ),
    "elu′ without α": (
        "elu_backward",
        lambda dy, x, alpha=1.0: np.where(x > 0, dy, dy * np.exp(x)),
    ),
    "tanh by e^x, which overflows": (
        "tanh",
        lambda x: (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)),
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_formula_is_refused(name: str) -> None:
    """Off by more than what cancels, in the tail, too."""
    like, code = WRONG[name]
    found = parity.check(code, like=like, style="refimpl")
    assert found.status == "wrong", str(found)


# --- the limits ---------------------------------------------------------------------------


@pytest.mark.parametrize("function", ADDED)
def test_the_limit_is_relative_to_dy(function: str) -> None:
    """Of a gradient; and where dy is 0 nothing may be off."""
    x, dy = np.array([-3.0, 0.5, 4.0]), np.array([2.0, 0.0, -1.0])
    limit = limit_of_plain(Problem(function, {"x": x}, {}, dy), "dx")
    doubled = limit_of_plain(Problem(function, {"x": x}, {}, 2 * dy), "dx")
    assert limit is not None
    assert doubled is not None
    assert limit[1] == 0
    assert np.array_equal(doubled, 2 * limit)


def test_the_limit_of_an_option() -> None:
    """α of an ELU, 1/β of a softplus: what is added up is as large."""
    x = np.array([-1.0])
    elus = [limit_of_plain(Problem("elu", {"x": x}, {"alpha": a}, x), "y") for a in (1.0, 3.0)]
    assert elus[1] == 3 * elus[0]  # type: ignore[operator]
    soft = [limit_of_plain(Problem("softplus", {"x": x}, {"beta": b}, x), "y") for b in (1, 0.25)]
    assert soft[1] > soft[0]  # type: ignore[operator]
