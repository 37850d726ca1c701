"""Adaptive pooling and pooling of whole maps, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each

MEANS: tuple[Callable[..., Tensor], ...] = (
    F.adaptive_avg_pool1d,
    F.adaptive_avg_pool2d,
    F.adaptive_avg_pool3d,
)
MAXIMA: tuple[Callable[..., tuple[Tensor, Tensor]], ...] = (
    F.adaptive_max_pool1d_with_indices,
    F.adaptive_max_pool2d_with_indices,
    F.adaptive_max_pool3d_with_indices,
)


def _sizes(x: Tensor, output_size: Any) -> tuple[int, ...]:
    """One size for each axis; torch takes no None along one axis, and no single entry for all."""
    wanted = each(output_size, x.ndim - 2)
    return tuple(n if size is None else size for n, size in zip(x.shape[2:], wanted, strict=True))


def _mean(x: Tensor, output_size: Any = 1) -> Tensor:
    return MEANS[x.ndim - 3](x, _sizes(x, output_size))


def _maximum(x: Tensor, output_size: Any = 1) -> Tensor:
    return _with_indices(x, output_size)[0]


def _with_indices(x: Tensor, output_size: Any) -> tuple[Tensor, Tensor]:
    return MAXIMA[x.ndim - 3](x, _sizes(x, output_size))


def _indices(x: Tensor, output_size: Any) -> Tensor:
    return _with_indices(x, output_size)[1]


TORCH: dict[str, Callable[..., Tensor]] = {
    **{f"adaptive_avg_pool{n}d": _mean for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d": _maximum for n in (1, 2, 3)},
    **{f"adaptive_max_pool{n}d_with_indices": _indices for n in (1, 2, 3)},
    "global_avg_pool": _mean,
    "global_max_pool": _maximum,
}
