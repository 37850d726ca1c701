"""The forms that `parity explain conventions` gives do what they are said to do, in torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (its customary name)
from torch import Tensor

from parity.peers.porting import FORMS, FORMS_OF
from parity.peers.probes.every import probes

X = torch.tensor([3.0, -1.0, 2.0])
OTHER = torch.tensor([3.0, -4.0, 5.0])
DY = torch.tensor([2.0, 3.0, 5.0])
NAN = float("nan")


def slopes(y: Tensor, *inputs: Tensor) -> list[list[float]]:
    """∂(Σ dy·y) of each input."""
    return [g.tolist() for g in torch.autograd.grad(y, inputs, DY[: y.numel()].reshape(y.shape))]


@pytest.mark.parametrize(
    ("said", "form", "at_the_tie"),
    [
        ("the two share dy", lambda a, b: (a + b) / 2 + (a - b).abs() / 2, (1, 1)),
        ("the first argument gets dy", lambda a, b: torch.where(a >= b, a, b), (2, 0)),
        ("the second argument gets dy", lambda a, b: torch.where(a > b, a, b), (0, 2)),
    ],
)
def test_a_maximum_of_two(said: str, form: object, at_the_tie: tuple[float, float]) -> None:
    """At a tie each form sends dy where it says."""
    assert said in FORMS
    a, b = X.clone().requires_grad_(), OTHER.clone().requires_grad_()
    y = form(a, b)  # type: ignore[operator]
    assert y.tolist() == [3, -1, 5]
    da, db = slopes(y, a, b)
    assert (da, db) == ([at_the_tie[0], 3, 0], [at_the_tie[1], 0, 5])


A = 0.25  # a slope, an alpha


@pytest.mark.parametrize(
    ("function", "said", "form", "slope"),
    [
        ("relu", "the derivative at 0 is 0", lambda x: torch.where(x > 0, x, 0), 0),
        ("relu", "the derivative at 0 is 1", lambda x: torch.where(x >= 0, x, 0), 1),
        ("relu", "the derivative at 0 is ½", lambda x: (x + x.abs()) / 2, 0.5),
        ("leaky_relu", "the derivative at 0 is 1", lambda x: torch.where(x >= 0, x, A * x), 1),
        (
            "leaky_relu",
            "the derivative at 0 is the slope",
            lambda x: torch.where(x > 0, x, A * x),
            A,
        ),
        (
            "elu",
            "the derivative at 0 is alpha",
            lambda x: torch.where(x > 0, x, A * (x.exp() - 1)),
            A,
        ),
        ("elu", "the derivative at 0 is 1", lambda x: torch.where(x >= 0, x, A * (x.exp() - 1)), 1),
        (
            "absolute",
            "the derivative at 0 is 0",
            lambda x: torch.where(x > 0, x, -x) * x.sign() ** 2,
            0,
        ),
        ("absolute", "the derivative at 0 is 1", lambda x: torch.where(x >= 0, x, -x), 1),
    ],
)
def test_a_kink(function: str, said: str, form: object, slope: float) -> None:
    """At 0, with the function's own value and its own slopes beside it."""
    assert (function, said) in FORMS_OF
    functions = {
        "relu": torch.relu,
        "leaky_relu": lambda x: F.leaky_relu(x, A),
        "elu": lambda x: F.elu(x, A),
        "absolute": torch.abs,
    }
    x = torch.tensor([0.0, -1.0, 2.0], requires_grad=True)
    y, right = form(x), functions[function](x)  # type: ignore[operator]
    torch.testing.assert_close(y, right)
    [found], [beside] = slopes(y, x), slopes(right, x)
    assert found[0] == 2 * slope
    assert found[1:] == pytest.approx(beside[1:])


def test_nan_in_and_out_of_a_relu() -> None:
    """One keeps it, one replaces it."""
    x = torch.tensor([NAN, -1.0, 2.0])
    kept = torch.where(torch.isnan(x), x, torch.relu(x))
    np.testing.assert_array_equal(kept.numpy(), [NAN, 0, 2])
    assert torch.relu(torch.where(torch.isnan(x), 0, x)).tolist() == [0, 0, 2]


ROW = torch.tensor([[[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]])


def test_what_an_average_counts() -> None:
    """Counted and not, with padding by hand or divided by pooled ones."""
    counted = F.avg_pool1d(ROW, 3, 2, 1)
    assert torch.equal(F.avg_pool1d(F.pad(ROW, (1, 1)), 3, 2), counted)
    left = F.avg_pool1d(ROW, 3, 2, 1, count_include_pad=False)
    assert torch.allclose(counted / F.avg_pool1d(torch.ones_like(ROW), 3, 2, 1), left)


def test_the_last_window_of_ceil_mode() -> None:
    """What lies beyond is not counted, or is."""
    usual = F.avg_pool1d(ROW, 3, 2, 1, ceil_mode=True)
    by_hand = F.avg_pool1d(F.pad(ROW, (1, 1)), 3, 2, 0, ceil_mode=True, count_include_pad=False)
    assert torch.equal(usual, by_hand)
    whole = F.avg_pool1d(F.pad(ROW, (1, 2)), 3, 2)
    assert whole.tolist() == [[[1, 3, 5, 2]]]


def test_labels_that_add_up_to_two() -> None:
    """dlogits = p·s − t from log_softmax; p − t by taking (s − 1)·p away."""
    logits = torch.tensor([[0.5, -1.0, 2.0]], requires_grad=True)
    target = torch.tensor([[0.5, 0.5, 1.0]])
    loss = -(target * F.log_softmax(logits, 1)).sum()
    [found] = torch.autograd.grad(loss, logits)
    p = torch.softmax(logits, 1)
    assert torch.allclose(found, 2 * p - target)
    assert torch.allclose(found - (2 - 1) * p, p - target)


def test_every_form_belongs_to_an_answer() -> None:
    """None is for a convention that nobody asks about."""
    assert set(FORMS) <= {name for probe in probes() for name in probe.answers}
    asked = {(probe.function, name) for probe in probes() for name in probe.answers}
    assert set(FORMS_OF) <= asked
