"""An operation of torch as it was recorded, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.parameter import is_lazy

from parity.cases.case import Array
from parity.oracle.observed.held import Held, Memory
from parity.oracle.observed.positions import Position
from parity.oracle.observed.statistics import Statistics

CUSTOM = "autograd.Function"  # the namespace of somebody's own
Key = tuple[Any, ...]  # the memory that a tensor lies in, and how
INSIDE = "."  # between a list's name and the number of a tensor in it: "tensors.1"


@dataclass(eq=False)
class Operation:
    """One operation of torch: the arguments it took, by the names of its schema.

    arguments: tensors as `Held`, all else as it is. written: the arguments that it changed.
    gradients: of which arguments its backward sends something back, in the order in which it does;
    None where nobody asked. outputs: until it is judged.
    """

    number: int
    name: str  # "convolution", "add_"
    namespace: str  # "aten"
    position: Position
    arguments: dict[str, Any]
    written: tuple[str, ...]
    outputs: list[Held | None] = field(default_factory=list)
    gradients: list[str | None] = field(default_factory=list)
    leaves: dict[str, str] = field(default_factory=dict)  # arguments that are parameters, by name
    wanted: frozenset[str] = frozenset()  # arguments that want a gradient
    taken: dict[str, Key] = field(default_factory=dict)  # where its tensors lie
    given: list[Key | None] = field(default_factory=list)
    inside: list[Operation] = field(default_factory=list)  # of an autograd.Function: its forward's
    after: dict[str, Held] = field(default_factory=dict)  # running statistics, as they are now
    seconds: float = 0.0  # that torch took for it
    within: bool = False  # in the forward of an autograd.Function
    part: PartOf | None = None  # where it wrote, in place on a view
    drew: bool = False  # of an autograd.Function: its backward has drawn random numbers

    @property
    def overwritten(self) -> str:
        """The line that wrote to an argument's memory after the operation."""
        return next((h.overwritten for h in self._held() if h.overwritten), "")

    def _held(self) -> Iterator[Held]:
        for value in self.arguments.values():
            yield from (part for part in _parts(value) if isinstance(part, Held))

    @property
    def stem(self) -> str:
        """The name without the sign of working in place."""
        return self.name.rstrip("_") if self.written else self.name

    def drop(self) -> None:
        """Keep no numbers any more."""
        self.arguments, self.outputs, self.inside, self.after = {}, [], [], {}


def _parts(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else (value,)


@dataclass(frozen=True)
class Laid:
    """How a tensor lies in its memory."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int

    def offsets(self) -> Array:
        """Where each element lies."""
        steps = zip(self.shape, self.strides, strict=True)
        axes = np.ix_(*(np.arange(n) * stride for n, stride in steps)) if self.shape else ()
        return np.asarray(sum(axes, np.full(self.shape, self.start)))


@dataclass(frozen=True)
class PartOf:
    """A view that was written to, in the tensor that it is a part of."""

    whole: Laid
    view: Laid
    key: Key  # of the whole

    def places(self) -> Array | None:
        """Of each element of the view, which one it is of the whole, in the order of its axes.

        None if it has elements of its own, or if elements of the whole share memory.
        """
        there, ours = self.whole.offsets().reshape(-1), self.view.offsets()
        numbers = np.full(int(max(there.max(initial=-1), ours.max(initial=-1))) + 1, -1)
        numbers[there] = np.arange(there.size)
        places = numbers[ours]
        shared = np.any(numbers[there] != np.arange(there.size))
        return None if shared or np.any(places < 0) else places


class Listener(Protocol):
    """Who is told what was recorded, at the time it happens."""

    def forward(self, operation: Operation) -> None:
        """An operation was run; its outputs are there."""

    def kept(self, operation: Operation) -> None:
        """Its backward is known; what is not needed for it can go."""

    def cut(self, operation: Operation) -> None:
        """Its arguments want gradients, but none will come back through it."""

    def lost(self, operation: Operation, why: str) -> None:
        """It has a backward that cannot be judged, and why."""

    def backward(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        """Its backward was run, on `upstream`, and sent these gradients back, by argument."""

    def added_up(self, who: Operation | str, parts: Sequence[Held], total: Held) -> None:
        """A gradient that several operations sent back, and what became of it."""

    def hooked(self, who: Operation | str, before: Held, after: Held) -> None:
        """A hook changed a gradient."""

    def noticed(self, what: str, position: Position) -> None:
        """Something legal that is often a mistake."""

    def stepped(self, step: OptimizerStep) -> None:
        """An optimiser has changed parameters."""

    def unseen(self, name: str, why: str, position: Position) -> None:
        """An autograd.Function of this class was run unheard."""

    def broke(self, error: Exception, position: Position) -> None:
        """The listener itself raised this."""

    def statistics(self, found: Statistics, position: Position) -> None:
        """A batch norm's running statistics were written by somebody else than torch."""


@dataclass(frozen=True)
class ParameterStep:
    """One parameter before and after an optimiser's step, with what the optimiser keeps of it."""

    name: str
    gradient: Held
    before: Held
    after: Held
    state_before: Mapping[str, Held | float]
    state_after: Mapping[str, Held | float]


@dataclass(frozen=True)
class OptimizerStep:
    """One step of an optimiser on one group of parameters."""

    name: str  # its class, and of which class below the step is
    kind: str  # its class
    bases: tuple[str, ...]  # what that is made of, itself first
    options: Mapping[str, Any]
    parameters: tuple[ParameterStep, ...]
    position: Position


# --- out of torch's call ------------------------------------------------------------------


def bound_arguments(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """All arguments of a call by the names of the schema, those left out included."""
    named: dict[str, Any] = {}
    for k, argument in enumerate(func._schema.arguments):
        if k < len(args):
            named[argument.name] = args[k]
        elif argument.name in kwargs:
            named[argument.name] = kwargs[argument.name]
        else:
            named[argument.name] = argument.default_value
    return named


def written_by(func: Any) -> tuple[str, ...]:
    """The arguments that an operation changes, as its schema says."""
    return tuple(
        argument.name
        for argument in func._schema.arguments
        if argument.alias_info is not None and argument.alias_info.is_write
    )


def tensors_of(named: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """Every tensor among arguments, those in lists too: "tensors.1"."""
    for name, value in named.items():
        if is_lazy(value):
            continue
        if isinstance(value, Tensor):
            yield name, value
        elif isinstance(value, list | tuple):
            for k, part in enumerate(value):
                if isinstance(part, Tensor):
                    yield f"{name}{INSIDE}{k}", part


def held_arguments(named: Mapping[str, Any], memory: Memory) -> dict[str, Any]:
    """The arguments with what their tensors hold now."""
    return {name: _held(value, memory) for name, value in named.items()}


def _held(value: Any, memory: Memory) -> Any:
    if is_lazy(value):
        return None  # a parameter to come
    if isinstance(value, Tensor):
        return memory.hold(value)
    if isinstance(value, list | tuple):
        return [_held(part, memory) for part in value]
    if isinstance(value, torch.dtype):
        return str(value).removeprefix("torch.")
    return value


def key_of(tensor: Tensor) -> Key:
    """The memory that a tensor lies in, and how: alike for what is the same tensor."""
    try:
        place = tensor.untyped_storage().data_ptr(), tensor.storage_offset()
        return (*place, tuple(tensor.shape), tensor.stride())
    except (RuntimeError, ValueError):  # sparse, or a parameter to come
        return (id(tensor),)


def part_of(view: Tensor) -> PartOf | None:
    """A view in its base; None if it is none, or all of it."""
    base = view._base
    if base is None or key_of(base) == key_of(view):
        return None
    return PartOf(laid(base), laid(view), key_of(base))


def laid(tensor: Tensor) -> Laid:
    """How a tensor lies in its memory."""
    return Laid(tuple(tensor.shape), tensor.stride(), int(tensor.storage_offset()))


def outputs_of(result: Any) -> list[Tensor | None]:
    """The tensors that an operation gave, in order; None for all else."""
    given = result if isinstance(result, list | tuple) else [result]
    return [part if _is_there(part) else None for part in given]


def _is_there(part: Any) -> bool:
    return isinstance(part, Tensor) and not is_lazy(part)
