"""A dropout that is not training: it gives x itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from parity.candidates.asked import Asked
from parity.candidates.interview import Interview
from parity.candidates.styles.as_layer import FORWARDS, method
from parity.candidates.styles.dropping import can_evaluate
from parity.candidates.styles.keywords import settled
from parity.candidates.styles.style import Told
from parity.cases.case import Array

SEVERAL = 3  # problems that it is asked
STYLES = ("layer", "torch")


def switched(told: Told) -> bool:
    """Whether it can be told that it is not training."""
    if told.like != "dropout" or told.style not in STYLES or told.kind == "function":
        return False
    return can_evaluate(told, told.methods.get(method(told, FORWARDS)))


def not_evaluated(told: Told) -> tuple[str, ...]:
    """What cannot be asked of a dropout that is always training."""
    is_layer = told.like == "dropout" and told.style in STYLES and told.kind != "function"
    return ("evaluation",) if is_layer and not switched(told) else ()


def evaluated(interview: Interview, asked: Sequence[Asked]) -> Iterator[str]:
    """What is wrong with what it gives when it is not training."""
    if not switched(interview.told):
        return
    inverted = interview.told.dropping.inverted
    for one in asked[-SEVERAL:]:
        problem = one.problem._replace(options=one.case.options)
        x, p = problem.arrays["x"], settled(problem)["p"]
        answer = interview.evaluate(problem)
        wanted = x if inverted else x * (1 - p)
        if answer.raised or answer.fatal:
            yield f"when it is not training {answer.raised or answer.fatal}"
            return
        if not _is(answer.tensors.get("y"), wanted):
            yield f"when it is not training it does not give {'x' if inverted else 'x · (1 − p)'}"
            return


def _is(given: object, wanted: Array) -> bool:
    """Equal to a rounding."""
    found = np.asarray(given)
    if found.shape != wanted.shape or found.dtype.kind != "f":
        return False
    unit = 2 * float(np.finfo(wanted.dtype).eps)
    return bool(np.all(np.abs(found - wanted) <= unit * np.abs(wanted)))
