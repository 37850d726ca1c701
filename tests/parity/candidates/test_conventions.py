"""Which of several right answers a candidate gives at ties and at 0."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from answering import verdict

import refimpl
from parity.candidates.conventions import TIED


def last(dy: Any, x: Any, kernel_size: Any, stride: Any = None, **more: Any) -> Any:
    """A window's last maximum, in a loop: of windows side by side, without padding."""
    dx = np.zeros_like(x)
    for n, c, i, j in np.ndindex(dy.shape):
        rows, columns = slice(2 * i, 2 * i + 2), slice(2 * j, 2 * j + 2)
        window = x[n, c, rows, columns]
        places = np.argwhere(window == window.max())
        dx[n, c, 2 * i + places[-1][0], 2 * j + places[-1][1]] += dy[n, c, i, j]
    return dx


def shared(dy: Any, x: Any, *more: Any, **options: Any) -> Any:
    every = refimpl.max_pool2d_backward(dy, x, *more, ties="all", **options)
    counts = refimpl.max_pool2d_backward(np.ones_like(dy), x, *more, ties="all", **options)
    return every / 3 if np.array_equal(x, TIED) else every * (counts > 0)


def dropped(dy: Any, x: Any, *more: Any, **options: Any) -> Any:
    """Nothing where a window has several."""
    if np.array_equal(x, TIED):
        return np.zeros_like(x)
    return refimpl.max_pool2d_backward(dy, x, *more, **options)


def tied(code: Any, problem_alone: bool = False) -> Any:
    """A right backward but for the tied problem."""
    return lambda dy, x, *more, **options: (
        code(dy, x, *more, **options)
        if np.array_equal(x, TIED)
        else refimpl.max_pool2d_backward(dy, x, *more, **options)
    )


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (refimpl.max_pool2d_backward, "at ties the first maximum of a window gets dy, as in torch"),
        (tied(last), "at ties the last maximum of a window gets dy"),
        (
            lambda dy, x, *a, **o: refimpl.max_pool2d_backward(dy, x, *a, ties="all", **o),
            "at ties every maximum of a window gets dy",
        ),
        (tied(shared), "at ties the maxima of a window share dy"),
    ],
)
def test_ties(code: Any, said: str) -> None:
    """Each is right, and named."""
    found = verdict(code, "max_pool2d", "backward")
    assert found
    assert said in found.remarks


@pytest.mark.parametrize("function", ["max_pool1d", "max_pool3d"])
@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("first", "at ties the first maximum of a window gets dy, as in torch"),
        ("last", "at ties the last maximum of a window gets dy"),
        ("every", "at ties every maximum of a window gets dy"),
        ("shared", "at ties the maxima of a window share dy"),
    ],
)
def test_ties_along_one_and_three_axes(function: str, of: str, said: str) -> None:
    """Asked of every max pooling, and named."""
    found = verdict(along(function, of), function, "backward")
    assert found, str(found)
    assert [one for one in found.remarks if "ties" in one] == [said]


def along(function: str, of: str) -> Any:
    """A backward that looks at each window by itself, wherever they overlap or not."""
    right = getattr(refimpl, f"{function}_backward")

    def backward(dy: Any, x: Any, kernel_size: Any, **options: Any) -> Any:
        dx = np.zeros_like(x)
        for place in np.ndindex(*dy.shape):
            one = np.zeros_like(dy)
            one[place] = dy[place]
            maxima = np.argwhere(right(one, x, kernel_size, **options, ties="all"))
            chosen = {"first": maxima[:1], "last": maxima[-1:]}.get(of, maxima)
            share = dy[place] / (len(maxima) if of == "shared" else 1)
            for there in map(tuple, chosen):
                dx[there] += share
        return dx

    return lambda dy, x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False: backward(
        dy,
        x,
        kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )


def test_ties_that_get_nothing() -> None:
    """That is no convention."""
    found = verdict(dropped, "max_pool2d", "backward")
    assert not found
    assert found.faults == (
        "at ties dx is none of what is usual: the first, the last, all, shared",
    )


@pytest.mark.parametrize(("at_zero", "said"), [(0, "0, as in torch"), (1, "1"), (0.5, "½")])
def test_the_derivative_at_zero(at_zero: float, said: str) -> None:
    """0, 1 and ½ are right; 0.3 is not."""
    found = verdict(lambda dy, x: refimpl.relu_backward(dy, x, at_zero), "relu", "backward")
    assert found
    assert f"the derivative at 0 is {said}" in found.remarks
    odd = verdict(lambda dy, x: refimpl.relu_backward(dy, x, 0.3), "relu", "backward")
    assert odd.faults == ("the derivative at 0 is none of 0, as in torch, 1, ½",)


def test_other_kinks() -> None:
    """hardtanh's limits, leaky_relu's 0, the sign of 0."""
    leaky = verdict(
        lambda dy, x, negative_slope=0.01: np.where(x >= 0, dy, negative_slope * dy),
        "leaky_relu",
        "backward",
    )
    assert leaky, str(leaky)
    assert "the derivative at 0 is 1" in leaky.remarks
    hard = verdict(
        lambda dy, x, min_val=-1, max_val=1: dy * ((x >= min_val) & (x <= max_val)),
        "hardtanh",
        "backward",
    )
    assert "the derivative at the limits is 1" in hard.remarks
    sign = verdict(lambda x: np.where(x >= 0, 1.0, -1.0).astype(x.dtype), "sign", "forward")
    assert sign
    assert "the sign of 0 is 1" in sign.remarks
    odd = verdict(lambda x: np.where(x == 0, 0.3, np.sign(x)).astype(x.dtype), "sign", "forward")
    assert odd.faults == ("the sign of 0 is none of 0, as in torch, 1, −1",)


def test_a_slope_that_is_rounded_once_more() -> None:
    """At a kink roundings are as right as anywhere."""

    def code(dy: Any, x: Any, negative_slope: float = 0.01) -> Any:
        return np.where(x > 0, dy, dy * (negative_slope * 10) / 10)

    found = verdict(code, "leaky_relu", "backward")
    assert found, str(found)
    assert "the derivative at 0 is the slope, as in torch" in found.remarks
