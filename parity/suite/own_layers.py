"""The layers of somebody's own network, as tasks: judged as the listed cases are.

Exact values of large layers take minutes and gigabytes: torch judges these, and exact values alone
where torch leaves something open; `full` asks everything of every layer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from parity.cases.case import Case, Shape
from parity.cases.functions import FUNCTIONS
from parity.suite.selection import SelectionError, all_meant, nearest
from parity.suite.task import Task
from parity.suite.tasks import and_beside
from parity.witnesses.properties.choice import LARGEST, suits

# Seconds of a task that grow with its forward's multiply-adds, measured as in `costs`.
BASE, BY_TORCH, EXACTLY = 0.01, 2e-9, 1.5e-8


@dataclass(frozen=True)
class OwnLayer:
    """A layer: its case, and what comes out of it.

    products: about how many multiply-adds its forward takes. large: exact values take minutes, or
    gigabytes.
    """

    case: Case
    shapes: Mapping[str, Shape]
    y: Shape
    products: int
    large: bool

    def __str__(self) -> str:
        arrays = [f"{name} {in_words(shape)}" for name, shape in self.shapes.items()]
        options = [f"{name}={value}" for name, value in self.case.options.items()]
        return f"{self.case.id}: {', '.join([*arrays, *options])} → y {in_words(self.y)}"


def in_words(shape: Shape) -> str:
    """A shape as a file has it.

    >>> in_words((2, 3, 8, 9)), in_words((5,)), in_words(())
    ('2x3x8x9', '5', 'one number')
    """
    return "x".join(map(str, shape)) or "one number"


def layers_meant(
    layers: Sequence[OwnLayer], names: Sequence[str], case: str | None
) -> list[OwnLayer]:
    """The layers of some functions, and the one that a case names.

    Raises: SelectionError for a name or case that none has.
    """
    wanted = all_meant(names, FUNCTIONS, "function") or FUNCTIONS
    found = [layer for layer in layers if layer.case.function in wanted]
    if not found:
        there = ", ".join(dict.fromkeys(layer.case.function for layer in layers))
        raise SelectionError(f"no layer is of {', '.join(wanted)}: the layers are of {there}")
    if case is None:
        return found
    named = [layer for layer in found if case in (layer.case.id, layer.case.name)]
    if not named:
        called = [layer.case.name for layer in found]
        near = nearest(case, called)
        meant = near if "did you mean" in near else f"; they are {', '.join(called)}"
        raise SelectionError(f"no layer is called {case!r}{meant}")
    return named


def own_tasks(
    layers: Sequence[OwnLayer], dtypes: Sequence[str], witnesses: bool = True, full: bool = False
) -> list[Task]:
    """What is asked of these layers, in these dtypes."""
    tasks = [_task(layer, d, witnesses, full) for layer in layers for d in layer.case.dtypes]
    tasks = [task for task in tasks if task.dtype in dtypes]
    asked = [task for task in tasks if task.exactly or not witnesses]
    beside = and_beside(asked, set(), dtypes, witnesses, full or len(layers) == 1)
    return [*tasks, *beside[len(asked) :]]


def _task(layer: OwnLayer, dtype: str, witnesses: bool, full: bool) -> Task:
    exactly = full or not layer.large
    share = EXACTLY if witnesses and exactly else BY_TORCH
    seconds = BASE + share * layer.products
    return Task("case", layer.case.id, dtype, layer.case, exactly, seconds=seconds)


def element_layers(layers: Sequence[OwnLayer], ids: Sequence[str]) -> tuple[str, ...]:
    """The cases, by name or id, whose every element is reported. Raises: SelectionError."""
    return tuple(layers_meant(layers, (), name)[0].case.id for name in ids)


def not_asked(layers: Sequence[OwnLayer], witnesses: bool, full: bool) -> Iterator[str]:
    """What the sizes of layers leave unasked, in sentences."""
    large = [layer.case.name for layer in layers if layer.large]
    if large and witnesses and not full:
        yield (
            f"too large for exact values and integers: {', '.join(large)}: torch judges, exact "
            "values where it sees nothing; --full asks everything"
        )
    many = sum(not suits(layer.case) for layer in layers)
    if many:
        yield (
            f"properties: not asked of {many} of {len(layers)} layers, those with more than "
            f"{LARGEST} numbers"
        )
