"""What stands for an array along some of its axes, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def _mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return torch.mean(x, axis, keepdims)


TORCH: dict[str, Callable[..., Tensor]] = {"mean": _mean}
