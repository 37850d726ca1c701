"""scikit-image's block_reduce, forward only: windows side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import skimage
from peer_tools import Missing, answered, each, need, pairs
from skimage.measure import block_reduce


def about() -> dict[str, Any]:
    return {
        "library": "scikit-image",
        "version": skimage.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": False,
        "note": "measure.block_reduce, which pads the last blocks with 0",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return {"y": np.asarray(function(**arrays, **options))}


def _pool(reduce: Any, n: int, **usual: Any) -> Any:
    def apply(x: Any, kernel_size: Any, stride: Any, padding: Any = 0, **options: Any) -> Any:
        window = each(kernel_size, n)
        if each(stride, n) != window:
            raise Missing("blocks lie side by side: no other stride than the window")
        if any(map(any, pairs(padding, n))):
            raise Missing("no padding")
        need(options, **usual)
        left = any(size % k for size, k in zip(x.shape[2:], window))  # noqa: B905
        if left and not options.get("ceil_mode", True):
            raise Missing("what is left over makes a block, filled up with 0")
        return block_reduce(x, (1, 1, *window), reduce)

    return apply


FUNCTIONS = {
    **{f"max_pool{n}d": _pool(np.max, n, dilation=1) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _pool(np.mean, n, divisor_override=None) for n in (1, 2, 3)},
}
