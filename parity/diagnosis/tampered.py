"""The right formula on something else than it was given: another variable, a part of dy, ones.

Each entry makes another problem of a problem; where refimpl's right code then gives what was
found, in all cases, that is what the code did.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.cause import Cause
from parity.diagnosis.observation import Observation, by_size
from parity.witnesses.problem import Problem

ENOUGH = 2  # failing cases in which it shows


class Tampering(NamedTuple):
    """How a problem is changed: None where it cannot be. `text` is what is then said."""

    text: str
    kind: str
    change: Callable[[Problem], Problem | None]


def tampered(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """Every change of the problem that makes the right code give what was found."""
    ordered = [o for o in by_size(observations) if is_finite(o.problem)]
    if sum(o.shows(tensor) for o in ordered) < ENOUGH:
        return []
    fits = [
        change for change in _changes(ordered[0].problem, tensor) if fit(change, ordered, tensor)
    ]
    return [Cause(f"{tensor}: {one.text}", one.kind, tensor=tensor) for one in fits]


def is_finite(problem: Problem) -> bool:
    """Whether no argument is NaN or infinite: 0 times these is no 0."""
    arrays = (*problem.arrays.values(), problem.dy)
    return all(bool(np.isfinite(array).all()) for array in arrays)


def fit(change: Tampering, ordered: Iterable[Observation], tensor: str) -> bool:
    """Whether it gives what was found in every case, and shows in several."""
    shown = 0
    for observation in ordered:
        numbers = computed_right(change.change(observation.problem), tensor)
        if numbers is None or not observation.gives(tensor, numbers):
            return False
        shown += observation.shows(tensor)
    return shown >= ENOUGH


def computed_right(problem: Problem | None, tensor: str) -> Array | None:
    """A tensor of the right code on a problem; None where it cannot be asked."""
    if problem is None:
        return None
    function = FUNCTIONS[problem.function]
    try:
        with np.errstate(all="ignore"):
            if tensor == "y":
                return function.forward(problem.arrays, problem.options)
            gradients = function.backward(problem.dy, problem.arrays, problem.options)
    except Exception:  # the change made sizes that do not fit
        return None
    return gradients.get(tensor[1:])


def _changes(problem: Problem, tensor: str) -> list[Tampering]:
    floats = [name for name, array in problem.arrays.items() if array.dtype.kind == "f"]
    if tensor == "y":
        return [*_negated(floats), *_parts_of_arrays(floats)]
    others = [*_at_another(floats, tensor), *_upstream(floats), *_negated(floats)]
    return [*others, *_parts_of_dy()]


# --- another variable ---------------------------------------------------------------------


def _at_another(floats: Sequence[str], tensor: str) -> list[Tampering]:
    """The derivative taken at y, at dy or at another argument."""
    named = [
        Tampering(
            f"is the derivative at {other} where it should be at {name}", "wrong variable", change
        )
        for name in floats
        for other in ("y", "dy", *floats)
        if other != name
        for change in [_with(name, other)]
    ]
    zeros = [
        Tampering(f"is computed as if {name} were 0", "wrong variable", _zero(name))
        for name in floats
    ]
    return named + zeros


def _with(name: str, other: str) -> Callable[[Problem], Problem | None]:
    """An array replaced by another of its shape."""

    def change(problem: Problem) -> Problem | None:
        value = _value(problem, other)
        if name not in problem.arrays or value is None:
            return None
        if value.shape != problem.arrays[name].shape:
            return None
        return problem._replace(arrays={**problem.arrays, name: value})

    return change


def _zero(name: str) -> Callable[[Problem], Problem | None]:
    def change(problem: Problem) -> Problem | None:
        if name not in problem.arrays:
            return None
        zero = np.zeros_like(problem.arrays[name])
        return problem._replace(arrays={**problem.arrays, name: zero})

    return change


def _value(problem: Problem, name: str) -> Array | None:
    if name == "dy":
        return problem.dy
    if name == "y":
        with np.errstate(all="ignore"):
            return FUNCTIONS[problem.function].forward(problem.arrays, problem.options)
    return problem.arrays.get(name)


def _negated(floats: Sequence[str]) -> list[Tampering]:
    def of(name: str) -> Callable[[Problem], Problem | None]:
        def change(problem: Problem) -> Problem | None:
            if name not in problem.arrays:
                return problem
            return problem._replace(arrays={**problem.arrays, name: -problem.arrays[name]})

        return change

    return [
        Tampering(f"is computed with −{name} for {name}", "wrong variable", of(name))
        for name in floats
    ]


# --- another upstream gradient ------------------------------------------------------------


def _upstream(floats: Sequence[str]) -> list[Tampering]:
    """dy left out or taken for something else."""
    made: dict[str, Callable[[Problem], Array | None]] = {
        "does not depend on dy: it is computed as if dy were 1 everywhere": lambda p: np.ones_like(
            p.dy
        ),
        "takes y for dy": lambda p: _value(p, "y"),
        "takes only the sign of dy": lambda p: np.sign(p.dy),
        "takes |dy| for dy": lambda p: np.abs(p.dy),
        "takes max(0, dy) for dy": lambda p: np.maximum(p.dy, 0),
        "takes dy² for dy": lambda p: p.dy * p.dy,
        "takes the mean of dy for each dy": lambda p: np.full_like(p.dy, p.dy.mean()),
        **{f"takes {name} for dy": _argument(name) for name in floats},
    }
    return [
        Tampering(text, "linearity" if "depend" in text else "wrong variable", _dy(of))
        for text, of in made.items()
    ]


def _argument(name: str) -> Callable[[Problem], Array | None]:
    return lambda problem: _value(problem, name)


def _dy(of: Callable[[Problem], Array | None]) -> Callable[[Problem], Problem | None]:
    def change(problem: Problem) -> Problem | None:
        dy = of(problem) if problem.dy.size else problem.dy
        if dy is None or dy.shape != problem.dy.shape:
            return None
        return problem._replace(dy=dy)

    return change


# --- parts --------------------------------------------------------------------------------


Part = Callable[[tuple[int, ...]], tuple[slice | int, ...] | None]


def _first(axis: int) -> Part:
    return lambda shape: (*(slice(None),) * axis, slice(1)) if len(shape) > axis else None


def _last(axis: int) -> Part:
    return lambda shape: (*(slice(None),) * axis, slice(-1, None)) if len(shape) > axis else None


def _but_last(axis: int) -> Part:
    return lambda shape: (*(slice(None),) * axis, slice(-1)) if len(shape) > axis else None


def _but_first(axis: int) -> Part:
    return lambda shape: (*(slice(None),) * axis, slice(1, None)) if len(shape) > axis else None


def _places(index: int | slice) -> Part:
    """One place of every map, or all but the border."""
    return lambda shape: (
        (slice(None), slice(None), *(index,) * (len(shape) - 2)) if len(shape) > 2 else None
    )


def _single(index: int) -> Part:
    return lambda shape: (index,) * len(shape) if shape else None


def _along(
    shape: tuple[int, ...], of: Callable[[int], Part], back: int
) -> tuple[slice | int, ...] | None:
    axis = len(shape) - back
    return of(axis)(shape) if axis > 1 else None


DY_PARTS: Mapping[str, Part] = {
    "only the first sample counts": _first(0),
    "only the last sample counts": _last(0),
    "the last sample is left out": _but_last(0),
    "the first sample is left out": _but_first(0),
    "only the first output channel counts": _first(1),
    "only the last output channel counts": _last(1),
    "the last output channel is left out": _but_last(1),
    "the first output channel is left out": _but_first(1),
    "only the first window counts, of every map": _places(0),
    "only the last window counts, of every map": _places(-1),
    "only the very first window counts": _single(0),
    "only the very last window counts": _single(-1),
    "the last row of windows is left out": lambda s: _along(s, _but_last, 2),
    "the last column of windows is left out": lambda s: _along(s, _but_last, 1),
    "the first row of windows is left out": lambda s: _along(s, _but_first, 2),
    "the first column of windows is left out": lambda s: _along(s, _but_first, 1),
    "only the first row of windows counts": lambda s: _along(s, _first, 2),
    "only the first column of windows counts": lambda s: _along(s, _first, 1),
    "windows at the border are left out": _places(slice(1, -1)),
}


def _parts_of_dy() -> list[Tampering]:
    return [Tampering(text, "part", _dy(_part_of_dy(part))) for text, part in DY_PARTS.items()]


def _part_of_dy(part: Part) -> Callable[[Problem], Array | None]:
    return lambda problem: kept(problem.dy, part)


def kept(array: Array, part: Part) -> Array | None:
    """0 outside a part."""
    index = part(array.shape)
    if index is None:
        return None
    left = np.zeros_like(array)
    left[index] = array[index]
    return left


X_PARTS: Mapping[str, Part] = {
    "only the first sample is used": _first(0),
    "only the first channel is used": _first(1),
    "only the last channel is used": _last(1),
    "the first channel is left out": _but_first(1),
    "the last channel is left out": _but_last(1),
    "the last row is left out": lambda s: _along(s, _but_last, 2),
    "the last column is left out": lambda s: _along(s, _but_last, 1),
    "the first row is left out": lambda s: _along(s, _but_first, 2),
    "the first column is left out": lambda s: _along(s, _but_first, 1),
}


def _parts_of_arrays(floats: Sequence[str]) -> list[Tampering]:
    """A part of x or of the weight set to 0."""

    def of(name: str, part: Part) -> Callable[[Problem], Problem | None]:
        def change(problem: Problem) -> Problem | None:
            array = problem.arrays.get(name)
            left = None if array is None else kept(array, part)
            if left is None:
                return None
            return problem._replace(arrays={**problem.arrays, name: left})

        return change

    return [
        Tampering(f"of {name}, {text}", "part", of(name, part))
        for name in floats
        for text, part in X_PARTS.items()
    ]
