"""What a wrong candidate looks like: its outcomes before the diagnosis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from parity.candidates.examine import Ask, Outcome, outcome
from parity.candidates.judge import RAISED
from parity.candidates.said import Misshapen, Said
from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.linearity import upstream_problems
from parity.diagnosis.observation import Observation

MOST = 6  # causes that are said: a person reads no more
UPSTREAMS = 2  # problems that are asked again with other upstream gradients


def causes(found: Sequence[Outcome], ask: Ask, part: str) -> tuple[Said, ...]:
    """What gives the wrong numbers, best first; nothing that the numbers do not single out."""
    asked = [*found, *(_with_other_upstreams(found, ask, part) if part != "forward" else ())]
    seen = [observation(one) for one in asked if not one.undrawn]
    return tuple(map(_said, diagnose(seen, part)))[:MOST]


def observation(one: Outcome) -> Observation:
    """An outcome as the diagnosis sees it.

    Where the forward raised, its backward was not asked: nothing is known of the gradients.
    """
    names = [judged.tensor for judged in one.judged]
    tensors = ["y"] if one.answer.raised and _lacks_y(one) else names
    return Observation(
        one.case,
        one.asked.problem,
        {tensor: one.expected.right(tensor) for tensor in tensors},
        {tensor: one.expected.limits[tensor] for tensor in tensors},
        {
            judged.tensor: _given(one.answer.tensors, judged.tensor, judged.said)
            for judged in one.judged
            if judged.tensor in tensors
        },
        tuple(tensor for tensor in one.wrong if tensor in tensors),
        bool(one.answer.raised),
    )


def _lacks_y(one: Outcome) -> bool:
    """Whether y was asked for, and did not come."""
    return any(each.tensor == "y" and each.aspect == RAISED for each in one.judged)


def _given(tensors: Any, name: str, said: str) -> Array | str:
    """What came for a tensor, as numbers; what is said of it where it is none."""
    value = tensors.get(name)
    value = value.value if isinstance(value, Misshapen) else value
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return said
    return array if array.dtype.kind in "fiub" else said


def _with_other_upstreams(found: Sequence[Outcome], ask: Ask, part: str) -> Iterator[Outcome]:
    """The smallest problems with a wrong gradient once more, with other dy."""
    failing = [one for one in found if any(name != "y" for name in one.wrong)]
    for one in failing[:UPSTREAMS]:
        for name, problem in upstream_problems(one.asked.problem).items():
            if name != "dy":
                yield outcome(replace(one.asked, problem=problem), ask, part)


def _said(cause: Cause) -> Said:
    return Said(cause.text, cause.answer, cause.certain, cause.mistakes, cause.is_where)
