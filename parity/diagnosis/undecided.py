"""Ties and kinks: where a convention decides, right code may give other numbers than ours."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import Call
from parity.diagnosis.circumstances import ties
from parity.diagnosis.observation import Observation

LEFT_ASIDE = "where no values are equal and none lies at a kink"


def settled(observations: Sequence[Observation]) -> list[Observation]:
    """The cases in which no convention decides.

    Code with a convention of its own and a known mistake gives the numbers of the known wrong code
    in these alone. [] where they are all, so that nothing new follows.
    """
    left = [o for o in observations if not decides(o)]
    return left if len(left) < len(observations) else []


def decides(observation: Observation) -> bool:
    """Whether a convention decides somewhere: equal maxima, or a kink."""
    call, problem = Call(observation.problem), observation.problem
    if call.windows is not None:
        return ties(call, 0.0) or bool(np.isnan(call.windows).any())
    if not np.issubdtype(call.x.dtype, np.floating):
        return False
    at = FUNCTIONS[problem.function].kinks_at(problem.options, str(call.x.dtype))
    return bool(np.isin(call.x, at).any())
