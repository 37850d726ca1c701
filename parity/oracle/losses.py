"""Losses, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def _cross_entropy(
    logits: Tensor, target: Tensor, weight: Tensor | None = None, **options: Any
) -> Tensor:
    # torch has class indices of 64 bits only.
    target = target if target.is_floating_point() else target.long()
    return F.cross_entropy(logits, target, weight, **options)


def _binary_cross_entropy(logits: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    return F.binary_cross_entropy_with_logits(logits, target, reduction=reduction)


def _squared_error(output: Tensor, target: Tensor) -> Tensor:
    return F.mse_loss(output, target, reduction="sum") / 2


TORCH: dict[str, Callable[..., Tensor]] = {
    "cross_entropy": _cross_entropy,
    "binary_cross_entropy_with_logits": _binary_cross_entropy,
    "mse_loss": F.mse_loss,
    "squared_error": _squared_error,
}
