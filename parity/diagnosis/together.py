"""A known mistake and a factor in one tensor: the kernel is not turned, and all is divided by N."""

from __future__ import annotations

from collections.abc import Sequence

from parity.cases.case import Array
from parity.diagnosis.answers import answer_of
from parity.diagnosis.cause import Cause
from parity.diagnosis.factors import said_of_factor, scaled
from parity.diagnosis.known import said_of
from parity.diagnosis.observation import Observation, by_size
from parity.diagnosis.wrong_code import computed, differs, gives_back, mistakes_of
from parity.mistakes.catalogue import Mistake


def mistake_and_factor(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """Every known mistake that gives what was found up to one factor."""
    if not observations:
        return []
    function = observations[0].problem.function
    ordered = by_size(observations)
    return [
        Cause(
            f"{said_of(tensor, known)}, and it {said_of_factor(name)}",
            "known mistake",
            (known.name,),
            tensor,
            answer=answer_of(function, [tensor], known.formulas),
        )
        for known in mistakes_of(function)
        if gives_back(known, tensor) and differs(known, ordered, tensor)
        for name in _scaled(observations, tensor, known)
    ]


def _scaled(observations: Sequence[Observation], tensor: str, known: Mistake) -> list[str]:
    def given(observation: Observation) -> Array | None:
        return (computed(known, observation.problem) or {}).get(tensor)

    return [name for name in scaled(observations, tensor, given) if name not in ("0", "1")]
