"""A verdict as JSON keeps its schema; without answers it gives none away."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from json import dumps, loads
from typing import Any

import jsonschema
import numpy as np
import pytest
from answering import verdict

import refimpl
from parity.candidates.said import Said
from parity.candidates.verdict import NORMWISE, Verdict
from parity.report.check import COLUMNS, VERSION, as_json, as_row, schema


def wrong() -> Verdict:
    causes = (Said("dx is twice the right one", "dx = dy · 2", True, ("relu-twice",)),)
    return verdict(
        lambda dy, x: 2 * refimpl.relu_backward(dy, x),
        "relu",
        "backward",
        diagnose=lambda *given: causes,
    )


def nowhere() -> Verdict:
    return Verdict("mine.py:f", "", "", "", "unclear", "what f is like is not plain")


def not_finite() -> Verdict:
    return verdict(lambda x: x / 0.0, "relu", "forward")


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("made", [wrong, nowhere, not_finite])
def test_schema(made: Any, answers: bool) -> None:
    """Right, wrong and unclear ones; NaN is no JSON."""
    found = as_json(made(), answers)
    text = dumps(found, allow_nan=False)
    jsonschema.validate(loads(text), schema())
    assert found["version"] == VERSION
    jsonschema.Draft202012Validator.check_schema(schema())


def test_a_right_one() -> None:
    """Nothing but what was covered."""
    found = as_json(verdict(refimpl.relu, "relu", "forward"))
    jsonschema.validate(found, schema())
    assert (found["right"], found["status"], found["example"]) == (True, "right", None)
    assert found["cases"]["right"] == found["cases"]["asked"] > 0


@pytest.mark.parametrize("lack", ["status", "example", "cases"])
def test_the_schema_refuses(lack: str) -> None:
    """A key that is missing, one that is too much."""
    found = as_json(wrong())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({k: v for k, v in found.items() if k != lack}, schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**found, "more": 1}, schema())


def test_without_answers() -> None:
    """No expected value, no formula, no known mistake's name; what is wrong and where stays."""
    found = as_json(wrong(), answers=False)
    assert "expected" not in found["example"]
    assert found["example"]["wrong"]
    assert found["causes"] == [{"text": "dx is twice the right one", "certain": True}]
    said = wrong().text(answers=False)
    assert "dx = dy · 2" not in said
    assert "expected" not in said
    assert "dx = dy · 2" in wrong().text()


def test_a_row() -> None:
    """The columns of a table, in order."""
    row = as_row(wrong())
    assert tuple(row) == COLUMNS
    assert row["score"] == row["cases_right"] / row["cases"] < 1
    assert as_row(nowhere())["score"] == 0


def test_in_a_notebook() -> None:
    """As text, with nothing that HTML reads; as tables."""
    found = wrong()
    shown = found._repr_html_()
    assert ">WRONG</strong>" in shown
    assert escape(str(found)) in shown
    assert ">RIGHT NORM-WISE</strong>" in replace(found, status=NORMWISE)._repr_html_()
    assert "&lt;lambda&gt;" in replace(found, candidate="<lambda>")._repr_html_()
    frame = found.frame
    assert frame.columns.tolist() == ["of", "name", "right", "asked"]
    assert frame["right"].le(frame["asked"]).all()
    assert np.isfinite(frame["asked"]).all()


@pytest.mark.usefixtures("_figures_closed")
def test_its_picture() -> None:
    """Wrong cases stand beyond the limit, those without numbers at the end; each in the table."""
    found = wrong()
    axes, table = found.plot(), found.cases_frame
    drawn = axes.collections
    x = [np.asarray(dots.get_offsets())[:, 0] for dots in drawn]
    right, bad = (table.loc[(table["said"] != "") == is_bad, "ratio"] for is_bad in (False, True))
    assert [len(one) for one in x] == [len(right), len(bad)]
    assert len(table) == found.tensors["dx"].asked
    assert len(bad) == len(table) - found.tensors["dx"].right > 0
    assert x[0].max(initial=0) <= 1 < x[1].min()
    shapes = verdict(lambda x: x.reshape(-1)[:1], "relu", "forward")
    missing = shapes.cases_frame.query("said != ''")["ratio"]
    assert missing.isna().any()
    *_, end = shapes.plot().get_xticks()
    (*_, at_the_end) = shapes.plot().collections
    assert (
        np.count_nonzero(np.asarray(at_the_end.get_offsets())[:, 0] == end) == missing.isna().sum()
    )


def test_nothing_asked_is_not_drawn() -> None:
    """An empty picture would look like agreement; the empty table has its columns."""
    with pytest.raises(ValueError, match="nothing was judged, so that there is nothing to draw"):
        nowhere().plot()
    assert nowhere().cases_frame.columns.tolist() == [
        "case",
        "tensor",
        "said",
        "ratio",
        "roundings",
    ]
