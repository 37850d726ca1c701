"""The same numbers in another element type: integers, and floats of 16 bits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from parity.bounds.arithmetic import sides
from parity.bounds.rules import Bound, backward_bounds, forward_bound
from parity.cases.case import Array
from parity.witnesses.properties.apart import apart, beyond
from parity.witnesses.properties.situation import Call, Situation

INTEGERS = ("uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
LARGEST = 2**15  # of integers
HALF = "float16"


def integers_as_float64(given: Situation) -> Iterator[str]:
    """Whole numbers kept as integers give what they give as float64, bit by bit."""
    if given.dtype != "float64":
        return
    kind = str(given.rng("integers").choice(INTEGERS))
    floats = _changed(given.call, lambda array: whole(array, kind).astype(np.float64))
    integers = _changed(floats, lambda array: array.astype(kind), "fiu")
    probabilities = {
        n: a for n, a in floats.arrays.items() if n == "target" and a.dtype.kind == "f"
    }
    if given.call.function.name == "cross_entropy":  # its integers are classes, of any type
        integers = integers._replace(arrays={**integers.arrays, **probabilities})
    yield from apart(f"arrays of {kind}", integers.tensors(), floats.tensors())


def half_precision(given: Situation) -> Iterator[str]:
    """Arrays of float16 give float16, within its bounds of what the same numbers give in float64.

    Which are derived where a number is not what float64 gives, rounded: that is within any bound.
    Where the order of a sum decides whether it overflows, nothing is asked. Asked beside float32,
    so that a case is asked once.
    """
    if given.dtype != "float32" or not _has_half(given.call):
        return
    half = _changed(given.call, lambda array: array.astype(HALF))
    wide = _changed(half, lambda array: array.astype(np.float64))
    wide = wide._replace(options=wide.function.options_in(wide.options, HALF))
    ours, others = half.tensors(), wide.tensors()
    for name, other in ours.items():
        if other.dtype != HALF:
            yield f"arrays of {HALF}: {name} has dtype {other.dtype}"
    unlike = [name for name, other in others.items() if not _is_rounded(ours[name], other)]
    bounds = _bounds(half, unlike)
    found = {name: ours[name].astype(np.float64) for name in bounds}
    wanted = {name: _overflown(others[name]) for name in bounds}

    def limit_of(name: str) -> Array:
        return np.where(bounds[name].overflow, np.inf, bounds[name].refimpl)

    yield from beyond(f"arrays of {HALF}", found, wanted, limit_of)


def _is_rounded(half: Array, wide: Array) -> bool:
    """Whether each number is the one of float16 that is nearest."""
    return np.array_equal(half, wide.astype(HALF), equal_nan=True)


def whole(array: Array, kind: str) -> Array:
    """Integers of a type that may have no sign; as large as it has them, unless all are 0 and ±1.

    >>> whole(np.array([-2.5, 0.0, 1.2]), "uint8")
    array([255,   0, 122], dtype=uint8)
    >>> whole(np.array([-1.0, 0.2, 1.0]), "int8")
    array([-1,  0,  1], dtype=int8)
    """
    largest = np.max(np.abs(array), initial=0)
    scaled = array * (min(np.iinfo(kind).max, LARGEST) / largest) if largest > 1 else array
    rounded = np.rint(scaled)
    return np.asarray(np.abs(rounded) if kind.startswith("u") else rounded).astype(kind)


def _changed(call: Call, change: Callable[[Array], Array], kinds: str = "f") -> Call:
    """The call on other numbers, of the arrays of some kinds: masks and classes may stay."""
    arrays = {name: change(a) if a.dtype.kind in kinds else a for name, a in call.arrays.items()}
    return call._replace(arrays=arrays, dy=change(call.dy))


def _has_half(call: Call) -> bool:
    """Whether float16 has the options: they stay finite, and positive; 1/(1 − p) too."""
    given, rounded = (call.function.options_in(call.options, dtype) for dtype in ("float64", HALF))
    numbers = {name: value for name, value in rounded.items() if isinstance(value, float)}
    held = (
        np.isfinite(value) and (value == 0) == (given.get(name, value) == 0)
        for name, value in numbers.items()
    )
    return all(held) and call.options.get("p", 0) < 1 - 2.0**-15


def _bounds(call: Call, names: Sequence[str]) -> dict[str, Bound]:
    """Of the tensors of these names, as far as they have a bound."""
    given = call.function.name, call.arrays, call.options, sides(HALF)
    found = {"y": forward_bound(*given)} if "y" in names else {}
    if set(names) - {"y"}:
        gradients = backward_bounds(given[0], call.dy, *given[1:])
        found |= {f"d{name}": b for name, b in gradients.items() if f"d{name}" in names}
    return found


def _overflown(exact: Array) -> Array:
    """Numbers behind the largest of float16 as ∞, the others as they are."""
    rounded = exact.astype(HALF)
    return np.where(np.isinf(rounded), rounded, exact)
