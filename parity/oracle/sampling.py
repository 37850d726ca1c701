"""Downsampling, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each


def _downsample(x: Tensor, size: Any, how: str = "max", edge: str = "zero_pad") -> Tensor:
    k_h, k_w = each(size, 2)
    if edge == "zero_pad":
        x = F.pad(x, [0, -x.shape[3] % k_w, 0, -x.shape[2] % k_h])
    return (F.max_pool2d if how == "max" else F.avg_pool2d)(x, (k_h, k_w))


TORCH: dict[str, Callable[..., Tensor]] = {
    "downsample": _downsample,
}
