"""What is no formula and meant so: said by name, listed, and no failure; all else stays wrong."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import parity
from parity.models.errors_of_watch import WatchError
from parity.models.watch_report import WatchReport


class Spike(torch.autograd.Function):
    """A smooth step with the backward of another one."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0] / (1 + ctx.saved_tensors[0].abs()) ** 2


class Other(Spike):
    """The same, of which nobody says so."""


class Faster(torch.optim.SGD):
    """A step of its own, that is not SGD's."""

    def step(self, closure: Any = None) -> Any:
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    p.sub_(1.1 * group["lr"] * p.grad)


def watched(meant: Any, function: Any = Spike, optimizer: Any = torch.optim.SGD) -> WatchReport:
    torch.manual_seed(0)
    layer = nn.Linear(3, 4)
    steps = optimizer(layer.parameters(), lr=0.1)
    with parity.watch(layer, meant=meant) as seen:
        function.apply(layer(torch.randn(5, 3))).pow(2).sum().backward()
        steps.step()
    return seen.report


@pytest.mark.parametrize("meant", [Spike, [Spike], ["Spike"], "Spike", {Spike: ""}])
def test_a_surrogate_that_is_meant_is_listed_and_no_failure(meant: Any) -> None:
    report = watched(meant)
    report.raise_if_wrong(strict=True)
    (row,) = (row for row in report.rows if row.function == "Spike")
    assert (row.verdict, row.worst_ratio > 1) == ("expected", True)
    (line,) = report.noticed.itertuples()
    assert line.meant
    assert line.what == (
        "dx of Spike: it is not the derivative of what the forward ran, and meant by meant=Spike"
    )
    assert "not its formula, and meant so:\n  Linear: models/test_meant.py" in str(report)


def test_the_reason_is_said() -> None:
    assert "meant by meant=Spike: Zenke 2018" in str(watched({Spike: "Zenke 2018"}))


def test_without_a_word_it_is_wrong() -> None:
    assert [row.function for row in watched(()).wrong] == ["Spike"]


def test_what_another_one_means_is_no_excuse() -> None:
    """A word about Spike says nothing of Other, whose backward is the same."""
    with pytest.warns(UserWarning, match="meant names Spike: no autograd.Function or optimiser of"):
        report = watched(Spike, Other)
    assert [row.function for row in report.wrong] == ["Other"]


def test_a_step_that_is_meant() -> None:
    assert {row.layer for row in watched(Spike, optimizer=Faster).wrong} == {"weight", "bias"}
    report = watched([Spike, Faster], optimizer=Faster)
    assert report
    assert "it is not what the class below Faster does, and meant by meant=Faster" in str(report)


def test_a_right_backward_needs_no_word() -> None:
    """And nothing is listed where nothing had to be meant."""
    assert watched([torch.optim.SGD, Spike]).noticed.what.str.contains("SGD").sum() == 0


@pytest.mark.parametrize("meant", [7, [Spike, 7]])
def test_a_wrong_call(meant: Any) -> None:
    said = "watch: meant must be classes of autograd.Functions or optimisers, or their names"
    with pytest.raises(WatchError, match=said):
        parity.watch(meant=meant)
