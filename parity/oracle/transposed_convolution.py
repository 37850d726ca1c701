"""Transposed convolutions, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "conv_transpose1d": F.conv_transpose1d,
    "conv_transpose2d": F.conv_transpose2d,
    "conv_transpose3d": F.conv_transpose3d,
}
