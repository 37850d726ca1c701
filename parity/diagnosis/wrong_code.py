"""What known wrong code gives on a problem."""

from __future__ import annotations

from functools import cache

import numpy as np

from parity.cases.case import Array
from parity.cases.functions import forward_of
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


def computed(known: Mistake, problem: Problem) -> Tensors | None:
    """What the wrong code gives, by the names of the right tensors; None where it raises."""
    try:
        with np.errstate(all="ignore"):
            return tensors_of(known, *problem)
    except Exception:  # wrong code may fail in any way
        return None


def gives_back(known: Mistake, tensor: str) -> bool:
    """Whether a tensor comes from the place that a mistake stands in."""
    return tensor == "y" if is_forward(known) else tensor not in ("y", "indices")
