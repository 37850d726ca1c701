"""What comes back: arrays, in the dtype of the input, as many as there are gradients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from parity.witnesses.properties.situation import Call, Situation, parts_of


def of_right_kind(given: Situation) -> Iterator[str]:
    """An array and nothing that resembles one, writeable, in the dtype of the arguments.

    The backward gives a gradient for each argument that can have one, by its name, in the shape
    of the argument; one alone is no tuple.
    """
    call = given.call
    shape = None if call.function.several else call.dy.shape
    for name, value in given.trial.values.items():
        yield from _array(name, value, shape, call.dy.dtype)
    if not call.function.inputs:
        return
    gradients = given.trial.gradients
    yield from _number(call, gradients)
    shapes = {f"d{name}": array.shape for name, array in call.arrays.items()}
    for name, part in zip(call.gradient_names, parts_of(gradients), strict=False):
        yield from _array(name, part, shapes.get(name), call.dy.dtype)


def _array(
    name: str, value: Any, shape: tuple[int, ...] | None, dtype: np.dtype[Any]
) -> Iterator[str]:
    if type(value) is not np.ndarray:
        yield f"{name} is a {type(value).__module__}.{type(value).__name__}, not an array"
    elif value.dtype != dtype:
        yield f"{name} has dtype {value.dtype}, its arguments {dtype}"
    elif shape is not None and value.shape != shape:
        yield f"{name} has shape {value.shape}, not {shape}"
    elif not value.flags.writeable:
        yield f"{name} cannot be written to"


def _number(call: Call, gradients: Any) -> Iterator[str]:
    """How many gradients, and what they are called."""
    name, wanted = call.function.backward_name, call.gradient_names
    if call.function.name == "concatenate" and type(gradients) is not tuple:
        yield f"{name} returns a {type(gradients).__name__}, not a tuple"
    elif len(call.function.inputs) == 1 and isinstance(gradients, tuple):
        yield f"{name} returns a tuple, not {wanted[0]} alone"
    elif len(parts_of(gradients)) != len(wanted):
        yield f"{name} returns {len(parts_of(gradients))} gradients, not {len(wanted)}"
    elif (fields := _fields(gradients) or wanted) != wanted:
        yield f"{name} returns {', '.join(fields)}, not {', '.join(wanted)}"
    elif len(wanted) > 1 and call.function.name != "concatenate" and type(gradients) is tuple:
        yield f"{name} returns a tuple without names, not {', '.join(wanted)}"


def _fields(gradients: Any) -> tuple[str, ...]:
    """The names of gradients that came back with names."""
    known = getattr(gradients, "_fields", ())
    return tuple(name for name in known if getattr(gradients, name) is not None)
