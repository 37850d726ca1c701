"""Activation functions made of pieces, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "prelu": F.prelu,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
}
