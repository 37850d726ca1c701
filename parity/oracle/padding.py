"""Padding, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each


def _pad(x: Tensor, padding: Any, mode: str = "constant", value: float = 0) -> Tensor:
    """torch's padding is flat and begins with the last axis; only a constant has a value."""
    pairs = [each(entry, 2) for entry in each(padding, x.ndim - 2)]
    flat = [side for pair in reversed(pairs) for side in pair]
    return F.pad(x, flat, mode, value if mode == "constant" else None)


TORCH: dict[str, Callable[..., Tensor]] = {"pad": _pad}
