"""Dropout with a given mask, said in torch."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor


def _dropout(x: Tensor, mask: Tensor, p: float = 0.5) -> Tensor:
    """What F.dropout does on a processor once its mask is drawn: the mask, divided, times x."""
    return x * mask.to(x.dtype).div_(1 - p)


TORCH: dict[str, Callable[..., Tensor]] = {
    "dropout": _dropout,
}
