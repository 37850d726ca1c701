"""ResNet-18 as a torch module: what a watch is timed on, beside a comparison of two models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor, nn

CLASSES = 1000


class Block(nn.Module):
    """Two 3 × 3 convolutions with batch norm, and what came in added to them."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample: nn.Module | None = None
        if before != after:
            projection = nn.Conv2d(before, after, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True)))
        return F.relu(h + (x if self.downsample is None else self.downsample(x)), inplace=True)


class ResNet18(nn.Module):
    """He et al. 2016, arXiv 1512.03385, with batch norm; parameters are named as in torchvision."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Block(64, 64, 1), Block(64, 64, 1))
        self.layer2 = nn.Sequential(Block(64, 128, 2), Block(128, 128, 1))
        self.layer3 = nn.Sequential(Block(128, 256, 2), Block(256, 256, 1))
        self.layer4 = nn.Sequential(Block(256, 512, 2), Block(512, 512, 1))
        self.fc = nn.Linear(512, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        h = F.max_pool2d(F.relu(self.bn1(self.conv1(x)), inplace=True), 3, 2, 1)
        h = self.layer4(self.layer3(self.layer2(self.layer1(h))))
        logits: Tensor = self.fc(F.adaptive_avg_pool2d(h, 1).flatten(1))
        return logits


def step_of(batch: int, seed: int) -> tuple[nn.Module, Callable[[], None]]:
    """The model, and one forward and backward of it on random images of 224 × 224."""
    torch.manual_seed(seed)
    model = ResNet18().train()
    x, target = torch.randn(batch, 3, 224, 224), torch.randint(CLASSES, (batch,))

    def step() -> None:
        model.zero_grad()
        F.cross_entropy(model(x), target).backward()  # type: ignore[no-untyped-call]

    return model, step


def comparison_of_two(batch: int, seed: int) -> Callable[[], bool]:
    """What tools that compare two models do: hooks keep every output and gradient, allclose.

    Both models are the same here, so that it finds nothing.
    """
    (one, step), (other, step_of_other) = step_of(batch, seed), step_of(batch, seed)

    def compare() -> bool:
        kept: list[list[Tensor]] = [[], []]
        handles = [
            module.register_forward_hook(_keeper(tensors))
            for model, tensors in zip((one, other), kept, strict=True)
            for module in model.modules()
        ]
        step()
        step_of_other()
        for handle in handles:
            handle.remove()
        pairs = [*zip(*kept, strict=True), *_gradients(one, other)]
        return all(torch.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in pairs)

    return compare


def _keeper(tensors: list[Tensor]) -> Callable[[Any, Any, Any], None]:
    def keep(module: Any, inputs: Any, output: Any) -> None:
        tensors.append(output.detach().clone())

    return keep


def _gradients(one: nn.Module, other: nn.Module) -> list[tuple[Tensor, Tensor]]:
    found = []
    for a, b in zip(one.parameters(), other.parameters(), strict=True):
        assert a.grad is not None
        assert b.grad is not None
        found.append((a.grad, b.grad))
    return found
