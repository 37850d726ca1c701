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
        row = FUNCTIONS[problem.function]
        return {"y": row.called(code, problem.arrays, problem.options)}
    function = FUNCTIONS[problem.function]
    given = {name: array for name, array in problem.arrays.items() if name != "bias"}
    found = function.called(code, given, problem.options, problem.dy)
    parts = found if isinstance(found, tuple) else (found,)
    return {f"d{name}": part for name, part in zip(function.inputs, parts, strict=False)}


def verdict(code: Callable[..., Any], function: str, part: str, **more: Any) -> Verdict:
    """What is said of a function with refimpl's arguments."""
    given = {"lacks": lambda problem: "", "diagnose": lambda found, ask, part: (), **more}
    diagnose = given.pop("diagnose")
    subject = Subject("mine.py:f", function, part, "refimpl", **given)
    return check(subject, planned_for(subject), answers(code, part), diagnose)
