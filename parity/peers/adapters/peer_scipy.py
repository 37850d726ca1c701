"""SciPy's signal and special, forward only."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy
from peer_tools import answered, need, pairs, spans
from scipy import signal, special


def about() -> dict[str, Any]:
    return {
        "library": "scipy",
        "version": scipy.__version__,
        "dtypes": ["float32", "float64"],
        "gradients": False,
        "note": "signal.correlate per map, method direct",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return {"y": np.asarray(function(**arrays, **options))}


def _conv(n: int) -> Any:
    """Each map by each kernel; SciPy has no channels."""

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, stride=1, dilation=1, groups=1, padding_mode="zeros")
        padding = options.get("padding", 0)
        mode = padding if padding in ("same", "full") else "valid"
        if mode == "valid" and padding != "valid":
            x = np.pad(x, [(0, 0), (0, 0), *pairs(padding, n, spans(weight, 1))])
        y = np.stack([np.stack([_correlated(maps, k, mode) for k in weight]) for maps in x])
        return y if bias is None else y + bias.reshape(1, -1, *(1,) * n)

    return apply


def _correlated(maps: Any, kernel: Any, mode: str) -> Any:
    """Σ over the channels: (C, …), (C, …) -> (…)"""
    each_channel = zip(maps, kernel)  # noqa: B905
    return sum(signal.correlate(a, k, mode, method="direct") for a, k in each_channel)


def _correlate2d(a: Any, kernel: Any, mode: str = "full") -> Any:
    return signal.correlate2d(a, kernel, mode)


def _convolve2d(a: Any, kernel: Any, mode: str = "full") -> Any:
    return signal.convolve2d(a, kernel, mode)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    "correlate2d": _correlate2d,
    "convolve2d": _convolve2d,
    "sigmoid": lambda x: special.expit(x),
    "softmax": lambda x, axis=-1: special.softmax(x, axis),
    "log_softmax": lambda x, axis=-1: special.log_softmax(x, axis),
}
