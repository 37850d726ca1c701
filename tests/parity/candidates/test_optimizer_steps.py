"""Steps of optimisers as learners call them: lr, beta1 and beta2, m and v, a tuple given back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import parity


def sgd(w: Any, dw: Any, velocity: Any = None, lr: float = 1e-2, momentum: float = 0.0) -> Any:
    velocity = dw if velocity is None else momentum * velocity + dw
    return w - lr * velocity, velocity


def adam(
    w: Any, dw: Any, m: Any = None, v: Any = None, t: int = 1,
    lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> Any:  # fmt: skip
    m = beta1 * (0 if m is None else m) + (1 - beta1) * dw
    v = beta2 * (0 if v is None else v) + (1 - beta2) * dw**2
    step = lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)
    return w - step, m, v


def adam_behind_a_step(w: Any, dw: Any, first_moment: Any, second_moment: Any, step: int) -> Any:
    """It has no first step."""
    return adam(w, dw, first_moment, second_moment, step)


def sgd_uphill(
    w: Any, dw: Any, velocity: Any = None, lr: float = 1e-2, momentum: float = 0.0
) -> Any:
    velocity = dw if velocity is None else momentum * velocity + dw
    return w + lr * velocity, velocity


def adam_uncorrected(
    w: Any, dw: Any, m: Any = None, v: Any = None, t: int = 1,
    lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8,
) -> Any:  # fmt: skip
    m = beta1 * (0 if m is None else m) + (1 - beta1) * dw
    v = beta2 * (0 if v is None else v) + (1 - beta2) * dw**2
    return w - lr * m / (np.sqrt(v) + eps), m, v


@pytest.mark.parametrize(
    ("code", "like"),
    [(sgd, "sgd_step"), (adam, "adam_step"), (adam_behind_a_step, "adam_step")],
)
def test_right(code: Callable[..., Any], like: str) -> None:
    found = parity.check(code, like=like)
    assert found.status == "right", str(found)


def test_a_step_without_its_state() -> None:
    """It is no mistake that the first step cannot be asked."""
    found = parity.check(adam_behind_a_step, like="adam_step")
    assert "first_moment left out" in found.unchecked


@pytest.mark.parametrize(
    ("code", "like"), [(sgd_uphill, "sgd_step"), (adam_uncorrected, "adam_step")]
)
def test_wrong(code: Callable[..., Any], like: str) -> None:
    found = parity.check(code, like=like)
    assert found.status == "wrong", str(found)
    assert found.causes


@pytest.mark.parametrize("like", ["multiply", "divide", "mse_loss"])
def test_the_function_tells_the_style(like: str) -> None:
    """Names of arrays that only this function has."""
    codes: dict[str, Callable[..., Any]] = {
        "multiply": lambda a, b: a * b,
        "divide": lambda a, b: a / b,
        "mse_loss": lambda output, target: np.mean((output - target) ** 2),
    }
    found = parity.check(codes[like], like=like)
    assert (found.status, found.style) == ("right", "refimpl"), str(found)
