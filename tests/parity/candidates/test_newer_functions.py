"""Activations, losses and normalisations as learners and torch write them: right ones are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import parity

F = torch.nn.functional


def gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def batch_norm(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta


def batch_norm_backward(dout: Any, x: Any, gamma: Any, eps: float = 1e-5) -> Any:
    n, root = len(x), 1 / np.sqrt(x.var(0) + eps)
    scaled, dx = (x - x.mean(0)) * root, dout * gamma
    dx = root / n * (n * dx - dx.sum(0) - scaled * (dx * scaled).sum(0))
    return dx, (dout * scaled).sum(0), dout.sum(0)


def batchnorm2d(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]


def biased_the_other_way(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True, ddof=1)
    return gamma[:, None, None] * (x - mean) / np.sqrt(var + eps) + beta[:, None, None]


def layer_norm(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    mean, var = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def over_samples(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Any:
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta


def group_norm(x: Any, gamma: Any, beta: Any, G: int, eps: float = 1e-5) -> Any:
    rows = x.reshape(len(x), G, -1)
    mean, var = rows.mean(-1, keepdims=True), rows.var(-1, keepdims=True)
    scaled = ((rows - mean) / np.sqrt(var + eps)).reshape(x.shape)
    shape = (-1, *(1,) * (x.ndim - 2))
    return gamma.reshape(shape) * scaled + beta.reshape(shape)


def softplus(x: Any) -> Any:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def mse_loss(output: Any, target: Any) -> Any:
    return np.mean((output - target) ** 2)


def half_of_it(output: Any, target: Any) -> Any:
    return np.mean((output - target) ** 2) / 2


class MSELoss:
    def forward(self, output: Any, target: Any) -> Any:
        self.difference = output - target
        return np.mean(self.difference**2)

    def backward(self) -> Any:
        return 2 * self.difference / self.difference.size


class Softplus:
    def forward(self, x: Any) -> Any:
        self.x = x
        return softplus(x)

    def backward(self, dout: Any) -> Any:
        return dout / (1 + np.exp(-self.x))


RIGHT = [
    *((batch_norm, batch_norm_backward), batchnorm2d, layer_norm, group_norm),
    *(softplus, Softplus, mse_loss, MSELoss),
    *(torch.nn.Softplus, torch.nn.MSELoss, torch.nn.CrossEntropyLoss),
    *(F.batch_norm, F.layer_norm, F.group_norm, F.softplus, F.mse_loss),
]


def named(one: Any) -> str:
    return "+".join(f.__name__ for f in one) if isinstance(one, tuple) else one.__name__


@pytest.mark.parametrize("candidate", RIGHT, ids=named)
def test_right(candidate: Any) -> None:
    """No option's default, and no order of arguments, makes a right one wrong."""
    verdict = parity.check(candidate)
    assert verdict.status in ("right", "right norm-wise"), verdict.said
    assert not [r for r in verdict.remarks if "weight" in r]


@pytest.mark.parametrize(
    ("candidate", "like", "tensor"),
    [
        (biased_the_other_way, "batch_norm", "y"),
        (over_samples, "layer_norm", "y"),
        (half_of_it, "mse_loss", "y"),
    ],
    ids=["unbiased variance", "statistics over samples", "half a loss"],
)
def test_wrong(candidate: Any, like: str, tensor: str) -> None:
    verdict = parity.check(candidate, like=like, style="refimpl")
    assert verdict.status == "wrong"
    assert verdict.said.startswith(f"{tensor} is wrong")


def test_a_function_that_a_style_has_not() -> None:
    """It is said so, and no function of a shorter name is judged in its place."""

    def batchnorm_forward(x: Any, gamma: Any, beta: Any, bn_param: Any) -> Any:
        return x, None

    verdict = parity.check(batchnorm_forward, style="cs231n")
    assert verdict.status == "unclear"
    assert verdict.said.startswith("the style cs231n has no batch_norm")
