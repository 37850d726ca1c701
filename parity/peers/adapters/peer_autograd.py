"""HIPS autograd, on NumPy: its convolution is SciPy's, which turns the kernel."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import autograd.numpy as np
from autograd import make_vjp
from autograd.scipy import special
from autograd.scipy.signal import convolve
from peer_tools import Missing, answered, need, pairs, spans


def about() -> dict[str, Any]:
    return {
        "library": "autograd",
        "version": version("autograd"),
        "dtypes": ["float32", "float64"],
        "gradients": True,
        "note": "on NumPy",
    }


def answer(function: str, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    return answered(FUNCTIONS, _compute, function, arrays, options, dy, wanted, MISSING)


def _compute(function: Any, arrays: Any, options: Any, dy: Any, wanted: Any) -> dict[str, Any]:
    def of_wanted(inputs: dict[str, Any]) -> Any:
        return function(**{**arrays, **inputs}, **options)

    if not wanted:
        return {"y": of_wanted({})}
    pull, y = make_vjp(of_wanted)({name: arrays[name] for name in wanted})
    found = {"y": y}
    if np.shape(y) == dy.shape:
        gradients = pull(dy)
        found.update({f"d{name}": gradients[name] for name in wanted})
    return found


# --- windows ------------------------------------------------------------------------------


def _conv(n: int) -> Any:
    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        need(options, stride=1, dilation=1, groups=1, padding_mode="zeros")
        sides = pairs(options.get("padding", 0), n, spans(weight, 1))
        if any(map(any, sides)):
            x = np.pad(x, [(0, 0), (0, 0), *sides], "constant")
        places = list(range(2, n + 2))
        # (O, I, …), its places in reverse: convolve turns them back
        turned = weight[(slice(None), slice(None), *[slice(None, None, -1)] * n)]
        y = convolve(x, turned, axes=(places, places), dot_axes=([1], [1]), mode="valid")
        return y if bias is None else y + np.reshape(bias, (1, -1, *(1,) * n))

    return apply


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    """The gradient of np.pad is defined for the mode "constant" alone."""
    if mode != "constant":
        raise Missing(f"the gradient of pad has no mode {mode!r}")
    sides = [(0, 0), (0, 0), *pairs(padding, x.ndim - 2)]
    return np.pad(x, sides, mode, constant_values=value)


# --- functions of one element -------------------------------------------------------------


def _logsoftmax(x: Any, axis: int = -1) -> Any:
    return x - special.logsumexp(x, axis=axis, keepdims=True)


def _softplus(x: Any, **options: Any) -> Any:
    need(options, beta=1, threshold=None)
    return np.logaddexp(0, x)


def _hardtanh(x: Any, min_val: Any = -1, max_val: Any = 1) -> Any:
    return np.clip(x, min_val, max_val)


def _linear(x: Any, weight: Any, bias: Any = None) -> Any:
    y = np.matmul(x, weight.T)
    return y if bias is None else y + bias


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": _linear,
    "hardtanh": _hardtanh,
    "sigmoid": lambda x: special.expit(x),
    "tanh": lambda x: np.tanh(x),
    "log_softmax": _logsoftmax,
    "exp": lambda x: np.exp(x),
    "softplus": _softplus,
    "add": lambda x, other: np.add(x, other),
    "subtract": lambda x, other: np.subtract(x, other),
    "multiply": lambda x, other: np.multiply(x, other),
    "divide": lambda x, other: np.divide(x, other),
    "power": lambda x, exponent: np.power(x, exponent),
    "mean": lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
    "absolute": lambda x: np.abs(x),
    "maximum": lambda x, other: np.maximum(x, other),
    "sum": lambda x: np.sum(x),
}
MISSING = {
    **{f"{kind}_pool{n}d": "no pooling" for kind in ("max", "avg") for n in (1, 2, 3)},
    "relu": "no relu: maximum(x, 0) stands for it, which is asked as maximum",
}
