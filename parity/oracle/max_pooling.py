"""Max pooling, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

TORCH: dict[str, Callable[..., Tensor]] = {
    "max_pool1d": F.max_pool1d,
    "max_pool2d": F.max_pool2d,
    "max_pool3d": F.max_pool3d,
    "max_pool1d_with_indices": lambda *a, **k: F.max_pool1d_with_indices(*a, **k)[1],
    "max_pool2d_with_indices": lambda *a, **k: F.max_pool2d_with_indices(*a, **k)[1],
    "max_pool3d_with_indices": lambda *a, **k: F.max_pool3d_with_indices(*a, **k)[1],
}
