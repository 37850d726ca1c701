"""What torch takes, refimpl takes too, or says what to give instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import refimpl
from refimpl import Linear, ReLU, Sequential

RNG = np.random.default_rng(0)


def normal(*shape: int) -> Any:
    return RNG.normal(size=shape)


X = {1: normal(2, 3, 9), 2: normal(2, 3, 9, 8), 3: normal(2, 3, 5, 8, 7)}
WEIGHT = {1: normal(4, 3, 3), 2: normal(4, 3, 3, 2), 3: normal(4, 3, 2, 4, 2)}

ONE_OPTION = [
    (f"conv{n}d", n, (WEIGHT[n],), option)
    for n in (1, 2, 3)
    for option in ({"stride": 2}, {"padding": 1}, {"dilation": 2})
] + [
    (f"{kind}_pool{n}d", n, (), {"kernel_size": 2, **option})
    for kind in ("max", "avg")
    for n in (1, 2, 3)
    for option in ({}, {"stride": 1}, {"padding": 1}, *([{"dilation": 2}] * (kind == "max")))
]


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
    assert both.shape == (2, 4, 10)


SAID: dict[str, tuple[Callable[[], Any], str]] = {
    "one image": (
        lambda: refimpl.conv2d(X[2][0], WEIGHT[2]),
        "if it lacks the batch axis, give x[None]",
    ),
    "one map": (
        lambda: refimpl.conv2d(X[2][0, 0], WEIGHT[2]),
        "if it lacks batch and channels, give x[None, None]",
    ),
    "one row of maps": (
        lambda: refimpl.max_pool1d(X[1][0], 2),
        "if it lacks the batch axis, give x[None]",
    ),
    "a batch axis in x alone": (
        lambda: refimpl.conv2d_backward(normal(4, 7, 7), X[2][:1], WEIGHT[2]),
        "give it the batch axis: dy[None]",
    ),
    "channels last": (
        lambda: refimpl.conv2d(X[2].transpose(0, 2, 3, 1), WEIGHT[2]),
        "if its channels are last: x.transpose(0, 3, 1, 2)",
    ),
    "channels last, in the kernel as well": (
        lambda: refimpl.conv2d(X[2].transpose(0, 2, 3, 1), WEIGHT[2].transpose(2, 3, 1, 0)),
        "if channels are last: x.transpose(0, 3, 1, 2) and weight.transpose(3, 2, 0, 1)",
    ),
    "channels last along three axes": (
        lambda: refimpl.conv3d(X[3].transpose(0, 2, 3, 4, 1), WEIGHT[3].transpose(2, 3, 4, 1, 0)),
        "if channels are last: x.transpose(0, 4, 1, 2, 3) and weight.transpose(4, 3, 0, 1, 2)",
    ),
    "a bias with axes": (
        lambda: refimpl.conv2d(X[2], WEIGHT[2], normal(1, 1, 1, 4)),
        "give bias.reshape(-1)",
    ),
    "a negative divisor": (
        lambda: refimpl.avg_pool2d(X[2], 2, divisor_override=-3),
        "negate what divisor_override=3 gives",
    ),
    "an ignored class": (
        lambda: refimpl.cross_entropy(normal(2, 3), np.array([1, -100])),
        "-100 is torch's ignore_index, which refimpl does not have: leave those samples out",
    ),
    "an ignored class, backward": (
        lambda: refimpl.cross_entropy_backward(np.ones(()), normal(2, 3), np.array([1, -100])),
        "-100 is torch's ignore_index, which refimpl does not have: leave those samples out",
    ),
    "a list of layers": (lambda: Sequential([ReLU(), ReLU()]), "give Sequential(*layers)"),  # type: ignore[arg-type]
    "a list of layers of a network": (
        lambda: refimpl.Network([ReLU()]),  # type: ignore[arg-type]
        'give a dict, {"fc": Linear(…), "act": ReLU()}',
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_to_do_is_said(name: str) -> None:
    """At the end of the sentence."""
    call, said = SAID[name]
    with pytest.raises((ValueError, TypeError)) as info:
        call()
    assert str(info.value).endswith(f"; {said}")
    assert len(str(info.value)) > len(said) + 30  # where, what, both values before it


def test_the_way_that_is_said_is_right() -> None:
    """Arrays with channels last, turned as the sentences say."""
    y = refimpl.conv2d(X[2], WEIGHT[2])
    x, weight = X[2].transpose(0, 2, 3, 1), WEIGHT[2].transpose(2, 3, 1, 0)
    turned = refimpl.conv2d(x.transpose(0, 3, 1, 2), weight.transpose(3, 2, 0, 1))
    np.testing.assert_array_equal(turned, y)
    x, weight = X[3].transpose(0, 2, 3, 4, 1), WEIGHT[3].transpose(2, 3, 4, 1, 0)
    turned = refimpl.conv3d(x.transpose(0, 4, 1, 2, 3), weight.transpose(4, 3, 0, 1, 2))
    np.testing.assert_array_equal(turned, refimpl.conv3d(X[3], WEIGHT[3]))
    halves = -refimpl.avg_pool2d(X[2], 2, divisor_override=3)
    np.testing.assert_allclose(halves, refimpl.avg_pool2d(-X[2], 2, divisor_override=3))


def test_no_hint_where_nothing_fits() -> None:
    """Neither the first nor the last axis has as many channels as the weight."""
    with pytest.raises(ValueError, match=r"expects 5 \(x .*, weight .*\)$"):
        refimpl.conv2d(X[2], normal(4, 5, 3, 2))


def test_layers_one_by_one() -> None:
    """As in torch they are called by their numbers."""
    fc = Linear(normal(2, 4), normal(2))
    network = Sequential(fc, ReLU())
    assert list(network.layers) == ["0", "1"]
    x = normal(3, 4)
    named = Sequential({"fc": fc, "act": ReLU()})
    np.testing.assert_array_equal(network.forward(x), named.forward(x))
    assert list(Sequential(fc).layers) == ["0"]


def test_class_weights_by_reduction_none() -> None:
    """The weighted mean that cross_entropy's docstring names, against its definition."""
    logits, target, w = normal(5, 3), np.array([2, 0, 1, 2, 0]), np.array([0.5, 2.0, 0.25])
    losses = refimpl.cross_entropy(logits, target, "none")
    dlosses = w[target] / w[target].sum()
    step = 1e-6 * normal(5, 3)
    gradient = refimpl.cross_entropy_backward(dlosses, logits, target, "none")
    ahead = (dlosses * refimpl.cross_entropy(logits + step, target, "none")).sum()
    behind = (dlosses * refimpl.cross_entropy(logits - step, target, "none")).sum()
    assert (ahead - behind) / 2 == pytest.approx((gradient * step).sum(), rel=1e-4)
    assert (dlosses * losses).sum() == pytest.approx(np.average(losses, weights=w[target]))
