"""A small model with one of everything, in which one mistake can be planted."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor, nn


class Swish(torch.autograd.Function):
    """x·σ(x), with a backward of its own. factor: 1, unless a mistake is planted."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, factor: float) -> Tensor:
        s = 1 / (1 + torch.exp(-x))
        ctx.save_for_backward(x, s)
        ctx.factor = factor
        return x * s

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        x, s = ctx.saved_tensors
        return ctx.factor * dys[0] * (s * (1 + x * (1 - s))), None


class MaskedRelu(torch.autograd.Function):
    """relu, whose backward takes the mask of another tensor where one is planted."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, other: Tensor) -> Tensor:
        ctx.save_for_backward(other)
        return x * (x > 0)

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0] * (ctx.saved_tensors[0] > 0), None


class HandmadeNorm(nn.BatchNorm2d):
    """Batch norm written by hand. correction: 0 is the mistake, the biased running variance."""

    correction = 1

    def forward(self, input: Tensor) -> Tensor:
        assert self.running_mean is not None
        assert self.running_var is not None
        mean = input.mean((0, 2, 3), keepdim=True)
        centred = input - mean
        variance = (centred * centred).mean((0, 2, 3), keepdim=True)
        with torch.no_grad():
            kept = input.var((0, 2, 3), correction=self.correction)
            self.running_mean.mul_(0.9).add_(0.1 * mean.flatten())
            self.running_var.mul_(0.9).add_(0.1 * kept)
        weight, bias = (p[:, None, None] for p in (self.weight, self.bias))
        return centred / torch.sqrt(variance + self.eps) * weight + bias


class BiasedNorm(HandmadeNorm):
    correction = 0


class UncorrectedAdam(torch.optim.Adam):
    """Without the correction of the moments' bias."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"] = torch.zeros_like(p)
                    state["exp_avg_sq"] = torch.zeros_like(p)
                state["step"] += 1
                state["exp_avg"].lerp_(p.grad, 0.1)
                state["exp_avg_sq"].mul_(0.999).addcmul_(p.grad, p.grad, value=0.001)
                with torch.no_grad():
                    deviation = state["exp_avg_sq"].sqrt() + group["eps"]
                    p.addcdiv_(state["exp_avg"], deviation, value=-group["lr"])


class Net(nn.Module):
    """Convolution, batch norm, relu in place, a residual branch, shared weights, a Function."""

    def __init__(self, planted: str = "", dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.planted = planted
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.shared = nn.Conv2d(4, 4, 3, padding=1)
        self.dense = nn.Linear(64, 5)
        self.to(dtype)

    def forward(self, x: Tensor) -> Tensor:
        before = self.norm(self.conv(x))
        h = F.relu(before.clone(), inplace=True)
        h = h + self.shared(self.shared(h))
        if self.planted == "svd":
            _, s, _ = torch.linalg.svd(h, full_matrices=False)
            h = h * s.mean()
        if self.planted == "mask":
            h = MaskedRelu.apply(h, before)
        h = Swish.apply(F.max_pool2d(h, 2), 1.001 if self.planted == "backward" else 1.0)
        if self.planted == "detach":
            h = h + F.relu(h).detach()
        if self.planted == "no_grad":
            with torch.no_grad():
                scale = torch.sigmoid(h)
            h = h * scale
        if self.planted == "hook":
            h.register_hook(lambda gradient: 0.5 * gradient)
        y: Tensor = self.dense(h.flatten(1))
        if self.planted == "data":
            h.data.mul_(1.5)
        return y


def train(
    model: Net, steps: int = 2, optimizer: Any = None, zero: bool = True, penalty: float = 0.0
) -> None:
    """A training loop as everybody writes it."""
    torch.manual_seed(1)
    optimizer = optimizer or torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    dtype = next(model.parameters()).dtype
    x, target = torch.randn(2, 3, 8, 8, dtype=dtype), torch.tensor([1, 2])
    for _ in range(steps):
        if zero:
            optimizer.zero_grad()
        loss = F.cross_entropy(model(x), target)
        if penalty:
            loss = loss + penalty * sum((p**2).sum() for p in model.parameters())
        loss.backward()
        optimizer.step()
