"""The right numbers at the wrong places: axes exchanged, turned round, shifted by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.cause import Cause
from parity.diagnosis.factors import scaled
from parity.diagnosis.observation import Observation, by_size

ENOUGH = 2  # failing cases
Move = Callable[[Array], Array | None]


def moved(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """Every move of the right numbers that gives what was found, the plainest of equal ones.

    Where none does, one that does so up to a factor.
    """
    ordered = [o for o in by_size(observations) if tensor in o.right]
    failing = [o for o in ordered if o.shows(tensor)]
    if len(failing) < ENOUGH:
        return []
    ndim = max(o.right[tensor].ndim for o in failing)
    x_ndim = Call(failing[0].problem).x.ndim
    moves = [move for move in _moves(tensor, ndim, x_ndim) if _fits(move[2], ordered, tensor)]
    if moves:
        plain = _plainest(moves, failing, tensor)
        return [Cause(f"{tensor} {text}", kind, tensor=tensor) for text, kind, _ in plain]
    return _shifted(ordered, tensor, ndim, x_ndim) or _with_factor(ordered, tensor, ndim, x_ndim)


def _fits(move: Move, ordered: Sequence[Observation], tensor: str) -> bool:
    for observation in ordered:
        numbers = move(observation.right[tensor])
        if numbers is None or not observation.gives(tensor, numbers):
            return False
    return True


def _plainest(
    moves: Sequence[tuple[str, str, Move]], failing: Sequence[Observation], tensor: str
) -> list[tuple[str, str, Move]]:
    """Of moves that agree wherever an axis has several places, the first."""
    seen: list[list[Array]] = []
    kept = []
    for text, kind, move in moves:
        numbers = [_marks(move, o.right[tensor]) for o in failing]
        if not any(all(map(np.array_equal, numbers, other)) for other in seen):
            seen.append(numbers)
            kept.append((text, kind, move))
    return kept


def _marks(move: Move, right: Array) -> Array:
    """Where each number goes."""
    marks = move(np.arange(right.size).reshape(right.shape))
    return np.zeros(0) if marks is None else marks


def _moves(tensor: str, ndim: int, x_ndim: int) -> Iterator[tuple[str, str, Move]]:
    """Turns first, then axes exchanged, then read in another order."""
    yield from _turns(tensor, ndim, x_ndim)
    yield from _exchanges(ndim)


def _turns(tensor: str, ndim: int, x_ndim: int) -> Iterator[tuple[str, str, Move]]:
    named = axis_names(tensor, ndim, x_ndim)
    spatial = tuple(range(2 if ndim == x_ndim else max(ndim - 2, 0), ndim))
    chosen = [spatial[-1:], spatial[-2:-1], spatial[-2:], spatial]
    every = [c for n in range(1, ndim + 1) for c in combinations(range(ndim), n)]
    for axes in dict.fromkeys([*filter(None, chosen), *every]):
        text = "is turned by 180°" if axes == spatial[-2:] and len(axes) == 2 else ""
        yield (
            text or f"is reversed along {' and '.join(named[a] for a in axes)}",
            "flipped",
            _flip(axes),
        )


def _flip(axes: tuple[int, ...]) -> Move:
    return lambda right: np.flip(right, axes) if max(axes) < right.ndim else None


def axis_names(tensor: str, ndim: int, x_ndim: int) -> list[str]:
    """What the axes of a tensor are called."""
    weight = tensor in ("dweight", "dkernel")
    spatial = {1: ["L"], 2: ["H", "W"], 3: ["D", "H", "W"]}.get(ndim - 2)
    if spatial is None or ndim < 3 or (weight and ndim != x_ndim):
        return [f"axis {axis}" for axis in range(ndim)]
    if weight:
        return ["C_out", "C_in", *(f"k_{name.lower()}" for name in spatial)]
    return ["N", "C", *spatial]


def _exchanges(ndim: int) -> Iterator[tuple[str, str, Move]]:
    """Axes in another order, the shape as it is then or reshaped to the right one."""
    pairs = [(i, j) for i in range(ndim) for j in range(i + 1, ndim)]
    swaps = sorted(pairs, key=lambda pair: (-pair[0] - pair[1], pair))
    orders = [_swapped(ndim, *pair) for pair in swaps]
    orders += [o for o in permutations(range(ndim)) if o != tuple(range(ndim))]
    for order in dict.fromkeys(orders):
        yield _order_text(order), "transposed", _transposed(order)
    for order in dict.fromkeys(orders):
        yield f"{_order_text(order)}, reshaped until it fits", "transposed", _reshaped(order)
    for order in dict.fromkeys(orders):
        yield (
            f"is reshaped where axes should be exchanged: {_arrow(order)}",
            "transposed",
            _read(order),
        )


def _swapped(ndim: int, i: int, j: int) -> tuple[int, ...]:
    order = list(range(ndim))
    order[i], order[j] = j, i
    return tuple(order)


def _order_text(order: tuple[int, ...]) -> str:
    off = [axis for axis, from_ in enumerate(order) if axis != from_]
    if len(off) == 2:
        return (
            "is transposed" if len(order) == 2 else f"has its axes {off[0]} and {off[1]} exchanged"
        )
    return f"has its axes in another order: {_arrow(order)}"


def _arrow(order: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, order))}) of the right ones"


def _transposed(order: tuple[int, ...]) -> Move:
    return lambda right: right.transpose(order) if right.ndim == len(order) else None


def _reshaped(order: tuple[int, ...]) -> Move:
    def move(right: Array) -> Array | None:
        if right.ndim != len(order):
            return None
        return right.transpose(order).reshape(right.shape)

    return move


def _read(order: tuple[int, ...]) -> Move:
    """The numbers in their own order, in the shape of the exchanged axes."""

    def move(right: Array) -> Array | None:
        if right.ndim != len(order):
            return None
        return right.reshape([right.shape[axis] for axis in order])

    return move


# --- shifted ------------------------------------------------------------------------------


def _shifted(ordered: Sequence[Observation], tensor: str, ndim: int, x_ndim: int) -> list[Cause]:
    """Shifted by one place along an axis; whatever comes in at the end."""
    named = axis_names(tensor, ndim, x_ndim)
    return [
        Cause(
            f"{tensor} is shifted by one place along {named[axis]}{back}", "shifted", tensor=tensor
        )
        for axis in reversed(range(ndim))
        for by, back in ((1, ""), (-1, ", backwards"))
        if all(_is_shifted(o, tensor, axis, by) for o in ordered)
        and sum(_tells(o, tensor, axis) for o in ordered) >= ENOUGH
    ]


def _cut(array: Array, axis: int, part: slice) -> Array:
    return array[(slice(None),) * axis + (part,)]


def _is_shifted(observation: Observation, tensor: str, axis: int, by: int) -> bool:
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape or right.ndim <= axis:
        return False
    front, behind = slice(1, None), slice(None, -1)
    there, here = (front, behind) if by > 0 else (behind, front)
    given, expected = _cut(found, axis, there), _cut(right, axis, here)
    return bool(np.all(observation.alike(tensor, given, expected)))


def _tells(observation: Observation, tensor: str, axis: int) -> bool:
    """Whether a shift along an axis shows here: three places at least."""
    return observation.shows(tensor) and observation.right[tensor].shape[axis] > 2


# --- with a factor ------------------------------------------------------------------------


def _with_factor(
    ordered: Sequence[Observation], tensor: str, ndim: int, x_ndim: int
) -> list[Cause]:
    """A turn of the spatial axes, times one factor."""
    return [
        Cause(f"{tensor} {text} and {name} times as large", kind, tensor=tensor)
        for text, kind, move in list(_turns(tensor, ndim, x_ndim))[:3]
        for name in scaled(ordered, tensor, _of(move, tensor))
    ]


def _of(move: Move, tensor: str) -> Callable[[Observation], Array | None]:
    return lambda observation: move(observation.right[tensor])
