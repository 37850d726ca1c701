"""Drift through max pooling: which places may win a window."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from parity.bounds import operations
from parity.bounds.adaptive import spans
from parity.bounds.arithmetic import gamma
from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.error import Accumulated, Two
from parity.bounds.two_axes import two
from parity.cases.case import Array


def max_pool_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """A maximum moves by no more than the largest error in its window."""
    return Accumulated(operations.forward(function, {"x": errors["x"]}, options))


def max_pool_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """A place may win or lose a window if its interval reaches the least possible maximum."""
    x, pool = arrays["x"].astype(np.float64), _windows_of(arrays["x"], dy, options)
    low, high = (pool.windows(edge, -np.inf) for edge in (x - errors["x"], x + errors["x"]))
    may_win = ~(high < low.max(axis=(2, 3), keepdims=True))
    several = may_win.sum(axis=(2, 3), keepdims=True) > 1
    # Where nothing carries an error a tie is a tie, and the convention decides it.
    carried = (pool.windows(errors["x"], 0) > 0) & may_win
    contested = may_win & several & carried.any(axis=(2, 3), keepdims=True)
    d = (np.abs(dy.astype(np.float64)) + errors["dy"])[:, :, None, None]
    moved = np.where(may_win, errors["dy"][:, :, None, None], 0.0)
    drift = pool.sums(np.where(contested, d, moved))
    # The sum of a contested place may have more terms than at the centre: a rounding each.
    terms = pool.sums(np.where(contested, 1.0, 0.0))
    u = float(np.finfo(dy.dtype).eps) / 2
    rounding = np.where(terms > 1, 2 * gamma(terms, u) * pool.sums(np.where(may_win, d, 0.0)), 0)
    return {"x": Accumulated(drift + rounding, int(contested.any(axis=(2, 3)).sum()))}


def _windows_of(x: Array, dy: Array, options: Options) -> _Pool | _Adaptive:
    """The windows of a pooling; of an adaptive one, of whole maps too, they differ in size."""
    if "kernel_size" in options:
        return _Pool.of(x, dy, options)
    return _Adaptive.of(x, options)


class _Adaptive(NamedTuple):
    """The windows of an adaptive 2-d pooling, each filled up with a place behind the input."""

    rows: Array  # (H_out, K_h): the places of x that a window reads; H of those that it has not
    columns: Array
    shape: tuple[int, ...]  # of x

    @classmethod
    def of(cls, x: Array, options: Options) -> _Adaptive:
        sides = x.shape[2:]
        rows, columns = map(_filled_up, spans(sides, options.get("output_size", 1)), sides)
        return cls(rows, columns, x.shape)

    def windows(self, x: Array, outside: float) -> Array:
        """(N, C, K_h, K_w, H_out, W_out): every window of x, `outside` where it has no place."""
        framed = np.pad(x, [(0, 0), (0, 0), (0, 1), (0, 1)], constant_values=outside)
        windows: Array = framed[self._places].transpose(0, 1, 4, 5, 2, 3)
        return windows

    def sums(self, parts: Array) -> Array:
        """The adjoint: for each place of x the sum of its parts in all windows."""
        N, C, H, W = self.shape
        total = np.zeros((N, C, H + 1, W + 1))
        np.add.at(total, self._places, parts.transpose(0, 1, 4, 5, 2, 3))
        return total[:, :, :H, :W]

    @property
    def _places(self) -> tuple[Any, ...]:
        """The index of (N, C, H_out, W_out, K_h, K_w) in the framed input."""
        every = slice(None)
        return every, every, self.rows[:, None, :, None], self.columns[None, :, None, :]


def _filled_up(windows: list[tuple[int, int]], size: int) -> Array:
    """The places of each window in a row; those that a row has too many lie behind the input."""
    widest = max(stop - start for start, stop in windows)
    rows = [
        [u if u < stop else size for u in range(start, start + widest)] for start, stop in windows
    ]
    return np.array(rows)


class _Pool(NamedTuple):
    """The windows of a 2-d pooling over an input that is framed so that every window is whole."""

    kernel: Two
    stride: Two
    dilation: Two
    frame: tuple[Two, ...]
    framed: tuple[int, ...]  # the shape of the framed input

    @classmethod
    def of(cls, x: Array, dy: Array, options: Options) -> _Pool:
        """Behind the input ceil_mode may need more than the padding."""
        kernel, stride, dilation, padding = _pool_options(options)
        frame = [(0, 0), (0, 0)]
        for out, n, k, s, d, p in zip(
            dy.shape[2:], x.shape[2:], kernel, stride, dilation, padding, strict=True
        ):
            frame.append((p, max(p, (out - 1) * s + d * (k - 1) + 1 - n - p)))
        framed = tuple(n + sum(pair) for n, pair in zip(x.shape, frame, strict=True))
        return cls(kernel, stride, dilation, tuple(frame), framed)

    def windows(self, x: Array, outside: float) -> Array:
        """(N, C, K_h, K_w, H_out, W_out): every window of x, `outside` in the frame."""
        framed = np.pad(x, self.frame, constant_values=outside)
        spans = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        every = np.lib.stride_tricks.sliding_window_view(framed, spans, (2, 3))
        (s_h, s_w), (d_h, d_w) = self.stride, self.dilation
        return every[:, :, ::s_h, ::s_w, ::d_h, ::d_w].transpose(0, 1, 4, 5, 2, 3)

    def sums(self, parts: Array) -> Array:
        """The adjoint: for each place of x the sum of its parts in all windows."""
        total = np.zeros(self.framed)
        (s_h, s_w), (d_h, d_w), (rows, columns) = self.stride, self.dilation, parts.shape[4:]
        for i, j in np.ndindex(*self.kernel):
            down = slice(i * d_h, i * d_h + (rows - 1) * s_h + 1, s_h)
            across = slice(j * d_w, j * d_w + (columns - 1) * s_w + 1, s_w)
            total[:, :, down, across] += parts[:, :, i, j]
        (top, below), (left, right) = self.frame[2:]
        H, W = self.framed[2:]
        return total[:, :, top : H - below, left : W - right]


def _pool_options(options: Options) -> tuple[Two, Two, Two, Two]:
    kernel = two(options["kernel_size"])
    stride = two(options.get("stride") or kernel)
    return kernel, stride, two(options.get("dilation", 1)), two(options.get("padding", 0))
