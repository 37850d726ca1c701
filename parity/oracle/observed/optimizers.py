"""The steps of optimisers: every parameter, its gradient and its state, before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial, wraps
from typing import Any, NamedTuple

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
Before = dict[int, tuple[Held, State]]  # a parameter and what is kept of it, by its id


class Steps:
    """Follows every step of every optimiser.

    Where a class changes more than the class that it is made of – weights clamped behind a step –,
    the step is that of the class below, as it ran; what the class adds by itself is told.
    """

    def __init__(
        self,
        name_of: Callable[[Tensor], str],
        where: Callable[[], Position],
        began: Callable[[], None],
        ended: Callable[[list[OptimizerStep], list[Tensor]], None],
        tell: Callable[[str, Position], None],
    ) -> None:
        self.name_of, self.where, self.began, self.ended = name_of, where, began, ended
        self.tell = tell
        self._before: dict[int, tuple[Held, State]] = {}
        self._below: list[_Below] = []  # what the classes below did in this step
        self._gradients: dict[int, tuple[int, int]] = {}  # which they were when it began
        self._under_way: Optimizer | None = None
        self._inside = False  # a step of a class below
        self._undo = ExitStack()

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Be told of the steps that are made inside."""
        before = register_optimizer_step_pre_hook(self._begin)
        after = register_optimizer_step_post_hook(self._end)
        try:
            yield
        finally:
            self._undo.close()
            before.remove()
            after.remove()

    def _begin(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._inside:
            return
        self._undo.close()  # of a step that was broken off
        self.began()
        self._under_way, self._before, self._below = optimizer, _now(optimizer), []
        self._gradients = _versions(optimizer)
        for kind in _below(type(optimizer)):
            self._undo.enter_context(_told_of(kind, partial(self._run_below, kind)))

    def _run_below(self, kind: type, run: Callable[[], Any], optimizer: Optimizer) -> Any:
        """The step of a class below, by which the whole step is judged."""
        if optimizer is not self._under_way:
            self._undo.close()  # a step was broken off, and this is another optimiser's
            return run()
        if kind is not _torchs(type(optimizer)):  # somebody's own, between
            return self._nested(run)
        before = _now(optimizer)
        if not self._below:
            self._tell_of_gradients(optimizer, kind)
        result = self._nested(run)
        with torch.no_grad():
            steps = self._steps(optimizer, kind, before)
        after = {id(p): _copied(p) for p in _every(optimizer) if id(p) in before}
        self._below.append(_Below(kind, before, after, steps))
        return result

    def _nested(self, run: Callable[[], Any]) -> Any:
        """A step inside a step, of which torch tells too."""
        outside, self._inside = self._inside, True
        try:
            return run()
        finally:
            self._inside = outside

    def _end(self, optimizer: Optimizer, args: Any, kwargs: Any) -> None:
        if self._inside:
            return
        self._undo.close()
        moved = [p for p in _every(optimizer) if id(p) in self._before]
        with torch.no_grad():
            steps = [step for below in self._below for step in below.steps]
            if not self._below:
                steps = self._steps(optimizer, type(optimizer), self._before)
            elif moved:
                self._tell_of_more(optimizer, moved)
        self._under_way, self._before, self._below = None, {}, []
        self.ended([step for step in steps if step.parameters], moved)

    def _tell_of_gradients(self, optimizer: Optimizer, below: type) -> None:
        now, own = _versions(optimizer), type(optimizer).__name__
        what = f"{own} changes its gradient by itself, before the step of {below.__name__}"
        for p in _every(optimizer):
            if id(p) in now and now[id(p)] != self._gradients.get(id(p)):
                self.tell(what, Position(self.name_of(p), self.where().line))

    def _tell_of_more(self, optimizer: Optimizer, moved: list[Tensor]) -> None:
        """What the optimiser's own class changed, before and behind the steps below."""
        kind, line = type(optimizer).__name__, self.where().line
        now = {id(p): Held(p) for p in moved}
        outer = {number: before for number, (before, _) in self._before.items()}
        stands = [outer, *(below.after for below in self._below)]
        begins = [{n: held for n, (held, _) in below.before.items()} for below in self._below]
        names = [below.kind.__name__ for below in self._below]
        said = [f"before the step of {names[0]}", *(f"after the step of {name}" for name in names)]
        for where, one, other in zip(said, stands, [*begins, now], strict=True):
            for p in moved:
                if id(p) in one and id(p) in other and not _equal(one[id(p)], other[id(p)]):
                    what = f"{kind} changes it by itself, {where} that it is made of"
                    self.tell(what, Position(self.name_of(p), line))

    def _steps(self, optimizer: Optimizer, kind: type, before: Before) -> list[OptimizerStep]:
        return [self._step(optimizer, kind, before, group) for group in optimizer.param_groups]

    def _step(
        self, optimizer: Optimizer, kind: type, before: Before, group: Mapping[str, Any]
    ) -> OptimizerStep:
        own = type(optimizer).__name__
        return OptimizerStep(
            own if kind is type(optimizer) else f"{kind.__name__} in {own}",
            own,
            tuple(base.__name__ for base in kind.__mro__),
            {name: value for name, value in group.items() if name != "params"},
            tuple(
                self._of(optimizer, p, *before[id(p)], kept=kind is not type(optimizer))
                for p in group["params"]
                if id(p) in before
            ),
            self.where(),
        )

    def _of(
        self, optimizer: Optimizer, p: Tensor, before: Held, state: State, kept: bool
    ) -> ParameterStep:
        """kept: copied, as somebody may go on changing it."""
        assert p.grad is not None
        after = _state(optimizer, p, copied=kept)
        held = _copied if kept else Held
        return ParameterStep(self.name_of(p), held(p.grad), before, held(p), state, after)


class _Below(NamedTuple):
    """A step of a class that an optimiser's is made of."""

    kind: type
    before: Before
    after: dict[int, Held]
    steps: list[OptimizerStep]


def _below(kind: type) -> list[type]:
    """The classes with a step of their own that a class with one is made of."""
    own = [base for base in kind.__mro__ if "step" in vars(base) and base is not Optimizer]
    return own[1:]


def _torchs(kind: type) -> type | None:
    """The first of them that is torch's."""
    return next((base for base in _below(kind) if base.__module__.startswith("torch.")), None)


@contextmanager
def _told_of(kind: type, told: Callable[[Callable[[], Any], Optimizer], Any]) -> Iterator[None]:
    """A class's step tells before it runs, for a while."""
    plain = kind.step  # type: ignore[attr-defined]

    @wraps(plain)
    def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
        return told(lambda: plain(optimizer, *args, **kwargs), optimizer)

    kind.step = step  # type: ignore[attr-defined]
    try:
        yield
    finally:
        kind.step = plain  # type: ignore[attr-defined]


def _every(optimizer: Optimizer) -> Iterator[Tensor]:
    for group in optimizer.param_groups:
        yield from group["params"]


def _now(optimizer: Optimizer) -> Before:
    """The parameters that have a gradient, and what the optimiser keeps of them."""
    with torch.no_grad():
        return {
            id(p): (_copied(p), _state(optimizer, p))
            for p in _every(optimizer)
            if p.grad is not None
        }


def _versions(optimizer: Optimizer) -> dict[int, tuple[int, int]]:
    """Which tensor each gradient is, and how often it was written to."""
    return {id(p): (id(p.grad), p.grad._version) for p in _every(optimizer) if p.grad is not None}


def _equal(one: Held, other: Held) -> bool:
    a, b = one.tensor, other.tensor
    return bool(((a == b) | (a != a) & (b != b)).all())  # NaN is NaN


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
