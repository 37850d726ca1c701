"""A model under watch: right ones hold, planted mistakes are found at their place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from watched_model import BiasedNorm, HandmadeNorm, Net, Swish, UncorrectedAdam, train

import parity
from parity.models.errors_of_watch import WatchError
from parity.models.watch_report import WatchReport
from parity.oracle.observed import recorder


def watched(planted: str = "", dtype: torch.dtype = torch.float32, **how: Any) -> WatchReport:
    torch.manual_seed(20261130)
    model = Net(planted, dtype)
    optimizer = how.pop("optimizer", None)
    with parity.watch(model) as seen:
        train(model, optimizer=optimizer and optimizer(model), **how)
    return seen.report


# --- right models -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_right_model_holds(dtype: torch.dtype) -> None:
    report = watched(dtype=dtype)
    assert (report.status, bool(report)) == ("right", True)
    assert not report.tables.noticed
    assert report.unknown == []
    functions = {row.function for row in report.rows}
    assert {"conv2d", "batch_norm", "relu", "add", "max_pool2d", "linear", "Swish"} <= functions
    assert {"running_statistics", "log_softmax", "nll_loss", "sgd_step"} <= functions
    assert {row.direction for row in report.rows} == {"forward", "backward", "update"}
    report.raise_if_wrong(strict=True)


def test_shared_weights_and_branches_are_added_up() -> None:
    """Of a weight that two layers use, and of a tensor that two operations take."""
    sums = [row.layer for row in watched(steps=1).rows if row.tensor == "dsum"]
    assert {"shared.weight", "shared.bias"} <= set(sums)
    assert len(sums) == 3


def test_training_is_not_changed() -> None:
    """The same parameters, digit for digit."""
    found = []
    for under_watch in (False, True):
        torch.manual_seed(20261130)
        model = Net()
        if under_watch:
            with parity.watch():
                train(model, steps=3)
        else:
            train(model, steps=3)
        found.append([p.detach().clone() for p in (*model.parameters(), *model.buffers())])
    assert all(torch.equal(one, other) for one, other in zip(*found, strict=True))


def test_nothing_stays_changed_in_torch() -> None:
    def changed() -> tuple[Any, ...]:
        method: Any = torch.autograd.Function.__dict__["apply"].__func__
        return method.__code__, torch.autograd._engine_run_backward  # type: ignore[attr-defined]

    before = changed()
    watched(steps=1)
    assert changed() == before


def test_what_the_model_raises_is_raised() -> None:
    """And torch is as it was."""
    with pytest.raises(RuntimeError, match="expected input"), parity.watch():
        Net()(torch.randn(2, 7, 8, 8))
    assert watched(steps=1)


@pytest.mark.parametrize("optimizer", [torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW])
def test_steps_of_optimisers_are_judged(optimizer: Any) -> None:
    report = watched(
        optimizer=lambda model: optimizer(model.parameters(), lr=0.01, weight_decay=0.1)
    )
    assert report
    updated = {row.layer for row in report.rows if row.direction == "update"}
    assert {"conv.weight", "norm.bias", "dense.weight"} <= updated


def test_an_optimiser_that_nobody_knows_is_listed() -> None:
    report = watched(optimizer=lambda model: torch.optim.RMSprop(model.parameters()))
    assert report
    assert "refimpl has no step of RMSprop" in str(report)


# --- planted mistakes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("planted", "function", "tensor"),
    [("backward", "Swish", "dx"), ("mask", "MaskedRelu", "dx"), ("data", "linear", "dweight")],
)
def test_a_wrong_gradient_is_refused_at_its_place(planted: str, function: str, tensor: str) -> None:
    report = watched(planted)
    assert (report.status, bool(report)) == ("wrong", False)
    assert {(row.function, row.tensor) for row in report.wrong} == {(function, tensor)}
    with pytest.raises(AssertionError, match=f"{tensor} of {function}"):
        report.raise_if_wrong()


def test_who_wrote_over_an_argument_is_said() -> None:
    said = str(watched("data"))
    assert "its argument was overwritten afterwards, at parity/watched_model.py:" in said


@pytest.mark.parametrize(("norm", "wrong"), [(HandmadeNorm, False), (BiasedNorm, True)])
def test_a_biased_running_variance_is_refused(norm: Any, wrong: bool) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), norm(4), nn.ReLU())
    with parity.watch(model) as seen:
        for _ in range(2):
            y = model(torch.randn(2, 3, 8, 8))
            (y * torch.randn_like(y)).sum().backward()
    found = [row for row in seen.report.rows if row.function == "running_statistics"]
    assert [row.layer for row in found] == ["1", "1"]
    assert [row.failed for row in found] == [wrong, wrong]
    assert ("the variance is the biased one, over K" in str(seen.report)) == wrong
    assert len(seen.report.wrong) == 2 * wrong


def test_an_uncorrected_adam_is_refused() -> None:
    report = watched(optimizer=lambda model: UncorrectedAdam(model.parameters(), lr=0.01))
    assert {row.function for row in report.wrong} == {"adam_step"}
    assert "this is the step without the correction of the moments’ bias" in str(report)


# --- legal, but often a mistake -----------------------------------------------------------


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("detach", "no gradient goes back through detach(), whose result add takes at"),
        ("no_grad", "no gradient goes back through sigmoid under no_grad, whose result mul"),
        ("hook", "a hook changes the gradient of what Swish gave: it is 0.5 times what arrived"),
    ],
)
def test_what_is_often_a_mistake_is_noticed(planted: str, said: str) -> None:
    report = watched(planted)
    assert report
    assert said in str(report)
    assert "watched_model.py:" in str(report)
    with pytest.raises(AssertionError, match="noticed: legal, but often a mistake"):
        report.raise_if_wrong(strict=True)


def test_a_forgotten_zero_grad_is_noticed() -> None:
    said = str(watched(zero=False))
    assert "was used by the optimiser’s step already: is zero_grad() missing?" in said
    assert "and 7 more" in said


def test_a_gradient_from_before_is_noticed() -> None:
    torch.manual_seed(0)
    model = Net()
    train(model, steps=1)
    with parity.watch(model) as seen:
        F.cross_entropy(model(torch.randn(2, 3, 8, 8)), torch.tensor([1, 2])).backward()
    assert "was there before the watch: is zero_grad() missing?" in str(seen.report)


def test_gradients_of_several_losses_are_no_mistake() -> None:
    torch.manual_seed(0)
    model = Net()
    with parity.watch(model) as seen:
        for _ in range(2):
            F.cross_entropy(model(torch.randn(2, 3, 8, 8)), torch.tensor([1, 2])).backward()
    assert not seen.report.tables.noticed
    assert seen.report


def test_weight_decay_beside_a_penalty_is_noticed() -> None:
    def decaying(model: Net) -> torch.optim.Optimizer:
        return torch.optim.SGD(model.parameters(), lr=0.01, weight_decay=1e-4)

    said = str(watched(optimizer=decaying, penalty=1e-3))
    assert "conv.weight and 7 more is squared in the loss, and SGD decays it" in said
    assert not watched(optimizer=decaying).tables.noticed
    assert not watched(penalty=1e-3).tables.noticed


def test_a_hook_on_a_weight_used_twice_is_noticed() -> None:
    """The sum of both uses is judged before the hook; it was called wrong."""
    weight = torch.rand(3, 3, requires_grad=True)
    weight.register_hook(lambda gradient: gradient / 2)
    with parity.watch() as seen:
        (torch.tanh(torch.rand(2, 3) @ weight) @ weight).square().sum().backward()
    assert "a hook changes the gradient: it is 0.5 times what arrived" in str(seen.report)
    assert seen.report.status == "right"
    assert {row.tensor for row in seen.report.rows} >= {"dsum"}
    assert len(weight._backward_hooks or {}) == 1


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_a_function_is_heard_where_apply_is_compiled(
    factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As from torch 2.14 on."""

    class Tripled(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Tensor) -> Tensor:
            return x * 3

        @staticmethod
        def backward(ctx: Any, dy: Tensor) -> Tensor:  # type: ignore[override]
            return dy * 3 * factor

    monkeypatch.setattr(recorder, "APPLY_IS_COMPILED", True)
    plain = torch.autograd.Function.__dict__["apply"]
    with parity.watch() as seen:
        Tripled.apply(torch.rand(2, 3, requires_grad=True)).square().sum().backward()
    assert torch.autograd.Function.__dict__["apply"] is plain
    assert [row.tensor for row in seen.report.wrong] == ([] if factor == 1 else ["dx"])
    assert "Tripled" in set(seen.report.operations["operation"])
    assert not seen.report.unknown


def test_a_hook_on_a_parameter_is_noticed() -> None:
    torch.manual_seed(0)
    model = Net()
    model.dense.weight.register_hook(lambda gradient: 2 * gradient)
    with parity.watch(model) as seen:
        F.cross_entropy(model(torch.randn(2, 3, 8, 8)), torch.tensor([1, 2])).backward()
    assert "dense.weight: a hook changes the gradient: it is 2 times what arrived" in str(
        seen.report
    )


# --- what is not understood ---------------------------------------------------------------


def test_what_is_not_understood_is_listed_and_its_neighbours_judged() -> None:
    report = watched("svd")
    assert report
    assert {row.operation for row in report.unknown} == {"_linalg_svd"}
    said = str(report)
    assert "_linalg_svd, 2 times: no rule speaks of it" in said
    assert "of torch’s time" in said
    functions = {row.function for row in report.rows}
    assert {"conv2d", "multiply", "mean", "Swish", "linear"} <= functions


class Unknown(torch.autograd.Function):
    """Its forward runs what is not understood."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.linalg.inv(x)

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0]


def test_a_function_is_as_understood_as_its_forward() -> None:
    x = (torch.randn(3, 3) + 4 * torch.eye(3)).requires_grad_()
    with parity.watch() as seen:
        (Unknown.apply(x) * 2).sum().backward()
    assert "Unknown: its forward runs" in str(seen.report)
    assert seen.report


class Straight(torch.autograd.Function):
    """A straight-through estimator: sign forward, the gradient as it is backward."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return torch.sign(x)

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0]


class Reversed(torch.autograd.Function):
    """Gradients change their sign: adversarial training."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return -dys[0]


class Shaken(torch.autograd.Function):
    """Another random factor in the backward than in the forward, as in shake-shake."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x * 0.3

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0] * torch.rand(4, 1)


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (Straight, "constant between its jumps"),
        (Reversed, "the forward computes nothing"),
        (Shaken, "draws random numbers"),
    ],
)
def test_a_backward_that_is_meant_so_is_noticed_with_what_shows_it(function: Any, why: str) -> None:
    x = torch.randn(4, 3, requires_grad=True)
    with parity.watch() as seen:
        (function.apply(x * 2) * torch.randn(4, 3)).sum().backward()
    assert seen.report
    (said,) = seen.report.noticed.what
    assert said.startswith(f"dx of {function.__name__}: is not the derivative of the forward, but")
    assert why in said


def test_a_function_taken_before_the_watch_is_judged() -> None:
    """Models keep the method itself: `swish = Swish.apply`."""
    apply, x = Swish.apply, torch.randn(4, 3, requires_grad=True)
    for factor, right in ((1.0, True), (1.001, False)):
        with parity.watch() as seen:
            (apply(x * 2, factor) * torch.randn(4, 3)).sum().backward()
        assert bool(seen.report) is right
        assert "Swish" in {row.function for row in seen.report.rows}


def test_what_refimpl_refuses_accuses_nobody() -> None:
    """torch takes the maximum of a window that holds padding only: it is −∞."""
    x = torch.randn(2, 3, 1, 1)  # no gradient: torch's backward writes outside of its memory
    with parity.watch() as seen:
        F.max_pool2d(x, 2, 1, 1, dilation=2).exp()
    assert seen.report
    assert "refimpl refuses its arguments: max_pool2d: window 0 along H" in str(seen.report)


def test_a_window_larger_than_its_input_may_hang_over() -> None:
    x = torch.randn(2, 3, 1, 1, requires_grad=True)
    with parity.watch() as seen:
        (F.avg_pool2d(x, 2, 2, ceil_mode=True) * 2).sum().backward()
    assert seen.report
    assert "not understood" not in str(seen.report)


def test_half_precision_is_listed() -> None:
    x = torch.randn(2, 3, dtype=torch.bfloat16, requires_grad=True)
    with parity.watch() as seen:
        (x * 2).sum().backward()
    assert "numbers of bfloat16" in str(seen.report)
    assert seen.report.status == "undecided"


def test_what_works_in_place_on_a_view_is_judged() -> None:
    """Its value and its gradient, within the view and around it; so are its neighbours."""
    torch.manual_seed(0)
    x = torch.randn(4, 5, requires_grad=True)
    with parity.watch() as seen:
        h = x * 2
        h[:, 1:3].mul_(3)
        y = h + torch.relu(h)
        (y * torch.randn(4, 5)).sum().backward()
    assert seen.report
    assert "not understood" not in str(seen.report)
    written = [row for row in seen.report.rows if row.tensor == "dx around the part"]
    assert [(row.function, row.elements) for row in written] == [("copy", 12)]
    assert {row.function for row in seen.report.rows} >= {"multiply", "relu", "slice", "sum"}


def test_recomputed_operations_are_counted() -> None:
    torch.manual_seed(0)
    layer = nn.Sequential(nn.Linear(3, 4), nn.Tanh())
    x = torch.randn(5, 3, requires_grad=True)
    with parity.watch(layer) as seen:
        checkpoint(layer, x, use_reentrant=False).sum().backward()  # type: ignore[no-untyped-call]
    assert seen.report
    assert seen.report.about["recomputed"] > 0


# --- the report ---------------------------------------------------------------------------


def test_tables(tmp_path: Path) -> None:
    report = watched("hook", steps=1)
    frame, operations, noticed = report.frame, report.operations, report.noticed
    assert len(frame) == len(report.rows)
    conv = operations[operations.operation == "convolution"]
    assert list(conv.module) == ["conv", "shared", "shared"]
    assert conv.line.str.contains("watched_model.py:").all()
    assert operations.share.sum() == pytest.approx(1)
    assert len(noticed) == 1
    written = report.to_csv(tmp_path / "new")
    assert [path.name for path in written] == [
        "summary.csv",
        "operations.csv",
        "noticed.csv",
        "watch.json",
    ]
    assert json.loads(written[-1].read_text())["status"] == "right"
    assert "watched" in report._repr_html_() or "RIGHT" in report._repr_html_()


def test_the_picture() -> None:
    report = watched("backward", steps=1)
    axes = report.plot()
    assert axes.get_title(loc="left") == "Net: wrong"
    assert {label.get_text() for label in axes.get_yticklabels()} >= {"conv2d", "Swish"}


def test_float32_rows_have_roundings_and_exact_values() -> None:
    rows = [row for row in watched(steps=1).rows if row.function == "conv2d"]
    assert all(row.torch_roundings is not None for row in rows)
    assert all(row.exact_value is not None for row in rows)


def test_float64_rows_have_exact_values_within_the_budget() -> None:
    rows = [row for row in watched(dtype=torch.float64, steps=1).rows if row.function == "conv2d"]
    assert any(row.exact_value is not None and row.torch_ulp is not None for row in rows)


def test_a_watch_that_saw_nothing() -> None:
    with parity.watch() as seen:
        pass
    with pytest.raises(WatchError, match="no operation of torch was seen: run the model inside"):
        seen.report  # noqa: B018


def test_a_watch_is_used_once() -> None:
    with parity.watch() as seen:
        torch.ones(2) + 1
    with pytest.raises(WatchError, match="a watch is used once"), seen:
        pass
