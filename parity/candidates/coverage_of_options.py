"""Which problems are chosen of many: all sizes, and everything that a layer's options may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

import numpy as np

from parity.candidates.styles.keywords import defaults, settled
from parity.witnesses.problem import Problem

LARGEST = 5  # a window, a stride or a padding that is larger is no aspect of its own
MANY = 6  # samples
LARGE_MAP = 9
COUNTED = ("stride", "padding", "kernel_size")
# Options of a layer with windows: what each is unless given, and what is said if it is never else.
EXPECTED = {
    "stride": (1, "stride > 1"),
    "padding": (0, "padding > 0"),
    "dilation": (1, "dilation"),
    "groups": (1, "groups"),
}


class Asking(Protocol):
    """What holds a problem."""

    @property
    def problem(self) -> Problem: ...


One = TypeVar("One", bound=Asking)


def aspects(problem: Problem) -> set[str]:
    """What of a layer with windows a problem shows; nothing of other functions.

    >>> x, weight = np.zeros((6, 2, 7, 6)), np.zeros((4, 2, 3, 3))
    >>> arrays = {"x": x, "weight": weight}
    >>> sorted(aspects(Problem("conv2d", arrays, {"stride": 2}, np.zeros((6, 4, 3, 2)))))
    ['6 samples', 'stride 2, no bias', 'window 3, no bias']
    """
    values, weight = settled(problem), problem.arrays.get("weight")
    found = {f"{n} {values[n]}" for n in COUNTED if _is_counted(values.get(n), values, n)}
    if weight is not None and weight.ndim > 2 and len(set(weight.shape[2:])) == 1:
        found.add(f"window {weight.shape[2]}")
    if weight is not None and "bias" not in problem.arrays:
        found = {f"{one}, no bias" for one in found}
    return found | set(_of_sizes(problem, bool(found)))


def _is_counted(value: object, values: dict[str, object], name: str) -> bool:
    """Whether an option is one number, and not what it is unless given."""
    if not isinstance(value, int) or isinstance(value, bool) or value > LARGEST:
        return False
    return name == "kernel_size" or value != (values.get("kernel_size", 1), 0)[name == "padding"]


def _of_sizes(problem: Problem, windows: bool) -> Iterator[str]:
    shape = next(iter(problem.arrays.values())).shape
    if len(shape) > 1 and shape[0] >= MANY:
        yield f"{MANY} samples"
    if windows and len(shape) > 2 and shape[1] > 2:
        yield "3 channels"
    if windows and len(shape) > 2 and min(shape[2:]) >= LARGE_MAP:
        yield "a large map"


def chosen(found: Sequence[One], most: int, before: Sequence[One] = ()) -> tuple[One, ...]:
    """So many of them, over all sizes, and of every aspect one if there is one; in their order.

    before: what is asked anyway.
    """
    if len(found) <= most:
        return tuple(found)
    shown = [aspects(one.problem) for one in found]
    held = set().union(*(aspects(one.problem) for one in before))
    needed = _needed(shown, held)[:most]
    others = [place for place in range(len(found)) if place not in needed]
    rest = most - len(needed)
    spread = np.linspace(0, len(others) - 1, rest).round().astype(int).tolist()
    return tuple(found[place] for place in sorted({*needed, *(others[n] for n in spread)}))


def _needed(shown: Sequence[set[str]], held: set[str]) -> list[int]:
    """Places so that each aspect is held: of those that show it one of middle size."""
    places: list[int] = []
    for aspect in sorted(set().union(*shown)):
        if aspect not in held:
            showing = [place for place, one in enumerate(shown) if aspect in one]
            places.append(showing[len(showing) // 2])
            held = held | shown[places[-1]]
    return places


def not_shown(asked: Sequence[Problem], lacking: Sequence[str]) -> Iterator[str]:
    """Options that the function has and no problem shows, where nothing else says it."""
    options = defaults(asked[0]) if asked else {}
    for name, (usual, said) in EXPECTED.items():
        unsaid = name in options and name not in lacking
        if unsaid and all(settled(one)[name] == usual for one in asked):
            yield said
