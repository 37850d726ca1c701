"""Average pooling, said in torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.oracle.per_axis import each

TORCH: dict[str, Callable[..., Tensor]] = {
    "avg_pool1d": F.avg_pool1d,
    "avg_pool2d": F.avg_pool2d,
    "avg_pool3d": F.avg_pool3d,
}


def _backward(
    tensors: Mapping[str, Tensor], options: Mapping[str, Any], dy: Tensor, wanted: Sequence[str]
) -> dict[str, Tensor]:
    """dx from torch's own backward."""
    x, kernel = tensors["x"], options["kernel_size"]
    n = x.ndim - 2
    backward = (torch.ops.aten.avg_pool2d_backward, torch.ops.aten.avg_pool3d_backward)[n - 2]
    dx = backward(
        dy,
        x,
        each(kernel, n),
        each(options.get("stride") or kernel, n),
        each(options.get("padding", 0), n),
        options.get("ceil_mode", False),
        options.get("count_include_pad", True),
        options.get("divisor_override"),
    )
    return dict.fromkeys(wanted, dx)


BACKWARD = dict.fromkeys(("avg_pool2d", "avg_pool3d"), _backward)
