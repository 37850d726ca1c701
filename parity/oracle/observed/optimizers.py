"""The steps of optimisers: every parameter, its gradient and its state, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.optim.optimizer import (
    Optimizer,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
)

from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import OptimizerStep, ParameterStep
from parity.oracle.observed.positions import Position

State = Mapping[str, Held | float]


class Steps:
    """Follows every step of every optimiser."""

    def __init__(
        self,
        name_of: Callable[[Tensor], str],
        where: Callable[[], Position],
        began: Callable[[], None],
        ended: Callable[[list[OptimizerStep], list[Tensor]], None],
    ) -> None:
        self.name_of, self.where, self.began, self.ended = name_of, where, began, ended
        self._before: dict[int, tuple[Held, State]] = {}

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Be told of the steps that are made inside."""
        before = register_optimizer_step_pre_hook(self._begin)
        after = register_optimizer_step_post_hook(self._end)
        try:
            yield
        finally:
            before.remove()
            after.remove()

    def _begin(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        self.began()
        with torch.no_grad():
            self._before = {
                id(p): (_copied(p), _state(optimizer, p))
                for group in optimizer.param_groups
                for p in group["params"]
                if p.grad is not None
            }

    def _end(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        moved = [
            p for group in optimizer.param_groups for p in group["params"] if id(p) in self._before
        ]
        with torch.no_grad():
            steps = [self._step(optimizer, group) for group in optimizer.param_groups]
        self._before = {}
        self.ended([step for step in steps if step.parameters], moved)

    def _step(self, optimizer: Optimizer, group: Mapping[str, Any]) -> OptimizerStep:
        kind = type(optimizer)
        return OptimizerStep(
            kind.__name__,
            tuple(base.__name__ for base in kind.__mro__),
            {name: value for name, value in group.items() if name != "params"},
            tuple(self._of(optimizer, p) for p in group["params"] if id(p) in self._before),
            self.where(),
        )

    def _of(self, optimizer: Optimizer, p: Tensor) -> ParameterStep:
        before, state = self._before[id(p)]
        assert p.grad is not None
        after = _state(optimizer, p, copied=False)
        return ParameterStep(self.name_of(p), Held(p.grad), before, Held(p), state, after)


def _copied(tensor: Tensor) -> Held:
    held = Held(tensor)
    held.copy()
    return held


def _state(optimizer: Optimizer, parameter: Tensor, copied: bool = True) -> State:
    """What an optimiser keeps of a parameter; single numbers as such."""
    found: dict[str, Held | float] = {}
    for name, value in optimizer.state.get(parameter, {}).items():
        if isinstance(value, Tensor) and value.ndim:
            found[name] = _copied(value) if copied else Held(value)
        elif isinstance(value, Tensor | int | float):
            found[name] = float(value)
    return found
