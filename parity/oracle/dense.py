"""The fully connected layer and the rasterisation, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "linear": F.linear,
    "flatten": lambda x: torch.flatten(x, 1),
}
