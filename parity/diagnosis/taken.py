"""Another tensor in the place of the right one: exchanged gradients, dy itself, nothing at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.observation import Observation, by_size

ENOUGH = 2  # failing cases
Source = Callable[[Observation], Array | None]


def taken(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """Which other array was given back; all that equal it in every case."""
    ordered = [o for o in by_size(observations) if tensor in o.right]
    if sum(o.shows(tensor) for o in ordered) < ENOUGH:
        return []
    return [
        Cause(f"{tensor} {text}", kind, tensor=tensor)
        for text, kind, source in _sources(ordered[0], tensor)
        if all(_is(o, tensor, source(o)) for o in ordered)
    ]


def _is(observation: Observation, tensor: str, other: Array | None) -> bool:
    return other is not None and observation.gives(tensor, other)


def _sources(observation: Observation, tensor: str) -> list[tuple[str, str, Source]]:
    """Zeros, ones and NaN, the arguments, the other tensors."""
    made: list[tuple[str, str, Source]] = [
        ("is 0 everywhere", "taken", lambda o: np.zeros_like(o.right[tensor])),
        ("is 1 everywhere", "taken", lambda o: np.ones_like(o.right[tensor])),
        ("is NaN everywhere", "taken", lambda o: np.full_like(o.right[tensor], np.nan)),
        ("is dy itself", "taken", lambda o: o.problem.dy),
    ]
    arguments = [n for n, a in observation.problem.arrays.items() if a.dtype.kind == "f"]
    made += [(f"is {name} itself", "taken", _argument(name)) for name in arguments]
    return made + [
        (f"is what {other} should be", "exchanged", _tensor(other))
        for other in observation.right
        if other != tensor
    ]


def _argument(name: str) -> Source:
    return lambda observation: observation.problem.arrays.get(name)


def _tensor(name: str) -> Source:
    return lambda observation: observation.right.get(name)
