"""A class made of an optimiser: the step below is judged as it ran, what it adds is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import parity
from parity.models.watch_report import WatchReport


class Clamped(torch.optim.SGD):
    """Weights are kept small, after the step."""

    def step(self, closure: Any = None) -> Any:
        result = super().step(closure)
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.clamp_(-0.05, 0.05)
        return result


class Halved(Clamped):
    """And gradients halved, before it."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            for p in group["params"]:
                p.grad.mul_(0.5)
        return super().step(closure)


class Noisy(torch.optim.Adam):
    """Weights are moved before Adam's step."""

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.add_(0.01 * torch.randn_like(p))
        return super().step(closure)


class Shrunk(torch.optim.SGD):
    """A step of its own; nothing of the class below is run."""

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(0.9 * group["lr"] * p.grad)


class Scheduled(torch.optim.SGD):
    """Options that change around the step below."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["lr"] *= 1.01
        result = super().step(closure)
        for group in self.param_groups:
            group["lr"] /= 1.01
        return result


def watched(kind: Any, steps: int = 2) -> WatchReport:
    torch.manual_seed(0)
    layer = nn.Linear(3, 4)
    optimizer = kind(layer.parameters(), lr=0.1)
    with parity.watch(layer) as seen:
        for _ in range(steps):
            optimizer.zero_grad()
            layer(torch.randn(5, 3)).pow(2).mean().backward()
            optimizer.step()
    return seen.report


@pytest.fixture(params=[False, True], ids=["first", "others before"], autouse=True)
def _others(request: pytest.FixtureRequest) -> None:
    """torch hooks a class's step once an optimiser of it was made: the answers are the same."""
    if request.param:
        for kind in (torch.optim.SGD, torch.optim.Adam, Clamped):
            kind([torch.zeros(1)], lr=1)


@pytest.mark.parametrize(
    ("kind", "operation", "said"),
    [
        (Clamped, "SGD in Clamped.step", ["Clamped changes it by itself, after the step of SGD"]),
        (
            Halved,
            "SGD in Halved.step",
            [
                "Halved changes its gradient by itself, before the step of SGD",
                "Halved changes it by itself, after the step of SGD",
            ],
        ),
        (Noisy, "Adam in Noisy.step", ["Noisy changes it by itself, before the step of Adam"]),
    ],
)
def test_the_step_below_is_judged_and_the_rest_told(
    kind: Any, operation: str, said: list[str]
) -> None:
    report = watched(kind)
    assert report
    assert list(report.operations.operation).count(operation) == 2
    moved = [row for row in report.rows if row.tensor == "new value"]
    assert len(moved) == 4
    noticed = list(report.noticed.what)
    assert len(noticed) == len(said)
    assert all(one.startswith(start) for one, start in zip(noticed, said, strict=True))
    assert report.noticed.module.str.startswith("weight and 1 more").all()


def test_a_step_of_its_own_is_judged_by_the_class_below() -> None:
    report = watched(Shrunk)
    assert {row.layer for row in report.wrong} == {"weight", "bias"}
    assert "Shrunk, models/test_optimizers_of_ones_own.py" in str(report)


def test_the_step_below_is_judged_by_the_options_that_it_ran_with() -> None:
    report = watched(Scheduled)
    assert report
    assert not len(report.noticed)
    assert "SGD in Scheduled.step" in set(report.operations.operation)


def test_a_step_below_that_is_wrong_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever it is made of it: torch's own step 1 % off."""
    plain = vars(torch.optim.SGD)["step"]

    def off(self: Any, closure: Any = None) -> Any:
        before = [p.detach().clone() for p in self.param_groups[0]["params"]]
        result = plain(self, closure)
        with torch.no_grad():
            for p, old in zip(self.param_groups[0]["params"], before, strict=True):
                p.add_(0.01 * (p - old))
        return result

    off.hooked = True  # type: ignore[attr-defined]
    monkeypatch.setattr(torch.optim.SGD, "step", off)
    report = watched(Clamped)
    assert {row.layer for row in report.wrong} == {"weight", "bias"}
    assert "SGD in Clamped, models/test_optimizers_of_ones_own.py" in str(report)


def test_what_is_told_changes_nothing() -> None:
    """Weights as without a watch, classes as they were."""
    before = vars(torch.optim.SGD)["step"], vars(Clamped)["step"]
    weights = []
    for how in (parity.watch, None):
        torch.manual_seed(0)
        layer = nn.Linear(3, 4)
        optimizer = Halved(layer.parameters(), lr=0.1)
        run: Callable[[], Any] = optimizer.step
        with parity.watch(layer) if how else torch.enable_grad():  # type: ignore[no-untyped-call]
            layer(torch.randn(5, 3)).pow(2).mean().backward()
            run()
        weights.append(layer.weight.detach().clone())
    assert torch.equal(*weights)
    assert (vars(torch.optim.SGD)["step"], vars(Clamped)["step"]) == before


def test_a_step_that_raises_leaves_the_classes_alone() -> None:
    class Raises(Clamped):
        def step(self, closure: Any = None) -> Any:
            raise RuntimeError("no")

    layer = nn.Linear(3, 4)
    optimizer = Raises(layer.parameters(), lr=0.1)
    plain = vars(torch.optim.SGD)["step"]
    with parity.watch(layer) as seen:
        layer(torch.randn(5, 3)).sum().backward()
        with pytest.raises(RuntimeError, match="no"):
            optimizer.step()
        good = Clamped(layer.parameters(), lr=0.1)
        good.step()
    assert vars(torch.optim.SGD)["step"] is plain
    assert "SGD in Clamped.step" in set(seen.report.operations.operation)
