"""One number added everywhere; a factor of its own for each sample, channel, row or column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.cause import Cause
from parity.diagnosis.factors import said_of_factor, written
from parity.diagnosis.moved import axis_names
from parity.diagnosis.observation import Observation, by_size, largest_of
from parity.witnesses.problem import Problem

ENOUGH = 2  # failing cases that tell
ELEMENTS = 3  # of a case that tells of a number added to all
CLOSE = 1e-4  # relative: further apart, two numbers are not the same one

ONE_OF = {
    "N": "sample",
    "C": "channel",
    "D": "layer",
    "H": "row",
    "W": "column",
    "L": "place",
    "C_out": "output channel",
    "C_in": "input channel",
    "k_d": "layer of the kernel",
    "k_h": "row of the kernel",
    "k_w": "column of the kernel",
    "k_l": "place of the kernel",
}


def uneven(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """A number added to all elements; else every axis along which each index has its factor."""
    ordered = [
        o for o in by_size(observations) if tensor in o.right and has_numbers(o.right[tensor])
    ]
    axes = {o.right[tensor].ndim for o in ordered}
    if sum(o.shows(tensor) for o in ordered) < ENOUGH or len(axes) > 1:
        return []
    with np.errstate(all="ignore"):  # numbers near the largest there are
        return _added(ordered, tensor) or [
            cause for axis in range(axes.pop()) for cause in _along(ordered, tensor, axis)
        ]


def has_numbers(array: Array) -> bool:
    """Whether there are elements, all of them finite."""
    return bool(array.size) and bool(np.isfinite(array).all())


# --- added to all -------------------------------------------------------------------------


def _added(ordered: Sequence[Observation], tensor: str) -> list[Cause]:
    """A number that is the same in all elements, and in all cases.

    Beside large numbers, and in float32, a small one may be lost: the case that tells most says
    which it is, and all others must agree.
    """
    shown = [o for o in ordered if o.shows(tensor)]
    if sum(o.right[tensor].size >= ELEMENTS for o in shown) < ENOUGH:
        return []
    told = min(shown, key=lambda o: o.eps * largest_of(o.right[tensor]))
    number = added_to(told, tensor, np.ones(told.right[tensor].shape, bool))
    if number is None or not _adds(number, ordered, tensor) or _adds(2 * number, ordered, tensor):
        return []
    plain = float(f"{number:.1g}")
    number = plain if _adds(plain, ordered, tensor) else number
    said = written(number, CLOSE).replace("e−0", "e−")
    return [Cause(f"to each element of {tensor} {said} is added", "added", tensor=tensor)]


def _adds(number: float, ordered: Sequence[Observation], tensor: str) -> bool:
    return all(o.gives(tensor, o.right[tensor] + number) for o in ordered)


def added_to(observation: Observation, tensor: str, where: Array) -> float | None:
    """The number that is added to the right ones in a part of a tensor; None if none is."""
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape or not has_numbers(found):
        return None
    number = float(np.mean(np.subtract(found, right, dtype=np.float64)[where]))
    return number if observation.gives(tensor, np.where(where, right + number, right)) else None


def multiplied_by(observation: Observation, tensor: str, where: Array) -> float | None:
    """The factor of a part of a tensor; None if there is none."""
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape or not has_numbers(found) or not right.any():
        return None
    scale = largest_of(right)
    a, b = right[where] / scale, np.asarray(found[where], np.float64) / scale
    factor = float(np.sum(a * b) / np.sum(a * a)) if a.any() else np.inf
    return factor if observation.gives(tensor, np.where(where, right * factor, right)) else None


def same(numbers: Sequence[float]) -> bool:
    """Whether numbers are one and the same, up to what rounding may do to them."""
    return max(numbers) - min(numbers) <= CLOSE * max(map(abs, numbers))


# --- a factor of its own ------------------------------------------------------------------


class Factors(NamedTuple):
    """The factor of each index along an axis in one case, NaN where fewer than two elements tell.

    wrong: whether any is not 1.
    """

    problem: Problem
    values: Array
    wrong: bool


def _along(ordered: Sequence[Observation], tensor: str, axis: int) -> Iterator[Cause]:
    """What the factors along an axis are, if there are any in all cases and they differ."""
    found = []
    for observation in ordered:
        factors = _factors(observation, tensor, axis)
        if factors is None:
            return
        found.append(Factors(observation.problem, factors, observation.shows(tensor)))
    if sum(each.wrong and _differ(each.values) for each in found) < ENOUGH:
        return
    one = _one_of(ordered[0], tensor, axis)
    for text in _one_index(found, one) or _quantities(found, one) or _of_their_own(found, one):
        yield Cause(f"{tensor}: {text}", "factor", tensor=tensor)


def _of_their_own(found: Sequence[Factors], one: str) -> list[str]:
    """Nothing that is known; a case of several indices that is right speaks against it."""
    refused = any(not each.wrong and np.isfinite(each.values).sum() > 1 for each in found)
    return [] if refused else [f"{EACH} {one} {OWN}"]


EACH, OWN = "each", "has a factor of its own"


def _factors(observation: Observation, tensor: str, axis: int) -> Array | None:
    """The factors of a case; None if something else gives its numbers."""
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape or not has_numbers(found):
        return None
    n, scale = right.shape[axis], largest_of(right) or 1.0
    rows, given = (
        np.moveaxis(np.asarray(array, np.float64) / scale, axis, 0).reshape(n, -1)
        for array in (right, found)
    )
    squares = (rows * rows).sum(axis=1)
    factors = np.divide((rows * given).sum(axis=1), squares, out=np.ones(n), where=squares > 0)
    wide = factors.reshape(-1, *(1,) * (right.ndim - 1 - axis))
    if not observation.gives(tensor, right * wide):
        return None
    return np.where(np.count_nonzero(rows, axis=1) > 1, factors, np.nan)


def _differ(values: Array) -> bool:
    """Whether two indices have factors that are not the same."""
    told = values[np.isfinite(values)]
    return told.size > 1 and not same(told.tolist())


def _one_of(observation: Observation, tensor: str, axis: int) -> str:
    """What an axis counts, for a sentence: "channel"."""
    right, x = observation.right[tensor], Call(observation.problem).x
    name = axis_names(tensor, right.ndim, x.ndim)[axis]
    return ONE_OF.get(name, f"index along {name}")


def _one_index(found: Sequence[Factors], one: str) -> list[str]:
    """Where the same index alone has a factor."""
    odd = [np.flatnonzero(np.abs(each.values - 1) > CLOSE).tolist() for each in found]
    if any(len(places) > 1 for places in odd):
        return []
    numbers = [
        float(each.values[place])
        for each, places in zip(found, odd, strict=True)
        for place in places
    ]
    what = said_of_factor(written(numbers[0], CLOSE)) if same(numbers) else OWN
    return [
        f"{name} {one} {what}"
        for name, place in ENDS.items()
        if all(_stands_at(place(len(f.values)), f, at) for f, at in zip(found, odd, strict=True))
    ]


def _stands_at(place: int, factors: Factors, odd: Sequence[int]) -> bool:
    """Whether the one odd index is there; where none is, that nothing can be told there."""
    if odd:
        return list(odd) == [place]
    return place < 0 or bool(np.isnan(factors.values[place]))


# Of so many indices, which.
ENDS: Mapping[str, Callable[[int], int]] = {
    "the first": lambda n: 0,
    "the last": lambda n: n - 1,
    "the second": lambda n: 1 if n > 1 else -1,
    "the third": lambda n: 2 if n > 2 else -1,
}


def _quantities(found: Sequence[Factors], one: str) -> list[str]:
    """What the factors are: the index itself, or something that an argument has there."""
    first, *others = found
    named = [name for name, of in _measured(first).items() if _are(of, first.values)]
    for each in others:
        there = _measured(each)
        named = [name for name in named if name in there and _are(there[name], each.values)]
    return [f"{EACH} {one} is multiplied by {name}" for name in named]


def _are(wanted: Array, values: Array) -> bool:
    told = np.isfinite(values)
    return bool(np.allclose(values[told], wanted[told], rtol=CLOSE, atol=0))


def _measured(one: Factors) -> dict[str, Array]:
    """Numbers for each index, by name, and what is divided by them."""
    n = len(one.values)
    made: dict[str, Array] = {"its number, counted from 1": np.arange(1.0, n + 1)}
    for name, array in {**one.problem.arrays, "dy": one.problem.dy}.items():
        for axis in range(array.ndim if array.dtype.kind == "f" else 0):
            if array.shape[axis] == n:
                made |= _of_axis(name, np.asarray(array, np.float64), axis)
    with np.errstate(all="ignore"):
        return {**made, **{f"1/({name})": 1 / values for name, values in made.items()}}


def _of_axis(name: str, array: Array, axis: int) -> dict[str, Array]:
    """What an argument has at each index along one of its axes."""
    if array.ndim == 1:
        return {name: array}
    rows = np.moveaxis(array, axis, 0).reshape(array.shape[axis], -1)
    along = f"{name} along its axis {axis}"
    return {
        f"the number of positive {along}": (rows > 0).sum(axis=1).astype(float),
        f"the number of nonzero {along}": np.count_nonzero(rows, axis=1).astype(float),
        f"the sum of {along}": rows.sum(axis=1),
        f"the mean of {along}": rows.mean(axis=1),
        f"the largest {along}": rows.max(axis=1),
        f"the norm of {along}": np.sqrt((rows * rows).sum(axis=1)),
    }
