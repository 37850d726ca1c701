"""Arguments stay as they are, and what comes back lies in memory of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from typing import Any

import numpy as np

from parity.witnesses.properties.apart import difference
from parity.witnesses.properties.situation import Situation, Trial, parts_of


def in_own_memory(given: Situation) -> Iterator[str]:
    """Writeable arguments are not written to, and share no memory with what comes back.

    Nor do two gradients of one backward, nor the results of two calls.
    """
    call = given.trial.call
    first, second = _returned(given.trial), _returned(Trial(call))
    arguments = {**call.arrays, "dy": call.dy}
    for name, array in {**given.call.arrays, "dy": given.call.dy}.items():
        if said := difference(arguments[name], array):
            yield f"{call.function.name} and its backward changed {name}: {name} {said}"
    for name, argument in product(first, arguments):
        if _share(first[name], arguments[argument]):
            yield f"{name} shares memory with the argument {argument}"
    for one, another in combinations(first, 2):
        if _share(first[one], first[another]):
            yield f"{one} shares memory with {another}"
    for name in first:
        if _share(first[name], second.get(name)):
            yield f"{name} shares memory with the {name} of the next call"


def _returned(trial: Trial) -> Mapping[str, Any]:
    gradients = zip(trial.call.gradient_names, parts_of(trial.gradients), strict=False)
    return {**trial.values, **dict(gradients)}


def _share(one: Any, another: Any) -> bool:
    """Whether two arrays share memory; the test of bounds, which costs nothing, comes first."""
    if not isinstance(one, np.ndarray) or not isinstance(another, np.ndarray):
        return False
    return np.may_share_memory(one, another) and np.shares_memory(one, another)
