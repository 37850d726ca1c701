"""What torch takes, refimpl takes too, or says what to give instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refimpl

RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


X = {1: normal(2, 3, 9), 2: normal(2, 3, 9, 8), 3: normal(2, 3, 5, 8, 7)}
WEIGHT = {1: normal(4, 3, 5), 2: normal(4, 3, 3, 2), 3: normal(4, 3, 2, 4, 2)}

ONE_OPTION = (
    [
        (f"conv{n}d", n, (WEIGHT[n],), option)
        for n in (1, 2, 3)
        for option in ({"stride": 2}, {"padding": 1}, {"dilation": 2})
    ]
    + [
        (f"{kind}_pool{n}d", n, (), {"kernel_size": 2, **option})
        for kind in ("max", "avg")
        for n in (1, 2, 3)
        for option in ({}, {"stride": 1}, {"padding": 1}, *([{"dilation": 2}] * (kind == "max")))
    ]
    + [
        (f"conv_transpose{n}d", n, (WEIGHT[n][:3],), option)
        for n in (1, 2, 3)
        for option in (
            {"stride": 2},
            {"padding": 1},
            {"dilation": 2},
            {"stride": 2, "output_padding": 1},
        )
    ]
    + [("pad", n, (), {"padding": 2}) for n in X]
    + [
        (f"adaptive_{kind}_pool{n}d", n, (), {"output_size": 2})
        for kind in ("max", "avg")
        for n in (1, 2, 3)
    ]
)


@pytest.mark.parametrize("form", [tuple, list, np.array])
@pytest.mark.parametrize(("name", "n", "given", "options"), ONE_OPTION)
def test_one_number_in_a_tuple_stands_for_all_axes(
    name: str, n: int, given: tuple[Any, ...], options: dict[str, int], form: Callable[..., Any]
) -> None:
    """Forward and backward, bit by bit what the number gives."""
    wrapped = {key: form([value]) for key, value in options.items()}
    forward, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    y = forward(X[n], *given, **options)
    np.testing.assert_array_equal(forward(X[n], *given, **wrapped), y)
    dy = normal(*y.shape)
    right, found = backward(dy, X[n], *given, **options), backward(dy, X[n], *given, **wrapped)
    for a, b in zip(found, right, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_pair_is_not_one_number() -> None:
    """For one axis a pair of paddings stays what it was: too many entries."""
    with pytest.raises(ValueError, match="but has 2"):
        refimpl.conv1d(X[1], WEIGHT[1], stride=(1, 2))
    both = refimpl.conv1d(X[1], WEIGHT[1], padding=[(1, 2)])
    assert both.shape == (2, 4, 8)


def whole(*shape: int) -> Any:
    """Whole numbers, whose sums are the same in any order."""
    return RNG.integers(-9, 10, shape).astype(float)


def last(array: Any) -> Any:
    """(N, C, …) -> (N, …, C)"""
    return np.moveaxis(array, 1, -1)


def kernel_last(weight: Any) -> Any:
    """(C_out, C_in, …) -> (…, C_in, C_out)"""
    return weight.transpose(*range(2, weight.ndim), 1, 0)


def with_channels_last(n: int) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """A convolution of x, of the weight, of both with their channels last.

    In a weight of one axis C_in stays in the middle.
    """
    x, weight = whole(*X[n].shape), whole(*WEIGHT[n].shape)
    turned = {"x": last(x), "weight": kernel_last(weight)}
    some = [{"x": turned["x"]}, *([{"weight": turned["weight"]}, turned] if n > 1 else [])]
    return [(f"conv{n}d", {"x": x, "weight": weight}, changes) for changes in some]


IMAGE = {"x": whole(1, 3, 9, 8), "weight": whole(4, 3, 3, 2)}
BIAS, DY = whole(4), whole(1, 4, 7, 7)
POOLED, MAP = {"x": IMAGE["x"], "kernel_size": 2}, {"x": whole(1, 1, 9, 8), "kernel_size": 2}
DENSE, ROW = {"x": whole(5, 3), "weight": whole(4, 3)}, {"x": whole(5, 3), "weight": whole(1, 3)}
PLACES = {"logits": normal(2, 4, 6, 5), "target": RNG.integers(0, 4, (2, 6, 5))}

# What is right, and what is given in the place of some of it.
MENDED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    *(call for n in (1, 2, 3) for call in with_channels_last(n)),
    ("conv2d", {**IMAGE, "bias": BIAS}, {"bias": BIAS[:, None]}),
    ("conv2d", {**IMAGE, "bias": BIAS}, {"bias": BIAS[None, None, None]}),
    ("conv2d_backward", {"dy": DY, **IMAGE}, {"dy": last(DY)}),
    ("conv2d_backward", {"dy": DY, **IMAGE}, {"dy": DY[0]}),
    ("avg_pool2d", POOLED, {"x": IMAGE["x"][0]}),
    ("avg_pool2d", MAP, {"x": MAP["x"][0, 0]}),
    ("linear", DENSE, {"weight": DENSE["weight"].T}),
    ("linear", DENSE, {"x": DENSE["x"].T}),
    ("linear", ROW, {"weight": ROW["weight"][0]}),
    (
        "linear_backward",
        {"dy": BIAS[:, None], "x": ROW["x"][:4], "weight": ROW["weight"]},
        {"dy": BIAS},
    ),
    ("cross_entropy", PLACES, {"logits": last(PLACES["logits"])}),
    ("cross_entropy", PLACES, {"target": PLACES["target"][:, None]}),
    ("cross_entropy", PLACES, {"target": PLACES["target"].astype(float)}),
    (
        "squared_error",
        {"output": BIAS[:, None], "target": ROW["x"][:4, :1]},
        {"target": ROW["x"][:4, 0]},
    ),
]
WAY = re.compile(
    r"\b(\w+)(\.T\b|\.transpose\([\d, ]+\)|\.reshape\([\d, ]+\)|\.astype\(int\)|\[[^]]+\])"
)


def arrays_of(value: Any) -> tuple[Any, ...]:
    """One array, or those of a named tuple."""
    return value if isinstance(value, tuple) else (value,)


@pytest.mark.parametrize(
    ("name", "right", "wrong"), MENDED, ids=[f"{m[0]} {[*m[2]]}" for m in MENDED]
)
def test_what_is_said_mends_it(name: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    """The first way out of the sentence, done, gives what the right arrays give."""
    call, given = getattr(refimpl, name), {**right, **wrong}
    with pytest.raises((ValueError, TypeError), match=f"^{name}: ") as info:
        call(**given)
    hint = str(info.value).rsplit("; ", 1)[1]
    ways = {array: array + way for array, way in reversed(WAY.findall(hint))}
    assert set(ways) == set(wrong)
    mended = {array: eval(way, dict(given)) for array, way in ways.items()}
    for found, expected in zip(
        arrays_of(call(**given | mended)), arrays_of(call(**right)), strict=True
    ):
        np.testing.assert_array_equal(found, expected)


def test_class_weights_by_reduction_none() -> None:
    """The weighted mean is that of the losses of reduction none, each weighted, and so is dy."""
    logits, target, w = normal(5, 3), np.array([2, 0, 1, 2, 0]), np.array([0.5, 2.0, 0.25])
    losses = refimpl.cross_entropy(logits, target, "none")
    dlosses = w[target] / w[target].sum()
    weighted = refimpl.cross_entropy(logits, target, weight=w)
    np.testing.assert_allclose(weighted, (dlosses * losses).sum(), rtol=1e-14)
    gradient = refimpl.cross_entropy_backward(dlosses, logits, target, "none")
    found = refimpl.cross_entropy_backward(np.array(1.0), logits, target, weight=w)
    np.testing.assert_allclose(found, gradient, rtol=1e-14)
