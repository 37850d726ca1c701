"""What the failing cases share that no passing one has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from math import comb

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.call import Call
from parity.diagnosis.cause import Cause
from parity.diagnosis.circumstances import CIRCUMSTANCES, SIZES
from parity.diagnosis.observation import Observation, largest_of, wrong_tensors

FAILING, PASSING = 2, 3  # cases of each kind without which nothing is said to separate them
# Ways to choose as many of the cases as fail: where there are fewer, chance may separate them.
WAYS, WAYS_OF_TWO = 200, 20_000


def separating(observations: Sequence[Observation]) -> list[Cause]:
    """The circumstances in which alone a tensor is wrong; all that separate equally.

    Where none does by itself, two together, each of which some passing cases have.
    """
    wrong = wrong_tensors(observations)
    if not wrong:
        return []
    table: Array = np.asarray(
        [[held.holds(Call(o.problem)) for held in CIRCUMSTANCES] for o in observations]
    )
    said: dict[str, list[str]] = {}
    for tensor in wrong:
        asked: Array = np.array([tells(o, tensor) for o in observations], bool)
        fails: Array = np.array([tensor in o.wrong for o in observations], bool)
        for text in _separate(table[asked], fails[asked]):
            said.setdefault(text, []).append(tensor)
    return [_cause(text, tensors, wrong) for text, tensors in said.items()]


def tells(observation: Observation, tensor: str) -> bool:
    """Whether a mistake could show: a tensor is wrong, or is right and not 0 everywhere."""
    if tensor in observation.wrong:
        return True
    return tensor in observation.right and largest_of(observation.right[tensor]) > 0


def _cause(text: str, tensors: Sequence[str], wrong: Sequence[str]) -> Cause:
    everything = len(tensors) == len(wrong)
    if everything and len(wrong) > 1:
        return Cause(f"only where {text}", "only where")
    tensor = tensors[0] if len(tensors) == 1 else ""
    return Cause(f"{', '.join(tensors)}: only where {text}", "only where", tensor=tensor)


def _separate(table: Array, fails: Array) -> list[str]:
    """Texts of what separates: table (cases, circumstances)."""
    failing, passing = table[fails], table[~fails]
    ways = comb(len(table), len(failing))
    if len(failing) < FAILING or len(passing) < PASSING or ways < WAYS:
        return []
    shared: Array = np.all(failing, axis=0)
    single = np.flatnonzero(shared & ~np.any(passing, axis=0))
    if len(single):
        return [CIRCUMSTANCES[i].text for i in single]
    return _two(passing, np.flatnonzero(shared[: len(SIZES)])) if ways >= WAYS_OF_TWO else []


def _two(passing: Array, shared: Array) -> list[str]:
    """Pairs of sizes or options that no passing case has; each by itself is had by some."""
    some = [i for i in shared if passing[:, i].sum() >= FAILING and not passing[:, i].all()]
    return [
        f"{CIRCUMSTANCES[i].text} and {CIRCUMSTANCES[j].text}"
        for i, j in combinations(some, 2)
        if not (passing[:, i] & passing[:, j]).any()
    ]
