"""The other conventions at ties and at zero, beside definitions of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.witnesses.definitions.windows import is_inside, pool_windows
from parity.witnesses.properties.apart import difference
from parity.witnesses.properties.situation import Call, Situation

AT_ZERO = (1, 0.5, -2.0)  # products with these are exact
MAXIMA = ("max_pool1d", "max_pool2d", "max_pool3d")
KINKED = ("relu", "perceptron_loss")


def other_conventions(given: Situation) -> Iterator[str]:
    """ties="all" gives a window's dy to each of its maxima, "split" an equal share of it; at_zero ·
    dy passes where x is 0.

    On few small integers, so that there are ties and zeros and nothing but a share is rounded.
    """
    call = given.call
    if call.function.name not in (*MAXIMA, *KINKED):
        return
    rng = given.rng("conventions")
    dtype, name = call.dy.dtype, call.function.backward_name
    dy = rng.integers(-8, 9, call.dy.shape).astype(dtype)
    if call.function.name in MAXIMA:
        tied = rng.integers(-1, 2, call.arrays["x"].shape).astype(dtype)
        half = rng.random(tied.shape) < 1 / 2
        apart = np.where(half, np.nextafter(tied, tied + 1), tied)  # one unit in the last place
        for said, x in (("", tied), (", nearly tied", apart)):
            defined = _defined(dy, x, call)
            found = getattr(refimpl, name)(dy, x, **call.options, ties="all")
            yield from _compared(f'{name} with ties="all"{said}', found, defined.to_all)
            found = getattr(refimpl, name)(dy, x, **call.options, ties="split")
            yield from _shared_out(f'{name} with ties="split"{said}', found, dy.dtype, defined)
    for at_zero in AT_ZERO:
        if call.function.name == "relu":
            x = rng.integers(-1, 2, call.arrays["x"].shape).astype(dtype)
            found = refimpl.relu_backward(dy, x, at_zero=at_zero)
            yield from _compared(f"{name} with at_zero={at_zero}", found, dy * _slope(x, at_zero))
        if call.function.name == "perceptron_loss":
            score = rng.integers(-1, 2, call.arrays["score"].shape).astype(dtype)
            target = call.arrays["target"]
            found = refimpl.perceptron_loss_backward(dy, score, target, at_zero=at_zero)
            wanted = -target * dy * _slope(-target * score, at_zero)
            yield from _compared(f"{name} with at_zero={at_zero}", found, wanted)


def _slope(x: Array, at_zero: float) -> Array:
    """1 where x > 0, at_zero where x = 0."""
    slope: Array = ((x > 0) + at_zero * (x == 0)).astype(x.dtype)
    return slope


class _Defined(NamedTuple):
    """∂L/∂x[…,u] over the windows whose maximum x[…,u] equals: their dy, their shares of it.

    sizes: Σ|shares|. windows: how many there are.
    """

    to_all: Array
    shared: Array
    sizes: Array
    windows: Array


def _defined(dy: Array, x: Array, call: Call) -> _Defined:
    """Σ dy and Σ dy/(number of maxima), a quotient for each window."""
    found = _Defined(np.zeros(x.shape, x.dtype), *(np.zeros(x.shape) for _ in range(3)))
    for output, window in pool_windows(x.shape, call.options)[1]:
        inside = [u for u in window if is_inside(u, x.shape)]
        places: Any = (..., *np.transpose(inside))
        of_window: Any = (..., *output, None)
        values, here = x[places], dy[of_window]  # (N, C, places), (N, C, 1)
        largest = values == values.max(axis=-1, keepdims=True)
        share = here.astype(np.float64) / largest.sum(axis=-1, keepdims=True)
        found.to_all[places] += largest * here
        found.shared[places] += largest * share
        found.sizes[places] += largest * np.abs(share)
        found.windows[places] += largest
    return found


def _shared_out(what: str, found: Array, dtype: np.dtype[Any], defined: _Defined) -> Iterator[str]:
    """A quotient for each window, and their sum: within the roundings of the two sides."""
    dx, u = defined.shared, float(np.finfo(dtype).eps) / 2
    limit = 2 * (defined.windows + 1) * u * defined.sizes
    if found.shape != dx.shape or found.dtype != dtype:
        yield f"{what}: {found.dtype} {found.shape}, not {dtype} {dx.shape}"
    elif not np.all(np.abs(found - dx) <= limit):
        place = np.unravel_index(np.argmax(np.abs(found - dx) - limit), dx.shape)
        at = tuple(map(int, place))
        yield f"{what} at {at} is {found[at].item()!r}, else {dx[at].item()!r}"


def _compared(what: str, found: Any, wanted: Array) -> Iterator[str]:
    """As numbers: a sum may leave a zero of either sign."""
    if said := difference(np.asarray(found) + 0, wanted + 0):
        yield f"{what}: {said}"
