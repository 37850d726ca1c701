"""What an object keeps from one call to the next."""

from __future__ import annotations

from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
import torch
from torch import nn

import parity


class Adding(other.Affine):
    """Gradients are added to what is there."""

    def __init__(self, input_size: int, output_size: int) -> None:
        super().__init__(input_size, output_size)
        W, b = self.params["W"], self.params["b"]
        self.grads = {"W": np.zeros_like(W), "b": np.zeros_like(b)}

    def backward(self, dout: Any) -> Any:
        self.grads["W"] = self.grads["W"] + self.x.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.params["W"].T


class BothAdding(Adding):
    def backward(self, dout: Any) -> Any:
        before = self.grads["b"]
        dx = super().backward(dout)
        self.grads["b"] = before + self.grads["b"]
        return dx


class Zeroing(BothAdding):
    """As torch: there is a method that begins anew."""

    def zero_grad(self) -> None:
        self.grads = {name: np.zeros_like(array) for name, array in self.params.items()}


class ZeroingOne(Zeroing):
    """It forgets one of them."""

    def zero_grad(self) -> None:
        self.grads["b"] = np.zeros_like(self.params["b"])


class FirstCache(other.Affine):
    """What the first forward saw is what every backward uses."""

    def forward(self, x: Any) -> Any:
        self.x = getattr(self, "x", x)
        return x @ self.params["W"] + self.params["b"]


class Buffer(other.Affine):
    """Its room is made by the first forward."""

    def forward(self, x: Any) -> Any:
        self.x = x
        if not hasattr(self, "out"):
            self.out = np.empty((len(x), self.params["W"].shape[1]), x.dtype)
        self.out[...] = x @ self.params["W"] + self.params["b"]
        return self.out.copy()


class Eaten(other.Rectifier):
    """The backward changes what the forward left."""

    def backward(self, dy: Any) -> Any:
        dx = dy * self.positive
        self.positive = self.positive & (dy > 0)
        return dx


class Popped:
    """One backward for each forward."""

    def __init__(self) -> None:
        self.cache: list[Any] = []

    def forward(self, x: Any) -> Any:
        self.cache.append(x > 0)
        return x * self.cache[-1]

    def backward(self, dy: Any) -> Any:
        return dy * self.cache.pop()


class Counting(nn.Module):
    """Every call is another function."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, x: Any) -> Any:
        self.calls += 1
        return torch.relu(x) * self.calls


STILL = "gradients of the first backward are still in the second"
WRONG: list[tuple[type, str, str]] = [
    (Adding, "linear", f"{STILL}: dweight is added to"),
    (BothAdding, "linear", f"{STILL}: dweight, dbias are added to"),
    (ZeroingOne, "linear", f"{STILL}: dweight is added to"),
    (
        *(FirstCache, "linear"),
        "what the first forward left is used in the second: dweight is of the first x",
    ),
    (Buffer, "linear", "the same object, asked a second time: layer.forward raises ValueError"),
    (Eaten, "relu", "a second backward after one forward gives another dx"),
    (Counting, "relu", "the same object, asked a second time, gives another y, dx"),
]


@pytest.mark.parametrize(("code", "like", "said"), WRONG, ids=[c.__name__ for c, _, _ in WRONG])
def test_what_is_left_is_wrong(code: Any, like: str, said: str) -> None:
    """Of a class and of an object: the numbers of a new one are right, and it is refused."""
    made = code(4, 3) if like == "linear" else code()
    for candidate in (code, made):
        found = parity.check(candidate, like=like)
        assert found.status == "wrong", str(found)
        assert found.cases.right == found.cases.asked
        assert found.faults[0].startswith(said), found.faults
        assert found.said.startswith("its numbers are right in all cases, but ")


@pytest.mark.parametrize(
    ("code", "like", "note"),
    [
        (other.Affine, "linear", ""),
        (other.Conv, "conv2d", ""),
        (other.MaxPool, "max_pool2d", ""),
        (other.SoftmaxWithLoss, "cross_entropy", ""),
        (nn.Linear, "linear", ""),
        (Zeroing, "linear", "gradients are added up until zero_grad() is called, as in torch"),
        (Popped, "relu", "a second backward needs a forward before it"),
    ],
)
def test_right_ones(code: Any, like: str, note: str) -> None:
    """Nothing is left that shows; what is usual is noted."""
    found = parity.check(code, like=like)
    assert found, str(found)
    assert (note in found.remarks) == bool(note)
    words = ("added up", "a second backward")
    assert any(word in remark for word in words for remark in found.remarks) == bool(note)
