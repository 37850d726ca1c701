"""The ε in the code of a candidate that can be told none: another than torch's is right.

Of a normalisation it is measured. If all x are so small that σ² is nothing beside ε,
y − bias = weight · (x − μ)/√ε and ∂L/∂x = (g − mean g)/√ε: √ε is the quotient of what comes with
ε = 1 and what the candidate gives.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from parity.candidates.asked import Asked, plan
from parity.candidates.fitting import fit_of
from parity.candidates.interview import Interview, Put
from parity.candidates.styles.constructing import NORMALISATIONS
from parity.candidates.styles.standing import options_of
from parity.candidates.styles.style import BACKWARD, Told
from parity.candidates.trying import fits
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.epsilon import written
from parity.witnesses.problem import Problem

TINY = 1e-12  # what x is multiplied by
LEAST, MOST = 1e-20, 10.0  # between which an ε is measured
DIGITS = 6
USUAL = (1e-8, 1e-7, 1e-6, 1e-5, 1e-10, 1e-4, 1e-3, 0.0)  # of functions where none is measured


def with_its_epsilon(put: Put, told: Told, seed: int) -> Iterator[Told]:
    """The candidate with the ε that it seems to compute with, if that is another than refimpl's.

    told: with what is known once it is prepared.
    """
    if told.like in NORMALISATIONS:
        found = measured(put, told, seed)
        if found is not None and found != unless_given(told):
            yield with_epsilon(told, found)
    elif "eps" in options_of(told.like):
        others = (with_epsilon(told, eps) for eps in USUAL if eps != unless_given(told))
        yield from (one for one in others if fits(put, one, seed))


def unless_given(told: Told) -> Any:
    """refimpl's default, which is torch's."""
    return options_of(told.like)["eps"]


def with_epsilon(told: Told, eps: float) -> Told:
    """The same candidate, which always computes with that ε."""
    if told.own is not None:
        return replace(told, own=told.own._replace(options={**told.own.options, "eps": eps}))
    return replace(told, fixed={**told.fixed, "eps": eps})


def in_words(told: Told) -> str:
    """What is said of a candidate that has been given its own ε."""
    eps = (told.own.options if told.own is not None else told.fixed)["eps"]
    return f"computes with ε = {written(eps)}; torch's default is {written(unless_given(told))}"


def measured(put: Put, told: Told, seed: int) -> float | None:
    """The ε by the numbers that come of tiny x; None where they tell none."""
    interview = Interview(put, told)
    tensor = "dx" if told.part == BACKWARD else "y"
    planned = plan(told.like, interview.lacks, seed, told.part, fit=fit_of(told))
    for one in (asked for asked in planned.asked if asked.dtype == "float64"):
        problem = _tiny(one)
        given = interview.ask(problem).tensors.get(tensor)
        by_one = {**problem.options, "eps": 1.0}
        right = FUNCTIONS[told.like].tensors(problem.dy, problem.arrays, by_one)[tensor]
        eps = _squared_quotient(right, given)
        if eps is not None:
            return eps
    return None


def _tiny(one: Asked) -> Problem:
    """The problem with tiny x and without an ε of its own, its bias 0."""
    arrays = dict(one.problem.arrays)
    arrays["x"] = arrays["x"] * TINY
    if "bias" in arrays:
        arrays["bias"] = np.zeros_like(arrays["bias"])
    options = {name: value for name, value in one.problem.options.items() if name != "eps"}
    return one.problem._replace(arrays=arrays, options=options)


def _squared_quotient(right: Array, given: Any) -> float | None:
    """(Σ |right| / Σ |given|)², 0 if it is below all that can be measured."""
    if not isinstance(given, np.ndarray) or given.shape != right.shape or given.dtype.kind != "f":
        return None
    size = float(np.abs(given).sum())
    if not np.isfinite(size) or size == 0:
        return None
    eps = (float(np.abs(right).sum()) / size) ** 2
    return None if eps > MOST else 0.0 if eps < LEAST else float(f"{eps:.{DIGITS}g}")
