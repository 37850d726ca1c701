"""Activation functions and their derivatives, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "hardtanh": F.hardtanh,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "dsigmoid": lambda o: torch.ops.aten.sigmoid_backward(torch.ones_like(o), o),
    "dtanh": lambda o: torch.ops.aten.tanh_backward(torch.ones_like(o), o),
    "sign": torch.sign,
    "softmax": lambda x, axis=-1: F.softmax(x, dim=axis),
    "log_softmax": lambda x, axis=-1: F.log_softmax(x, dim=axis),
}
