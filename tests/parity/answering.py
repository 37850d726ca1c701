"""How tests let a Python function answer in the place of a candidate's process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.candidates.check import Subject, check, planned_for
from parity.candidates.examine import Answer, Ask
from parity.candidates.verdict import Verdict
from parity.cases.functions import FUNCTIONS
from parity.witnesses.problem import Problem


def answers(code: Callable[..., Any], part: str) -> Ask:
    """A function with refimpl's arguments, forward or backward; what it raises is its answer."""

    def ask(problem: Problem) -> Answer:
        try:
            with np.errstate(all="ignore"):
                return Answer(_tensors(code, part, problem))
        except Exception as error:
            return Answer({}, raised=f"it raised {type(error).__name__}: {error}")

    return ask


def _tensors(code: Callable[..., Any], part: str, problem: Problem) -> dict[str, Any]:
    if part == "forward":
        placed, named = FUNCTIONS[problem.function].given(problem.arrays)
        return {"y": code(*placed, **named, **problem.options)}
    function = FUNCTIONS[problem.function]
    placed, named = function.given({n: a for n, a in problem.arrays.items() if n != "bias"})
    found = code(problem.dy, *placed, **named, **problem.options)
    parts = found if isinstance(found, tuple) else (found,)
    return {f"d{name}": part for name, part in zip(function.inputs, parts, strict=False)}


def verdict(code: Callable[..., Any], function: str, part: str, **more: Any) -> Verdict:
    """What is said of a function with refimpl's arguments."""
    given = {"lacks": lambda problem: "", "diagnose": lambda found, ask, part: (), **more}
    diagnose = given.pop("diagnose")
    subject = Subject("mine.py:f", function, part, "refimpl", **given)
    return check(subject, planned_for(subject), answers(code, part), diagnose)
