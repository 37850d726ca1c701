"""The fully connected layer and the rasterisation, said in torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "linear": F.linear,
    "flatten": lambda x: torch.flatten(x, 1),
}


def _backward(
    tensors: Mapping[str, Tensor], options: Mapping[str, Any], dy: Tensor, wanted: Sequence[str]
) -> dict[str, Tensor]:
    """dx = dy·W, dW = dyᵀ·x and db = Σ dy, over all samples."""
    weight = tensors["weight"]
    upstream, x = (
        rows.reshape(math.prod(rows.shape[:-1]), rows.shape[-1]) for rows in (dy, tensors["x"])
    )
    ways = {
        "x": lambda: (upstream @ weight).reshape(tensors["x"].shape),
        "weight": lambda: upstream.T @ x,
        "bias": lambda: upstream.sum(0),
    }
    return {name: ways[name]() for name in wanted}


BACKWARD = {"linear": _backward}
