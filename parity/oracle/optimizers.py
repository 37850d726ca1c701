"""Steps of torch.optim.SGD and Adam, the ones that go through the parameters one by one.

`foreach=False, fused=False` is what torch itself takes on a processor (single-tensor); the others
compute the same in another order of roundings. What is called is what the `step` of either class
calls: torch's functional API. To make an object of a class loads torch's compiler, a second of
work in each process.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.sgd import sgd

ONE_BY_ONE: dict[str, Any] = {"foreach": False, "fused": False}


def _sgd_step(
    value: Tensor, gradient: Tensor, velocity: Tensor | None = None, **options: Any
) -> Tensor:
    """The new value, and torch's buffer; without a momentum torch has none but the gradient."""
    named = _named(torch.optim.SGD, options)
    parameter = value.detach().clone()
    buffers = [None if velocity is None else velocity.detach().clone()]
    sgd([parameter], [gradient.detach().clone()], buffers, **named, **ONE_BY_ONE)
    moved = buffers[0] if named["momentum"] else None
    if moved is None:
        along = -gradient if named["maximize"] else gradient
        decay = named["weight_decay"]
        moved = along.add(value, alpha=decay) if decay else along
    return torch.stack([parameter, moved.detach()])


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
    named = _named(torch.optim.Adam, options)
    beta1, beta2 = named.pop("betas")
    moments = [first_moment, second_moment]
    if named["amsgrad"]:
        moments.append(max_second_moment)
    state = [torch.zeros_like(value) if m is None else m.detach().clone() for m in moments]
    parameter, largest = value.detach().clone(), state[2:]
    adam(
        [parameter],
        [gradient.detach().clone()],
        state[:1],
        state[1:2],
        largest,
        [torch.tensor(float(step - 1))],
        beta1=beta1,
        beta2=beta2,
        **named,
        **ONE_BY_ONE,
    )
    return torch.stack([parameter, *state])


def _named(kind: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Options as torch calls them, with the defaults of its class where they are left out."""
    given = {"lr" if name == "learning_rate" else name: value for name, value in options.items()}
    return _defaults(kind) | given


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    """What a class of torch takes where nothing is said, of what changes numbers."""
    known = signature(kind).parameters
    return {name: known[name].default for name in CHANGING[kind]}


CHANGING: dict[Any, tuple[str, ...]] = {
    torch.optim.SGD: ("lr", "momentum", "dampening", "weight_decay", "nesterov", "maximize"),
    torch.optim.Adam: ("lr", "betas", "eps", "weight_decay", "amsgrad", "maximize"),
}

TORCH: dict[str, Callable[..., Tensor]] = {"sgd_step": _sgd_step, "adam_step": _adam_step}
