"""What becomes of a batch norm's running statistics, whoever writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.modules.batchnorm import _BatchNorm

from parity.oracle.observed.held import Held


@dataclass(frozen=True)
class Statistics:
    """A batch norm's input, and its running mean and variance before and after."""

    x: Held
    before: tuple[Held, Held]
    after: tuple[Held, Held]
    momentum: float


@dataclass(frozen=True)
class _Begun:
    x: Held
    before: tuple[Held, Held]


class NormsFollowed:
    """Follows the calls of batch norms, and of what is made of them, in training."""

    def __init__(self) -> None:
        self._begun: dict[int, _Begun] = {}
        self._written: dict[int, Tensor] = {}  # what torch's own operation wrote, by its memory

    def wrote(self, running_var: Tensor) -> None:
        """torch's own operation has written there, and is judged for it."""
        self._written[running_var.data_ptr()] = running_var.detach().clone()

    def enters(self, module: Module, inputs: Any) -> None:
        """A module is called."""
        if not isinstance(module, _BatchNorm) or not _writes(module, inputs):
            return
        x = Held(inputs[0])
        before = Held(module.running_mean), Held(module.running_var)  # type: ignore[arg-type]
        for held in before:
            held.copy()
        self._begun[id(module)] = _Begun(x, before)

    def leaves(self, module: Module) -> Statistics | None:
        """A module is done: its statistics, where somebody else than torch has written them."""
        begun = self._begun.pop(id(module), None)
        if begun is None:
            return None
        assert isinstance(module, _BatchNorm)
        mean, var = module.running_mean, module.running_var
        assert mean is not None
        assert var is not None
        written = self._written.pop(var.data_ptr(), None)
        if written is not None and torch.equal(written, var):
            return None
        return Statistics(begun.x, begun.before, (Held(mean), Held(var)), _momentum(module))


def _writes(module: _BatchNorm, inputs: Any) -> bool:
    """Whether a call changes running statistics."""
    tracked = module.training and module.track_running_stats and module.running_mean is not None
    return tracked and bool(inputs) and isinstance(inputs[0], Tensor)


def _momentum(module: _BatchNorm) -> float:
    """None stands for the average of all batches."""
    if module.momentum is not None:
        return float(module.momentum)
    assert module.num_batches_tracked is not None
    return 1 / float(module.num_batches_tracked)
