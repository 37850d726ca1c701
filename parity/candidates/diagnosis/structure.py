"""How wrong numbers follow from the right ones, where no known mistake gives them."""

from __future__ import annotations

from collections.abc import Sequence

from parity.candidates.diagnosis.cause import Cause
from parity.candidates.diagnosis.factors import factor_causes
from parity.candidates.diagnosis.moved import moved
from parity.candidates.diagnosis.observation import Observation
from parity.candidates.diagnosis.precision import few_digits
from parity.candidates.diagnosis.taken import taken
from parity.candidates.diagnosis.tampered import tampered
from parity.candidates.diagnosis.together import mistake_and_factor


def structure(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """The causes of one tensor that fit all cases, of the first kind that fits.

    A plain rule stands before one that says more: a tensor that is 0 everywhere is also what a
    gradient is where dy is taken for 0.
    """
    asked = [o for o in observations if tensor in o.found and o.right[tensor].size]
    for rule in (taken, factor_causes, moved, tampered, few_digits, mistake_and_factor):
        causes = rule(asked, tensor)
        if causes:
            return causes
    return []
