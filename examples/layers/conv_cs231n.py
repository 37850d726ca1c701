"""A convolution as in the exercises of CS231n. Its backward is not finished."""

import numpy as np


def conv_forward_naive(x, w, b, conv_param):
    stride, pad = conv_param["stride"], conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    kh, kw = w.shape[2:]
    rows = (padded.shape[2] - kh) // stride + 1
    columns = (padded.shape[3] - kw) // stride + 1
    out = np.zeros((len(x), len(w), rows, columns))
    for n in range(len(x)):
        for f in range(len(w)):
            for i in range(rows):
                for j in range(columns):
                    top, left = i * stride, j * stride
                    window = padded[n, :, top : top + kh, left : left + kw]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out, (x, w, b, conv_param)


def conv_backward_naive(dout, cache):
    x, w, _, conv_param = cache
    pad = conv_param["pad"]
    padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    kh, kw = w.shape[2:]
    dpadded, dw = np.zeros_like(padded), np.zeros_like(w)
    for n in range(len(x)):
        for f in range(len(w)):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dw[f] += dout[n, f, i, j] * padded[n, :, i : i + kh, j : j + kw]
                    dpadded[n, :, i : i + kh, j : j + kw] += dout[n, f, i, j] * w[f]
    dx = dpadded[:, :, pad : pad + x.shape[2], pad : pad + x.shape[3]]
    return dx, dw, dout.sum(axis=(0, 2, 3))
