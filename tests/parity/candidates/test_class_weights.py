"""Weights of classes in a cross-entropy: functions, classes and objects that have them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import parity


def log_softmax(z: Any) -> Any:
    z = z - z.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def picked(logits: Any, target: Any) -> Any:
    return -log_softmax(logits)[np.arange(len(target)), target]


def weighted(logits: Any, target: Any, class_weights: Any) -> Any:
    w = class_weights[target]
    return (w * picked(logits, target)).sum() / w.sum()


def over_samples(logits: Any, target: Any, class_weights: Any) -> Any:
    return (class_weights[target] * picked(logits, target)).mean()


def perhaps(logits: Any, target: Any, class_weights: Any = None) -> Any:
    w = np.ones(len(target)) if class_weights is None else class_weights[target]
    return (w * picked(logits, target)).sum() / w.sum()


def perhaps_backward(dy: Any, logits: Any, target: Any, class_weights: Any = None) -> Any:
    w = np.ones(len(target)) if class_weights is None else class_weights[target]
    p = np.exp(log_softmax(logits))
    p[np.arange(len(target)), target] -= 1
    return dy * p * w[:, None] / w.sum()


def weightless_backward(dy: Any, logits: Any, target: Any, class_weights: Any = None) -> Any:
    return perhaps_backward(dy, logits, target)


def plain(logits: Any, target: Any) -> Any:
    return picked(logits, target).mean()


class Weighted:
    def __init__(self, class_weights: Any) -> None:
        self.class_weights = class_weights

    def forward(self, logits: Any, target: Any) -> Any:
        self.given = logits, target, self.class_weights
        return weighted(*self.given)

    def backward(self) -> Any:
        return perhaps_backward(1.0, *self.given)


class Unweighted(Weighted):
    """Its gradient forgets them."""

    def backward(self) -> Any:
        return perhaps_backward(1.0, *self.given[:2])


class OverSamples(Weighted):
    def forward(self, logits: Any, target: Any) -> Any:
        super().forward(logits, target)
        return over_samples(*self.given)

    def backward(self) -> Any:
        _, target, w = self.given
        return perhaps_backward(1.0, *self.given) * w[target].sum() / len(target)


THREE = np.array([1.0, 2.0, 0.5])
OF_TORCH: dict[str, Any] = {"weight": torch.tensor([1.0, 2.0, 0.5])}

RIGHT = {
    "function": weighted,
    "function, if they are given": perhaps,
    "forward and backward": (perhaps, perhaps_backward),
    "class": Weighted,
    "object": Weighted(THREE),
    "torch's function": nn.functional.cross_entropy,
    "torch's object": nn.CrossEntropyLoss(**OF_TORCH),
    "torch's object, smoothed": nn.CrossEntropyLoss(label_smoothing=0.1, **OF_TORCH),
    "torch's object, one class ignored": nn.CrossEntropyLoss(ignore_index=1, **OF_TORCH),
    "torch's object, a sum": nn.CrossEntropyLoss(reduction="sum", **OF_TORCH),
}


@pytest.mark.parametrize("name", RIGHT)
def test_right(name: str) -> None:
    found = parity.check(RIGHT[name], like="cross_entropy")
    assert found.status == "right", str(found)
    assert "class weights" not in found.unchecked


@pytest.mark.parametrize("name", [name for name in RIGHT if "object" in name])
def test_an_object_says_for_how_many_classes(name: str) -> None:
    found = parity.check(RIGHT[name], like="cross_entropy")
    (said,) = (one for one in found.remarks if one.startswith("judged as it stands"))
    assert said.endswith("weights of 3 classes")


def test_without_them() -> None:
    """What has no place for them is not asked, and what needs them is asked with them alone."""
    assert "class weights" in parity.check(plain, like="cross_entropy").unchecked
    assert "class weights left out" in parity.check(Weighted, like="cross_entropy").unchecked


WRONG = {
    "over the samples": (over_samples, "y is wrong"),
    "over the samples, class": (OverSamples, "y is wrong"),
    "over the samples, object": (OverSamples(THREE), "y is wrong"),
    "gradient without them": ((perhaps, weightless_backward), "dlogits is wrong"),
    "gradient without them, class": (Unweighted, "dlogits is wrong"),
    "gradient without them, object": (Unweighted(THREE), "dlogits is wrong"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong(name: str) -> None:
    code, said = WRONG[name]
    found = parity.check(code, like="cross_entropy")
    assert found.status == "wrong", str(found)
    assert found.said.startswith(said)


def test_the_cause_is_told() -> None:
    """The mean over the samples where torch's is over their weights."""
    (cause, *_) = parity.check(over_samples, like="cross_entropy").causes
    assert "divided by" in cause.text or "divides" in cause.text, cause.text
