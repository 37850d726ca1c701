"""The models of one layer and the criteria they are fitted by, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def _log_likelihood(logits: Tensor, target: Tensor) -> Tensor:
    return (target * F.logsigmoid(logits) + (1 - target) * F.logsigmoid(-logits)).sum()


def _perceptron_loss(score: Tensor, target: Tensor) -> Tensor:
    return F.relu(-target * score).sum()


TORCH: dict[str, Callable[..., Tensor]] = {
    "perceptron": lambda *a: torch.sign(F.linear(*a)),
    "logistic_regression": lambda *a: torch.sigmoid(F.linear(*a)),
    "softmax_regression": lambda *a: F.softmax(F.linear(*a), dim=-1),
    "log_likelihood": _log_likelihood,
    "perceptron_loss": _perceptron_loss,
}
