"""Files whose form their code or what comes of them tells: each right, and with a mistake."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import NamedTuple

import numpy as np
import pytest

import parity
from parity.candidates.whole import Wanted, check_file


class Form(NamedTuple):
    """A file, what in it is exchanged so that it is wrong, and what is said of the right one."""

    text: str
    right: str
    wrong: str
    names: tuple[str, ...] = ()
    like: str | None = None
    said: str = ""


COURSE = """
    def zero_pad(X, pad):
        return np.pad(X, ((0, 0), (pad, pad), (pad, pad), (0, 0)))

    def conv_single_step(a, W, b):
        return np.sum(a * W) + b.item()

    def conv_forward(A_prev, W, b, hparameters):
        s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
        A = zero_pad(A_prev, p)
        m, H, V, _ = A.shape
        Z = np.zeros((m, (H - f) // s + 1, (V - f) // s + 1, W.shape[3]), A.dtype)
        for i, h, w, c in np.ndindex(*Z.shape):
            part = A[i, h * s : h * s + f, w * s : w * s + f]
            Z[i, h, w, c] = conv_single_step(part, W[..., c], b[..., c])
        return Z, (A_prev, W, b, hparameters)

    def conv_backward(dZ, cache):
        A_prev, W, b, hparameters = cache
        s, p, f = hparameters["stride"], hparameters["pad"], W.shape[0]
        A, dW = zero_pad(A_prev, p), np.zeros_like(W)
        dA = np.zeros_like(A)
        for i, h, w, c in np.ndindex(*dZ.shape):
            place = i, slice(h * s, h * s + f), slice(w * s, w * s + f)
            dA[place] += W[..., c] * dZ[i, h, w, c]
            dW[..., c] += A[place] * dZ[i, h, w, c]
        dA = dA[:, p : dA.shape[1] - p, p : dA.shape[2] - p]
        return dA, dW, dZ.sum((0, 1, 2)).reshape(b.shape)

    def pool_forward(A_prev, hparameters, mode="max"):
        f, s = hparameters["f"], hparameters["stride"]
        m, H, W, C = A_prev.shape
        A = np.zeros((m, 1 + (H - f) // s, 1 + (W - f) // s, C), A_prev.dtype)
        for h, w in np.ndindex(*A.shape[1:3]):
            part = A_prev[:, h * s : h * s + f, w * s : w * s + f]
            A[:, h, w] = part.max((1, 2)) if mode == "max" else part.mean((1, 2))
        return A, (A_prev, hparameters)
"""
DENSE = """
    class Dense:
        def __init__(self, n_in, n_out):
            self.W, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

        def forward(self, x):
            self.x = x
            return x @ self.W + self.b

        def backward(self, d):
            self.dW, self.db = np.outer(self.x, d), d
            return self.W @ d
"""
GIVEN = DENSE.replace("n_in, n_out):", "W, b):").replace(
    "np.random.randn(n_in, n_out), np.zeros(n_out)", "W, b"
)
COLUMNS = """
    class Dense:
        def __init__(self, n_in, n_out):
            self.W, self.b = np.random.randn(n_out, n_in), np.zeros((n_out, 1))

        def forward(self, A):
            self.A = A
            return self.W @ A + self.b

        def backward(self, dZ):
            self.dW, self.db = dZ @ self.A.T, dZ.sum(1, keepdims=True)
            return self.W.T @ dZ
"""
CORRELATION = """
    def NAME(a, k):
        k = np.asarray(k)TURN
        h, w = k.shape
        H, W = np.shape(a)
        a = np.asarray(a)
        return [[(a[i:i+h, j:j+w] * k).sum() for j in range(W-w+1)] for i in range(H-h+1)]
"""
SQUARE = """
    class Conv:
        def __init__(self, in_channels, out_channels, kernel_size):
            self.W = np.random.randn(out_channels, in_channels, kernel_size, kernel_size)

        def forward(self, x):
            self.x, k = x, self.W.shape[2]
            windows = np.lib.stride_tricks.sliding_window_view(x, (k, k), (2, 3))
            return np.einsum("ncijab,fcab->nfij", windows, self.W)

        def backward(self, d):
            k = self.W.shape[2]
            dx, self.dW = np.zeros_like(self.x), np.zeros_like(self.W)
            for i, j in np.ndindex(*d.shape[2:]):
                place = ..., slice(i, i + k), slice(j, j + k)
                dx[place] += np.einsum("nf,fcab->ncab", d[:, :, i, j], self.W)
                self.dW += np.einsum("nf,ncab->fcab", d[:, :, i, j], self.x[place])
            return dx
"""
LINEAR_OF_COURSE = """
    def linear_forward(A, W, b):
        return W @ A + b, (A, W, b)

    def linear_backward(dZ, cache):
        A_prev, W, b = cache
        m = A_prev.shape[1]
        return W.T @ dZ, dZ @ A_prev.T / m, np.sum(dZ, axis=1, keepdims=True) / m
"""
ACTIVATIONS = """
    def relu(Z):
        return np.maximum(0, Z), Z

    def relu_backward(dA, cache):
        dZ = np.array(dA, copy=True)
        dZ[cache <= 0] = 0
        return dZ

    def sigmoid(Z):
        return 1 / (1 + np.exp(-Z)), Z

    def sigmoid_backward(dA, cache):
        s = 1 / (1 + np.exp(-cache))
        return dA * s * (1 - s)
"""
NO_BIAS = """
    def conv2d_backward(dout, x, w):
        dx, dw = np.zeros_like(x), np.zeros_like(w)
        h, v = dout.shape[2:]
        for i, j in np.ndindex(*w.shape[2:]):
            dx[:, :, i:i+h, j:j+v] += np.einsum("nfhw,fc->nchw", dout, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nfhw,nchw->fc", dout, x[:, :, i:i+h, j:j+v])
        return dx, dw
"""
LOSS = """
    class SoftmaxWithLoss:
        def forward(self, x, t):
            self.t, s = t, x - x.max(axis=1, keepdims=True)
            s = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
            self.y = np.exp(s)
            if self.t.size == self.y.size:
                self.t = self.t.argmax(axis=1)
            return -np.mean(s[np.arange(len(x)), self.t])

        def backward(self, dout=1):
            dx = self.y.copy()
            dx[np.arange(len(dx)), self.t] -= 1
            return dx * dout / len(dx)
"""
DICTS = """
    def linear(x, W, b):
        return {"out": x @ W.T + b}

    def linear_backward(dy, x, W, b):
        return {"dx": dy @ W, "dW": dy.T @ x, "db": dy.sum(0)}
"""
VALID = 'it has no mode: judged in mode "valid", by the shape of its y'
PAIR = ("linear_forward", "linear_backward")
TENSORS = "import torch\nimport torch.nn.functional as F\n"
CONV = "def conv2d(x, weight, bias=None, s=1):\n    return F.conv2d(x, weight, bias, s)\n"
RELU = "def relu(x):\n    return x.clamp(min=0)\n"
TENSOR = "def relu(x: 'torch.Tensor'):\n    return x.clamp(min=0)\n"
ON_TENSORS = "it does not take arrays of NumPy: judged on tensors of torch"
FORMS = {
    "a course's notebook": Form(COURSE, "dZ[i, h, w, c]", "dZ[i, h, w, 0]", (), "conv2d"),
    "a course's pooling": Form(COURSE, "part.mean((1, 2))", "part.mean(1)[:, 0]", (), "avg_pool2d"),
    "one function": Form(
        CORRELATION.replace("NAME", "correlate2d").replace("TURN", ""), "* k)", "* k.T)", said=VALID
    ),
    "a convolution without a mode": Form(
        CORRELATION.replace("NAME", "convolve2d").replace("TURN", "[::-1, ::-1]"),
        "[::-1, ::-1]",
        "[::-1]",
        said=VALID,
    ),
    "torch by its code": Form(TENSORS + CONV, "bias, s)", "bias, s) * (1 + (s > 1))"),
    "torch by what it raises": Form(RELU, "min=0", "min=0.1", said=ON_TENSORS),
    "torch by annotations": Form(TENSOR, "min=0", "min=0.1"),
    "a vector": Form(DENSE, "np.outer(self.x, d), d", "np.outer(self.x, d), 2 * d", said="vector"),
    "a vector, weights given": Form(GIVEN, "self.W @ d", "self.W @ d * 2", said="(in, out)"),
    "columns": Form(COLUMNS, "dZ.sum(1,", "dZ.mean(1,", said="its samples are in columns"),
    "one column": Form(
        COLUMNS.replace("dZ.sum(1, keepdims=True)", "dZ"), "dZ @ self.A.T, dZ", "dZ @ self.A.T, -dZ"
    ),
    "square kernels": Form(SQUARE, "slice(j, j + k)", "slice(i, i + k)"),
    "means over the samples": Form(LINEAR_OF_COURSE, "True) / m", "True)", PAIR, said="means"),
    "relu with a cache": Form(
        ACTIVATIONS, "cache <= 0", "cache <= 0.1", ("relu", "relu_backward"), "relu"
    ),
    "sigmoid with a cache": Form(ACTIVATIONS, "s * (1 - s)", "s * (1 + s)", (), "sigmoid"),
    "no dbias": Form(
        NO_BIAS, "dw[:, :, i, j] =", "dw[:, :, i, 0] =", said="it gives no dbias: judged without"
    ),
    "a single class": Form(LOSS, "dout / len(dx)", "dout", (), "cross_entropy"),
    "dicts": Form(DICTS, '"out": x', '"out": 2 * x', ("linear", "linear_backward")),
}


def written(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text("import numpy as np\n" + dedent(text), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("title", FORMS)
def test_right_and_wrong(tmp_path: Path, title: str) -> None:
    """The right one is right, and it is said how it was taken; its twin stays wrong."""
    form = FORMS[title]
    assert form.right in form.text
    found = check_file(written(tmp_path, form.text), form.names, Wanted(form.like))
    assert found.status == "right", str(found)
    assert form.said in "; ".join(found.remarks)
    text = form.text.replace(form.right, form.wrong)
    wrong = check_file(written(tmp_path, text), form.names, Wanted(form.like))
    assert wrong.status == "wrong", str(wrong)


def test_a_layout_that_there_is_not() -> None:
    """It is refused before anything is asked; one sample of a class is asked as it says."""
    with pytest.raises(ValueError, match="check: layout is 'ABC': give one of NCHW, "):
        parity.check(lambda x: np.maximum(x, 0), like="relu", layout="ABC")


def test_the_argument_of_a_method_is_named() -> None:
    """What a backward writes to is its own argument."""

    class Relu:
        def forward(self, x):  # type: ignore[no-untyped-def]
            self.mask = x <= 0
            return np.where(self.mask, 0, x)

        def backward(self, dout):  # type: ignore[no-untyped-def]
            dout[self.mask] = 0
            return dout

    found = parity.check(Relu)
    assert found.status == "wrong"
    assert "it changes its arguments in place: dout" in str(found)
