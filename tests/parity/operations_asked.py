"""A call of torch for every operation that a rule speaks of, on random numbers."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor

Call = Callable[[], Tensor]


def r(*shape: int) -> Tensor:
    """Random numbers that want a gradient."""
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def p(*shape: int) -> Tensor:
    """Positive ones, away from 0."""
    numbers = torch.rand(shape, dtype=torch.float64) + 0.5
    return numbers.requires_grad_()


def target(n: int, classes: int) -> Tensor:
    return torch.randint(classes, (n,))


MASK = torch.tensor([[True, False, True], [False, True, True]])
INDEX = torch.tensor([2, 0, 2, 1])

CALLS: dict[str, Call] = {
    # with weights
    "conv1d": lambda: F.conv1d(r(2, 4, 9), r(6, 2, 3), r(6), 2, 1, 2, 2),
    "conv2d": lambda: F.conv2d(r(2, 3, 7, 6), r(4, 3, 3, 2), r(4), (2, 1), (1, 0)),
    "conv3d": lambda: F.conv3d(r(1, 2, 4, 5, 6), r(3, 2, 2, 3, 2)),
    "conv2d without a batch": lambda: F.conv2d(r(3, 7, 6), r(4, 3, 3, 2)),
    "conv_transpose2d": lambda: F.conv_transpose2d(
        r(2, 4, 3, 5), r(4, 3, 3, 2), r(3), 2, 1, (1, 0)
    ),
    "conv_transpose1d": lambda: F.conv_transpose1d(r(2, 4, 5), r(4, 3, 3), None, 2, 0, 1, 1, 2),
    "linear": lambda: F.linear(r(3, 4), r(5, 4), r(5)),
    "linear of three axes": lambda: F.linear(r(2, 3, 4), r(5, 4), r(5)),
    "mm": lambda: r(3, 4) @ r(4, 5),
    "bmm": lambda: r(2, 3, 4) @ r(2, 4, 5),
    "mv": lambda: r(3, 4) @ r(4),
    "dot": lambda: r(5) @ r(5),
    "batch_norm": lambda: F.batch_norm(
        r(4, 3, 5), torch.zeros(3).double(), torch.ones(3).double(), r(3), r(3), True, 0.3
    ),
    "batch_norm in eval": lambda: F.batch_norm(
        r(4, 3, 5), torch.zeros(3).double(), torch.ones(3).double() * 2, r(3), r(3), False
    ),
    "batch_norm without statistics": lambda: F.batch_norm(r(4, 3), None, None, None, None, True),
    "layer_norm": lambda: F.layer_norm(r(4, 3, 5), (3, 5), r(3, 5), r(3, 5)),
    "group_norm": lambda: F.group_norm(r(2, 6, 4, 3), 3, r(6), r(6)),
    "local_response_norm": lambda: F.local_response_norm(r(2, 5, 4, 3), 3),
    # pooling
    "max_pool1d": lambda: F.max_pool1d(r(2, 3, 9), 3, 2, 1),
    "max_pool2d": lambda: F.max_pool2d(r(2, 3, 9, 7), (3, 2), 2, 1, ceil_mode=True),
    "max_pool3d": lambda: F.max_pool3d(r(1, 2, 5, 6, 4), 2),
    "avg_pool2d": lambda: F.avg_pool2d(r(2, 3, 9, 7), 3, 2, 1, True, False),
    "avg_pool3d": lambda: F.avg_pool3d(r(1, 2, 5, 6, 4), 2),
    "adaptive_avg_pool2d": lambda: F.adaptive_avg_pool2d(r(2, 3, 7, 5), (3, 2)),
    "adaptive_avg_pool3d": lambda: F.adaptive_avg_pool3d(r(1, 2, 4, 5, 3), (2, 3, 2)),
    "adaptive_max_pool2d": lambda: F.adaptive_max_pool2d(r(2, 3, 7, 5), (3, 2)),
    "adaptive_max_pool3d": lambda: F.adaptive_max_pool3d(r(1, 2, 4, 5, 3), (2, 3, 2)),
    "global average": lambda: F.adaptive_avg_pool2d(r(2, 3, 7, 5), 1),
    # activations and losses
    "relu": lambda: F.relu(r(3, 4)),
    "elu in place": lambda: F.elu_(r(30, 4) * 1, 0.7),
    "relu in place": lambda: F.relu_(r(3, 4) * 1),
    "leaky_relu": lambda: F.leaky_relu(r(3, 4), 0.2),
    "relu6": lambda: F.relu6(4 * r(3, 4)),
    "sigmoid": lambda: torch.sigmoid(r(3, 4)),
    "tanh": lambda: torch.tanh(r(3, 4)),
    "exp": lambda: torch.exp(r(3, 4)),
    "silu": lambda: F.silu(r(3, 4)),
    "gelu": lambda: F.gelu(r(3, 4)),
    "gelu by tanh": lambda: F.gelu(r(3, 4), approximate="tanh"),
    "hardsigmoid": lambda: F.hardsigmoid(r(3, 4)),
    "hardswish": lambda: F.hardswish(r(3, 4)),
    "elu": lambda: F.elu(r(3, 4), 0.7),
    "softplus": lambda: F.softplus(r(3, 4), 2.0),
    "prelu": lambda: F.prelu(r(3, 4, 5), r(4)),
    "softmax": lambda: F.softmax(r(3, 4), 0),
    "log_softmax": lambda: F.log_softmax(r(3, 4), 1),
    "cross_entropy": lambda: F.cross_entropy(r(3, 4), target(3, 4)),
    "cross_entropy with weights": lambda: F.cross_entropy(
        r(5, 4), torch.tensor([1, 3, -100, 0, 2]), p(4).detach()
    ),
    "cross_entropy over maps": lambda: F.cross_entropy(
        r(2, 4, 3, 5), torch.randint(4, (2, 3, 5)), reduction="none"
    ),
    "mse_loss": lambda: F.mse_loss(r(3, 4), torch.randn(3, 4).double()),
    "binary_cross_entropy_with_logits": lambda: F.binary_cross_entropy_with_logits(
        r(3, 4), torch.rand(3, 4).double()
    ),
    # arithmetic
    "add": lambda: r(3, 4) + r(4),
    "add with a factor": lambda: torch.add(r(3, 4), r(3, 4), alpha=0.3),
    "sub": lambda: r(3, 1) - r(4),
    "rsub": lambda: 2.5 - r(3, 4),
    "mul": lambda: r(3, 4) * r(3, 1),
    "mul by a number": lambda: r(3, 4) * 0.3,
    "div": lambda: r(3, 4) / p(4),
    "neg": lambda: -r(3, 4),
    "abs": lambda: torch.abs(r(3, 4)),
    "sqrt": lambda: torch.sqrt(p(3, 4)),
    "rsqrt": lambda: torch.rsqrt(p(3, 4)),
    "reciprocal": lambda: torch.reciprocal(p(3, 4)),
    "log": lambda: torch.log(p(3, 4)),
    "log1p": lambda: torch.log1p(p(3, 4)),
    "expm1": lambda: torch.expm1(r(3, 4)),
    "sin": lambda: torch.sin(r(3, 4)),
    "cos": lambda: torch.cos(r(3, 4)),
    "square": lambda: torch.square(r(3, 4)),
    "pow": lambda: p(3, 4) ** 1.7,
    "pow 3": lambda: r(3, 4) ** 3,
    "maximum": lambda: torch.maximum(r(3, 4), r(3, 4)),
    "minimum": lambda: torch.minimum(r(3, 4), r(3, 4)),
    "clamp": lambda: torch.clamp(r(3, 4), -0.5, 0.5),
    "clamp_min": lambda: torch.clamp_min(r(3, 4), 0.1),
    "clamp_max": lambda: torch.clamp_max(r(3, 4), 0.1),
    "masked_fill": lambda: r(2, 3).masked_fill(MASK, 7.0),
    "where": lambda: torch.where(MASK, r(2, 3), r(2, 3)),
    "var": lambda: r(3, 4, 5).var((0, 2)),
    "std": lambda: r(3, 4).std(1, correction=0, keepdim=True),
    "norm": lambda: torch.linalg.vector_norm(r(3, 4), dim=1),
    "norm of all": lambda: r(3, 4).norm(),
    "baddbmm": lambda: torch.baddbmm(r(2, 3, 5), r(2, 3, 4), r(2, 4, 5), beta=0.5, alpha=2),
    "embedding with padding": lambda: F.embedding(INDEX, r(3, 4), padding_idx=2),
    "sum": lambda: r(3, 4, 5).sum((0, 2)),
    "sum of all": lambda: r(3, 4).sum(),
    "mean": lambda: r(3, 4, 5).mean((1, 2), keepdim=True),
    "mean of all": lambda: r(3, 4).mean(),
    "max": lambda: r(3, 4).max(1).values,
    "max of all": lambda: r(3, 4).max(),
    "min": lambda: r(3, 4).min(0).values,
    "amax": lambda: r(3, 4).amax(1),
    "amin": lambda: r(3, 4).amin((0, 1)),
    "cumsum": lambda: r(3, 4).cumsum(1),
    **{
        name: lambda name=name: getattr(torch, name)(3 * r(3, 4)) + r(3, 4)  # type: ignore[misc]
        for name in ("sign", "floor", "ceil", "round", "trunc")
    },
    # moves
    "clone": lambda: r(3, 4).clone(),
    "to": lambda: r(3, 4).to(torch.float64, copy=True),
    "view": lambda: r(3, 4).view(2, 6),
    "reshape": lambda: r(3, 4).t().reshape(2, 6),
    "unsafe_view": lambda: torch.einsum("bij,bjk->bik", r(2, 3, 4), r(2, 4, 5)),
    "transpose": lambda: r(3, 4, 5).transpose(0, 2),
    "permute": lambda: r(3, 4, 5).permute(2, 0, 1),
    "expand": lambda: r(3, 1).expand(2, 3, 4),
    "slice": lambda: r(3, 9)[:, 1:8:2],
    "select": lambda: r(3, 4)[:, 2],
    "squeeze": lambda: r(3, 1, 4).squeeze(1),
    "unsqueeze": lambda: r(3, 4).unsqueeze(1),
    "repeat": lambda: r(3, 4).repeat(2, 1, 3),
    "flip": lambda: r(3, 4).flip(1),
    "roll": lambda: r(3, 4).roll(1, 1),
    "index": lambda: r(3, 4)[INDEX],
    "index behind an axis": lambda: r(3, 4)[:, torch.tensor([3, 1])],
    "triu": lambda: r(2, 3, 4).triu(1),
    "tril": lambda: r(3, 4).tril(),
    "index_select": lambda: r(3, 4).index_select(0, INDEX),
    "gather": lambda: r(3, 4).gather(1, torch.tensor([[1, 0], [3, 3], [2, 0]])),
    "embedding": lambda: F.embedding(INDEX, r(3, 4)),
    "channel_shuffle": lambda: torch.channel_shuffle(r(2, 6, 4, 3), 3),
    "pixel_shuffle": lambda: F.pixel_shuffle(r(2, 8, 3, 4), 2),
    "nearest 1": lambda: F.interpolate(r(2, 3, 5), 8),
    "nearest 2": lambda: F.interpolate(r(2, 3, 5, 4), scale_factor=2),
    "nearest 3": lambda: F.interpolate(r(1, 2, 3, 4, 2), (4, 6, 5)),
    "interpolate 1": lambda: F.interpolate(r(2, 3, 5), 8, mode="linear"),
    "interpolate 2": lambda: F.interpolate(r(2, 3, 5, 4), scale_factor=2.3, mode="bilinear"),
    "interpolate 2 by corners": lambda: F.interpolate(
        r(2, 3, 5, 4), (7, 9), mode="bilinear", align_corners=True
    ),
    "interpolate 3": lambda: F.interpolate(r(1, 2, 3, 4, 2), (4, 6, 5), mode="trilinear"),
    "index_put": lambda: r(3, 4).index_put((torch.tensor([0, 2]),), r(2, 4)),
    "copy_": lambda: (r(3, 4) * 1).copy_(r(4)),
    "pad": lambda: F.pad(r(2, 3, 5), (1, 2, 0, 3), value=1.5),
    "crop": lambda: F.pad(r(2, 3, 5), (-1, 2)),
    "reflect 1": lambda: F.pad(r(2, 3, 5), (1, 2), "reflect"),
    "reflect 2": lambda: F.pad(r(2, 3, 5, 4), (1, 2, 0, 3), "reflect"),
    "reflect 3": lambda: F.pad(r(1, 2, 3, 5, 4), (1, 2, 0, 3, 1, 1), "reflect"),
    "replicate 1": lambda: F.pad(r(2, 3, 5), (1, 2), "replicate"),
    "replicate 2": lambda: F.pad(r(2, 3, 5, 4), (1, 2, 0, 3), "replicate"),
    "replicate 3": lambda: F.pad(r(1, 2, 3, 5, 4), (1, 2, 0, 3, 1, 1), "replicate"),
    "cat": lambda: torch.cat([r(3, 2), r(3, 4), r(3, 1)], 1),
    "stack": lambda: torch.stack([r(3, 2), r(3, 2)], 1),
    "split": lambda: _of(r(3, 7).split(3, 1), 2.0),
    "split_with_sizes": lambda: _of(r(3, 7).split([2, 4, 1], 1), 3.0),
    "unbind": lambda: _of(r(3, 4).unbind(1), 0.5),
    "dropout": lambda: F.dropout(r(3, 4), 0.4),
}


def _of(parts: tuple[Tensor, ...], factor: float) -> Tensor:
    """Some of several outputs, so that one of them gets no gradient."""
    return parts[0].sum() + (factor * parts[-1]).sum()


def _inferred(call: Call) -> Call:
    """In inference mode, where operations are not taken apart."""

    def run() -> Tensor:
        with torch.inference_mode():
            return call()

    return run


FORWARD: dict[str, Call] = {
    "conv1d, inferred": _inferred(lambda: F.conv1d(r(2, 4, 9), r(6, 2, 3), r(6), 2, 1, 2, 2)),
    "conv2d, inferred": _inferred(lambda: F.conv2d(r(2, 3, 7, 6), r(4, 3, 3, 2), r(4))),
    "conv3d, inferred": _inferred(lambda: F.conv3d(r(1, 2, 4, 5, 6), r(3, 2, 2, 3, 2))),
    "linear, inferred": _inferred(lambda: F.linear(r(3, 4), r(5, 4), r(5))),
    "batch_norm, inferred": _inferred(
        lambda: F.batch_norm(r(4, 3, 5), r(3), p(3), r(3), r(3), False)
    ),
    **{
        name: lambda name=name: getattr(torch, name)(r(3, 4).detach(), 0.1)  # type: ignore[misc]
        for name in ("eq", "ne", "lt", "le", "gt", "ge")
    },
    **{
        name: lambda name=name: getattr(torch, name)(MASK, ~MASK | MASK)  # type: ignore[misc]
        for name in (
            "logical_and",
            "logical_or",
            "logical_xor",
            "bitwise_and",
            "bitwise_or",
            "bitwise_xor",
        )
    },
    "logical_not": lambda: torch.logical_not(MASK),
    "bitwise_not": lambda: ~MASK,
    "isnan": lambda: torch.isnan(r(3).detach()),
    "isinf": lambda: torch.ops.aten.isinf(r(3).detach()),
    "argmax": lambda: r(3, 4).detach().argmax(1),
    "argmin": lambda: r(3, 4).detach().argmin(),
    "all": lambda: MASK.all(1),
    "any": lambda: MASK.any(),
    "nonzero": lambda: MASK.nonzero(),
    "native_channel_shuffle": lambda: torch.native_channel_shuffle(r(2, 6, 4, 3).detach(), 3),
    "whole numbers that begin anew": lambda: torch.tensor([200, 3], dtype=torch.uint8) + 100,
    "whole numbers": lambda: INDEX + 3,
}
