"""Steps of torch.optim.SGD and Adam, the ones that go through the parameters one by one.

The functions that the classes' own `step` calls: to make an object of such a class torch first
loads its compiler, a second in each process.

`foreach=False, fused=False` is what torch itself takes on a processor (single-tensor); the others
compute the same in another order of roundings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

ONE_BY_ONE: dict[str, Any] = {"foreach": False, "fused": False}
# What the classes take for what is left out.
OF_SGD: dict[str, Any] = {
    "momentum": 0,
    "dampening": 0,
    "weight_decay": 0,
    "nesterov": False,
    "maximize": False,
}
OF_ADAM: dict[str, Any] = {
    "betas": (0.9, 0.999),
    "eps": 1e-8,
    "weight_decay": 0,
    "amsgrad": False,
} | {"maximize": False}


def _sgd_step(
    value: Tensor, gradient: Tensor, velocity: Tensor | None = None, **options: Any
) -> Tensor:
    """The new value, and torch's buffer; without a momentum torch has none but the gradient."""
    named = _named(OF_SGD, options)
    buffers: list[Tensor | None] = [None if velocity is None else velocity.clone()]
    parameter = value.clone()
    sgd([parameter], [gradient], buffers, **named, **ONE_BY_ONE)
    moved = buffers[0] if named["momentum"] else None
    if moved is None:
        along = -gradient if named["maximize"] else gradient
        decay = named["weight_decay"]
        moved = along.add(value, alpha=decay) if decay else along
    return torch.stack([parameter, moved])


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
    named = _named(OF_ADAM, options)
    beta1, beta2 = named.pop("betas")
    given = [first_moment, second_moment, *([max_second_moment] if named["amsgrad"] else [])]
    moments = [torch.zeros_like(value) if m is None else m.clone() for m in given]
    parameter, count = value.clone(), torch.tensor(float(step - 1))
    adam(
        [parameter],
        [gradient],
        moments[:1],
        moments[1:2],
        moments[2:],
        [count],
        beta1=beta1,
        beta2=beta2,
        **named,
        **ONE_BY_ONE,
    )
    return torch.stack([parameter, *moments])


def _named(defaults: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """Every option as torch calls it."""
    named = {"learning_rate": 1e-3} | defaults | options
    return {"lr": named.pop("learning_rate"), **named}


TORCH: dict[str, Callable[..., Tensor]] = {"sgd_step": _sgd_step, "adam_step": _adam_step}
