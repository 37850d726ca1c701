"""Mistakes that show with one value of an option alone, in layers that have few options."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from torch import nn

import parity


def _conv(x: Any, w: Any, b: Any = None, stride: int = 1, pad: int = 0) -> Any:
    """As people write it."""
    kh, kw = w.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    H, W = (xp.shape[2] - kh) // stride + 1, (xp.shape[3] - kw) // stride + 1
    y = np.zeros((len(x), len(w), H, W), x.dtype)
    for i in range(H):
        for j in range(W):
            window = xp[:, :, i * stride : i * stride + kh, j * stride : j * stride + kw]
            y[:, :, i, j] = np.einsum("ncab,fcab->nf", window, w)
    return y if b is None else y + b[:, None, None]


def _turned(w: Any, least: int = 1) -> Any:
    """Square kernels from a size on, transposed."""
    height, width = w.shape[-2:]
    return w.swapaxes(-1, -2) if height == width >= least else w


# --- without a bias -------------------------------------------------------------------------


def no_bias(x, w, stride=1, padding=0):  # type: ignore[no-untyped-def]
    return _conv(x, w, None, stride, padding)


def no_bias_stride_forgotten(x, w, stride=1, padding=0):  # type: ignore[no-untyped-def]
    y = _conv(x, w, None, stride, padding)
    every = _conv(x, w, None, 1, padding)
    return every[:, :, : y.shape[2], : y.shape[3]]


def no_bias_turned(x, w, stride=1, padding=0):  # type: ignore[no-untyped-def]
    return _conv(x, _turned(w), None, stride, padding)


def no_bias_nor_options(x, w):  # type: ignore[no-untyped-def]
    return _conv(x, w)


def no_bias_nor_options_turned(x, w):  # type: ignore[no-untyped-def]
    return _conv(x, _turned(w, 5))


def torch_no_bias(x, weight, stride=1, padding=0):  # type: ignore[no-untyped-def]
    return nn.functional.conv2d(x, weight, stride=stride, padding=padding)


def torch_options_forgotten(x, weight, stride=1, padding=0):  # type: ignore[no-untyped-def]
    return nn.functional.conv2d(x, weight)


def dense(x, W):  # type: ignore[no-untyped-def]
    return x @ W.T


def dense_doubled(x, W):  # type: ignore[no-untyped-def]
    return x @ W.T * (1 if len(x) < 6 else 2)


# --- square kernels alone -------------------------------------------------------------------


def square(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    k = w.shape[2]
    return _conv(x, w.reshape(*w.shape[:2], k, k), b, stride, pad)


def square_s3(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    return square(x, w, b, min(stride, 2), pad)


def square_p2(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    y = square(x, w, b, stride, pad)
    return y[::-1] if pad >= 2 else y


def square_k5(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    return square(x, _turned(w, 5), b, stride, pad)


def square_chw(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    _, _, _ = x.shape
    return square(x[None], w, b, stride, pad)[0]


def square_chw_p2(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    return square_chw(x, w, b, stride, pad) * (2 if pad >= 2 else 1)


def square_chw_k5(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    return square_chw(x, w, b, stride, pad) * (2 if w.shape[2] >= 4 else 1)


# --- one map --------------------------------------------------------------------------------


def one_map(image, kernel):  # type: ignore[no-untyped-def]
    H, W = image.shape
    return _conv(image.reshape(1, 1, H, W), kernel[None, None])[0, 0]


def one_map_turned(image, kernel):  # type: ignore[no-untyped-def]
    return one_map(image, _turned(kernel))


def one_map_cropped(image, kernel):  # type: ignore[no-untyped-def]
    return one_map(image[:8, :8], kernel)


def one_map_rows_dropped(image, kernel):  # type: ignore[no-untyped-def]
    k = kernel.copy()
    k[3:] = 0
    return one_map(image, k)


# --- poolings -------------------------------------------------------------------------------


class Pool:
    """Windows that touch, of one size."""

    def __init__(self, size: int) -> None:
        self.k = size

    def forward(self, x: Any) -> Any:
        k = self.k
        H, W = x.shape[2] // k, x.shape[3] // k
        return x[:, :, : H * k, : W * k].reshape(*x.shape[:2], H, k, W, k).max((3, 5))


class PoolOfFour(Pool):
    def forward(self, x: Any) -> Any:
        return super().forward(x) * (self.k < 4)


PAIRS: list[tuple[Any, list[Any], dict[str, str]]] = [
    (no_bias, [no_bias_stride_forgotten, no_bias_turned], {"like": "conv2d"}),
    (no_bias_nor_options, [no_bias_nor_options_turned], {"like": "conv2d"}),
    (torch_no_bias, [torch_options_forgotten], {"like": "conv2d", "style": "torch"}),
    (dense, [dense_doubled], {"like": "linear"}),
    (square, [square_s3, square_p2, square_k5], {"like": "conv2d"}),
    (square_chw, [square_chw_p2, square_chw_k5], {"like": "conv2d", "layout": "CHW"}),
    (one_map, [one_map_turned, one_map_cropped, one_map_rows_dropped], {"like": "conv2d"}),
    (Pool, [PoolOfFour], {"like": "max_pool2d"}),
]


def _named(value: Any) -> str:
    return value.__name__ if hasattr(value, "__name__") else ""


@pytest.mark.parametrize(("code", "said"), [(p[0], p[2]) for p in PAIRS], ids=_named)
def test_right_ones(code: Callable[..., Any], said: dict[str, str]) -> None:
    """In many cases: as many as all that it has needs."""
    found = parity.check(code, **said)  # type: ignore[arg-type]
    assert found, str(found)
    assert found.cases.asked >= 15 if code is dense else found.cases.asked >= 25


@pytest.mark.parametrize(("code", "said"), [(one, p[2]) for p in PAIRS for one in p[1]], ids=_named)
def test_wrong_ones(code: Callable[..., Any], said: dict[str, str]) -> None:
    """Each is refused for its numbers."""
    found = parity.check(code, **said)  # type: ignore[arg-type]
    assert found.status == "wrong", str(found)
    assert 0 < found.cases.right < found.cases.asked


def test_what_no_case_shows_is_listed() -> None:
    """A layer that has no such option, or is not asked it because of another."""
    found = parity.check(no_bias, like="conv2d")
    assert {"bias", "dilation", "groups"} <= set(found.unchecked)
    found = parity.check(no_bias_nor_options, like="conv2d")
    assert {"bias", "stride", "padding"} <= set(found.unchecked)


# --- softmax over the batch -----------------------------------------------------------------


def over_samples(x):  # type: ignore[no-untyped-def]
    e = np.exp(x - x.max(axis=0))
    return e / e.sum(axis=0)


def over_all(x):  # type: ignore[no-untyped-def]
    return x - x.max() - np.log(np.exp(x - x.max()).sum())


class OverAll:
    def forward(self, x: Any) -> Any:
        e = np.exp(x - np.max(x))
        self.y = e / np.sum(e)
        return self.y

    def backward(self, d: Any) -> Any:
        return self.y * (d - np.sum(d * self.y))


class TorchOverSamples(nn.Module):
    def forward(self, x: Any) -> Any:
        return nn.functional.softmax(x, dim=0)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (over_samples, {"like": "softmax"}),
        (over_all, {"like": "log_softmax"}),
        (OverAll, {"like": "softmax"}),
        (OverAll(), {"like": "softmax"}),
        (TorchOverSamples, {"like": "softmax"}),
        (TorchOverSamples(), {"like": "softmax"}),
    ],
    ids=lambda value: _named(value) or type(value).__name__,
)
def test_a_batch_that_is_summed_over(code: Any, said: dict[str, str]) -> None:
    """It is no layer for one sample, unless the person says so."""
    found = parity.check(code, **said)  # type: ignore[arg-type]
    assert found.status == "wrong", str(found)
    assert "it sums over the batch axis" in str(found)
    assert parity.check(code, **said, layout="D")  # type: ignore[arg-type]
