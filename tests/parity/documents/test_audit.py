"""The evidence supports every verdict, and an audit notices where it does not."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import parity.documents.checks.every  # noqa: F401 (registers the evidence)
import refimpl
from parity.documents import audit as module
from parity.documents.audit import (
    UnknownRowError,
    audit,
    audit_row,
    check_complete,
    select,
)
from parity.documents.evidence import EVIDENCE, RATIONALS, Evidence
from parity.documents.ledger import LedgerError, LedgerRow, ledger

ROW = LedgerRow(
    id="D2.99",
    section="1",
    states="something",
    formula="x",
    implementation=("refimpl.conv2d",),
    checked=(RATIONALS,),
    verdict="erratum",
    correction="y",
    counterexample="x = 1",
)


def refuted(found: Evidence) -> None:
    """Evidence that supports ROW."""
    found.refuted(RATIONALS, "the formula", 1, 2)
    found.corrected(RATIONALS, "its correction", 2, 2)
    found.false_at("x = 1")


@contextmanager
def recorded_calls(*functions: FunctionType) -> Iterator[set[FunctionType]]:
    """Which of these functions are called meanwhile, whoever imported them."""
    called: set[FunctionType] = set()

    def recorder(function: FunctionType) -> Callable[..., Any]:
        @wraps(function)
        def recorded(*arguments: Any, **options: Any) -> Any:
            called.add(function)
            return function(*arguments, **options)

        return recorded

    recorders = {function: recorder(function) for function in functions}
    with pytest.MonkeyPatch.context() as patch:
        for name, loaded in list(sys.modules.items()):
            if name.partition(".")[0] in ("refimpl", "parity"):
                for key, thing in list(vars(loaded).items()):
                    if isinstance(thing, FunctionType) and thing in recorders:
                        patch.setattr(loaded, key, recorders[thing])
        yield called


@pytest.mark.parametrize("row_id", ledger())
def test_every_verdict_is_supported(row_id: str) -> None:
    """The evidence of each row, collected now, calls every function that implements it."""
    row = ledger()[row_id]
    things = {name: getattr(refimpl, name.partition(".")[2], None) for name in row.implementation}
    functions = {name: thing for name, thing in things.items() if inspect.isfunction(thing)}
    with recorded_calls(*functions.values()) as called:
        audited = audit_row(row)
    assert audited.problem == ""
    assert audited.supported
    assert audited.checks > 0
    assert [name for name, function in functions.items() if function not in called] == []


def test_calls_are_recorded() -> None:
    """What is called is there, by another module too; what is not is not."""
    rot180, linear = refimpl.rot180, refimpl.linear
    with recorded_calls(rot180, linear, refimpl.convolve2d) as called:
        refimpl.rot180(np.zeros((1, 1)))
        refimpl.Linear(np.zeros((1, 1)), np.zeros(1)).forward(np.zeros((1, 1)))
    assert called == {rot180, linear}


def test_evidence_for_rows_that_are_not_there() -> None:
    """Every collector belongs to a row."""
    assert set(EVIDENCE) == set(ledger())
    check_complete(EVIDENCE)
    with pytest.raises(LedgerError, match=r"there is evidence on D2\.99, but no such row"):
        check_complete([*EVIDENCE, "D2.99"])


def test_support(monkeypatch: pytest.MonkeyPatch) -> None:
    """The row's fields, the number of checks and no problem."""
    monkeypatch.setitem(EVIDENCE, "D2.99", refuted)
    (audited,) = audit([ROW])
    assert audited.supported
    assert (audited.verdict, audited.checks, audited.document) == ("erratum", 2, "D2")
    assert audited.implementation == "refimpl.conv2d"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            {"verdict": "holds"},
            "the ledger says holds, the evidence erratum: 'the formula' is refuted by exact",
        ),
        ({"checked": ("sympy",)}, "the ledger's judges: sympy; of the evidence: exact rationals"),
        ({"counterexample": "x = 3"}, "the ledger's counterexample: x = 3; of the evidence: x = 1"),
        ({"rounding": "right"}, "the ledger's rounding: right; of the evidence: none"),
    ],
)
def test_no_support(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], problem: str) -> None:
    """Another verdict, other judges, another counterexample or rounding than the evidence's."""
    monkeypatch.setitem(EVIDENCE, "D2.99", refuted)
    audited = audit_row(replace(ROW, **change))
    assert not audited.supported
    assert audited.problem.startswith(problem)


def test_who_differs_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl, a correction or the printed formula: the judge, the place and both values."""

    def differing(found: Evidence) -> None:
        refuted(found)
        found.implemented(RATIONALS, "upsample", [1, 2], [1, 3])
        found.refuted(RATIONALS, "again", 5, 5)

    monkeypatch.setitem(EVIDENCE, "D2.99", differing)
    assert audit_row(ROW).problem == (
        "the ledger says erratum, the evidence unsupported: "
        "refimpl differs from exact rationals in 'upsample', at 1: 2, right 3; "
        "what is said to be refuted agrees with exact rationals in 'again'"
    )


def test_evidence_that_breaks_off_supports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception is said, and the other rows go on."""

    def broken(found: Evidence) -> None:
        refuted(found)
        raise IndexError("off by one")

    monkeypatch.setitem(EVIDENCE, "D2.99", broken)
    audited = audit_row(ROW)
    assert audited.problem == "collecting the evidence broke off: IndexError: off by one"


def test_a_row_without_evidence_is_not_supported() -> None:
    """Nothing was collected, so nothing follows."""
    assert audit_row(ROW).problem == "no evidence is collected for this row"


def test_progress_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once for each row."""
    monkeypatch.setitem(EVIDENCE, "D2.99", refuted)
    told: list[int] = []
    audit([ROW, ROW], lambda: told.append(1))
    assert told == [1, 1]


def test_selection() -> None:
    """Ids, documents, both or everything, in the order of the ledger."""
    assert [row.id for row in select([], [])] == list(ledger())
    assert [row.id for row in select(["D2.8", "D1.23"], [])] == ["D1.23", "D2.8"]
    assert {row.document for row in select([], ["D4"])} == {"D4"}
    assert {row.document for row in select(["D2.8"], ["D4"])} == {"D2", "D4"}
    assert select(["d1.23", "d2"], ["d4"]) == select(["D1.23"], ["D2", "D4"])


@pytest.mark.parametrize(
    ("ids", "documents", "text"),
    [
        (["D2.999"], [], "the ledger has no row 'D2.999', rows are D0.1 … D0."),
        (["conv2d"], [], "the ledger has no row 'conv2d'"),
        ([], ["D5"], "there is no document 'D5', but D0, D1, D2, D3, D4"),
    ],
)
def test_unknown_rows_are_refused(ids: list[str], documents: list[str], text: str) -> None:
    """What was asked for, and what there is."""
    with pytest.raises(UnknownRowError) as raised:
        select(ids, documents)
    assert str(raised.value).startswith(text)
    assert module.ledger is ledger
