"""Nothing is kept from call to call: results follow from the arguments alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.situation import Call, Situation, Tensors, named


def backward_first(given: Situation) -> Iterator[str]:
    """A backward before any forward; `without_state` holds what it gives against a later one."""
    _ = given.early
    yield from ()


def without_state(given: Situation) -> Iterator[str]:
    """The backward is a function of its own arguments, whatever forward ran before it, and when.

    It is asked before any forward, behind the forward of other numbers of the same shape, behind
    its own, and on arrays whose memory held other numbers in the first call.
    """
    call, other, name = given.call, given.other, given.call.function.backward_name
    early, first, reused = given.early, given.first, given.trial.call
    _overwrite(reused, other)
    moved = _gradients(reused)
    again = named(reused, reused.forward(), ())
    yield from apart(
        f"{name} behind a forward on other numbers", _gradients(call), _but_value(first)
    )
    other_y = named(other, other.forward(), ())["y"]
    late = _gradients(other)
    yield from apart(f"{name} before any forward", early, late)
    yield from apart(f"{name} on memory that held other numbers", moved, late)
    yield from apart(
        f"{call.function.name} on memory that held other numbers", again, {"y": other_y}
    )


def repeated(given: Situation) -> Iterator[str]:
    """After all that was asked in between, the same call gives the same bits."""
    yield from apart(f"{given.call.function.name}, called again", given.call.tensors(), given.first)


def _gradients(call: Call) -> Tensors:
    return _but_value(named(call, (), call.backward()))


def _but_value(tensors: Tensors) -> Tensors:
    return {name: tensor for name, tensor in tensors.items() if name != "y"}


def _overwrite(call: Call, other: Call) -> None:
    """Other numbers in the same memory."""
    for name, array in call.arrays.items():
        np.copyto(array, other.arrays[name])
    np.copyto(call.dy, other.dy)
