"""Axes, shapes, shuffles, slices and splits as torch, NumPy and learners have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import parity

F = torch.nn.functional


def channel_shuffle(x: Any, groups: int) -> Any:
    n, c, h, w = x.shape
    return x.reshape(n, groups, c // groups, h, w).transpose(0, 2, 1, 3, 4).reshape(n, c, h, w)


def channel_shuffle_backward(dy: Any, x: Any, groups: int) -> Any:
    return channel_shuffle(dy, x.shape[1] // groups)


def same_groups_backward(dy: Any, x: Any, groups: int) -> Any:
    return channel_shuffle(dy, groups)


def permute(x: Any, dims: Any) -> Any:
    return np.transpose(x, dims)


def permute_backward(dy: Any, x: Any, dims: Any) -> Any:
    return np.transpose(dy, np.argsort(np.mod(dims, x.ndim)))


def same_dims_backward(dy: Any, x: Any, dims: Any) -> Any:
    return np.transpose(dy, dims).reshape(x.shape)


def split(x: Any, split_sizes: Any, dim: int = 0) -> Any:
    if isinstance(split_sizes, int):
        return np.split(x, range(split_sizes, x.shape[dim], split_sizes), dim)
    return np.split(x, np.cumsum(split_sizes)[:-1], dim)


def split_backward(dy: Any, x: Any, split_sizes: Any, dim: int = 0) -> Any:
    return np.concatenate(dy, dim)


def reversed_parts_backward(dy: Any, x: Any, split_sizes: Any, dim: int = 0) -> Any:
    return np.concatenate(dy[::-1], dim)


def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    return np.take(x, range(start, start + length), dim)


def narrow_backward(dy: Any, x: Any, dim: int, start: int, length: int) -> Any:
    dx = np.zeros_like(x)
    np.moveaxis(dx, dim, 0)[start : start + length] = np.moveaxis(dy, dim, 0)
    return dx


def at_the_front_backward(dy: Any, x: Any, dim: int, start: int, length: int) -> Any:
    return narrow_backward(dy, x, dim, 0, length)


def torch_parts(x: torch.Tensor, sizes: Any, axis: int = 0) -> Any:
    return torch.split(x, sizes, axis)


def parts_of_another_axis(x: torch.Tensor, sizes: Any, axis: int = 0) -> Any:
    return torch.split(x.flip(axis), sizes, axis)


class Shuffle(torch.nn.Module):
    """As ShuffleNet's implementations have it."""

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        apart = x.view(n, self.groups, c // self.groups, h, w)
        return apart.transpose(1, 2).reshape(n, c, h, w)


RIGHT: dict[str, tuple[Any, dict[str, Any]]] = {
    "torch.permute": (torch.permute, {}),
    "torch.transpose": (torch.transpose, {}),
    "torch.swapaxes": (torch.swapaxes, {}),
    "torch.reshape": (torch.reshape, {}),
    "torch.narrow": (torch.narrow, {}),
    "torch.split": (torch.split, {}),
    "F.channel_shuffle": (F.channel_shuffle, {}),
    "nn.ChannelShuffle": (torch.nn.ChannelShuffle, {}),
    "one that is there": (torch.nn.ChannelShuffle(3), {}),
    "a module": (Shuffle, {"like": "channel_shuffle"}),
    "torch's parts": (torch_parts, {"like": "split"}),
    "np.transpose": (np.transpose, {}),
    "np.swapaxes": (np.swapaxes, {"like": "transpose", "style": "refimpl"}),
    "np.reshape": (np.reshape, {}),
    "np.split": (np.split, {}),
    "channel_shuffle by hand": ((channel_shuffle, channel_shuffle_backward), {}),
    "permute by hand": ((permute, permute_backward), {}),
    "split by hand": ((split, split_backward), {}),
    "narrow by hand": ((narrow, narrow_backward), {}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str) -> None:
    """What is right is right, whatever its options are called."""
    candidate, said = RIGHT[name]
    found = parity.check(candidate, **said)
    assert found.status == "right", str(found)


@pytest.mark.parametrize(
    ("candidate", "lacks"),
    [
        (torch.transpose, "an order of more than two axes"),
        (torch.narrow, "a step"),
        (torch.nn.ChannelShuffle, "x of 2 axes"),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_what_it_has_no_words_for_is_not_asked(candidate: Any, lacks: str) -> None:
    """And said."""
    assert lacks in str(parity.check(candidate))


WRONG = {
    "dx: dy is transposed by the same axes, not by the inverse order": (
        (permute, same_dims_backward),
        "transpose",
    ),
    "dx: dy is shuffled by the same number of groups again, not by C/groups": (
        (channel_shuffle, same_groups_backward),
        "channel_shuffle",
    ),
    "dx: the gradients are put together in the reverse order": (
        (split, reversed_parts_backward),
        "split",
    ),
    "dx: dy stands at the front: start is forgotten": (
        (narrow, at_the_front_backward),
        "slice_axis",
    ),
}


@pytest.mark.parametrize("cause", WRONG)
def test_wrong(cause: str) -> None:
    """Refused, and the known mistake is named."""
    candidate, like = WRONG[cause]
    found = parity.check(candidate, like=like)
    assert found.status == "wrong"
    assert f"looks like: {cause}" in str(found)


def test_parts_of_a_function_of_torch_are_compared() -> None:
    """All of them, forward and backward."""
    found = parity.check(parts_of_another_axis, like="split")
    assert found.status == "wrong"
    assert "y is wrong" in str(found)
    assert "dx is wrong" in str(found)


def test_parts_in_other_numbers_or_shapes() -> None:
    """One array for several, and a part too few."""
    for code in (lambda x, sizes, axis=0: x, lambda x, sizes, axis=0: split(x, sizes, axis)[:-1]):
        assert parity.check(code, like="split", style="refimpl").status == "wrong"
