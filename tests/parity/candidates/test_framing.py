"""Padding in NumPy, as layers, in torch: the mode by the name, torch's sides in torch's order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import Tensor, nn
from torch.nn import functional

import parity
from parity.candidates.verdict import RIGHT, UNCLEAR, WRONG


def framed(x: Any, pad: int, mode: str) -> Any:
    return np.pad(x, ((0, 0), (0, 0), *((pad, pad),) * (x.ndim - 2)), mode)


def reflect_pad(x: Any, pad: int) -> Any:
    return framed(x, pad, "reflect")


def edge_pad(x: Any, pad: int) -> Any:
    return framed(x, pad, "edge")


def wrap_pad(x: Any, pad: int) -> Any:
    return framed(x, pad, "wrap")


def zero_pad(X: Any, pad: int) -> Any:
    """Of images with their channels last, as in the course."""
    return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))


def mirror_pad(x: Any, pad: int) -> Any:
    """Wrong: the border is repeated."""
    return framed(x, pad, "symmetric")


class ZeroPadding2D:
    def __init__(self, padding: int = 1) -> None:
        self.padding = padding

    def forward(self, x: Any) -> Any:
        return framed(x, self.padding, "constant")

    def backward(self, dy: Any) -> Any:
        p = self.padding
        return dy[:, :, p : dy.shape[2] - p, p : dy.shape[3] - p].copy()


class CroppedReflectPad2d(ZeroPadding2D):
    """Wrong: the gradient of the frame is lost."""

    def forward(self, x: Any) -> Any:
        return framed(x, self.padding, "reflect")


class TurnedReplicationPad2d(nn.Module):
    """Wrong: the sides are taken from the first axis on."""

    def __init__(self, padding: Any) -> None:
        super().__init__()
        self.padding = (padding,) * 4 if isinstance(padding, int) else padding

    def forward(self, x: Tensor) -> Tensor:
        top, bottom, left, right = self.padding
        return functional.pad(x, (left, right, top, bottom), mode="replicate")


RIGHT_ONES: tuple[Callable[..., Any], ...] = (
    *(reflect_pad, edge_pad, wrap_pad, zero_pad, ZeroPadding2D, functional.pad),
    *(nn.ReflectionPad1d, nn.ReflectionPad2d, nn.ReflectionPad3d),
    *(nn.ReplicationPad1d, nn.ReplicationPad2d, nn.ReplicationPad3d),
    *(nn.CircularPad1d, nn.CircularPad2d, nn.CircularPad3d),
    *(nn.ZeroPad1d, nn.ZeroPad2d, nn.ZeroPad3d),
    *(nn.ConstantPad1d, nn.ConstantPad2d, nn.ConstantPad3d),
)


@pytest.mark.parametrize("candidate", RIGHT_ONES, ids=lambda one: one.__name__)
def test_right_ones_are_right(candidate: Callable[..., Any]) -> None:
    """The mode is in the name, torch's sides are told in torch's order."""
    found = parity.check(candidate)
    assert (found.status, found.function) == (RIGHT, "pad"), found
    assert found.cases.asked >= 4


MADE: tuple[tuple[nn.Module, str], ...] = (
    (nn.ReflectionPad2d((1, 2, 3, 0)), "padding ((3, 0), (1, 2)), mode reflect"),
    (nn.ReplicationPad3d(2), "padding ((2, 2), (2, 2), (2, 2)), mode replicate"),
    (nn.CircularPad1d((2, 1)), "padding ((2, 1),), mode circular"),
    (nn.ConstantPad2d((1, 2, -1, 0), 2.5), "padding ((-1, 0), (1, 2)), value 2.5"),
)


@pytest.mark.parametrize(("made", "said"), MADE, ids=[type(one).__name__ for one, _ in MADE])
def test_objects_are_judged_as_they_stand(made: nn.Module, said: str) -> None:
    """Their sides are said in refimpl's order."""
    found = parity.check(made)
    assert found.status == RIGHT, found
    assert f"judged as it stands: {said}" in found.remarks


class Frame(nn.CircularPad2d):
    """A name that says neither mode nor axes."""


def test_an_object_whose_name_says_no_mode() -> None:
    """The mode is found by trying."""
    found = parity.check(Frame(2), like="pad")
    assert found.status == RIGHT, found
    assert any("mode circular" in said for said in found.remarks)


@pytest.mark.parametrize(
    ("candidate", "tensor", "cause"),
    [
        (mirror_pad, "y", "reflect repeats the border"),
        (CroppedReflectPad2d, "dx", "the frame is cut off, its gradient is lost"),
        (TurnedReplicationPad2d, "y", "the pairs are those of the axes from the last to the first"),
    ],
)
def test_wrong_ones_are_wrong(candidate: Callable[..., Any], tensor: str, cause: str) -> None:
    """And by what."""
    found = parity.check(candidate)
    assert found.status == WRONG
    assert f"{tensor} is wrong" in found.said or "raises" in found.said
    assert any(cause in str(one) for one in found.causes), found


def test_symmetric_is_not_judged() -> None:
    """torch has no such mode, nor has refimpl."""

    def symmetric_pad(x: Any, pad: int) -> Any:
        return framed(x, pad, "symmetric")

    found = parity.check(symmetric_pad)
    assert found.status == UNCLEAR
    assert found.said == (
        "symmetric_pad is a padding that repeats the border by its name, which refimpl does not "
        "have: it is not judged; pad is judged in the modes constant, reflect, replicate and "
        "circular"
    )
