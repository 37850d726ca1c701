"""Correlation, true convolution and the convolution layer of D1, said in torch."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor


def _correlate2d(a: Tensor, kernel: Tensor, mode: str = "full") -> Tensor:
    k_h, k_w = kernel.shape
    if mode == "same":  # of an even kernel's zeros the odd one behind
        a = F.pad(a, [(k_w - 1) // 2, k_w // 2, (k_h - 1) // 2, k_h // 2])
    return _slide(a, kernel, mode)


def _convolve2d(a: Tensor, kernel: Tensor, mode: str = "full") -> Tensor:
    k_h, k_w = kernel.shape
    if mode == "same":  # the middle of "full" begins at (k − 1)//2
        a = F.pad(a, [k_w // 2, (k_w - 1) // 2, k_h // 2, (k_h - 1) // 2])
    return _slide(a, kernel.flip((-2, -1)), mode)


def _slide(a: Tensor, kernel: Tensor, mode: str) -> Tensor:
    """Every matrix of a (…, H, W) with one kernel; in "valid" the smaller one slides."""
    (h, w), (k_h, k_w) = a.shape[-2:], kernel.shape
    if mode == "valid" and (k_h > h or k_w > w):
        windows = kernel.unfold(0, h, 1).unfold(1, w, 1)
        return torch.einsum("...hw,ijhw->...ij", a, windows).flip((-2, -1))
    padding = (k_h - 1, k_w - 1) if mode == "full" else 0
    y = F.conv2d(a.reshape(-1, 1, h, w), kernel[None, None], padding=padding)
    return y.reshape(*a.shape[:-2], *y.shape[-2:])


def _shared_conv2d(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """One turned kernel for all maps, so for their sum."""
    return F.conv2d(x.sum(1, keepdim=True), weight.flip((-2, -1))[:, None], bias)


TORCH: dict[str, Callable[..., Tensor]] = {
    "correlate2d": _correlate2d,
    "convolve2d": _convolve2d,
    "rot180": lambda a: a.flip((-2, -1)),
    "shared_conv2d": _shared_conv2d,
}
