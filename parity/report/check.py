"""A verdict as JSON and as a row of a table."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from json import loads
from typing import Any

import numpy as np

from parity.candidates.said import Example, Share
from parity.candidates.verdict import Verdict
from parity.cases.case import Array

VERSION = 1  # of the schema: it grows when a reader of the old one could no longer read the new

COLUMNS = (
    "candidate",
    "status",
    "function",
    "part",
    "style",
    "cases_right",
    "cases",
    "unreached",
    "score",
    "said",
    "causes",
)


def schema() -> dict[str, Any]:
    """The JSON Schema of `as_json`."""
    text = (files("parity.report") / "check_schema.json").read_text(encoding="utf-8")
    found: dict[str, Any] = loads(text)
    return found


def as_json(verdict: Verdict, answers: bool = True) -> dict[str, Any]:
    """A verdict as JSON holds it; without answers no expected value and no formula."""
    return {
        "version": VERSION,
        "candidate": verdict.candidate,
        "status": verdict.status,
        "right": bool(verdict),
        "said": verdict.said,
        "function": verdict.function,
        "part": verdict.part,
        "style": verdict.style,
        "layout": verdict.layout,
        "seed": verdict.seed,
        "cases": _share(verdict.cases),
        "unreached": verdict.unreached,
        "tensors": {name: _share(share) for name, share in verdict.tensors.items()},
        "scores": {name: _share(share) for name, share in verdict.scores.items()},
        "roundings": dict(verdict.roundings),
        "faults": list(verdict.faults),
        "causes": [
            {
                "text": cause.text,
                "certain": cause.certain,
                **({"answer": cause.answer, "mistakes": list(cause.mistakes)} if answers else {}),
            }
            for cause in verdict.causes
        ],
        "remarks": list(verdict.remarks),
        "unchecked": list(verdict.unchecked),
        "example": _example(verdict.example, answers),
        "output": verdict.output,
    }


def as_row(verdict: Verdict) -> dict[str, Any]:
    """A verdict in one row, for a table of many candidates."""
    share = verdict.cases
    return {
        "candidate": verdict.candidate,
        "status": verdict.status,
        "function": verdict.function,
        "part": verdict.part,
        "style": verdict.style,
        "cases_right": share.right,
        "cases": share.asked,
        "unreached": verdict.unreached,
        "score": score(verdict),
        "said": verdict.said,
        "causes": "; ".join(cause.text for cause in verdict.causes),
    }


def score(verdict: Verdict) -> float:
    """The share of right cases of all that were to be asked; 1 of a right verdict."""
    asked = verdict.cases.asked + verdict.unreached
    if verdict:
        return 1.0
    return verdict.cases.right / asked if asked else 0.0


def _share(share: Share) -> dict[str, int]:
    return {"right": share.right, "asked": share.asked}


def _example(example: Example | None, answers: bool) -> dict[str, Any] | None:
    if example is None:
        return None
    problem = example.problem
    given: Mapping[str, Array] = {**problem.arrays, "dy": problem.dy}
    return {
        "tensor": example.tensor,
        "said": example.said,
        "options": {name: _plain(value) for name, value in problem.options.items()},
        "arguments": {name: _plain(array) for name, array in given.items()},
        "given": _plain(example.given),
        "wrong": _plain(example.wrong),
        **({"expected": _plain(example.expected)} if answers else {}),
    }


def _plain(value: Any) -> Any:
    """Arrays as lists; NaN and ∞, which JSON has not, as text.

    >>> _plain(np.array([[1.0, np.inf]]))
    [[1.0, 'inf']]
    """
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value
