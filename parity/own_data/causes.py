"""What somebody's wrong numbers look like."""

from __future__ import annotations

import numpy as np

from parity.candidates.said import Said
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.observation import Observation
from parity.own_data.judged import Tensor
from parity.witnesses.problem import Problem

MOST = 6  # causes that are said
LARGEST = 200_000  # numbers of a problem that known mistakes are tried on


def causes(problem: Problem, tensors: tuple[Tensor, ...]) -> tuple[Said, ...]:
    """What gives the wrong numbers, best first; nothing that they do not single out."""
    yours = {t.name: t for t in tensors if "yours" in t.sides}
    wrong = tuple(name for name, t in yours.items() if t.sides["yours"].outside)
    numbers = problem.dy.size + sum(array.size for array in problem.arrays.values())
    if not wrong or numbers > LARGEST:
        return ()
    with np.errstate(all="ignore"):
        found = diagnose([_observation(problem, yours, wrong)])
    return tuple(
        Said(cause.text, cause.answer, cause.certain, cause.mistakes, cause.is_where)
        for cause in found[:MOST]
    )


def _observation(problem: Problem, yours: dict[str, Tensor], wrong: tuple[str, ...]) -> Observation:
    return Observation(
        "own data",
        problem,
        {name: t.exact.reshape(t.shape) for name, t in yours.items()},
        {name: t.sides["yours"].bound.reshape(t.shape) for name, t in yours.items()},
        {name: t.sides["yours"].values.reshape(t.shape) for name, t in yours.items()},
        wrong,
    )
