"""Powers of two arrays, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {"power": torch.pow}
