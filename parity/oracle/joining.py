"""Where branches meet, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "concatenate": lambda *maps: torch.cat(maps, 1),
}
