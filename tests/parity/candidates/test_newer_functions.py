"""Activations, losses and normalisations as learners and torch write them: right ones are right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import parity

nn, F = torch.nn, torch.nn.functional


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


class BatchNorm:
    def __init__(self, D: int, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.eps = np.ones(D), np.zeros(D), eps

    def forward(self, x: Any) -> Any:
        self.root = 1 / np.sqrt(x.var(0) + self.eps)
        self.scaled = (x - x.mean(0)) * self.root
        return self.gamma * self.scaled + self.beta

    def backward(self, dout: Any) -> Any:
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        self.dgamma, self.dbeta = (dout * scaled).sum(0), dout.sum(0)
        return self.root / n * (n * dx - dx.sum(0) - scaled * (dx * scaled).sum(0))


class BatchNormWithoutMean(BatchNorm):
    """Its dx does not know that the mean depends on x."""

    def backward(self, dout: Any) -> Any:
        super().backward(dout)
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        return self.root / n * (n * dx - scaled * (dx * scaled).sum(0))


class PReLU:
    def __init__(self, num_parameters: int = 1) -> None:
        self.weight = np.full(num_parameters, 0.25)

    def slope(self, x: Any) -> Any:
        return self.weight.reshape(-1, *(1,) * (x.ndim - 2)) if x.ndim > 1 else self.weight

    def forward(self, x: Any) -> Any:
        self.x = x
        return np.where(x > 0, x, self.slope(x) * x)

    def backward(self, dy: Any) -> Any:
        x = self.x
        each = np.where(x > 0, 0, x) * dy
        axes = tuple(n for n in range(x.ndim) if n != 1 or self.weight.size == 1)
        self.dweight = each.sum(axes).reshape(self.weight.shape)
        return np.where(x > 0, dy, self.slope(x) * dy)


class ConvTranspose2d:
    """One number for the stride."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int, stride: int = 1):
        self.weight = np.zeros((in_channels, out_channels, kernel_size, kernel_size))
        self.bias, self.stride = np.zeros(out_channels), stride

    def places(self, x: Any) -> Any:
        k, s = self.weight.shape[-1], self.stride
        for i, j in np.ndindex(x.shape[2:]):
            yield (..., slice(i * s, i * s + k), slice(j * s, j * s + k)), x[:, :, i, j]

    def forward(self, x: Any) -> Any:
        self.x, k = x, self.weight.shape[-1]
        sizes = [(n - 1) * self.stride + k for n in x.shape[2:]]
        y = np.zeros((len(x), self.weight.shape[1], *sizes), x.dtype)
        for place, pixel in self.places(x):
            y[place] += np.einsum("nc,cokl->nokl", pixel, self.weight)
        return y + self.bias[:, None, None]

    def backward(self, dy: Any) -> Any:
        x, columns = self.x, []
        self.dweight, self.dbias = np.zeros_like(self.weight), dy.sum((0, 2, 3))
        for place, pixel in self.places(x):
            self.dweight += np.einsum("nc,nokl->cokl", pixel, dy[place])
            columns.append(np.einsum("nokl,cokl->nc", dy[place], self.weight))
        return np.stack(columns, -1).reshape(x.shape)


class UnspreadConvTranspose2d(ConvTranspose2d):
    """Its dx is read at a stride of 1."""

    def backward(self, dy: Any) -> Any:
        dx, s = super().backward(dy), self.stride
        self.stride = 1
        wrong = super().backward(dy)
        self.stride = s
        super().backward(dy)
        return wrong if s > 1 else dx


class GlobalAvgPool:
    def forward(self, x: Any) -> Any:
        self.shape = x.shape
        return x.mean((2, 3))

    def backward(self, dy: Any) -> Any:
        _, _, height, width = self.shape
        return np.broadcast_to(dy[:, :, None, None], self.shape) / (height * width)


class SummedGlobalAvgPool(GlobalAvgPool):
    def backward(self, dy: Any) -> Any:
        return np.broadcast_to(dy[:, :, None, None], self.shape) / self.shape[2]


RIGHT = [
    *((batch_norm, batch_norm_backward), batchnorm2d, layer_norm, group_norm),
    *(softplus, Softplus, mse_loss, MSELoss),
    *(nn.Softplus, nn.MSELoss, nn.CrossEntropyLoss),
    *(BatchNorm, PReLU, ConvTranspose2d, GlobalAvgPool, gelu_tanh),
    *(nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm),
    *(nn.PReLU, nn.ConvTranspose1d, nn.ConvTranspose3d, nn.GELU, nn.ELU),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool2d, nn.Hardsigmoid, nn.Hardswish, nn.SiLU),
    *(nn.Softplus(2.0, 10), nn.ELU(0.5), nn.GELU("tanh"), nn.MSELoss(reduction="sum")),
    *(nn.AdaptiveAvgPool2d((2, 3)), nn.LocalResponseNorm(2)),
    nn.CrossEntropyLoss(label_smoothing=0.1, ignore_index=0),
    *(F.batch_norm, F.layer_norm, F.group_norm, F.softplus, F.mse_loss),
]


def named(one: Any) -> str:
    parts = one if isinstance(one, tuple) else (one,)
    return "+".join(getattr(part, "__name__", str(part)) for part in parts)


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


@pytest.mark.parametrize(
    ("candidate", "tensor"),
    [
        (BatchNormWithoutMean, "dx"),
        (UnspreadConvTranspose2d, "dx"),
        (SummedGlobalAvgPool, "dx"),
    ],
    ids=["a mean without gradient", "no stride", "a sum over one axis"],
)
def test_wrong_layer(candidate: Any, tensor: str) -> None:
    verdict = parity.check(candidate)
    assert verdict.status == "wrong"
    assert verdict.said.startswith(f"{tensor} is wrong")


def test_a_step_without_state() -> None:
    """What has no place for a velocity is not given one as its learning rate."""

    def sgd_step(w: Any, dw: Any, lr: float = 0.01) -> Any:
        return w - lr * dw

    verdict = parity.check(sgd_step)
    assert verdict.status == "failed"
    assert "velocity" in verdict.said


def test_a_function_that_a_style_has_not() -> None:
    """It is said so, and no function of a shorter name is judged in its place."""

    def log_softmax_forward(x: Any) -> Any:
        return x, None

    verdict = parity.check(log_softmax_forward, style="cs231n")
    assert verdict.status == "unclear"
    assert verdict.said.startswith("the style cs231n has no log_softmax")
