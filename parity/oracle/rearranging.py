"""What moves elements, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def _transpose(x: Tensor, axes: int | tuple[int, ...] | None = None) -> Tensor:
    """Without axes the reverse order, which NumPy has and torch has not."""
    return torch.permute(x, tuple(range(x.ndim))[::-1] if axes is None else _each(axes))


def _reshape(x: Tensor, shape: int | tuple[int, ...]) -> Tensor:
    return torch.reshape(x, _each(shape))


def _each(option: int | tuple[int, ...]) -> tuple[int, ...]:
    return (option,) if isinstance(option, int) else tuple(option)


def _channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """torch wants an axis behind the channels."""
    if x.ndim == 2:
        return F.channel_shuffle(x[:, :, None], groups)[:, :, 0]
    return F.channel_shuffle(x, groups)


def _slice_axis(
    x: Tensor, axis: int, start: int | None = 0, stop: int | None = None, step: int = 1
) -> Tensor:
    return x[(slice(None),) * (axis % x.ndim) + (slice(start, stop, step),)]


def _split(x: Tensor, sizes: int | tuple[int, ...], axis: int = 0) -> Tensor:
    """The parts as one tensor, each filled up with zeros (`parity.cases.parts`)."""
    parts = torch.split(x, sizes if isinstance(sizes, int) else list(sizes), axis)
    longest, last = max(part.shape[axis] for part in parts), axis % x.ndim
    behind = [(0, 0)] * (x.ndim - 1 - last)
    filled = [
        F.pad(part, [n for pair in (*behind, (0, longest - part.shape[axis])) for n in pair])
        for part in parts
    ]
    return torch.stack(filled)


TORCH: dict[str, Callable[..., Tensor]] = {
    "transpose": _transpose,
    "reshape": _reshape,
    "channel_shuffle": _channel_shuffle,
    "slice_axis": _slice_axis,
    "split": _split,
}
