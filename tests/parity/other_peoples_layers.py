"""Right layers as other people write them, in the conventions of courses and libraries."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

# --- refimpl's convention -----------------------------------------------------------------


def conv2d(x, w, b=None, strides=1, pad=0):  # type: ignore[no-untyped-def]
    """Kernel place by kernel place."""
    (s_h, s_w), (p_h, p_w) = np.broadcast_to(strides, 2), np.broadcast_to(pad, 2)
    xp = np.pad(x, ((0, 0), (0, 0), (p_h, p_h), (p_w, p_w)))
    K_h, K_w = w.shape[2:]
    H, W = (xp.shape[2] - K_h) // s_h + 1, (xp.shape[3] - K_w) // s_w + 1
    y = np.zeros((len(x), len(w), H, W), x.dtype)
    for i in range(K_h):
        for j in range(K_w):
            part = xp[:, :, i : i + s_h * H : s_h, j : j + s_w * W : s_w]
            y += np.einsum("nchw,oc->nohw", part, w[:, :, i, j])
    return y if b is None else y + b[:, None, None]


def conv2d_backward(dy, x, w, strides=1, pad=0):  # type: ignore[no-untyped-def]
    """The gradients by name, in another order."""
    (s_h, s_w), (p_h, p_w) = np.broadcast_to(strides, 2), np.broadcast_to(pad, 2)
    xp = np.pad(x, ((0, 0), (0, 0), (p_h, p_h), (p_w, p_w)))
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    H, W = dy.shape[2:]
    for i in range(w.shape[2]):
        for j in range(w.shape[3]):
            place = np.s_[:, :, i : i + s_h * H : s_h, j : j + s_w * W : s_w]
            dxp[place] += np.einsum("nohw,oc->nchw", dy, w[:, :, i, j])
            dw[:, :, i, j] = np.einsum("nohw,nchw->oc", dy, xp[place])
    dx = dxp[:, :, p_h : p_h + x.shape[2], p_w : p_w + x.shape[3]]
    return {"db": dy.sum((0, 2, 3)), "dW": dw, "grad_x": dx}


def linear(x, weight, bias=None):  # type: ignore[no-untyped-def]
    y = np.einsum("...j,kj->...k", x, weight)
    return y if bias is None else y + bias


def linear_backward(dout, x, weight, bias=None):  # type: ignore[no-untyped-def]
    rows, d = x.reshape(-1, x.shape[-1]), dout.reshape(-1, len(weight))
    return dout @ weight, d.T @ rows, d.sum(0)


def relu_backward(dy, x):  # type: ignore[no-untyped-def]
    return dy * (x > 0)


def conv_with_cache(x, w, b, stride=1, pad=0):  # type: ignore[no-untyped-def]
    return conv2d(x, w, b, stride, pad), (x, w, stride, pad)


def conv_with_cache_backward(dout, cache):  # type: ignore[no-untyped-def]
    grads = conv2d_backward(dout, *cache)
    return grads["grad_x"], grads["dW"], grads["db"]


def channels_last(x, weight, bias=None, stride=1, padding=0):  # type: ignore[no-untyped-def]
    """(N, H, W, C), kernels (K_h, K_w, C_in, C_out)"""
    given = x.transpose(0, 3, 1, 2), weight.transpose(3, 2, 0, 1)
    return conv2d(*given, bias, stride, padding).transpose(0, 2, 3, 1)


# --- CS231n -------------------------------------------------------------------------------


def conv_forward_naive(x, w, b, conv_param):  # type: ignore[no-untyped-def]
    s, p = conv_param["stride"], conv_param["pad"]
    N, _, H, W = x.shape
    F, _, HH, WW = w.shape
    x_pad = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    out = np.zeros((N, F, 1 + (H + 2 * p - HH) // s, 1 + (W + 2 * p - WW) // s), x.dtype)
    for n, f, i, j in np.ndindex(*out.shape):
        field = x_pad[n, :, i * s : i * s + HH, j * s : j * s + WW]
        out[n, f, i, j] = np.sum(field * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):  # type: ignore[no-untyped-def]
    x, w, b, conv_param = cache
    s, p = conv_param["stride"], conv_param["pad"]
    HH, WW = w.shape[2:]
    x_pad = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
    dx_pad, dw, db = np.zeros_like(x_pad), np.zeros_like(w), np.zeros_like(b)
    for n, f, i, j in np.ndindex(*dout.shape):
        field = np.s_[n, :, i * s : i * s + HH, j * s : j * s + WW]
        dw[f] += dout[n, f, i, j] * x_pad[field]
        dx_pad[field] += dout[n, f, i, j] * w[f]
        db[f] += dout[n, f, i, j]
    return dx_pad[:, :, p : p + x.shape[2], p : p + x.shape[3]], dw, db


def max_pool_forward_naive(x, pool_param):  # type: ignore[no-untyped-def]
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    N, C, H, W = x.shape
    out = np.zeros((N, C, 1 + (H - h) // s, 1 + (W - w) // s), x.dtype)
    for i, j in np.ndindex(*out.shape[2:]):
        out[:, :, i, j] = x[:, :, i * s : i * s + h, j * s : j * s + w].max((2, 3))
    return out, (x, pool_param)


def max_pool_backward_naive(dout, cache):  # type: ignore[no-untyped-def]
    x, pool_param = cache
    h, w, s = pool_param["pool_height"], pool_param["pool_width"], pool_param["stride"]
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(*dout.shape):
        window = x[n, c, i * s : i * s + h, j * s : j * s + w]
        a, b = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, i * s + a, j * s + b] += dout[n, c, i, j]
    return dx


def affine_forward(x, w, b):  # type: ignore[no-untyped-def]
    return x.reshape(len(x), -1) @ w + b, (x, w, b)


def affine_backward(dout, cache):  # type: ignore[no-untyped-def]
    x, w, _ = cache
    return (dout @ w.T).reshape(x.shape), x.reshape(len(x), -1).T @ dout, dout.sum(0)


def relu_forward(x):  # type: ignore[no-untyped-def]
    return np.maximum(x, 0), x


def cs_relu_backward(dout, cache):  # type: ignore[no-untyped-def]
    return np.where(cache > 0, dout, 0)


def dropout_forward(x, dropout_param):  # type: ignore[no-untyped-def]
    keep = dropout_param["p"]
    rng = np.random.RandomState(dropout_param["seed"])
    mask = (rng.rand(*x.shape) < keep).astype(x.dtype) / x.dtype.type(keep)
    return x * mask, (dropout_param, mask)


def dropout_backward(dout, cache):  # type: ignore[no-untyped-def]
    return dout * cache[1]


def softmax_loss(x, y):  # type: ignore[no-untyped-def]
    shifted = x - x.max(axis=1, keepdims=True)
    log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = np.arange(len(x))
    dx = np.exp(log_probs)
    dx[n, y] -= 1
    return -log_probs[n, y].mean(), dx / len(x)


# --- deeplearning.ai ----------------------------------------------------------------------


def conv_forward(A_prev, W, b, hparameters):  # type: ignore[no-untyped-def]
    m, n_H_prev, n_W_prev, _ = A_prev.shape
    f, stride, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
    n_H, n_W = ((n + 2 * pad - f) // stride + 1 for n in (n_H_prev, n_W_prev))
    Z = np.zeros((m, n_H, n_W, W.shape[3]), A_prev.dtype)
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    for i, h, w, c in np.ndindex(*Z.shape):
        piece = padded[i, h * stride : h * stride + f, w * stride : w * stride + f]
        Z[i, h, w, c] = np.sum(piece * W[..., c]) + b[0, 0, 0, c]
    return Z, (A_prev, W, b, hparameters)


def conv_backward(dZ, cache):  # type: ignore[no-untyped-def]
    A_prev, W, b, hparameters = cache
    f, stride, pad = W.shape[0], hparameters["stride"], hparameters["pad"]
    padded = np.pad(A_prev, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    dA, dW, db = np.zeros_like(padded), np.zeros_like(W), np.zeros_like(b)
    for i, h, w, c in np.ndindex(*dZ.shape):
        piece = np.s_[i, h * stride : h * stride + f, w * stride : w * stride + f]
        dA[piece] += W[..., c] * dZ[i, h, w, c]
        dW[..., c] += padded[piece] * dZ[i, h, w, c]
        db[..., c] += dZ[i, h, w, c]
    H, W_ = A_prev.shape[1:3]
    return dA[:, pad : pad + H, pad : pad + W_], dW, db


def pool_forward(A_prev, hparameters, mode="max"):  # type: ignore[no-untyped-def]
    f, stride = hparameters["f"], hparameters["stride"]
    m, H, W, C = A_prev.shape
    A = np.zeros((m, 1 + (H - f) // stride, 1 + (W - f) // stride, C), A_prev.dtype)
    reduce = np.max if mode == "max" else np.mean
    for h, w in np.ndindex(*A.shape[1:3]):
        window = A_prev[:, h * stride : h * stride + f, w * stride : w * stride + f]
        A[:, h, w] = reduce(window, axis=(1, 2))
    return A, (A_prev, hparameters)


def pool_backward(dA, cache, mode="max"):  # type: ignore[no-untyped-def]
    A_prev, hparameters = cache
    f, stride = hparameters["f"], hparameters["stride"]
    dA_prev = np.zeros_like(A_prev)
    for i, h, w, c in np.ndindex(*dA.shape):
        place = np.s_[i, h * stride : h * stride + f, w * stride : w * stride + f, c]
        window = A_prev[place]
        share = (window == window.max()) if mode == "max" else np.full((f, f), 1 / f**2)
        dA_prev[place] += share * dA[i, h, w, c]
    return dA_prev


# --- layers -------------------------------------------------------------------------------


class Conv:
    """Gradients of the parameters in attributes."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: int = 1,
                 pad: int = 0) -> None:  # fmt: skip
        field = tuple(np.broadcast_to(kernel_size, 2))
        self.W = np.zeros((out_channels, in_channels, *field))
        self.b = np.zeros((out_channels, 1))
        self.stride, self.pad = stride, pad

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x = x
        return conv2d(x, self.W, self.b[:, 0], self.stride, self.pad)

    def backward(self, dout):  # type: ignore[no-untyped-def]
        grads = conv2d_backward(dout, self.x, self.W, self.stride, self.pad)
        self.dW, self.db = grads["dW"], grads["db"][:, None]
        return grads["grad_x"]


class KerasLikeConv:
    """Channels last, kernels (K_h, K_w, C_in, C_out), all gradients returned in a dict."""

    def __init__(self, inputs: int, filters: int, kernel_size: Any, use_bias: bool = True) -> None:
        self.kernel = np.zeros((*np.broadcast_to(kernel_size, 2), inputs, filters))
        self.bias = np.zeros(filters) if use_bias else None

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.inputs = x
        return channels_last(x, self.kernel, self.bias)

    def backward(self, grad_output):  # type: ignore[no-untyped-def]
        given = (a.transpose(0, 3, 1, 2) for a in (grad_output, self.inputs))
        grads = conv2d_backward(*given, self.kernel.transpose(3, 2, 0, 1))
        return {
            "input": grads["grad_x"].transpose(0, 2, 3, 1),
            "kernel": grads["dW"].transpose(2, 3, 1, 0),
            "bias": grads["db"],
        }


class Dense:
    """Weights (inputs, outputs), parameters and gradients in lists, too."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.weights, self.biases = np.zeros((n_in, n_out)), np.zeros((1, n_out))

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x = x
        return x @ self.weights + self.biases

    def backward(self, grad):  # type: ignore[no-untyped-def]
        self.grads = [self.x.T @ grad, grad.sum(axis=0, keepdims=True)]
        return grad @ self.weights.T


class Affine:
    """Parameters and gradients in dicts."""

    def __init__(self, input_size: int, output_size: int) -> None:
        self.params = {"W": np.zeros((input_size, output_size)), "b": np.zeros(output_size)}
        self.grads: dict[str, Any] = {}

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x = x
        return x @ self.params["W"] + self.params["b"]

    def backward(self, dout):  # type: ignore[no-untyped-def]
        self.grads["W"], self.grads["b"] = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.params["W"].T


class MatMul:
    """Parameters and gradients in lists."""

    def __init__(self, n_in: int, n_out: int) -> None:
        self.params = [np.zeros((n_in, n_out)), np.zeros(n_out)]
        self.grads = [np.zeros_like(p) for p in self.params]

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x, (W, b) = x, self.params
        return x @ W + b

    def backward(self, dout):  # type: ignore[no-untyped-def]
        self.grads[0][...], self.grads[1][...] = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.params[0].T


class SoftmaxWithLoss:
    """The gradient for dy = 1."""

    def forward(self, x, t):  # type: ignore[no-untyped-def]
        loss, self.dx = softmax_loss(x, t)
        return loss

    def backward(self):  # type: ignore[no-untyped-def]
        return self.dx


class SigmoidOfD1:
    """The methods of the documents."""

    def output(self, x):  # type: ignore[no-untyped-def]
        self.o = 1 / (1 + np.exp(-x))
        return self.o

    def backpropagate(self, delta):  # type: ignore[no-untyped-def]
        return delta * self.o * (1 - self.o)


class MaxPool:
    def __init__(self, pool_size: Any, stride: int = 1) -> None:
        h, w = np.broadcast_to(pool_size, 2)
        self.param = {"pool_height": int(h), "pool_width": int(w), "stride": stride}

    def forward(self, x):  # type: ignore[no-untyped-def]
        out, self.cache = max_pool_forward_naive(x, self.param)
        return out

    def backward(self, dout):  # type: ignore[no-untyped-def]
        return max_pool_backward_naive(dout, self.cache)


class Pooling:
    """The sides of its windows have names of their own."""

    def __init__(self, pool_h: int, pool_w: int, stride: int = 1) -> None:
        self.param = {"pool_height": pool_h, "pool_width": pool_w, "stride": stride}

    forward, backward = MaxPool.forward, MaxPool.backward


class GivenArrays:
    """Takes the arrays themselves."""

    def __init__(self, weight: Any, bias: Any) -> None:
        self.parameters = {"weight": weight, "bias": bias}

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x = x
        return linear(x, **self.parameters)

    def backward(self, dy):  # type: ignore[no-untyped-def]
        return linear_backward(dy, self.x, self.parameters["weight"])


class Called:
    """Its forward has no name."""

    def __call__(self, x):  # type: ignore[no-untyped-def]
        self.y = np.tanh(x)
        return self.y

    def backward(self, dy):  # type: ignore[no-untyped-def]
        return (1 - self.y**2) * dy


class Rectifier:
    def forward(self, x):  # type: ignore[no-untyped-def]
        self.positive = x > 0
        return x * self.positive

    def backward(self, dy):  # type: ignore[no-untyped-def]
        return dy * self.positive


# --- torch --------------------------------------------------------------------------------


def torch_conv(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):  # type: ignore[no-untyped-def]
    return torch.nn.functional.conv2d(x, weight, bias, stride, padding, dilation, groups)


class TorchConv2d(nn.Module):
    """A module around another."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, bias: bool = True) -> None:  # fmt: skip
        super().__init__()
        options = {"stride": stride, "padding": padding, "bias": bias}
        self.conv = nn.Conv2d(in_channels, out_channels, kernel_size, **options)

    def forward(self, x):  # type: ignore[no-untyped-def]
        return self.conv(x)


def torch_module() -> nn.Module:
    """An object whose weights have other sizes."""
    return nn.Linear(3, 5, dtype=torch.float64)


class LeakyReLUFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, negative_slope):  # type: ignore[no-untyped-def]
        ctx.save_for_backward(x)
        ctx.slope = negative_slope
        return torch.where(x > 0, x, x * negative_slope)

    @staticmethod
    def backward(ctx, dy):  # type: ignore[no-untyped-def]
        (x,) = ctx.saved_tensors
        return torch.where(x > 0, dy, dy * ctx.slope), None


def torch_linear(x, weight, bias=None):  # type: ignore[no-untyped-def]
    y = x @ weight.T
    return y if bias is None else y + bias


def torch_linear_backward(dy, x, weight):  # type: ignore[no-untyped-def]
    rows, d = x.reshape(-1, x.shape[-1]), dy.reshape(-1, len(weight))
    return dy @ weight, d.T @ rows, d.sum(0)
