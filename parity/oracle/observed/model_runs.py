"""A model that somebody names, run for a few steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.utils._python_dispatch import _disable_current_modes

from parity.cases.case import Array

RANDOM, CROSS_ENTROPY, MSE = LOSSES = ("random", "cross_entropy", "mse")
RATE, MOMENTUM = 0.01, 0.9  # of the steps


class ModelError(ValueError):
    """A model that does not run; one sentence."""


@dataclass(frozen=True)
class Input:
    """One argument of a model's forward: an array, or the shape of one that is drawn.

    name: by which it is passed; "" for the next one by place. below: whole numbers from 0 are drawn
    that are smaller than this; 0: normal numbers.
    """

    name: str
    shape: tuple[int, ...] = ()
    below: int = 0
    array: Array | None = None


@dataclass(frozen=True)
class Asked:
    """How a model is run."""

    inputs: tuple[Input, ...]
    target: Array | None  # where the loss wants one
    loss: str
    steps: int
    dtype: str
    channels_last: bool
    evaluation: bool
    seed: int


def made(named: Any, where: str, asked: Asked) -> Module:
    """A model from a model, a class or a function without required arguments; seeded.

    Raises: ModelError.
    """
    torch.manual_seed(asked.seed)
    model = named
    if not isinstance(model, Module):
        try:
            model = named()
        except (Exception, SystemExit) as error:
            raise ModelError(
                f"{where}: cannot be called without arguments: {_said(error)}"
            ) from None
    if not isinstance(model, Module):
        raise ModelError(f"{where}: gives {type(model).__name__}, not a torch.nn.Module")
    model = model.to(getattr(torch, asked.dtype)).train(not asked.evaluation)
    if asked.channels_last:
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return model


def run(model: Module, asked: Asked, step_ends: Callable[[], None]) -> None:
    """Forward, backward, and a step of SGD behind each but the only one.

    Raises: ModelError in one sentence for whatever torch raises.
    """
    torch.manual_seed(asked.seed)
    with _disable_current_modes():  # what the command draws is no operation of the model
        args = [_input(one, asked) for one in asked.inputs if not one.name]
        kwargs = {one.name: _input(one, asked) for one in asked.inputs if one.name}
    shapes = ", ".join(f"{one.name} {one.shape}".strip() for one in asked.inputs)
    optimizer = None
    if asked.steps > 1:
        optimizer = torch.optim.SGD(model.parameters(), lr=RATE, momentum=MOMENTUM)
    for _ in range(asked.steps):
        if optimizer is not None:
            optimizer.zero_grad()
        y = _attempted(lambda: model(*args, **kwargs), f"the model does not run on {shapes}")
        _backward(y, asked)
        if optimizer is not None:
            optimizer.step()
        step_ends()


def _input(one: Input, asked: Asked) -> Tensor:
    dtype = getattr(torch, asked.dtype)
    if one.array is not None:
        x = torch.from_numpy(one.array.copy())
        x = x.to(dtype) if x.is_floating_point() else x
    elif one.below:
        x = torch.randint(one.below, one.shape)
    else:
        x = torch.randn(one.shape, dtype=torch.float64).to(dtype)
    if asked.channels_last and x.ndim == 4 and x.is_floating_point():
        x = x.contiguous(memory_format=torch.channels_last)
    return x


def _backward(y: Any, asked: Asked) -> None:
    """From the loss of all outputs; a random one is Σ y·r, r drawn from the seed.

    Of that the gradients are r, so that no operation of ours is among the model's.
    """
    outputs = [part for part in _flat(y) if part.is_floating_point()]
    if not outputs:
        raise ModelError(f"the model gives {type(y).__name__}, no tensor of real numbers")
    if asked.loss == RANDOM:
        ends: list[tuple[Tensor, Tensor | None]] = [(part, _drawn(part)) for part in outputs]
    else:
        ends = [(_attempted(lambda: _loss(outputs[0], asked), f"the loss {asked.loss}"), None)]
    wanting = [(part, r) for part, r in ends if part.requires_grad]
    if not wanting:
        raise ModelError("no gradient: nothing that the loss depends on wants one")
    tensors, gradients = zip(*wanting, strict=True)
    _attempted(lambda: torch.autograd.backward(tensors, gradients), "the backward")


def _loss(y: Tensor, asked: Asked) -> Tensor:
    if asked.loss == MSE:
        return torch.nn.functional.mse_loss(y, _target(asked, _drawn(y)))
    return torch.nn.functional.cross_entropy(y, _target(asked, _classes(y)))


def _drawn(like: Tensor) -> Tensor:
    """Random numbers for an output."""
    with _disable_current_modes():
        return torch.randn(like.shape, dtype=like.dtype)


def _classes(logits: Tensor) -> Tensor:
    """A random class of each sample, or of each place."""
    with _disable_current_modes():
        return torch.randint(logits.shape[1], (logits.shape[0], *logits.shape[2:]))


def _target(asked: Asked, drawn: Tensor) -> Tensor:
    if asked.target is None:
        return drawn
    given = torch.from_numpy(asked.target.copy())
    return (
        given.to(drawn.dtype) if given.is_floating_point() == drawn.is_floating_point() else given
    )


def _flat(y: Any) -> list[Tensor]:
    if isinstance(y, Tensor):
        return [y]
    if isinstance(y, Mapping):
        y = list(y.values())
    if isinstance(y, list | tuple):
        return [tensor for part in y for tensor in _flat(part)]
    return []


def _attempted(run_it: Callable[[], Any], what: str) -> Any:
    try:
        return run_it()
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(f"{what}: {_said(error)}") from error


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
