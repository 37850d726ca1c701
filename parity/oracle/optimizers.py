"""Steps of torch.optim.SGD and Adam, the ones that go through the parameters one by one.

`foreach=False, fused=False` is what torch itself takes on a processor (single-tensor); the others
compute the same in another order of roundings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

ONE_BY_ONE = {"foreach": False, "fused": False}


def _sgd_step(
    value: Tensor, gradient: Tensor, velocity: Tensor | None = None, **options: Any
) -> Tensor:
    """The new value, and torch's buffer; without a momentum torch has none but the gradient."""
    rate, named = _named(options)
    (parameter,), optimizer = _optimizer(torch.optim.SGD, value, gradient, rate, named)
    if velocity is not None:
        optimizer.state[parameter]["momentum_buffer"] = velocity.detach().clone()
    optimizer.step()
    moved = optimizer.state[parameter].get("momentum_buffer") if named.get("momentum") else None
    if moved is None:
        along = -gradient if named.get("maximize") else gradient
        decay = named.get("weight_decay", 0)
        moved = along.add(value, alpha=decay) if decay else along
    return torch.stack([parameter.detach(), moved.detach()])


def _adam_step(
    value: Tensor,
    gradient: Tensor,
    first_moment: Tensor | None = None,
    second_moment: Tensor | None = None,
    max_second_moment: Tensor | None = None,
    step: int = 1,
    **options: Any,
) -> Tensor:
    """The new value and torch's moments."""
    rate, named = _named(options)
    (parameter,), optimizer = _optimizer(torch.optim.Adam, value, gradient, rate, named)
    state = optimizer.state[parameter]
    state["step"] = torch.tensor(float(step - 1))
    moments = {"exp_avg": first_moment, "exp_avg_sq": second_moment}
    if named.get("amsgrad"):
        moments["max_exp_avg_sq"] = max_second_moment
    for name, moment in moments.items():
        state[name] = torch.zeros_like(value) if moment is None else moment.detach().clone()
    optimizer.step()
    return torch.stack([parameter.detach(), *(state[name] for name in moments)])


def _named(options: dict[str, Any]) -> tuple[float, dict[str, Any]]:
    """The learning rate, and the rest as torch calls it."""
    others = {name: value for name, value in options.items() if name != "learning_rate"}
    if "betas" in others:
        others["betas"] = tuple(others["betas"])
    return options.get("learning_rate", 1e-3), others


def _optimizer(
    kind: Any, value: Tensor, gradient: Tensor, rate: float, named: dict[str, Any]
) -> tuple[list[Tensor], Any]:
    """A parameter that has this gradient, and its optimiser."""
    parameter = value.detach().clone().requires_grad_()
    parameter.grad = gradient.detach().clone()
    return [parameter], kind([parameter], lr=rate, **named, **ONE_BY_ONE)


TORCH: dict[str, Callable[..., Tensor]] = {"sgd_step": _sgd_step, "adam_step": _adam_step}
