"""What known wrong code gives on a problem."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np

from parity.cases.case import Array
from parity.cases.functions import forward_of
from parity.diagnosis.observation import Observation
from parity.mistakes.catalogue import MISTAKES, Mistake
from parity.mistakes.mistake import is_forward, tensors_of
from parity.witnesses.problem import Problem

Tensors = dict[str, Array]


@cache
def mistakes_of(function: str) -> tuple[Mistake, ...]:
    """The known mistakes of a function, forward and backward.

    Those of its relatives along other axes follow, as far as they are other code.

    >>> "dweight-turned" in [known.name for known in mistakes_of("conv1d")]
    True
    """
    own = [m for m in MISTAKES.values() if forward_of(m.function) == function]
    written = {m.wrong for m in own}
    relatives = [
        m
        for m in MISTAKES.values()
        if m.wrong not in written and _family(m.function) == _family(function)
    ]
    return tuple(own) + tuple({m.wrong: m for m in reversed(relatives)}.values())


def _family(function: str) -> str:
    """A function without its number of axes: "conv"; a name without one stands for itself."""
    name = forward_of(function)
    return name[:-2] if name in AXES else name


AXES = {f"{stem}{n}d" for stem in ("conv", "max_pool", "avg_pool") for n in (1, 2, 3)}


class Same:
    """A problem that is itself, whatever it holds: what was computed on it is kept for a while."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        parts = (*problem.arrays.values(), problem.dy, problem.options)
        self.key = (problem.function, *map(id, parts))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.key == other.key


KEPT = 512  # results: the first cases are asked again by every rule


def computed(known: Mistake, problem: Problem) -> Tensors | None:
    """What the wrong code gives, by the names of the right tensors; None where it raises."""
    return _computed(known, Same(problem))


@lru_cache(KEPT)
def _computed(known: Mistake, same: Same) -> Tensors | None:
    try:
        with np.errstate(all="ignore"):
            return tensors_of(known, *same.problem)
    except Exception:  # wrong code may fail in any way
        return None


SOME = 8  # cases by which it is seen what a mistake changes


def differs(known: Mistake, ordered: Sequence[Observation], tensor: str) -> bool:
    """Whether a mistake changes a tensor in one of some failing cases, of all sizes."""
    failing = [observation for observation in ordered if observation.shows(tensor)]
    for observation in failing[:: max(len(failing) // SOME, 1)]:
        given = (computed(known, observation.problem) or {}).get(tensor)
        if given is None or not observation.is_right(tensor, given):
            return True
    return False


def gives_back(known: Mistake, tensor: str) -> bool:
    """Whether a tensor comes from the place that a mistake stands in."""
    return tensor == "y" if is_forward(known) else tensor not in ("y", "indices")
