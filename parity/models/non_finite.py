"""Where NaN and ∞ come from: the first operation that gives what none of its arguments has."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from parity.cases.case import Array
from parity.oracle.observed.held import Held
from parity.oracle.observed.operation import Key, Operation
from parity.oracle.observed.positions import Position

FINITE, INFINITE, NAN = 0, 1, 2
UNWRITTEN = ("empty", "new_empty")
CALLED = {INFINITE: "∞", NAN: "NaN"}
BEFORE = "has NaN that came before what was watched"


class NonFinite:
    """Follows numbers that are none from the operation that they come from."""

    def __init__(self, tell: Callable[[str, Position], None]) -> None:
        self.tell = tell
        self._state: dict[Key, int] = {}  # of what was formed while somebody listened

    def hear(self, operation: Operation) -> None:
        """An operation was run: does it give what none of its arguments has?"""
        if operation.stem.startswith(UNWRITTEN):  # what lies there by chance is overwritten
            self._state.update({key: FINITE for key in operation.given if key is not None})
            return
        before = max((*self._arguments(operation), *_scalars(operation)), default=NAN)
        for key, held in zip(operation.given, operation.outputs, strict=False):
            if key is None or held is None:
                continue
            state = self._state[key] = state_of(held)
            if state > before:
                name, share = CALLED[state], _share(held.array(), state)
                of = "numbers without NaN" if state == NAN else "finite numbers"
                self.tell(f"{operation.name} gives {name} of {of}, {share}", operation.position)

    def sent(
        self, operation: Operation, upstream: Sequence[Held | None], sent: Mapping[str, Held]
    ) -> None:
        """A backward was run on finite numbers: does it send what is none?"""
        if any(self._state.get(key) == NAN for key in operation.given if key is not None):
            return
        odd = {name: state for name, held in sent.items() if (state := state_of(held))}
        if not odd or any(state_of(held) for held in upstream if held is not None):
            return
        for name, state in odd.items():
            said = f"the backward of {operation.name} gives {CALLED[state]} to {name}"
            share = _share(sent[name].array(), state)
            self.tell(f"{said} from a finite gradient, {share}", operation.position)

    def _arguments(self, operation: Operation) -> Iterator[int]:
        for name, held in _held(operation):
            known = name not in operation.leaves and operation.taken.get(name) in self._state
            state = self._state[operation.taken[name]] if known else state_of(held)
            if state == NAN and not known:
                self._say_before(operation, name)
            yield state

    def _say_before(self, operation: Operation, name: str) -> None:
        leaf = operation.leaves.get(name)
        if leaf is not None:
            self.tell(BEFORE, Position(leaf, ""))
        else:
            self.tell(f"{name} of {operation.name}: {BEFORE}", operation.position)


def state_of(held: Held) -> int:
    """Whether a tensor has NaN, or else ∞; whole numbers have neither."""
    if not held.readable or not held.dtype.startswith("float"):
        return FINITE
    array = held.array()
    with np.errstate(all="ignore"):
        if np.isfinite(np.add.reduce(array, axis=None)):
            return FINITE
    if np.isnan(array).any():
        return NAN
    return FINITE if np.isfinite(array).all() else INFINITE


def _held(operation: Operation) -> Iterator[tuple[str, Held]]:
    for name, value in operation.arguments.items():
        if isinstance(value, Held):
            yield name, value
        elif isinstance(value, list):
            named = ((f"{name}.{k}", part) for k, part in enumerate(value))
            yield from ((place, part) for place, part in named if isinstance(part, Held))


def _scalars(operation: Operation) -> Iterator[int]:
    """Numbers among the arguments: a mask of −∞ is meant."""
    for value in operation.arguments.values():
        if isinstance(value, float) and not math.isfinite(value):
            yield NAN if math.isnan(value) else INFINITE


def _share(array: Array, state: int) -> str:
    found = np.isnan(array) if state == NAN else np.isinf(array)
    return f"{int(found.sum())} of {array.size} elements"
