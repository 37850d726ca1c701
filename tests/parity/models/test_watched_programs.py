"""Programs as people write them: none is called wrong, none is stopped by being watched."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everybody calls it)
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

import parity
from parity.models.watch_report import WatchReport

Program = Callable[[], Any]


def watched(program: Program) -> WatchReport:
    torch.manual_seed(20261130)
    with parity.watch() as seen:
        program()
    return seen.report


def x(*shape: int) -> Tensor:
    return torch.randn(shape, requires_grad=True)


class Affine(torch.autograd.Function):
    """The textbook's dense layer: its weight is turned."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return x @ weight.t()

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        x, weight = ctx.saved_tensors
        return dys[0] @ weight, dys[0].t() @ x


class SavesItsOutput(torch.autograd.Function):
    """tanh, whose backward needs the value. factor: a mistake."""

    factor = 1.0

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.tanh(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        (y,) = ctx.saved_tensors
        return SavesItsOutput.factor * dys[0] * (1 - y * y)


class Elsewhere(torch.autograd.Function):
    """Its forward leaves torch."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.tensor(x.detach().cos().numpy().copy()) * 1

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return -dys[0] * torch.sin(ctx.saved_tensors[0])


class Masked(torch.autograd.Function):
    """relu by a mask that is made of numbers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        mask = (x > 0).float()
        ctx.save_for_backward(mask)
        return x * mask

    @staticmethod
    def backward(ctx: Any, *dys: Tensor) -> Any:
        return dys[0] * ctx.saved_tensors[0]


def weighted(y: Tensor) -> None:
    (y * torch.randn_like(y)).sum().backward()


def gradient_then_backward() -> None:
    w = x(3)
    torch.autograd.grad((w * 2).sum(), w)
    (w * 3).sum().backward()


def gradient_penalty() -> None:
    net, data = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1)), x(5, 3)
    (slope,) = torch.autograd.grad(net(data).sum(), data, create_graph=True)
    ((slope.norm(dim=1) - 1) ** 2).mean().backward()


def two_optimisers() -> None:
    maker, judge = nn.Linear(2, 3), nn.Linear(3, 1)
    of_maker = torch.optim.Adam(maker.parameters(), lr=0.01)
    of_judge = torch.optim.Adam(judge.parameters(), lr=0.01)
    for _ in range(2):
        of_judge.zero_grad()
        loss = F.binary_cross_entropy_with_logits(judge(torch.randn(4, 3)), torch.ones(4, 1))
        loss.backward()
        of_judge.step()
        of_maker.zero_grad()
        made = judge(maker(torch.randn(4, 2)))
        F.binary_cross_entropy_with_logits(made, torch.ones(4, 1)).backward()
        of_maker.step()


def rows_of_a_parameter() -> None:
    weight = nn.Parameter(torch.zeros(3, 2))
    with torch.no_grad():
        weight[0].fill_(2)
    nn.init.orthogonal_(weight)
    weighted(nn.Embedding(5, 3, padding_idx=0)(torch.tensor([1, 0, 4])))
    weighted(weight * 2)


def clipped_training() -> None:
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.GroupNorm(3, 3), nn.GELU(), nn.Flatten())
    average = copy.deepcopy(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for _ in range(2):
        optimizer.zero_grad()
        weighted(net(torch.randn(2, 2, 5, 5)))
        nn.utils.clip_grad_norm_(net.parameters(), 0.1)
        optimizer.step()
        with torch.no_grad():
            for p, q in zip(average.parameters(), net.parameters(), strict=True):
                p.mul_(0.9).add_(q, alpha=0.1)


def recurrent() -> None:
    y, _ = nn.LSTM(3, 4)(x(5, 2, 3))
    weighted(y)


def transformer() -> None:
    weighted(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)(x(2, 5, 8)))


PROGRAMS: dict[str, Program] = {
    "a gradient, then a backward": gradient_then_backward,
    "a gradient penalty": gradient_penalty,
    "a Function that turns its weight": lambda: weighted(Affine.apply(x(4, 3) * 2, x(2, 3))),
    "a Function that saves its output": lambda: weighted(SavesItsOutput.apply(x(4, 3) * 2)),
    "a Function with a mask of numbers": lambda: weighted(Masked.apply(x(4, 3) * 2)),
    "a Function that leaves torch": lambda: weighted(Elsewhere.apply(x(4, 3) * 2)),
    "checkpointing": lambda: weighted(
        checkpoint(nn.Conv2d(3, 4, 3), x(2, 3, 6, 7), use_reentrant=False)  # type: ignore[no-untyped-call]
    ),
    "checkpointing, reentrant": lambda: weighted(
        checkpoint(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), x(5, 3), use_reentrant=True)  # type: ignore[no-untyped-call]
    ),
    "another dtype for the loss": lambda: (x(3, 4).double() ** 2 / 3).sum().backward(),
    "lazy layers": lambda: weighted(nn.LazyLinear(2)(x(4, 3))),
    "a sparse embedding": lambda: weighted(
        nn.Embedding(5, 3, sparse=True)(torch.tensor([1, 0, 4]))
    ),
    "rows of a parameter": rows_of_a_parameter,
    "two optimisers": two_optimisers,
    "clipping and averages": clipped_training,
    "an LSTM": recurrent,
    "a transformer": transformer,
    "bfloat16": lambda: weighted(nn.BatchNorm2d(3).bfloat16()(x(2, 3, 4, 5).bfloat16())),
    "no numbers": lambda: nn.Linear(3, 4, device="meta")(torch.empty(2, 3, device="meta")),
    "torch.func": lambda: torch.func.vmap(torch.func.grad(lambda t: t.sin().sum()))(x(4, 3)),
    "whole numbers": lambda: torch.tensor([2**30], dtype=torch.int32) * 4,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_right_is_called_wrong(name: str) -> None:
    report = watched(PROGRAMS[name])
    assert report.wrong == []
    assert "broke off" not in str(report)


def test_a_watch_inside_a_watch() -> None:
    """Both hear of a Function."""
    with parity.watch() as outer:
        with parity.watch() as inner:
            weighted(SavesItsOutput.apply(x(4, 3) * 2))
        weighted(SavesItsOutput.apply(x(2, 3) * 2))
    counts = [
        sum(row.function == "SavesItsOutput" for row in seen.report.rows) for seen in (inner, outer)
    ]
    assert counts[0] == 1
    assert counts[1] >= 1
    weighted(SavesItsOutput.apply(x(4, 3) * 2))


def test_two_optimisers_forget_no_zero_grad() -> None:
    """A generator's backward adds to what the other network will set to zero."""
    assert not watched(two_optimisers).tables.noticed


def test_the_own_operations_of_a_judge_are_nobodys() -> None:
    """Hooks on saved tensors see what the model saves, and nothing else."""

    def saved() -> int:
        kept = []

        def pack(tensor: Tensor) -> Tensor:
            kept.append(tensor)
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            weighted(nn.Conv2d(3, 4, 3)(x(2, 3, 9, 8)))
        return len(kept)

    plain = saved()
    with parity.watch():
        assert saved() == plain


def test_what_leaves_torch_is_listed() -> None:
    said = str(watched(PROGRAMS["a Function that leaves torch"]))
    assert "Elsewhere: its result does not come from x in torch alone" in said


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_a_saved_output_hides_no_mistake(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SavesItsOutput, "factor", factor)
    report = watched(PROGRAMS["a Function that saves its output"])
    assert bool(report) is (factor == 1)
    assert {row.function for row in report.wrong} <= {"SavesItsOutput"}


def test_a_hook_that_scales_in_place_is_noticed() -> None:
    def program() -> None:
        y = x(4, 3) * 2
        y.register_hook(lambda gradient: gradient.mul_(3))
        weighted(torch.sin(y))

    assert "a hook changes the gradient of what mul gave: it is 3 times" in str(watched(program))


def test_a_hook_of_a_module_is_noticed() -> None:
    def program() -> None:
        layer = nn.Linear(3, 4)
        layer.register_full_backward_hook(lambda module, sent, reached: (sent[0] * 2,))
        weighted(layer(x(5, 3) * 1))

    report = watched(program)
    assert report
    assert "it is 2 times what arrived" in str(report)


def test_a_step_that_is_broken_off_deafens_nobody() -> None:
    class Broken(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            raise RuntimeError("no step")

    def program() -> None:
        layer = nn.Linear(3, 4)
        weighted(layer(x(5, 3)))
        with pytest.raises(RuntimeError, match="no step"):
            Broken(layer.parameters()).step()
        weighted(layer(x(5, 3)))

    rows = watched(program).rows
    assert [row.tensor for row in rows if row.function == "linear"].count("dweight") == 2


def test_what_a_closure_runs_is_judged() -> None:
    def program() -> None:
        layer = nn.Linear(3, 4)
        optimizer = torch.optim.SGD(layer.parameters(), lr=0.1)

        def closure() -> Any:
            optimizer.zero_grad()
            loss = layer(torch.ones(5, 3)).sin().sum()
            loss.backward()
            return loss

        optimizer.step(closure)

    report = watched(program)
    assert report.wrong == []
    assert {"linear", "sin"} <= {row.function for row in report.rows}


def test_values_alone_are_said_to_be_alone() -> None:
    said = str(watched(lambda: F.relu(torch.randn(3, 4))))
    assert "no backward was seen: values alone were judged" in said


def test_a_batch_norm_that_keeps_nothing_is_noticed() -> None:
    class Idle(nn.BatchNorm2d):
        def forward(self, input: Tensor) -> Tensor:
            return F.batch_norm(input, None, None, self.weight, self.bias, True)

    report = watched(lambda: weighted(Idle(3)(x(2, 3, 4, 5))))
    assert report
    assert "leaves its running statistics alone" in str(report)


def test_wrong_calls() -> None:
    with pytest.raises(ValueError, match=r"watch: must be a torch\.nn\.Module, but is str"):
        parity.watch("abc")
    with pytest.raises(ValueError, match="exact must be seconds, 0 or more, but is -1"):
        parity.watch(exact=-1)


class InParts(torch.autograd.Function):
    """2x in one part, x² in another, 0 at one place: written through views."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        y = torch.zeros(3, 4, dtype=x.dtype)
        y[:, :2] = x * 2
        y[:, 2:] = x * x
        y[0, 0] = 0.0
        ctx.save_for_backward(x)
        return y

    @staticmethod
    def backward(ctx: Any, dy: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        dy = dy.clone()
        dy[0, 0] = 0.0
        return dy[:, :2] * 2 + dy[:, 2:] * 2 * x


class InPartsWithoutTheHole(InParts):
    """Forgets that one place is 0."""

    @staticmethod
    def backward(ctx: Any, dy: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return dy[:, :2] * 2 + dy[:, 2:] * 2 * x


@pytest.mark.parametrize(("function", "wrong"), [(InParts, []), (InPartsWithoutTheHole, ["dx"])])
def test_a_function_that_writes_through_views(
    function: type[torch.autograd.Function], wrong: list[str]
) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    with parity.watch() as seen:
        y = function.apply(x)  # type: ignore[no-untyped-call]
        (y * torch.randn_like(y)).sum().backward()
    assert [row.tensor for row in seen.report.wrong] == wrong
    assert "not understood" not in str(seen.report)


def test_a_second_derivative_is_listed() -> None:
    """What a backward with create_graph built is judged once, as a first derivative."""
    torch.manual_seed(0)
    x, w = torch.randn(5, 3, requires_grad=True), torch.randn(3, 4, requires_grad=True)
    with parity.watch() as seen:
        y = torch.tanh(x @ w).sum()
        (slope,) = torch.autograd.grad(y, x, create_graph=True)
        ((slope.norm(dim=1) - 1) ** 2).mean().backward()
    assert seen.report
    assert "TanhBackward: a node of the graph that no operation heard has made" in str(seen.report)


def test_what_was_built_before_the_watch_is_listed() -> None:
    x = torch.randn(5, 3, requires_grad=True)
    h = x.sin()
    with parity.watch() as seen:
        (h * 2).sum().backward()
    assert seen.report
    assert "Sin: a node of the graph" in str(seen.report)


def test_float32_beside_float64_is_judged_as_torch_promotes_it() -> None:
    def program() -> None:
        wide = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
        y = torch.cat([wide + torch.randn(4), wide * x(3, 4), wide * torch.tensor(0.3)], 1)
        (y * torch.randn_like(y)).sum().backward()
        narrow = x(3, 4) * torch.tensor(0.3, dtype=torch.float64)
        assert narrow.dtype == torch.float32
        narrow.sum().backward()

    report = watched(program)
    assert report
    assert "not understood" not in str(report)


TWICE = torch.tensor([[1, 1]])
LISTED: dict[str, tuple[Program, str]] = {
    "scatter": (lambda: x(1, 3).scatter(1, TWICE, x(1, 2)), "scatter that names a place twice"),
    "rounding": (lambda: x(3).round(decimals=1), "rounding to decimals"),
    "norm": (lambda: x(3).norm(0.5), "a norm of the order 0.5"),
    "median": (lambda: torch.ones(3, requires_grad=True).median(), "a median that several"),
    "softmax": (
        lambda: torch._safe_softmax(torch.full((2, 3), -torch.inf, requires_grad=True), 1),
        "a softmax of nothing but −∞",
    ),
    "attention": (
        lambda: F.scaled_dot_product_attention(
            *(x(1, 2, n, 4) for n in (3, 5, 5)), torch.zeros(3, 5, dtype=torch.bool)
        ),
        "attention with a row that is masked as a whole",
    ),
    "grid_sample": (
        lambda: F.grid_sample(x(1, 2, 3, 4), x(1, 2, 2, 2), mode="nearest", align_corners=False),
        "grid_sample that is not bilinear",
    ),
}


@pytest.mark.parametrize("name", LISTED)
def test_what_a_rule_does_not_cover_is_listed_with_its_reason(name: str) -> None:
    program, reason = LISTED[name]
    assert reason in str(watched(program))
