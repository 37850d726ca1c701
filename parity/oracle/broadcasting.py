"""Two arrays element by element, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "add": torch.add,
    "multiply": torch.mul,
    "subtract": torch.sub,
    "divide": torch.div,
}
