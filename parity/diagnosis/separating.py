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
WAYS, WAYS_OF_TWO = 100, 20_000


MOST = 4  # facts that are the same in these cases, and are said


def separating(observations: Sequence[Observation]) -> list[Cause]:
    """The circumstances in which alone a tensor is wrong; all that separate equally, in one line.

    Where none does by itself, two together, each of which some passing cases have; then one or the
    other of two, each of which some failing cases have for themselves.
    """
    wrong = wrong_tensors(observations)
    if not wrong:
        return []
    seen = apart(observations)
    calls = [Call(o.problem) for o in seen]
    table: Array = np.asarray([[held.holds(call) for held in CIRCUMSTANCES] for call in calls])
    others: Array = np.asarray(
        [[held.spoken_against(call) for held in CIRCUMSTANCES] for call in calls]
    )
    said: dict[tuple[str, bool], list[str]] = {}
    for tensor in wrong:
        asked: Array = np.array([tells(o, tensor) for o in seen], bool)
        fails: Array = np.array([tensor in o.wrong for o in seen], bool)
        texts = _separate(table[asked], others[asked & ~fails], fails[asked])
        if texts:
            raised = all(o.raised for o in seen if tensor in o.wrong)
            said.setdefault((_in_one(texts), raised), []).append(tensor)
    return [_cause(text, tensors, wrong, raised) for (text, raised), tensors in said.items()]


def _in_one(texts: Sequence[str]) -> str:
    """What nobody can tell apart in these cases.

    >>> _in_one(["stride > 1", "padding > 0"])
    'stride > 1 (in these cases the same as padding > 0)'
    """
    first, *others = texts[:MOST]
    return f"{first} (in these cases the same as {'; '.join(others)})" if others else first


def apart(observations: Sequence[Observation]) -> list[Observation]:
    """Each set of arguments once, whatever dy it was asked with: the more telling one."""
    first: dict[object, Observation] = {}
    for observation in observations:
        problem = observation.problem
        key = (tuple(map(id, problem.arrays.values())), repr(sorted(problem.options.items())))
        if key not in first or (observation.wrong and not first[key].wrong):
            first[key] = observation
    return list(first.values())


def tells(observation: Observation, tensor: str) -> bool:
    """Whether a mistake could show: a tensor is wrong, or is right and not 0 everywhere."""
    if tensor in observation.wrong:
        return True
    return tensor in observation.right and largest_of(observation.right[tensor]) > 0


def _cause(text: str, tensors: Sequence[str], wrong: Sequence[str], raised: bool) -> Cause:
    everything = len(tensors) == len(wrong)
    tensor = tensors[0] if len(tensors) == 1 else ""
    where = f"{'it raises an error ' if raised else ''}only where {text}"
    if everything and (raised or len(wrong) > 1):
        return Cause(where, "only where", tensor=tensor)
    return Cause(f"{', '.join(tensors)}: {where}", "only where", tensor=tensor)


def _separate(table: Array, others: Array, fails: Array) -> list[str]:
    """Texts of what separates: table (cases, circumstances).

    others: of the passing cases, whether they are of the other kind. Where none is, nobody knows.
    """
    failing, passing = table[fails], table[~fails]
    ways = comb(len(table), len(failing))
    if len(failing) < FAILING or len(passing) < PASSING or ways < WAYS:
        return []
    shared: Array = np.all(failing, axis=0)
    single = np.flatnonzero(shared & ~np.any(passing, axis=0) & np.any(others, axis=0))
    if len(single):
        return [CIRCUMSTANCES[i].text for i in single]
    if ways < WAYS_OF_TWO:
        return []
    two = _two(passing, others, np.flatnonzero(shared[: len(SIZES)]))
    return two or _either(failing, passing, others)


def _two(passing: Array, others: Array, shared: Array) -> list[str]:
    """Pairs of sizes or options that no passing case has; each by itself is had by some."""
    some = [i for i in shared if passing[:, i].sum() >= FAILING and not passing[:, i].all()]
    return [
        f"{CIRCUMSTANCES[i].text} and {CIRCUMSTANCES[j].text}"
        for i, j in combinations(some, 2)
        if not (passing[:, i] & passing[:, j]).any()
        and (passing[:, i] & others[:, j]).any()
        and (passing[:, j] & others[:, i]).any()
    ]


def _either(failing: Array, passing: Array, others: Array) -> list[str]:
    """One or the other: no passing case has any, each is had by some failing ones alone."""
    asked = ~passing[:, : len(SIZES)].any(axis=0) & others[:, : len(SIZES)].any(axis=0)
    return [
        f"{CIRCUMSTANCES[i].text} or {CIRCUMSTANCES[j].text}"
        for i, j in combinations(np.flatnonzero(asked), 2)
        if (failing[:, i] | failing[:, j]).all()
        and min((failing[:, i] & ~failing[:, j]).sum(), (failing[:, j] & ~failing[:, i]).sum())
        >= FAILING
    ]
