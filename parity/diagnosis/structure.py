"""How wrong numbers follow from the right ones, where no known mistake gives them."""

from __future__ import annotations

from collections.abc import Sequence

from parity.diagnosis.cause import Cause
from parity.diagnosis.composed import two_in_one
from parity.diagnosis.epsilon import epsilon
from parity.diagnosis.factors import factor_causes
from parity.diagnosis.moved import moved
from parity.diagnosis.observation import Observation
from parity.diagnosis.precision import few_digits
from parity.diagnosis.taken import taken
from parity.diagnosis.tampered import tampered
from parity.diagnosis.together import mistake_and_factor
from parity.diagnosis.uneven import uneven

# Plain ones first.
RULES = (
    taken,
    factor_causes,
    epsilon,
    moved,
    tampered,
    uneven,
    few_digits,
    mistake_and_factor,
    two_in_one,
)


def structure(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """The causes of one tensor that fit all cases, of the first kind that fits.

    A plain rule stands before one that says more: a tensor that is 0 everywhere is also what a
    gradient is where dy is taken for 0. Where an error was raised, there are no numbers to judge.
    """
    asked = [
        o
        for o in observations
        if tensor in o.found
        and o.right[tensor].size
        and not (o.raised and isinstance(o.found[tensor], str))
    ]
    for rule in RULES:
        causes = rule(asked, tensor)
        if causes:
            return causes
    return []
