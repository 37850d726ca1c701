"""Gradescope's results keep the rules of its specification, and points follow what is right."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from answering import verdict

import refimpl
from parity.candidates.said import Said, Share
from parity.candidates.verdict import Verdict
from parity.report.gradescope import BESIDE, JUDGED, as_results

# https://gradescope-autograders.readthedocs.io/en/latest/specs/, as far as it is used here.
VISIBILITY = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
FORMAT = {"enum": ["text", "html", "simple_format", "md", "ansi"]}
RULES = {
    "type": "object",
    "additionalProperties": False,
    "anyOf": [
        {"required": ["score"]},
        {"properties": {"tests": {"items": {"required": ["score"]}}}, "required": ["tests"]},
    ],
    "properties": {
        "score": {"type": "number"},
        "execution_time": {"type": "number"},
        "output": {"type": "string"},
        "output_format": FORMAT,
        "visibility": VISIBILITY,
        "stdout_visibility": VISIBILITY,
        "extra_data": {"type": "object"},
        "tests": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "score": {"type": "number"},
                    "max_score": {"type": "number"},
                    "status": {"enum": ["passed", "failed"]},
                    "name": {"type": "string"},
                    "number": {"type": "string"},
                    "output": {"type": "string"},
                    "output_format": FORMAT,
                    "visibility": VISIBILITY,
                },
            },
        },
    },
}


def doubled() -> Verdict:
    causes = (Said("dx is twice the right one", "dx = dy · 2", True, ("relu-twice",)),)
    return verdict(
        lambda dy, x: 2 * refimpl.relu_backward(dy, x),
        "relu",
        "backward",
        diagnose=lambda *given: causes,
    )


def right() -> Verdict:
    return verdict(refimpl.relu, "relu", "forward")


def unclear() -> Verdict:
    return Verdict("mine.py:f", "", "", "", "unclear", "what f is like is not plain")


def points(results: dict[str, Any]) -> dict[str, tuple[float, float]]:
    return {test["name"]: (test["score"], test["max_score"]) for test in results["tests"]}


@pytest.mark.parametrize("made", [doubled, right, unclear])
def test_the_rules(made: Any) -> None:
    """Each key has a value that Gradescope takes; tests add up to the score."""
    results = as_results(made(), 100)
    jsonschema.validate(results, RULES)
    tests = results["tests"]
    assert sum(test["score"] for test in tests) == pytest.approx(results["score"], abs=0.1)
    assert sum(test["max_score"] for test in tests) == pytest.approx(100, abs=0.1)
    for test in tests:
        assert 0 <= test["score"] <= test["max_score"]
        assert (test["status"] == "passed") == (test["score"] == test["max_score"])


@pytest.mark.parametrize(
    "wrong", [{"tests": [{"name": "a"}]}, {"score": "7"}, {"score": 7, "visibility": "later"}]
)
def test_the_rules_refuse(wrong: dict[str, Any]) -> None:
    """No score anywhere, a text for a number, a word that is not there."""
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, RULES)


def test_points() -> None:
    """All for a right layer, none for what could not be judged, a part for a part."""
    assert as_results(right(), 12.5)["score"] == 12.5
    nothing = as_results(unclear(), 10)
    assert (nothing["score"], points(nothing)) == (0, {JUDGED: (0, 10)})
    found = as_results(doubled(), 70)
    shape, values = (points(found)[name] for name in ("shape", "values"))
    assert shape[0] == shape[1] > values[0]
    assert 0 < found["score"] < 70


def test_what_is_wrong_beside_its_numbers() -> None:
    """An argument changed in place costs points, though every number is right."""
    made = Verdict(
        "m.py:f",
        "relu",
        "forward",
        "refimpl",
        "wrong",
        "x is changed",
        scores={"y": Share(3, 3)},
        cases=Share(3, 3),
        faults=("it changes x in place",),
    )
    assert points(as_results(made, 8)) == {"y": (4, 4), BESIDE: (0, 4)}


def test_norm_wise() -> None:
    """Right is right: an FFT has few elements within the bounds of a direct sum."""
    made = Verdict(
        "m.py:f",
        "conv2d",
        "forward",
        "refimpl",
        "right norm-wise",
        "…",
        scores={"values": Share(5, 19)},
        cases=Share(5, 19),
    )
    assert as_results(made, 8)["score"] == 8


def test_cases_that_were_not_reached() -> None:
    """They are not right."""
    made = Verdict(
        "m.py:f",
        "conv2d",
        "forward",
        "refimpl",
        "failed",
        "…",
        scores={"values": Share(2, 3)},
        cases=Share(2, 3),
        unreached=7,
    )
    assert points(as_results(made, 20))["values"] == (2, 10)


def test_no_answers() -> None:
    """Students read it: no expected value, no formula."""
    shown = str(as_results(doubled(), 1))
    assert "dx is twice the right one" in shown
    assert "dx = dy · 2" not in shown
    assert "expected" not in shown
