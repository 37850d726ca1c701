"""Smooth activation functions, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def softplus(x: Tensor, beta: Any = 1, threshold: Any = None) -> Tensor:
    """torch's own threshold, 20, where none is given."""
    return F.softplus(x, beta) if threshold is None else F.softplus(x, beta, threshold)


TORCH: dict[str, Callable[..., Tensor]] = {
    "exp": torch.exp,
    "softplus": softplus,
    "silu": F.silu,
    "gelu": lambda x, approximate="none": F.gelu(x, approximate=approximate),
    "elu": F.elu,
}
