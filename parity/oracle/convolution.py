"""Convolutions, said in torch.

Padding rules that torch does not have ("full", asymmetric, "same" with a stride) are written here
once more, from their definitions, so that a mistake in `refimpl.shapes` has no twin.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each


def _conv(n: int) -> Callable[..., Tensor]:
    convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]

    def apply(
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        padding_mode: str = "zeros",
    ) -> Tensor:
        stride, dilation = each(stride, n), each(dilation, n)
        if padding_mode != "zeros":  # as in nn.Conv2d
            pairs = _pairs(padding, x.shape[2:], weight.shape[2:], stride, dilation)
            x, padding = _padded(x, pairs, padding_mode), 0
        elif not (isinstance(padding, str) and padding != "full" and max(stride) == 1):
            pairs = _pairs(padding, x.shape[2:], weight.shape[2:], stride, dilation)
            if all(before == after for before, after in pairs):
                padding = tuple(before for before, _ in pairs)
            else:
                x, padding = _padded(x, pairs), 0
        if not isinstance(padding, str):
            return convolve(x, weight, bias, stride, padding, dilation, groups)
        with warnings.catch_warnings():  # of all threads: no two may do so at once
            # torch tells that "same" with an even kernel costs it a copy.
            warnings.filterwarnings("ignore", "Using padding='same' with even kernel")
            return convolve(x, weight, bias, stride, padding, dilation, groups)

    return apply


def _backward(
    tensors: Mapping[str, Tensor], options: Mapping[str, Any], dy: Tensor, wanted: Sequence[str]
) -> dict[str, Tensor] | None:
    """The gradients from torch's own backward; None of what it has no such way for.

    tensors: x, weight and perhaps bias.
    """
    x, weight = tensors["x"], tensors["weight"]
    n = weight.ndim - 2
    if set(options) - {"stride", "padding", "dilation", "groups"}:
        return None
    stride, dilation = each(options.get("stride", 1), n), each(options.get("dilation", 1), n)
    pairs = _pairs(options.get("padding", 0), x.shape[2:], weight.shape[2:], stride, dilation)
    if any(before != after for before, after in pairs):
        return None
    found = torch.ops.aten.convolution_backward(
        dy,
        x,
        weight,
        [len(weight)],
        list(stride),
        [before for before, _ in pairs],
        list(dilation),
        False,
        [0] * n,
        options.get("groups", 1),
        [name in wanted for name in ("x", "weight", "bias")],
    )
    named = dict(zip(("x", "weight", "bias"), found, strict=True))
    return {name: named[name] for name in wanted}


def _pairs(
    padding: Any, sizes: Any, kernel: Any, stride: Any, dilation: Any
) -> list[tuple[int, int]]:
    """Padding before and after each axis."""
    spans = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
    if padding == "valid":
        return [(0, 0)] * len(spans)
    if padding == "full":
        return [(span, span) for span in spans]
    if padding == "same":
        pairs = []
        for size, span, s in zip(sizes, spans, stride, strict=True):
            missing = max(0, (math.ceil(size / s) - 1) * s + span + 1 - size)
            pairs.append((missing // 2, math.ceil(missing / 2)))
        return pairs
    entries = each(padding, len(spans))
    return [(e, e) if isinstance(e, int) else (e[0], e[1]) for e in entries]


def _padded(x: Tensor, pairs: list[tuple[int, int]], mode: str = "constant") -> Tensor:
    return F.pad(x, [side for pair in reversed(pairs) for side in pair], mode)


TORCH: dict[str, Callable[..., Tensor]] = {
    "conv1d": _conv(1),
    "conv2d": _conv(2),
    "conv3d": _conv(3),
}

BACKWARD = dict.fromkeys(TORCH, _backward)
