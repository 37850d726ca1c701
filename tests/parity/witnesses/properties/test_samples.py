"""Code in which a sample depends on its place in the batch, or on its neighbours, is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from asking import faults
from planting import plant

import refimpl
from parity.cases.functions import FUNCTIONS
from parity.witnesses.properties.samples import has_batch, samples_apart
from parity.witnesses.properties.situation import Call


@pytest.mark.parametrize(
    "case",
    [
        "relu[maps]",
        "relu[one axis]",
        "conv2d[plain]",
        "linear[plain]",
        "add[maps]",
        "cross_entropy[batch, indices, mean]",
    ],
)
def test_the_right_code(case: str) -> None:
    """A sum over samples is the same in any order."""
    assert faults(samples_apart, case) == []


def doubled_first(y: Any) -> Any:
    y[:1] *= 2
    return y


def neighbour(y: Any) -> Any:
    return y - y.mean(axis=0)


@pytest.mark.parametrize("name", ["relu", "relu_backward"])
def test_the_first_sample_alone_is_wrong(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """In another order it is another one."""
    plant(monkeypatch, refimpl, name, doubled_first)
    said = faults(samples_apart, "relu[maps]")
    assert said[0].startswith("relu of samples in another order: ")
    assert said[-1].startswith("relu of a sample alone: ")


def test_samples_that_depend_on_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less the mean of the batch: the order changes nothing, but alone a sample is 0."""
    plant(monkeypatch, refimpl, "relu", neighbour)
    (said,) = faults(samples_apart, "relu[maps]")
    assert said.startswith("relu of a sample alone: y at (0, ")


def test_a_weight_gradient_of_the_last_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sum over samples must not depend on their order."""
    right = refimpl.conv2d_backward

    def wrong(dy: Any, x: Any, weight: Any, **options: Any) -> Any:
        last = right(dy[-1:], x[-1:], weight, **options)
        return right(dy, x, weight, **options)._replace(dweight=last.dweight)

    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)
    (said,) = faults(samples_apart, "conv2d[plain]")
    assert said.startswith("conv2d of samples in another order: dweight at (")


@pytest.mark.parametrize(
    ("function", "shape", "options", "batch"),
    [
        ("relu", (2, 3), {}, True),
        ("relu", (3,), {}, False),
        ("relu", (1, 3), {}, False),
        ("rot180", (2, 3), {}, False),
        ("rot180", (2, 3, 4), {}, True),
        ("softmax", (2, 3), {"axis": -2}, False),
        ("softmax", (2, 3), {"axis": 1}, True),
    ],
)
def test_what_has_samples(
    function: str, shape: tuple[int, ...], options: dict[str, Any], batch: bool
) -> None:
    """A first axis that numbers independent things."""
    x = np.zeros(shape)
    assert has_batch(Call(FUNCTIONS[function], {"x": x}, options, x)) is batch
