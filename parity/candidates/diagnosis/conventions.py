"""Code that passes with another convention at ties and kinks: where it decides, nothing follows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.candidates.diagnosis.call import Call
from parity.candidates.diagnosis.circumstances import ties
from parity.candidates.diagnosis.observation import Observation
from parity.cases.functions import FUNCTIONS


def settled(observations: Sequence[Observation]) -> list[Observation]:
    """All of them; where the code has a convention of its own, those in which none decides.

    A case that passes with other numbers than the right ones says that there is one. Known wrong
    code would not give these numbers, and would be excluded by them.
    """
    if not any(has_other_numbers(observation) for observation in observations):
        return list(observations)
    return [o for o in observations if not (has_other_numbers(o) or decides(o))]


def has_other_numbers(observation: Observation) -> bool:
    """Whether a tensor passes although it is not the right one within rounding."""
    return any(
        tensor not in observation.wrong
        and observation.numbers(tensor) is not None
        and not observation.blind(tensor)
        for tensor in observation.right
    )


def decides(observation: Observation) -> bool:
    """Whether a convention decides somewhere: equal maxima, or a kink."""
    call, problem = Call(observation.problem), observation.problem
    if call.windows is not None:
        return ties(call, 0.0)
    if not np.issubdtype(call.x.dtype, np.floating):
        return False
    at = FUNCTIONS[problem.function].kinks_at(problem.options, str(call.x.dtype))
    return bool(np.isin(call.x, at).any())
