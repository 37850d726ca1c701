"""Files as people hand them in, for the tests of whole checks."""

from __future__ import annotations

from textwrap import dedent

FORWARD = dedent(
    """
    import numpy as np

    def conv_forward_naive(x, w, b, conv_param):
        s, p = conv_param["stride"], conv_param["pad"]
        xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        k, l = w.shape[2:]
        rows, columns = (xp.shape[2] - k) // s + 1, (xp.shape[3] - l) // s + 1
        out = np.zeros((len(x), len(w), rows, columns), x.dtype)
        for i in range(rows):
            for j in range(columns):
                part = xp[:, :, i * s : i * s + k, j * s : j * s + l]
                out[:, :, i, j] = np.einsum("ncij,fcij->nf", part, w) + b
        return out, (x, w, b, conv_param)
    """
)
BACKWARD = dedent(
    """
    def conv_backward_naive(dout, cache):
        x, w, b, conv_param = cache
        s, p = conv_param["stride"], conv_param["pad"]
        xp = np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))
        k, l = w.shape[2:]
        dxp, dw = np.zeros_like(xp), np.zeros_like(w)
        for i in range(dout.shape[2]):
            for j in range(dout.shape[3]):
                rows, columns = slice(i * s, i * s + k), slice(j * s, j * s + l)
                dw += np.einsum("nf,ncij->fcij", dout[:, :, i, j], xp[:, :, rows, columns])
                dxp[:, :, rows, columns] += np.einsum("nf,fcij->ncij", dout[:, :, i, j], w)
        dx = dxp[:, :, p : p + x.shape[2], p : p + x.shape[3]]
        return dx, dw, dout.sum(axis=(0, 2, 3))
    """
)
RIGHT = FORWARD + BACKWARD
STRIDE_FORGOTTEN = RIGHT.replace(
    "slice(i * s, i * s + k), slice(j * s, j * s + l)", "slice(i, i + k), slice(j, j + l)"
)
CHANNELS_LAST = dedent(
    """
    import numpy as np

    def relu_forward_and_pool(x):
        return x

    def my_max_pool2d(x, kernel_size, stride=None):
        k = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
        s = k if stride is None else stride if isinstance(stride, tuple) else (stride, stride)
        n, h, w, c = x.shape
        rows, columns = (h - k[0]) // s[0] + 1, (w - k[1]) // s[1] + 1
        y = np.zeros((n, rows, columns, c), x.dtype)
        for i in range(rows):
            for j in range(columns):
                part = x[:, i * s[0] : i * s[0] + k[0], j * s[1] : j * s[1] + k[1]]
                y[:, i, j] = part.max(axis=(1, 2))
        return y
    """
)
