"""What an operation of torch means: which reference it is judged by, and what is where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from parity.cases.case import FLOATS, Array
from parity.models.references import NotUnderstoodError, Reference
from parity.oracle.observed.held import Held, blank
from parity.oracle.observed.operation import Operation

Layout = Callable[[Array], Array]


def same(array: Array) -> Array:
    """A layout: as it is."""
    return array


@dataclass(frozen=True)
class Understood:
    """An operation beside its reference.

    value: how torch's outputs are the reference's y; only the first is, mostly. upstream: how dy is
    the outputs' gradients. sent: of the reference's inputs, which argument's gradient is theirs,
    and how it lies. also: other tensors that it gave, beside what they should be.
    """

    reference: Reference
    sent: Mapping[str, tuple[str, Layout]]
    value: Callable[[list[Array | None]], Array] = lambda outputs: _first(outputs)
    upstream: Callable[[list[Array | None], Array], Array] = lambda upstream, y: _first(upstream)
    also: Mapping[str, tuple[Array, Reference]] = field(default_factory=dict)


def _first(arrays: list[Array | None]) -> Array:
    assert arrays[0] is not None
    return arrays[0]


@dataclass(frozen=True)
class Given:
    """The arguments of an operation as arrays and numbers.

    blank: only the shapes of tensors are known any more.
    """

    operation: Operation

    def __getitem__(self, name: str) -> Any:
        return self._promoted(_resolved(self.operation.arguments[name]))

    def get(self, name: str) -> Any:
        """An argument; None if there is none of that name."""
        return self._promoted(_resolved(self.operation.arguments.get(name)))

    def _promoted(self, value: Any) -> Any:
        """Beside float64 float32 becomes such; one number beside tensors is a number."""
        if isinstance(value, list):
            return [self._promoted(part) for part in value]
        if not isinstance(value, np.ndarray) or value.dtype.name not in FLOATS:
            return value
        dtype = self.dtype
        if value.dtype == dtype:
            return value
        wider = np.promote_types(value.dtype, dtype) == dtype
        return value.astype(dtype) if wider else float(value)

    def with_arguments(self, arguments: dict[str, Any]) -> Given:
        """The same operation with other arguments."""
        return Given(replace(self.operation, arguments=arguments))

    @property
    def dtype(self) -> str:
        """Of its floating-point numbers; of several types the one that torch promotes to.

        Raises: NotUnderstoodError where they have one that is not judged.
        """
        outputs = [held for held in self.operation.outputs if held is not None]
        every: list[Held | Array] = [*self._tensors(), *outputs]
        found = {str(t.dtype) for t in every if t.shape} or {str(t.dtype) for t in every}
        found = {name for name in found if name.startswith(("float", "bfloat", "complex"))}
        if not found <= set(FLOATS):
            raise NotUnderstoodError(f"numbers of {' and '.join(sorted(found))}")
        return max(found, default="")

    def _tensors(self) -> list[Held | Array]:
        arguments = self.operation.arguments.values()
        lists = [value for value in arguments if isinstance(value, list)]
        every = [*arguments, *(part for value in lists for part in value)]
        return [value for value in every if isinstance(value, Held | np.ndarray)]


def _resolved(value: Any) -> Any:
    if isinstance(value, Held):
        if not value.readable:
            raise NotUnderstoodError(f"a tensor of {value.dtype}")
        return value.array()
    if isinstance(value, list):
        return [_resolved(part) for part in value]
    return value


@dataclass(frozen=True)
class Rule:
    """How operations of one name are understood.

    shapes: their backward needs no more of their tensors than shapes. mixed: they turn numbers of
    one type into those of another. by_value: the gradient is the same where the value stands for
    the argument, as relu's is, so that nobody has to keep the argument. chosen: their second output
    says which elements they took, and their backward needs it.
    """

    understand: Callable[[Given], Understood]
    shapes: bool = False
    mixed: bool = False
    by_value: bool = False
    chosen: bool = False


def without_numbers(operation: Operation) -> None:
    """Keep shapes in place of tensors."""
    operation.arguments = {n: _blanked(value) for n, value in operation.arguments.items()}


def _blanked(value: Any) -> Any:
    if isinstance(value, Held):
        return blank(value) if value.readable else np.zeros(value.shape)
    if isinstance(value, list):
        return [_blanked(part) for part in value]
    return value
