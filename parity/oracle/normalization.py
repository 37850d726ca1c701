"""Normalisation, said in torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def _batch_norm(
    x: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: None = None,
    eps: float = 1e-5,
) -> Tensor:
    """In training without the running statistics, which torch would write to."""
    running = (None, None) if training else (running_mean, running_var)
    return F.batch_norm(x, *running, weight, bias, training, eps=eps)


def _running_statistics(
    x: Tensor, running_mean: Tensor, running_var: Tensor, momentum: float = 0.1
) -> Tensor:
    """What torch writes in training, mean and variance."""
    running = running_mean.clone(), running_var.clone()
    F.batch_norm(x, *running, training=True, momentum=momentum)
    return torch.stack(running)


def _layer_norm(
    x: Tensor,
    normalized_shape: int | Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """torch takes a tuple alone."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    return F.layer_norm(x, shape, weight, bias, eps)


def _group_norm(
    x: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """A bias without a weight torch refuses, with "tensor does not have a device"."""
    if weight is None and bias is not None:
        weight = torch.ones_like(bias)
    return F.group_norm(x, num_groups, weight, bias, eps)


def _local_response_norm(
    x: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """Of four and more axes torch takes contiguous tensors alone: it calls view."""
    return F.local_response_norm(x.contiguous(), size, alpha, beta, k)


TORCH: dict[str, Callable[..., Tensor]] = {
    "batch_norm": _batch_norm,
    "running_statistics": _running_statistics,
    "layer_norm": _layer_norm,
    "group_norm": _group_norm,
    "local_response_norm": _local_response_norm,
}
