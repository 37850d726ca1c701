"""Calls of the rarer operations: picking, scattering, losses, norms, elementary functions."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from operations_asked import INDEX, Call, p, r, target
from torch import Tensor

PLACES = torch.tensor([[1, 0], [3, 2], [2, 0]])
AGAIN = torch.tensor([[1, 0], [3, 3], [2, 0]])  # names a place twice
WEIGHTS = torch.rand(4, dtype=torch.float64) + 0.5


def c(*shape: int) -> Tensor:
    """Random numbers without a gradient."""
    return torch.randn(shape, dtype=torch.float64)


def u(*shape: int) -> Tensor:
    """Between 0 and 1, without a gradient."""
    return torch.rand(shape, dtype=torch.float64)


def inner(*shape: int) -> Tensor:
    """Between −0.9 and 0.9."""
    return (1.8 * u(*shape) - 0.9).requires_grad_()


def unpooled(axes: int) -> Tensor:
    """Maxima put back."""
    x = r(*(1, 2, 4, 6, 4)[: 2 + axes])
    pool = {2: F.max_pool2d, 3: F.max_pool3d}[axes]
    unpool = {2: F.max_unpool2d, 3: F.max_unpool3d}[axes]
    found, places = pool(x, 2, return_indices=True)  # type: ignore[operator]
    y: Tensor = unpool(found, places, 2)  # type: ignore[operator]
    return y


def on_part(write: Callable[[Tensor], object]) -> Tensor:
    """A tensor that was written to through a view."""
    h = r(3, 5) * 1
    write(h)
    return h * r(3, 5)


def cell(kind: type[torch.nn.Module]) -> Tensor:
    """A recurrent network's first output."""
    y: Tensor = kind(3, 4, dtype=torch.float64)(r(5, 2, 3))[0]  # type: ignore[call-arg]
    return y


CALLS: dict[str, Call] = {
    # picking
    "sort": lambda: r(3, 5).sort(1, descending=True)[0],
    "topk": lambda: r(3, 5).topk(2, 1)[0],
    "topk of the smallest": lambda: r(3, 5).topk(2, 0, largest=False)[0],
    "kthvalue": lambda: r(3, 5).kthvalue(2, 1)[0],
    "median": lambda: r(3, 5).median(1)[0],
    "median of all": lambda: r(3, 5).median(),
    "cummax": lambda: r(3, 5).cummax(1)[0],
    "cummin": lambda: r(3, 5).cummin(0)[0],
    "aminmax": lambda: _sum(torch.aminmax(r(3, 5), dim=1)),
    "quantile": lambda: r(3, 5).quantile(0.3, 1),
    # scattering
    "scatter": lambda: r(3, 5).scatter(1, PLACES, r(3, 2)),
    "scatter a number": lambda: r(3, 5).scatter(1, AGAIN, 2.0),
    "scatter_add": lambda: r(3, 5).scatter_add(1, AGAIN, r(3, 2)),
    "scatter_reduce": lambda: r(3, 5).scatter_reduce(1, AGAIN, r(3, 2), "sum"),
    "index_add": lambda: r(3, 5).index_add(0, torch.tensor([2, 0, 2]), r(3, 5), alpha=-0.3),
    "index_copy": lambda: r(3, 5).index_copy(1, torch.tensor([2, 0]), r(3, 2)),
    "index_fill": lambda: r(3, 5).index_fill(0, torch.tensor([2, 0]), 1.5),
    "index_put that adds": lambda: r(3, 5).index_put(
        (torch.tensor([2, 0, 2]),), r(5), accumulate=True
    ),
    "index by axes that are apart": lambda: r(3, 4, 5)[
        torch.tensor([0, 1]), :, torch.tensor([2, 3])
    ],
    "masked_select": lambda: r(3, 5).masked_select(torch.tensor([True, False, True, True, False])),
    "masked_scatter": lambda: r(2, 3).masked_scatter(
        torch.tensor([[True, False, True], [False, True, True]]), r(6)
    ),
    "slice_scatter": lambda: torch.slice_scatter(r(3, 4), r(3, 2), 1, 0, 4, 2),
    "select_scatter": lambda: torch.select_scatter(r(3, 4), r(3), 1, 2),
    "diagonal_scatter": lambda: torch.diagonal_scatter(r(3, 4), r(3), 1),
    "take": lambda: r(3, 5).take(torch.tensor([1, 5, 5])),
    "unfold": lambda: F.unfold(r(2, 3, 6, 5), (3, 2), (2, 1), (1, 0), (1, 2)),
    "fold": lambda: F.fold(r(2, 12, 20), (5, 6), 2),
    "unfold of a tensor": lambda: r(3, 7).unfold(1, 3, 2),
    "max_unpool2d": lambda: unpooled(2),
    "max_unpool3d": lambda: unpooled(3),
    "pixel_unshuffle": lambda: F.pixel_unshuffle(r(2, 3, 4, 6), 2),
    "diagonal": lambda: r(3, 5).diagonal(1),
    "diag_embed": lambda: torch.diag_embed(r(3, 4), -1),
    "rot90": lambda: torch.rot90(r(3, 4), 3),
    "nearest, exactly, 1": lambda: F.interpolate(r(2, 3, 5), 8, mode="nearest-exact"),
    "nearest, exactly, 2": lambda: F.interpolate(r(2, 3, 5, 4), (8, 3), mode="nearest-exact"),
    "nearest, exactly, 3": lambda: F.interpolate(r(1, 2, 3, 4, 2), (4, 6, 5), mode="nearest-exact"),
    "lstm": lambda: cell(torch.nn.LSTM),
    "gru": lambda: cell(torch.nn.GRU),
    "packed": lambda: (
        torch.nn.utils.rnn.pack_padded_sequence(r(5, 2, 3), torch.tensor([5, 3])).data
    ),
    "unsafe_split_with_sizes": lambda: torch.unsafe_split_with_sizes(r(3, 7), [2, 4, 1], 1)[1],
    # between pixels
    "grid_sample": lambda: F.grid_sample(r(2, 3, 4, 5), r(2, 6, 7, 2), align_corners=False),
    "grid_sample by corners": lambda: F.grid_sample(
        r(2, 3, 4, 5), inner(2, 6, 7, 2), align_corners=True
    ),
    "grid_sample held at the border": lambda: F.grid_sample(
        r(2, 3, 4, 5), r(2, 6, 7, 2), padding_mode="border", align_corners=False
    ),
    "affine_grid": lambda: F.affine_grid(r(2, 2, 3), [2, 3, 4, 5], align_corners=False),
    "affine_grid by corners": lambda: F.affine_grid(r(2, 2, 3), [2, 3, 4, 5], align_corners=True),
    # attention
    "attention": lambda: F.scaled_dot_product_attention(
        r(2, 3, 5, 4), r(2, 3, 6, 4), r(2, 3, 6, 4)
    ),
    "attention, causal": lambda: F.scaled_dot_product_attention(
        r(2, 5, 4), r(2, 5, 4), r(2, 5, 4), is_causal=True
    ),
    "attention, masked": lambda: F.scaled_dot_product_attention(
        2 * r(2, 3, 5, 4),
        r(2, 3, 6, 4),
        r(2, 3, 6, 4),
        torch.tensor([[True, False] * 3] * 5),
        scale=0.7,
    ),
    "attention in parts": lambda: F.scaled_dot_product_attention(
        r(2, 3, 5, 4), r(2, 3, 6, 4), r(2, 3, 6, 4), r(5, 6)
    ),
    "safe softmax": lambda: torch._safe_softmax(r(3, 4), 1),
    # in place on a view
    "times a number, in place on a view": lambda: on_part(lambda h: h[:, 1:3].mul_(3)),
    "copy, in place on a view": lambda: on_part(lambda h: h[:, 1].copy_(r(3))),
    "a sum, in place on a view": lambda: on_part(lambda h: h[1].add_(r(5), alpha=0.3)),
    "sigmoid, in place on a view of a view": lambda: on_part(lambda h: h.t()[::2][1:].sigmoid_()),
    "fill, in place on a view": lambda: on_part(lambda h: h[:, 1].fill_(0.5)),
    "relu, in place on a whole view": lambda: on_part(lambda h: F.relu_(h.view(5, 3))),
    "circular padding": lambda: F.pad(r(2, 3, 5), (1, 2), "circular"),
    # losses
    "smooth_l1_loss": lambda: F.smooth_l1_loss(2 * r(3, 5), r(3, 5), beta=0.3),
    "huber_loss": lambda: F.huber_loss(2 * r(3, 5), r(3, 5), reduction="sum", delta=0.7),
    "l1_loss": lambda: F.l1_loss(r(3, 5), r(3, 5)),
    "mse_loss of two": lambda: F.mse_loss(r(3, 5), r(3, 5)),
    "binary_cross_entropy": lambda: F.binary_cross_entropy(torch.sigmoid(r(3, 4)), u(3, 4)),
    "binary_cross_entropy with weights": lambda: F.binary_cross_entropy(
        torch.sigmoid(r(3, 4)), torch.sigmoid(r(3, 4)), weight=WEIGHTS, reduction="sum"
    ),
    "binary_cross_entropy_with_logits, weighted": lambda: F.binary_cross_entropy_with_logits(
        r(3, 4), torch.sigmoid(r(3, 4)), weight=u(3, 4), pos_weight=WEIGHTS
    ),
    "kl_div": lambda: F.kl_div(
        F.log_softmax(r(3, 5), 1), F.softmax(r(3, 5), 1), reduction="batchmean"
    ),
    "soft_margin_loss": lambda: F.soft_margin_loss(r(3, 5), torch.sign(c(3, 5))),
    "label smoothing": lambda: F.cross_entropy(r(3, 5), target(3, 5), label_smoothing=0.1),
    "triplet_margin_loss": lambda: F.triplet_margin_loss(r(3, 5), r(3, 5), r(3, 5)),
    "cosine_similarity": lambda: F.cosine_similarity(r(3, 5), r(3, 5)),
    # sums of powers
    "logsumexp": lambda: (3 * r(3, 5)).logsumexp(1),
    "logsumexp of two axes": lambda: r(3, 5).logsumexp((0, 1), keepdim=True),
    "prod": lambda: r(3, 5).prod(1),
    "prod of all": lambda: r(3, 2).prod(),
    "cumprod": lambda: r(3, 5).cumprod(1),
    "norm of order 1": lambda: r(3, 5).norm(1, 1),
    "norm of order 3": lambda: torch.linalg.vector_norm(r(3, 5), 3, (0, 1)),
    "largest norm": lambda: r(3, 5).norm(float("inf"), 1),
    "norm by its old name": lambda: torch.ops.aten.norm.ScalarOpt_dim(r(3, 5), 2, [1], True),
    "var_mean": lambda: _sum(torch.var_mean(r(3, 5), 1)),
    "std_mean": lambda: _sum(torch.std_mean(r(3, 5), (0, 1), correction=0)),
    # products
    "addmm with factors": lambda: torch.addmm(r(5), r(3, 4), r(4, 5), beta=0.5, alpha=-2),
    "addmm of a matrix": lambda: torch.addmm(r(3, 5), r(3, 4), r(4, 5)),
    "addbmm": lambda: torch.addbmm(r(3, 5), r(2, 3, 4), r(2, 4, 5)),
    "addmv": lambda: torch.addmv(r(3), r(3, 4), r(4)),
    "addr": lambda: torch.addr(r(3, 4), r(3), r(4)),
    "baddbmm of a row": lambda: torch.baddbmm(r(5), r(2, 3, 4), r(2, 4, 5), alpha=-1),
    "trace": lambda: r(4, 4).trace(),
    "vdot": lambda: torch.vdot(r(5), r(5)),
    "bilinear": lambda: F.bilinear(r(3, 4), r(3, 5), r(2, 4, 5), r(2)),
    # element by element
    **{
        name: lambda name=name: getattr(torch, name)(r(3, 4))  # type: ignore[misc]
        for name in (
            *("tan", "sinh", "cosh", "atan", "asinh", "exp2", "erf", "erfc", "frac", "nan_to_num"),
        )
    },
    **{
        name: lambda name=name: getattr(torch, name)(inner(3, 4))  # type: ignore[misc]
        for name in ("asin", "acos", "atanh")
    },
    **{
        name: lambda name=name: getattr(torch, name)(p(3, 4))  # type: ignore[misc]
        for name in ("log2", "log10")
    },
    "acosh": lambda: torch.acosh(p(3, 4) + 1),
    "logit": lambda: torch.logit(u(3, 4).requires_grad_()),
    "sgn": lambda: torch.sgn(r(3, 4)) + r(3, 4),
    **{
        name: lambda name=name: getattr(torch, name)(r(3, 4), r(4))  # type: ignore[misc]
        for name in (
            *("atan2", "logaddexp", "hypot", "fmod", "remainder", "copysign", "fmax", "fmin"),
        )
    },
    "xlogy": lambda: torch.xlogy(r(3, 4), p(4)),
    "heaviside": lambda: torch.heaviside(c(3, 4), c(4)) * r(3, 4),
    "floor_divide": lambda: (c(3, 4) // 0.3) * r(3, 4),
    "div by floor": lambda: torch.div(r(3, 4), 0.3, rounding_mode="floor") + r(3, 4),
    "div by trunc": lambda: torch.div(r(3, 4), r(4), rounding_mode="trunc") + r(3, 4),
    "pow of a tensor": lambda: p(3, 4) ** r(4),
    "pow of a number": lambda: 2.5 ** r(3, 4),
    "lerp": lambda: torch.lerp(r(3, 4), r(3, 4), 0.3),
    "lerp by a tensor": lambda: torch.lerp(r(3, 4), r(3, 4), r(3, 4)),
    "addcmul": lambda: torch.addcmul(r(3, 4), r(3, 1), r(4), value=0.3),
    "addcdiv": lambda: torch.addcdiv(r(3, 4), r(3, 1), p(4), value=-0.3),
    "clamp between tensors": lambda: torch.clamp(r(3, 5), r(5) - 1, r(3, 1) + 1),
    "clamp below a tensor": lambda: torch.clamp(r(3, 5), max=r(5)),
    "masked_fill with a tensor": lambda: r(2, 3).masked_fill(c(2, 3) > 0, r(1)[0]),
    "celu": lambda: F.celu(r(3, 4), 2.0),
    "celu in place": lambda: F.celu_(r(3, 4) * 1, 2.0),
    "selu": lambda: F.selu(r(3, 4)),
    "selu in place": lambda: F.selu_(r(30, 4) * 1),
    "mish": lambda: F.mish(r(3, 4)),
    "logsigmoid": lambda: F.logsigmoid(3 * r(3, 4)),
    "softshrink": lambda: F.softshrink(r(3, 4), 0.3),
    "hardshrink": lambda: F.hardshrink(r(3, 4), 0.3),
    "threshold": lambda: F.threshold(r(3, 4), 0.1, 20.0),
}


def _sum(parts: tuple[Tensor, ...]) -> Tensor:
    return parts[0] + parts[1]


FORWARD: dict[str, Call] = {
    "sum of whole numbers": lambda: INDEX.sum(),
    "sum of truths": lambda: (INDEX > 1).sum(0, keepdim=True),
    "remainder of whole numbers": lambda: INDEX % 2,
    "floor_divide of whole numbers": lambda: INDEX // 2,
    "one_hot": lambda: F.one_hot(INDEX, 3),
    "tril of whole numbers": lambda: (INDEX + 1).reshape(2, 2).tril(),
    "to whole numbers": lambda: (c(3, 4) * 9).long(),
    "product of truths": lambda: (INDEX > 1) * (INDEX > 0),
    "count_nonzero": lambda: torch.count_nonzero(INDEX),
    "bincount": lambda: torch.bincount(INDEX, minlength=5),
    "unique": lambda: torch.unique(INDEX),
    "searchsorted": lambda: torch.searchsorted(torch.arange(3.0).double(), c(3, 4)),
    "bucketize": lambda: torch.bucketize(c(3, 4), torch.arange(3.0).double(), right=True),
    "isin": lambda: torch.isin(INDEX, torch.tensor([0, 1])),
    "repeat_interleave": lambda: torch.repeat_interleave(torch.tensor([1, 0, 2])),
    "shifts": lambda: (INDEX << 2) >> 1,
    "bitwise_left_shift": lambda: torch.bitwise_left_shift(INDEX, 2),
    "bitwise_right_shift": lambda: torch.bitwise_right_shift(INDEX, 1),
}
