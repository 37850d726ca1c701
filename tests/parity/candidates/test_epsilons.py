"""An ε in a candidate's code: right, and named; a wrong candidate is wrong with its ε."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import parity


def batch_norm(eps: float, one_less: int = 0) -> Callable[..., Any]:
    def normalised(x: Any, gamma: Any, beta: Any) -> Any:
        return gamma * (x - x.mean(0)) / np.sqrt(x.var(0, ddof=one_less) + eps) + beta

    return normalised


def batch_norm_backward(eps: float) -> Callable[..., Any]:
    def backward(dout: Any, x: Any, gamma: Any) -> Any:
        n, root = len(x), 1 / np.sqrt(x.var(0) + eps)
        scaled, dx = (x - x.mean(0)) * root, dout * gamma
        dx = root / n * (n * dx - dx.sum(0) - scaled * (dx * scaled).sum(0))
        return dx, (dout * scaled).sum(0), dout.sum(0)

    return backward


def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + 1e-12) + beta


def group_norm(x: Any, gamma: Any, beta: Any, num_groups: int) -> Any:
    rows = x.reshape(len(x), num_groups, -1)
    mean, var = rows.mean(-1, keepdims=True), rows.var(-1, keepdims=True)
    shape = (-1, *(1,) * (x.ndim - 2))
    y = ((rows - mean) / np.sqrt(var + 2.5e-4)).reshape(x.shape)
    return gamma.reshape(shape) * y + beta.reshape(shape)


class BatchNorm:
    """Its ε is an attribute that no constructor takes."""

    def __init__(self, D: int) -> None:
        self.gamma, self.beta, self.eps = np.ones(D), np.zeros(D), 1e-3

    def forward(self, x: Any) -> Any:
        self.root = 1 / np.sqrt(x.var(0) + self.eps)
        self.scaled = (x - x.mean(0)) * self.root
        return self.gamma * self.scaled + self.beta

    def backward(self, dout: Any) -> Any:
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        self.dgamma, self.dbeta = (dout * scaled).sum(0), dout.sum(0)
        return self.root / n * (n * dx - dx.sum(0) - scaled * (dx * scaled).sum(0))


class WithoutMean(BatchNorm):
    def backward(self, dout: Any) -> Any:
        super().backward(dout)
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        return self.root / n * (n * dx - scaled * (dx * scaled).sum(0))


class Inside(nn.Module):
    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(num_features, eps=1e-3)

    def forward(self, x: Any) -> Any:
        return self.bn(x)


def adam(w: Any, dw: Any, m: Any = None, v: Any = None, t: int = 1, lr: Any = 1e-3) -> Any:
    m = 0.9 * (0 if m is None else m) + (1 - 0.9) * dw
    v = 0.999 * (0 if v is None else v) + (1 - 0.999) * dw**2
    root = np.sqrt(v / (1 - 0.999**t)) + 1e-7
    return w - lr * m / (1 - 0.9**t) / root, m, v


RIGHT: list[tuple[Any, str, str]] = [
    *((batch_norm(eps), "batch_norm", said) for eps, said in ((1e-3, "1e-3"), (1e-8, "1e-8"))),
    *((batch_norm(eps), "batch_norm", said) for eps, said in ((0.1, "0.1"), (0.0, "0"))),
    (batch_norm_backward(1e-3), "batch_norm_backward", "1e-3"),
    (layer_norm, "layer_norm", "1e-12"),
    (group_norm, "group_norm", "0.00025"),
    (BatchNorm, "batch_norm", "1e-3"),
    (Inside, "batch_norm", "1e-3"),
]


@pytest.mark.parametrize(
    ("code", "like", "eps"), RIGHT, ids=lambda one: getattr(one, "__name__", one)
)
def test_another_epsilon_is_right_and_named(code: Any, like: str, eps: str) -> None:
    found = parity.check(code, like=like)
    assert found.status == "right", str(found)
    assert f"computes with ε = {eps}; torch's default is 1e-5" in found.remarks
    assert "eps" not in found.unchecked


def test_of_adam() -> None:
    found = parity.check(adam, like="adam_step")
    assert found.status == "right", str(found)
    assert "computes with ε = 1e-7; torch's default is 1e-8" in found.remarks


def test_the_usual_epsilon_is_no_news() -> None:
    found = parity.check(batch_norm(1e-5), like="batch_norm")
    assert found.status == "right"
    assert not [remark for remark in found.remarks if "ε" in remark]


# --- mistakes beside it -------------------------------------------------------------------


def _texts(found: Any) -> list[str]:
    return [cause.text for cause in found.causes]


def test_a_gradient_that_is_wrong_with_it() -> None:
    """dx is wrong with its own ε, the others are right."""
    found = parity.check(WithoutMean, like="batch_norm")
    assert found.status == "wrong"
    assert found.said.startswith("dx is wrong")
    assert "computes with ε = 1e-3; torch's default is 1e-5" in found.remarks
    assert "nothing goes through the mean" in _texts(found)


class Hidden:
    """An object whose ε nothing shows, and a gradient that is wrong."""

    def __init__(self, D: int = 3) -> None:
        self.gamma, self.beta = np.ones(D), np.zeros(D)

    def forward(self, x: Any) -> Any:
        self.root = 1 / np.sqrt(x.var(0) + 1e-3)
        self.scaled = (x - x.mean(0)) * self.root
        return self.gamma * self.scaled + self.beta

    def backward(self, dout: Any) -> Any:
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        self.dgamma, self.dbeta = (dout * scaled).sum(0), dout.sum(0)
        return self.root / n * (n * dx - scaled * (dx * scaled).sum(0))


def test_an_object_that_is_wrong_with_it() -> None:
    found = parity.check(Hidden(), like="batch_norm")
    assert found.status == "wrong"
    assert found.said.startswith("dx is wrong")
    assert "computes with ε = 1e-3; torch's default is 1e-5" in found.remarks


def test_a_value_that_is_wrong_with_it() -> None:
    """The mistake is told by its own ε alone."""
    found = parity.check(batch_norm(1e-3, one_less=1), like="batch_norm")
    assert found.status == "wrong"
    assert "the variance is divided by K − 1 in normalising, too" in _texts(found)


def outside(eps: float, one_less: int = 0) -> Callable[..., Any]:
    def layer_norm(x: Any, gamma: Any, beta: Any) -> Any:
        mean, std = x.mean(-1, keepdims=True), x.std(-1, keepdims=True, ddof=one_less)
        return gamma * (x - mean) / (std + eps) + beta

    return layer_norm


@pytest.mark.parametrize(
    ("code", "like", "said"),
    [
        (outside(1e-6), "layer_norm", "outside of the root, ε ≈ 1e-6"),
        (outside(1e-3), "layer_norm", "outside of the root, ε ≈ 1e-3"),
        (
            outside(1e-6, one_less=1),
            "layer_norm",
            "outside of the root, and divides the variance by K − 1, ε ≈ 1e-6",
        ),
    ],
    ids=["1e-6", "1e-3", "over K − 1"],
)
def test_outside_of_the_root(code: Any, like: str, said: str) -> None:
    """Another function, whatever its ε is; how large it is the numbers tell."""
    found = parity.check(code, like=like)
    assert found.status == "wrong"
    assert _texts(found)[0] == f"y: adds ε to the deviation, {said}"


class OfTheAnnotatedTransformer(nn.Module):
    def __init__(self, features: int, eps: float = 1e-6) -> None:
        super().__init__()
        self.a_2 = nn.Parameter(torch.ones(features))
        self.b_2 = nn.Parameter(torch.zeros(features))
        self.eps = eps

    def forward(self, x: Any) -> Any:
        mean, std = x.mean(-1, keepdim=True), x.std(-1, keepdim=True)
        return self.a_2 * (x - mean) / (std + self.eps) + self.b_2


def test_outside_with_an_epsilon_that_is_told() -> None:
    """Cases of several ε: each fits."""
    found = parity.check(OfTheAnnotatedTransformer, like="layer_norm")
    assert found.status == "wrong"
    said = "adds ε to the deviation, outside of the root, and divides the variance by K − 1"
    assert f"y: {said}" in _texts(found)
