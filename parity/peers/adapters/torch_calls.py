"""What torch is asked, eager or compiled."""

from __future__ import annotations

import warnings
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from peer_tools import Missing, each, need, pairs, spans

warnings.filterwarnings("ignore", "Using padding='same' with even kernel")


# --- windows ------------------------------------------------------------------------------


def _padded(x: Any, sides: Any, mode: str = "constant") -> Any:
    return F.pad(x, [side for pair in reversed(sides) for side in pair], mode)


def _conv(n: int) -> Any:
    convolve = (F.conv1d, F.conv2d, F.conv3d)[n - 1]

    def apply(x: Any, weight: Any, bias: Any = None, **options: Any) -> Any:
        mode = options.pop("padding_mode", "zeros")
        padding = options.get("padding", 0)
        if mode == "zeros" and padding in ("same", "valid"):
            return convolve(x, weight, bias, **options)
        sides = pairs(padding, n, spans(weight, options.get("dilation", 1)))
        if mode != "zeros":
            x, options["padding"] = _padded(x, sides, mode), 0
        elif all(before == behind for before, behind in sides):
            options["padding"] = [before for before, _ in sides]
        else:
            x, options["padding"] = _padded(x, sides), 0
        return convolve(x, weight, bias, **options)

    return apply


def _max_pool(n: int) -> Any:
    pool = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[n - 1]
    return lambda x, **options: pool(x, **_without_names(options))


def _avg_pool(n: int) -> Any:
    pool = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[n - 1]
    return lambda x, **options: pool(x, **_without_names(options))


def _without_names(options: dict[str, Any]) -> dict[str, Any]:
    if isinstance(options.get("padding"), str):
        raise Missing("pooling has no padding by name")
    return options


def _pad(x: Any, padding: Any, mode: str = "constant", value: float = 0) -> Any:
    sides = [each(entry, 2) for entry in each(padding, x.ndim - 2)]
    flat = [side for pair in reversed(sides) for side in pair]
    return F.pad(x, flat, mode, value if mode == "constant" else None)


# --- losses, normalisation ----------------------------------------------------------------


def _batch_norm(
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    **options: Any,
) -> Any:
    need(options, momentum=None)
    running = (None, None) if training else (running_mean, running_var)
    return F.batch_norm(x, *running, weight, bias, training, **options)


def _layer_norm(x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, **more: Any):
    return F.layer_norm(x, each(normalized_shape, 1), weight, bias, **more)


def _of_x(function: Any) -> Any:
    """torch calls it input."""
    return lambda x, **options: function(x, **options)


FUNCTIONS = {
    **{f"conv{n}d": _conv(n) for n in (1, 2, 3)},
    "conv_transpose1d": F.conv_transpose1d,
    "conv_transpose2d": F.conv_transpose2d,
    "conv_transpose3d": F.conv_transpose3d,
    **{f"max_pool{n}d": _max_pool(n) for n in (1, 2, 3)},
    **{f"avg_pool{n}d": _avg_pool(n) for n in (1, 2, 3)},
    "pad": _pad,
    "linear": F.linear,
    "relu": _of_x(torch.relu),
    "leaky_relu": _of_x(F.leaky_relu),
    "hardtanh": _of_x(F.hardtanh),
    "sigmoid": _of_x(torch.sigmoid),
    "tanh": _of_x(torch.tanh),
    "softmax": lambda x, axis=-1: F.softmax(x, dim=axis),
    "log_softmax": lambda x, axis=-1: F.log_softmax(x, dim=axis),
    "exp": _of_x(torch.exp),
    "softplus": lambda x, **options: F.softplus(
        x, **{n: v for n, v in options.items() if v is not None}
    ),
    "silu": _of_x(F.silu),
    "gelu": _of_x(F.gelu),
    "elu": _of_x(F.elu),
    "prelu": F.prelu,
    "hardsigmoid": _of_x(F.hardsigmoid),
    "hardswish": _of_x(F.hardswish),
    "cross_entropy": lambda logits, target, **options: F.cross_entropy(logits, target, **options),
    "binary_cross_entropy_with_logits": lambda logits, target, **options: (
        F.binary_cross_entropy_with_logits(logits, target, **options)
    ),
    "mse_loss": lambda output, target, **options: F.mse_loss(output, target, **options),
    "batch_norm": _batch_norm,
    "layer_norm": _layer_norm,
    "group_norm": lambda x, num_groups, weight=None, bias=None, **options: F.group_norm(
        x, num_groups, weight, bias, **options
    ),
    "local_response_norm": lambda x, size, **options: F.local_response_norm(x, size, **options),
    "add": lambda x, other: x + other,
    "subtract": lambda x, other: x - other,
    "multiply": lambda x, other: x * other,
    "divide": lambda x, other: x / other,
    "power": lambda x, exponent: x**exponent,
    "mean": lambda x, axis=None, keepdims=False: torch.mean(x, dim=axis, keepdim=keepdims),
    "absolute": _of_x(torch.abs),
    "maximum": torch.maximum,
    "sum": _of_x(torch.sum),
    "cumprod": lambda x: torch.cumprod(x, 0),
}
