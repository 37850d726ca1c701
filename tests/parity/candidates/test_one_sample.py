"""Layers without a batch axis: recognised by trying, or named beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
import other_peoples_layers as other
import pytest
from calling import Call

import parity


def conv_chw(x, w, b=None, stride=1, padding=0):  # type: ignore[no-untyped-def]
    _, _, _ = x.shape
    return other.conv2d(x[None], w, b, stride, padding)[0]


def conv_hwc(x, w, b=None, stride=1):  # type: ignore[no-untyped-def]
    _, _, _ = x.shape
    return other.channels_last(x[None], w, b, stride)[0]


def conv_hw(x, kernel, b=0.0):  # type: ignore[no-untyped-def]
    H, W = x.shape
    return other.conv2d(x.reshape(1, 1, H, W), kernel[None, None])[0, 0] + b


def conv_hw_backward(dy, x, kernel):  # type: ignore[no-untyped-def]
    grads = other.conv2d_backward(dy[None, None], x[None, None], kernel[None, None])
    return grads["grad_x"][0, 0], grads["dW"][0, 0], dy.sum()


def flipped_backward(dy, x, kernel):  # type: ignore[no-untyped-def]
    dx, dk, db = conv_hw_backward(dy, x, kernel)
    return dx, dk[::-1, ::-1], db


def max_pool_hw(x, size=2):  # type: ignore[no-untyped-def]
    H, W = (n // size for n in x.shape)
    return x[: H * size, : W * size].reshape(H, size, W, size).max(axis=(1, 3))


def softmax(x):  # type: ignore[no-untyped-def]
    e = np.exp(x - x.max())
    return e / e.sum()


def softmax_backward(dy, x):  # type: ignore[no-untyped-def]
    s = softmax(x)
    return (np.diag(s) - np.outer(s, s)) @ dy


def cross_entropy(logits, target):  # type: ignore[no-untyped-def]
    shifted = logits - logits.max()
    return np.log(np.exp(shifted).sum()) - shifted[target]


def flatten(x):  # type: ignore[no-untyped-def]
    _, _, _ = x.shape
    return x.reshape(-1)


class Conv:
    """(C, H, W)"""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        self.W = np.zeros((out_channels, in_channels, kernel_size, kernel_size))
        self.b = np.zeros(out_channels)

    def forward(self, x: Any) -> Any:
        self.x = x
        return conv_chw(x, self.W, self.b)

    def backward(self, dy: Any) -> Any:
        grads = other.conv2d_backward(dy[None], self.x[None], self.W)
        self.dW, self.db = grads["dW"], grads["db"]
        return grads["grad_x"][0]


class OneKernel:
    """(H, W), one kernel."""

    def __init__(self, kernel_size: int) -> None:
        self.K, self.b = np.zeros((kernel_size, kernel_size)), np.zeros(1)

    def forward(self, x: Any) -> Any:
        self.x = x
        return conv_hw(x, self.K, self.b)

    def backward(self, dy: Any) -> Any:
        dx, self.dK, db = conv_hw_backward(dy, self.x, self.K)
        self.db = np.array([db])
        return dx


class Dense:
    """A vector."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.W, self.b = np.zeros((n_out, n_in)), np.zeros(n_out)

    def forward(self, x: Any) -> Any:
        self.x = x
        return self.W.dot(x) + self.b

    def backward(self, delta: Any) -> Any:
        self.dW, self.db = np.outer(delta, self.x), delta
        return self.W.T.dot(delta)


class Doubled(Dense):
    def backward(self, delta: Any) -> Any:
        dx = super().backward(delta)
        self.dW = 2 * self.dW
        return dx


FUNCTIONS: list[tuple[Any, str, str]] = [
    (conv_chw, "conv2d", "CHW"),
    (conv_hwc, "conv2d", "HWC"),
    ((conv_hw, conv_hw_backward), "conv2d", "HW"),
    (max_pool_hw, "max_pool2d", "HW"),
    ((softmax, softmax_backward), "softmax", "D"),
    (cross_entropy, "cross_entropy", "D"),
    (flatten, "flatten", "CHW"),
]
LAYERS: list[tuple[Any, str, str]] = [
    (Conv, "conv2d", "CHW"),
    (Conv(2, 3, 2), "conv2d", "CHW"),
    (OneKernel(3), "conv2d", "HW"),
    (Dense, "linear", "D"),
    (Dense(5, 3), "linear", "D"),
]
WORDS = {
    "CHW": "it takes one sample at a time, axes C, H, W",
    "HWC": "it takes one sample at a time, axes H, W, C",
    "HW": "it takes one sample at a time, axes H, W",
    "D": "it takes one sample at a time, a vector",
}


@pytest.mark.parametrize(
    ("code", "like", "layout"), [*FUNCTIONS, *LAYERS], ids=lambda v: v if isinstance(v, str) else ""
)
def test_found_by_trying(code: Any, like: str, layout: str) -> None:
    """And it is said, with what that leaves out."""
    style = "layer" if (code, like, layout) in LAYERS else "refimpl"
    found = parity.check(code, like=like, style=style)
    assert found, str(found)
    assert found.layout == layout
    assert any(remark.startswith(f"{WORDS[layout]}: found by trying") for remark in found.remarks)
    assert "more than one sample" in found.unchecked
    assert ("more than one map" in found.unchecked) == (layout == "HW")


def test_one_kernel_is_seen() -> None:
    """Of a class whose weights are (K, K), no other layout can be meant."""
    found = parity.check(OneKernel, like="conv2d")
    assert found, str(found)
    assert found.layout == "HW"
    assert set(found.tensors) == {"y", "dx", "dweight", "dbias"}
    assert not any("found by trying" in remark for remark in found.remarks)


def test_wrong_ones() -> None:
    """The mistake is found behind the layout."""
    wrong = parity.check((conv_hw, flipped_backward), like="conv2d", style="refimpl")
    assert (wrong.status, wrong.layout) == ("wrong", "HW")
    assert wrong.tensors["y"].right == wrong.tensors["y"].asked
    assert wrong.tensors["dweight"].right < wrong.tensors["dweight"].asked
    doubled = parity.check(Doubled, like="linear")
    assert (doubled.status, doubled.layout) == ("wrong", "D")
    assert "dweight is 2 times the right one" in str(doubled)


def test_a_layout_that_is_named_is_not_tried(call: Call, tmp_path: Any) -> None:
    """From the shell, right and wrong."""
    path = tmp_path / "mine.py"
    path.write_text(
        "def pool(x, size=2):\n    H, W = (n // size for n in x.shape)\n"
        "    return x[:H * size, :W * size].reshape(H, size, W, size).max((1, 3))\n"
    )
    for layout, code in (("HW", 0), ("CHW", 1)):
        target = f"{path}:pool"
        like = ("--like", "max_pool2d", "--style", "refimpl")
        found, out, _ = call("check", target, *like, "--layout", layout)
        assert found == code, out
        assert f"style refimpl, {layout}" in out
        assert "by trying" not in out
