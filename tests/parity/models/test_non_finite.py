"""NaN and ∞ are told at the operation that they come from, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

import parity

WITHOUT = "from a finite gradient"


def said(program: Callable[[Tensor], Tensor], x: Tensor) -> list[str]:
    """What is noticed of a program's forward and backward."""
    with parity.watch() as seen:
        program(x).sum().backward()  # type: ignore[no-untyped-call]
    return list(seen.report.noticed.what)


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (lambda x: x.log() * 2, ["log gives ∞ of finite numbers, 1 of 3 elements"]),
        (lambda x: (x - 1).sqrt() + 1, ["sqrt gives NaN of numbers without NaN, 1 of 3 elements"]),
        (
            lambda x: torch.where(x > 0, x.sqrt(), 0 * x),
            [f"the backward of sqrt gives NaN to self {WITHOUT}, 1 of 3 elements"],
        ),
        (lambda x: (x * 1e38 * 1e38).exp(), ["mul gives ∞ of finite numbers, 2 of 3 elements"]),
    ],
)
def test_where_it_comes_from(program: Callable[[Tensor], Tensor], expected: list[str]) -> None:
    """The operation that gives it, once: what takes it gives it on."""
    found = said(program, torch.tensor([0.0, 1.0, 2.0], requires_grad=True))
    assert [line for line in found if "backward" not in line or len(expected) == 1][:1] == expected


@pytest.mark.parametrize(
    "program",
    [
        lambda x: x.masked_fill(x > 1, float("-inf")).softmax(0),
        lambda x: (x + torch.full((3, 3), float("-inf")).triu(1)[1]).exp(),
        lambda x: torch.nn.functional.max_pool1d(x[None], 3, 1, 1),
        lambda x: x.sigmoid(),
    ],
)
def test_what_is_meant_is_not_told(program: Callable[[Tensor], Tensor]) -> None:
    """A mask of −∞, and what has neither."""
    assert said(program, torch.tensor([0.5, 1.0, 2.0], requires_grad=True)) == []


def test_memory_that_nobody_has_written_to_is_not_told() -> None:
    """Dropout draws into it; torch fills it with NaN where it is asked to be deterministic."""
    layer, x = torch.nn.Dropout(0.5), torch.ones(9, requires_grad=True)
    torch.use_deterministic_algorithms(True)
    try:
        assert torch.empty_like(x).isnan().all()
        assert said(layer, x) == []
    finally:
        torch.use_deterministic_algorithms(False)


def test_nan_in_a_parameter_is_told_by_its_name() -> None:
    layer = torch.nn.Linear(3, 2)
    with torch.no_grad():
        layer.weight[0, 0] = float("nan")
    with parity.watch(layer) as seen:
        layer(torch.randn(4, 3)).sum().backward()
    first = seen.report.noticed.iloc[0]
    assert (first.module, first.what) == ("weight", "has NaN that came before what was watched")


def test_finite_numbers_whose_sum_is_none_are_finite() -> None:
    """No float32 holds the sum of these; ∞ beside −∞ has none either, and is told."""
    assert said(lambda x: x * 2 * 1e-30, torch.full((64,), 1.5e38, requires_grad=True)) == []
    found = said(lambda x: x * 2e38, torch.tensor([9.0, -9.0], requires_grad=True))
    assert found[:1] == ["mul gives ∞ of finite numbers, 2 of 2 elements"]
