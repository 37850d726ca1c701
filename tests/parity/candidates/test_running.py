"""Batch normalisations that keep running statistics: both conventions are right, and are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import parity

KEPT = "running statistics: momentum 0.9 is the share that is kept, torch's that of the new batch"
NEW = "is the share of the new batch, as in torch"
BIASED, UNBIASED = "the variance is over K, torch's over K − 1", "over K − 1, as in torch"


class BatchNorm:
    """As courses write it."""

    def __init__(self, num_features: int, momentum: float = 0.9, eps: float = 1e-5) -> None:
        self.gamma, self.beta = np.ones(num_features), np.zeros(num_features)
        self.running_mean, self.running_var = np.zeros(num_features), np.ones(num_features)
        self.momentum, self.eps = momentum, eps

    def update(self, mean: Any, var: Any, n: int) -> None:
        kept = self.momentum
        self.running_mean = kept * self.running_mean + (1 - kept) * mean
        self.running_var = kept * self.running_var + (1 - kept) * var

    def forward(self, x: Any, train: bool = True) -> Any:
        mean, var = self.running_mean, self.running_var
        if train:
            mean, var = x.mean(0), x.var(0)
            self.update(mean, var, len(x))
        self.root = 1 / np.sqrt(var + self.eps)
        self.scaled = (x - mean) * self.root
        return self.gamma * self.scaled + self.beta

    def backward(self, dout: Any) -> Any:
        scaled, n, dx = self.scaled, len(dout), dout * self.gamma
        self.dgamma, self.dbeta = (dout * scaled).sum(0), dout.sum(0)
        return self.root / n * (n * dx - dx.sum(0) - scaled * (dx * scaled).sum(0))


class AsTorch(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        s = self.momentum
        self.running_mean = (1 - s) * self.running_mean + s * mean
        self.running_var = (1 - s) * self.running_var + s * var * n / (n - 1)


class ByAttribute(BatchNorm):
    def __init__(self, num_features: int) -> None:
        super().__init__(num_features)
        self.training = False

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return super().forward(x, self.training)


class ByMethods(BatchNorm):
    def __init__(self, num_features: int) -> None:
        super().__init__(num_features)
        self.now = "eval"

    def train(self) -> None:
        self.now = "train"

    def eval(self) -> None:
        self.now = "eval"

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return super().forward(x, self.now == "train")


class EvaluatingUnlessTold(BatchNorm):
    def forward(self, x: Any, training: bool = False) -> Any:  # type: ignore[override]
        return super().forward(x, training)


class MadeByItsFirstBatch(BatchNorm):
    """Its statistics are there once it has seen a batch."""

    def __init__(self, gamma: Any, beta: Any, momentum: float = 0.9) -> None:
        self.gamma, self.beta, self.momentum, self.eps = gamma, beta, momentum, 1e-5
        self.running_mean = self.running_var = None

    def forward(self, x: Any, train: bool = True) -> Any:
        if self.running_mean is None:
            self.running_mean, self.running_var = np.zeros(x.shape[1]), np.zeros(x.shape[1])
        return super().forward(x, train)


class OfMaps(nn.Module):
    def __init__(self, num_features: int, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(num_features))
        self.beta = nn.Parameter(torch.zeros(num_features))
        self.register_buffer("moving_mean", torch.zeros(num_features))
        self.register_buffer("moving_var", torch.ones(num_features))
        self.momentum, self.eps = momentum, eps

    def forward(self, x: Any) -> Any:
        over, shape = (0, *range(2, x.dim())), (1, -1, *(1,) * (x.dim() - 2))
        mean, var = self.moving_mean, self.moving_var
        if self.training:
            mean, var = x.mean(over), x.var(over, unbiased=False)
            with torch.no_grad():
                self.moving_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
                self.moving_var.mul_(1 - self.momentum).add_(self.momentum * var)
        y = (x - mean.view(shape)) / torch.sqrt(var.view(shape) + self.eps)
        return self.gamma.view(shape) * y + self.beta.view(shape)


RIGHT: list[tuple[Any, str, str]] = [
    (BatchNorm, KEPT, BIASED),
    (BatchNorm(3), KEPT, BIASED),
    (AsTorch, f"running statistics: momentum 0.9 {NEW}", UNBIASED),
    (ByAttribute, KEPT, BIASED),
    (ByMethods, KEPT, BIASED),
    (ByMethods(4), KEPT, BIASED),
    (EvaluatingUnlessTold, KEPT, BIASED),
    (MadeByItsFirstBatch, KEPT, BIASED),
    (OfMaps, f"running statistics: momentum 0.1 {NEW}", BIASED),
    (OfMaps(3), f"running statistics: momentum 0.1 {NEW}", BIASED),
    (nn.BatchNorm2d, f"running statistics: momentum 0.1 {NEW}", UNBIASED),
    (nn.BatchNorm2d(3, momentum=0.3), f"running statistics: momentum 0.3 {NEW}", UNBIASED),
    (nn.BatchNorm1d(4).eval(), f"running statistics: momentum 0.1 {NEW}", UNBIASED),
    (
        nn.BatchNorm3d(2, momentum=None),
        "running statistics: the second batch has the share 0.5, torch's default is 0.1",
        UNBIASED,
    ),
]


def name(one: Any) -> str:
    """A class's name, that of an object's class behind "a", the end of a sentence."""
    if isinstance(one, str):
        return one[-30:]
    return getattr(one, "__name__", f"a {type(one).__name__}")


@pytest.mark.parametrize(("code", "momentum", "variance"), RIGHT, ids=name)
def test_both_modes_are_right(code: Any, momentum: str, variance: str) -> None:
    found = parity.check(code, like="batch_norm")
    assert found.status == "right", str(found)
    (said,) = (remark for remark in found.remarks if remark.startswith("running statistics"))
    assert said.startswith(momentum)
    assert said.endswith(variance)
    assert not {"running statistics", "evaluation"} & set(found.unchecked)


def test_without_running_statistics() -> None:
    """Nothing is there that could be asked, and it is said so."""
    found = parity.check(nn.BatchNorm2d(3, track_running_stats=False))
    assert found.status == "right"
    assert "running statistics" in found.unchecked


def test_always_training() -> None:
    """Nobody can tell it that it is not training."""

    class Training(BatchNorm):
        def forward(self, x: Any) -> Any:  # type: ignore[override]
            return super().forward(x, True)

    found = parity.check(Training, like="batch_norm")
    assert found.status == "right"
    assert "evaluation" in found.unchecked


# --- what is wrong ------------------------------------------------------------------------


class NeverMoved(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        pass


class TwoShares(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        kept = self.momentum
        self.running_mean = kept * self.running_mean + (1 - kept) * mean
        self.running_var = (1 - kept) * self.running_var + kept * var


class KeepsDeviations(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        super().update(mean, np.sqrt(var), n)


class MovedByEvaluation(BatchNorm):
    def forward(self, x: Any, train: bool = True) -> Any:
        y = super().forward(x, train)
        if not train:
            self.update(x.mean(0), x.var(0), len(x))
        return y


class EvaluatesByTheBatch(BatchNorm):
    def forward(self, x: Any, train: bool = True) -> Any:
        before = self.running_mean, self.running_var
        y = super().forward(x, True)
        if not train:
            self.running_mean, self.running_var = before
        return y


class EvaluatesByTheVariance(BatchNorm):
    def forward(self, x: Any, train: bool = True) -> Any:
        if train:
            return super().forward(x)
        return self.gamma * (x - self.running_mean) / (self.running_var + self.eps) + self.beta


class NegativeVariance(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        super().update(mean, -100 - var, n)


class NotANumber(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        super().update(mean * np.nan, var, n)


class SumOfBatches(BatchNorm):
    def update(self, mean: Any, var: Any, n: int) -> None:
        self.running_mean = self.running_mean + mean**2
        self.running_var = self.running_var + var


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (NeverMoved, "a batch does not move its running mean while it is training"),
        (TwoShares, "its running variance behind a batch is not (1 − s)·before + s·(the batch's)"),
        (KeepsDeviations, "its running variance behind a batch is not"),
        (MovedByEvaluation, "evaluating moves its running statistics"),
        (
            EvaluatesByTheBatch,
            "when it is not training it normalises by the batch, not by its running statistics",
        ),
        (
            EvaluatesByTheVariance,
            "when it is not training it does not normalise by its running statistics: y is wrong",
        ),
        (NegativeVariance, "its running statistics hold NaN, ∞ or a negative variance"),
        (NotANumber, "its running statistics hold NaN, ∞ or a negative variance"),
        (SumOfBatches, "its running mean behind a batch is not (1 − s)·before + s·(the batch's)"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
@pytest.mark.parametrize("made", [False, True], ids=["class", "object"])
def test_what_no_convention_does(code: Any, said: str, made: bool) -> None:
    found = parity.check(code(3) if made else code, like="batch_norm")
    assert found.status == "wrong", str(found)
    assert any(fault.startswith(said) for fault in found.faults), found.faults
    assert found.cases.right == found.cases.asked


# --- functions ----------------------------------------------------------------------------


def both(
    x: Any, gamma: Any, beta: Any, moving_mean: Any = None, moving_var: Any = None,
    training: bool = True, eps: float = 1e-5,
) -> Any:  # fmt: skip
    mean, var = (x.mean(0), x.var(0)) if training else (moving_mean, moving_var)
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def always_the_batch(
    x: Any, gamma: Any, beta: Any, moving_mean: Any = None, moving_var: Any = None,
    training: bool = True, eps: float = 1e-5,
) -> Any:  # fmt: skip
    return gamma * (x - x.mean(0)) / np.sqrt(x.var(0) + eps) + beta


def in_use(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5) -> Any:
    return gamma * (x - mean) / np.sqrt(var + eps) + beta


def by_variance(x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 1e-5) -> Any:
    return gamma * (x - mean) / (var + eps) + beta


def of_d2l(
    X: Any, gamma: Any, beta: Any, moving_mean: Any, moving_var: Any, eps: Any, momentum: Any
) -> Any:
    """Its mode is whether torch records gradients."""
    if torch.is_grad_enabled():
        moving_mean, moving_var = X.mean(dim=0), X.var(dim=0, unbiased=False)
    return gamma * (X - moving_mean) / torch.sqrt(moving_var + eps) + beta, moving_mean


@pytest.mark.parametrize("code", [both, in_use, nn.functional.batch_norm])
def test_functions_are_given_running_statistics(code: Any) -> None:
    found = parity.check(code, like="batch_norm")
    assert found.status == "right", str(found)
    assert "running statistics" not in found.unchecked
    assert any("running_mean" in answer.case for answer in found.answers) or code is not both


def test_a_function_that_always_trains() -> None:
    """It is right as it is called in training."""
    found = parity.check(of_d2l, like="batch_norm")
    assert found.status == "right", str(found)
    said = "it normalises by the batch though it is given running statistics: found by trying"
    assert any(remark.startswith(said) for remark in found.remarks)


@pytest.mark.parametrize("code", [always_the_batch, by_variance])
def test_functions_that_are_wrong_in_use(code: Any) -> None:
    found = parity.check(code, like="batch_norm")
    assert found.status == "wrong"
    assert found.said.startswith("y is wrong in")
    if code is always_the_batch:
        (cause,) = found.causes
        assert "normalises by the batch where running statistics are to be used" in cause.text
