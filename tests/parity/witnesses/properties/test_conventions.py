"""Other conventions that don't do what they promise are refused."""

from __future__ import annotations

from inspect import signature
from typing import Any

import numpy as np
import pytest
import torch
from asking import faults

import refimpl
from parity.witnesses.properties.conventions import other_conventions

CASES = [
    "max_pool1d[padding 2]",
    "max_pool2d[stride padding dilation]",
    "max_pool3d[overlap stride(1,2,3)]",
    "relu[maps]",
    "perceptron_loss[batch]",
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", [*CASES, "tanh[maps]"])
def test_the_right_code(case: str, dtype: str) -> None:
    """Whatever the window; a function without such an option is not asked."""
    assert faults(other_conventions, case, dtype) == []


@pytest.mark.parametrize("n", [1, 2, 3])
def test_all_that_is_the_first(monkeypatch: pytest.MonkeyPatch, n: int) -> None:
    """ties="all" that does what "first" does."""
    name = f"max_pool{n}d_backward"
    right = getattr(refimpl, name)
    monkeypatch.setattr(
        refimpl, name, lambda dy, x, *args, ties="first", **how: right(dy, x, *args, **how)
    )
    assert faults(other_conventions, CASES[n - 1])[0].startswith(f'{name} with ties="all": ')


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("wrong", ["all", "first", "of the window", "slightly"])
def test_shares_that_are_wrong(monkeypatch: pytest.MonkeyPatch, n: int, wrong: str) -> None:
    """Not divided, given to one, divided by all places of the window, a little too large."""
    name = f"max_pool{n}d_backward"
    right = getattr(refimpl, name)

    def shared(dy: Any, x: Any, *args: Any, ties: str = "first", **how: Any) -> Any:
        if ties != "split":
            return right(dy, x, *args, ties=ties, **how)
        if wrong in ("all", "first"):
            return right(dy, x, *args, ties=wrong, **how)
        if wrong == "slightly":
            return (right(dy, x, *args, ties=ties, **how) * 1.0005).astype(x.dtype)
        places = np.prod(np.broadcast_to(how.get("kernel_size", (args or (2,))[0]), (n,)))
        return right(dy / x.dtype.type(places), x, *args, ties="all", **how)

    monkeypatch.setattr(refimpl, name, shared)
    assert faults(other_conventions, CASES[n - 1])[0].startswith(f'{name} with ties="split"')


@pytest.mark.parametrize("case", CASES[3:])
def test_at_zero_that_is_forgotten(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Or counts for 1 whatever it is."""
    name = f"{case.partition('[')[0]}_backward"
    right = getattr(refimpl, name)

    def forgotten(*args: Any, at_zero: Any = 0) -> Any:
        return right(*args)

    def one(*args: Any, at_zero: Any = 0) -> Any:
        return right(*args, at_zero=int(bool(at_zero)))

    monkeypatch.setattr(refimpl, name, forgotten)
    assert faults(other_conventions, case)[0].startswith(f"{name} with at_zero=1: at (")
    monkeypatch.setattr(refimpl, name, one)
    assert faults(other_conventions, case)[0].startswith(f"{name} with at_zero=0.5: at (")


@pytest.mark.parametrize(
    ("at_zero", "said"),
    [(1, lambda x: x.clamp(min=0)), (0.5, lambda x: torch.maximum(x, torch.zeros_like(x)))],
)
def test_torch_says_the_same_of_other_slopes(at_zero: Any, said: Any) -> None:
    """clamp passes at its limit, a maximum of two shares what it gets between them."""
    rng = np.random.default_rng(0)
    x, dy = rng.integers(-1, 2, (40, 3)).astype(float), rng.normal(size=(40, 3))
    tensor = torch.from_numpy(x).requires_grad_()
    (wanted,) = torch.autograd.grad(said(tensor), [tensor], torch.from_numpy(dy))
    assert np.array_equal(refimpl.relu_backward(dy, x, at_zero=at_zero), wanted.numpy())


def test_torch_says_the_same_of_all_maxima() -> None:
    """amax shares a gradient among the maxima: times their number, each gets all of it."""
    rng = np.random.default_rng(0)
    x, dy = rng.integers(-1, 2, (2, 3, 4, 6)).astype(float), rng.normal(size=(2, 3, 1, 1))
    tensor = torch.from_numpy(x).requires_grad_()
    y = tensor.amax((2, 3), keepdim=True)
    count = (tensor == y).sum((2, 3), keepdim=True)
    (wanted,) = torch.autograd.grad(y, [tensor], torch.from_numpy(dy) * count)
    ours = refimpl.max_pool2d_backward(dy, x, (4, 6), ties="all")
    assert np.allclose(ours, wanted.numpy(), rtol=1e-15, atol=0)


def test_zeros_are_not_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gradient of −0 is 0."""
    right = refimpl.relu_backward

    def other_zeros(dy: Any, x: Any, at_zero: Any = 0) -> Any:
        dx = right(dy, x, at_zero)
        return np.where(dx == 0, -dx, dx)

    monkeypatch.setattr(refimpl, "relu_backward", other_zeros)
    assert faults(other_conventions, "relu[maps]") == []


def test_what_is_nearly_a_tie_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """One unit in the last place below the maximum: nothing of dy."""
    right = refimpl.max_pool2d_backward

    def tolerant(dy: Any, x: Any, *more: Any, **options: Any) -> Any:
        rounded = np.round(x, 12) if options.get("ties") == "all" else x
        return right(dy, rounded.astype(x.dtype), *more, **options)

    tolerant.__signature__ = signature(right)  # type: ignore[attr-defined]
    monkeypatch.setattr(refimpl, "max_pool2d_backward", tolerant)
    (said,) = faults(other_conventions, "max_pool2d[overlap 3 stride 2]")
    assert said.startswith('max_pool2d_backward with ties="all", nearly tied: at (')
