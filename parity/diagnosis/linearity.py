"""Whether a backward is linear in dy: from the same case asked with several dy.

A gradient doubles with dy, is 0 where dy is 0 and differs for another dy.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.observation import Observation, wrong_tensors
from parity.witnesses.problem import Problem

ENOUGH = 2  # pairs of cases


def upstream_problems(problem: Problem, seed: int = 0) -> dict[str, Problem]:
    """The same arrays with the upstream gradients that show whether a backward is linear.

    >>> asked = upstream_problems(Problem("relu", {"x": np.ones(2)}, {}, np.array([1.0, -3.0])))
    >>> [(name, one.dy.tolist()) for name, one in asked.items()][:4]
    [('dy', [1.0, -3.0]), ('2·dy', [2.0, -6.0]), ('−dy', [-1.0, 3.0]), ('0', [0.0, 0.0])]
    """
    dy = problem.dy
    drawn = np.random.default_rng(seed).integers(-8, 9, dy.shape)
    given = {
        "dy": dy,
        "2·dy": dy + dy,
        "−dy": -dy,
        "0": np.zeros_like(dy),
        "another dy": drawn.astype(dy.dtype),
    }
    return {name: problem._replace(dy=np.asarray(array)) for name, array in given.items()}


def linearity(observations: Sequence[Observation]) -> list[Cause]:
    """What pairs of cases on the same arrays say of each gradient that is wrong."""
    pairs = [(a, b) for a, b in combinations(observations, 2) if same_arrays(a, b)]
    causes = []
    for tensor in wrong_tensors(observations):
        if tensor != "y":
            causes += _of_tensor(tensor, pairs)
    return causes


def same_arrays(a: Observation, b: Observation) -> bool:
    """Whether two cases differ in dy alone."""
    one, other = a.problem, b.problem
    if one.function != other.function or one.arrays.keys() != other.arrays.keys():
        return False
    if any(
        one.arrays[n] is not x and one.arrays[n].shape != x.shape for n, x in other.arrays.items()
    ):
        return False
    if one.dy.shape != other.dy.shape or one.dy.dtype != other.dy.dtype:
        return False
    if dict(one.options) != dict(other.options):
        return False
    return all(
        one.arrays[n] is x or np.array_equal(one.arrays[n], x) for n, x in other.arrays.items()
    )


def _of_tensor(tensor: str, pairs: Sequence[tuple[Observation, Observation]]) -> list[Cause]:
    """Independent of dy, or not linear in it, or neither."""
    told = [(a, b) for a, b in pairs if _both(a, b, tensor)]
    changed = [(a, b) for a, b in told if not a.is_right(tensor, b.right[tensor])]
    if len(changed) >= ENOUGH and all(a.gives(tensor, _found(b, tensor)) for a, b in changed):
        return [Cause(f"{tensor} does not depend on dy", "linearity", tensor=tensor)]
    broken = [text for a, b in told if (text := _broken(a, b, tensor))]
    if not broken:
        return []
    return [
        Cause(f"{tensor} is not linear in dy: {text}", "linearity", tensor=tensor)
        for text in dict.fromkeys(broken)
    ]


def _both(a: Observation, b: Observation, tensor: str) -> bool:
    """Whether both cases give numbers, in the right shape: an empty array tells nothing of dy."""
    return all(
        tensor in one.right
        and (found := one.numbers(tensor)) is not None
        and found.size
        and found.shape == one.right[tensor].shape
        for one in (a, b)
    )


def _found(observation: Observation, tensor: str) -> Array:
    found = observation.numbers(tensor)
    assert found is not None
    return found


def _broken(a: Observation, b: Observation, tensor: str) -> str:
    """The rule of linearity that a pair breaks, in words."""
    for first, second in ((a, b), (b, a)):
        factor = _factor(first.problem.dy, second.problem.dy)
        if factor is None or factor == 1:
            continue
        with np.errstate(all="ignore"):  # ∞ · 0
            expected = np.asarray(_found(first, tensor) * factor)
        if not second.gives(tensor, expected):
            return SAID.get(factor, "")
    return ""


SAID = {
    0.0: "it is not 0 where dy is 0",
    2.0: "it does not double with dy",
    -1.0: "it does not change its sign with dy",
}


def _factor(dy: Array, other: Array) -> float | None:
    """The factor from one dy to another, of those that are asked on purpose."""
    if not dy.any():
        return None
    return next((f for f in SAID if np.array_equal(dy * dy.dtype.type(f), other)), None)
