"""Pooling with weights, said in torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each


def _weighted_pool2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = None
) -> Tensor:
    """A convolution in which each channel is a group of its own."""
    stride = tuple(weight.shape[1:]) if stride is None else stride
    return F.conv2d(x, weight[:, None], bias, stride, groups=len(weight))


def _gaussian_pool2d(x: Tensor, kernel_size: Any, sigma: float, stride: Any = None) -> Tensor:
    weight = gaussian_weights(x, each(kernel_size, 2), sigma)
    return _weighted_pool2d(x, weight.expand(x.shape[1], -1, -1), None, stride)


def gaussian_weights(x: Tensor, kernel: tuple[int, ...], sigma: float) -> Tensor:
    """e^(−r²/(2σ²)), r the distance from the centre, over their sum; σ in the dtype of x."""
    rows, columns = (torch.arange(k, device=x.device).to(x) - (k - 1) / 2 for k in kernel)
    squares = rows[:, None] ** 2 + columns**2
    width = torch.as_tensor(sigma, dtype=x.dtype, device=x.device)
    # One factor for all of them, so that they don't all underflow.
    powers = torch.exp(-(squares - squares.min()) / 2 / width / width)
    return powers / powers.sum()


TORCH: dict[str, Callable[..., Tensor]] = {
    "weighted_pool2d": _weighted_pool2d,
    "gaussian_pool2d": _gaussian_pool2d,
}
