"""The evidence supports every verdict, and an audit notices where it does not."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import wraps
from types import FunctionType
from typing import Any

import numpy as np
import pytest

import parity.documents.checks.every  # noqa: F401 (registers the evidence)
import refimpl
from parity import oracle
from parity.documents import audit as module
from parity.documents.absent import asks_torch, torch_left_out
from parity.documents.audit import (
    AuditRow,
    UnknownRowError,
    audit,
    audit_row,
    check_complete,
    select,
)
from parity.documents.evidence import DIGITS, EVIDENCE, RATIONALS, TORCH, Evidence
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
def test_every_verdict_is_supported(row_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence of each row, collected now, calls every function that implements it.

    Without torch it loses checks and contradicts nothing.
    """
    row = ledger()[row_id]
    things = {name: getattr(refimpl, name.partition(".")[2], None) for name in row.implementation}
    functions = {name: thing for name, thing in things.items() if inspect.isfunction(thing)}
    with recorded_calls(*functions.values()) as called:
        audited = audit_row(row)
    assert audited.problem == ""
    assert audited.supported
    assert audited.checks > 0
    assert [name for name, function in functions.items() if function not in called] == []
    for name in ("forward", "gradients", "differentiate"):
        monkeypatch.setattr(oracle, name, asked)
    with torch_left_out():
        partial = audit_row(row)
    assert partial.problem == ""
    assert partial.checks + partial.left_out == audited.checks
    assert partial.supported != partial.open
    assert partial.supported or partial.left_out


def asked(*_: object, **__: object) -> None:
    """In place of torch's functions."""
    raise AssertionError("torch was asked")


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


# --- without torch ------------------------------------------------------------------------


def refuted_by_torch(found: Evidence) -> None:
    """Evidence that supports ROW by both judges."""
    refuted(found)
    found.refuted(TORCH, "the formula", 1, torch_says(2))
    found.implemented(RATIONALS, "refimpl, on torch's values", torch_says(2), 2)


@asks_torch
def torch_says(number: int) -> int:
    """A finding of torch."""
    return number


BOTH = replace(ROW, checked=(TORCH, RATIONALS))


def without_torch(
    monkeypatch: pytest.MonkeyPatch, collector: Callable[[Evidence], None], row: LedgerRow
) -> AuditRow:
    """The row's audit, torch left out."""
    monkeypatch.setitem(EVIDENCE, row.id, collector)
    (audited,) = audit([row], torch=False)
    return audited


def test_other_judges_suffice(monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict follows from what is left; what torch was asked for is counted."""
    audited = without_torch(monkeypatch, refuted_by_torch, BOTH)
    assert (audited.supported, audited.open, audited.problem) == (True, False, "")
    assert (audited.checks, audited.left_out, audited.checked) == (2, 2, RATIONALS)
    (whole,) = audit([BOTH])
    assert (whole.supported, whole.checks, whole.left_out) == (True, 4, 0)
    assert whole.checked == f"{TORCH}, {RATIONALS}"


def without_a_correction(found: Evidence) -> None:
    """The other judge refutes; only torch knows what is right."""
    found.refuted(RATIONALS, "the formula", 1, 2)
    found.corrected(TORCH, "its correction", 2, torch_says(2))
    found.false_at("x = 1")


def without_a_counterexample(found: Evidence) -> None:
    """The counterexample shows torch's value."""
    refuted(found)
    found.implemented(TORCH, "refimpl", 2, torch_says(2))
    found.false_at(f"x = {torch_says(1)}")


@pytest.mark.parametrize("collector", [without_a_correction, without_a_counterexample])
def test_a_verdict_stays_open(
    monkeypatch: pytest.MonkeyPatch, collector: Callable[[Evidence], None]
) -> None:
    """Nothing contradicts it, but it does not follow either."""
    audited = without_torch(monkeypatch, collector, BOTH)
    assert (audited.supported, audited.open, audited.problem) == (False, True, "")
    assert not audited.contradicted
    assert audit_row(BOTH).supported


@pytest.mark.parametrize(
    ("printed", "numbers", "rounding", "outcome"),
    [
        (True, (), "", "supported"),
        (False, (), "", "open"),
        (True, ("0.5",), "right", "open"),
        (True, ("0.5",), "wrong", "open"),
        (True, ("0.4",), "wrong", "supported"),
        (True, ("0.4",), "right", "contradicted"),
        (True, ("0.5",), "", "contradicted"),
    ],
)
def test_numbers_that_torch_gives(
    monkeypatch: pytest.MonkeyPatch,
    printed: bool,
    numbers: tuple[str, ...],
    rounding: str,
    outcome: str,
) -> None:
    """A rounding stays open until one number that is left is wrong."""

    def collector(found: Evidence) -> None:
        found.printed(RATIONALS if printed else TORCH, "the sum", 1, 1)
        found.implemented(RATIONALS, "refimpl", 1, 1)
        for number in numbers:
            found.number("of others", number, Fraction(1, 2))
            found.number("of torch", "0.3", torch_says(0))

    verdict = "number" if numbers else "holds"
    judges = (*([] if printed else [TORCH]), RATIONALS, *([DIGITS] if numbers else []))
    row = replace(ROW, verdict=verdict, checked=judges, counterexample="", rounding=rounding)
    audited = without_torch(monkeypatch, collector, row)
    found = [name for name in ("supported", "open", "contradicted") if getattr(audited, name)]
    assert found == [outcome]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"verdict": "holds"}, "the ledger says holds, the evidence erratum: 'the formula' is"),
        ({"verdict": "convention"}, "the ledger says convention, the evidence erratum: 'the"),
        ({"checked": (RATIONALS,)}, "the ledger's judges: exact rationals; of the evidence: torch"),
        ({"counterexample": "x = 3"}, "the ledger's counterexample: x = 3; of the evidence: x = 1"),
    ],
)
def test_what_torch_cannot_mend(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], problem: str
) -> None:
    """A ledger that is wrong whatever torch would say is not called open."""
    audited = without_torch(monkeypatch, refuted_by_torch, replace(BOTH, **change))
    assert audited.problem.startswith(problem)
    assert audited.contradicted
    assert not audited.open


def test_a_check_that_is_left_contradicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl differs from the exact value: torch is not needed to see that."""

    def differing(found: Evidence) -> None:
        refuted_by_torch(found)
        found.implemented(RATIONALS, "upsample", [1, 2], [1, 3])

    audited = without_torch(monkeypatch, differing, BOTH)
    assert audited.contradicted
    assert audited.problem == (
        "the ledger says erratum, the evidence unsupported: "
        "refimpl differs from exact rationals in 'upsample', at 1: 2, right 3"
    )


def test_evidence_that_cannot_do_without_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch on torch's finding is no check that can be left out: it must be written for that."""

    def branching(found: Evidence) -> None:
        if torch_says(2) > 1:
            refuted(found)

    audited = without_torch(monkeypatch, branching, ROW)
    assert audited.contradicted
    assert audited.problem == (
        "collecting the evidence broke off: AbsentError: "
        "torch decides how to go on here, but it is left out"
    )


# --- what is said -------------------------------------------------------------------------


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


def test_selection_by_function() -> None:
    """The rows that a backward implements; of a function, its backward's too."""
    backward, both = (select([name], []) for name in ("conv2d_backward", "conv2d"))
    assert {row.id for row in backward} < {row.id for row in both}
    assert all("refimpl.conv2d_backward" in row.implementation for row in backward)
    assert {"D2.24", "D2.25"} <= {row.id for row in backward}


def test_selection_by_word() -> None:
    """A word of a section, in any case of letters."""
    found = select(["池化层"], [])
    assert found
    assert all("池化层" in f"{row.section}{row.states}{row.note}" for row in found)
    assert select(["POOLING"], []) == select(["pooling"], []) != []
    within = select(["池化层", "D2.8"], ["D1"])
    assert [row for row in within if row.id != "D2.8"] == [r for r in found if r.document == "D1"]
    assert 1 < len(within) < len(found)
    with pytest.raises(UnknownRowError, match="no row of D3 of a function"):
        select(["bread"], ["D3"])


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
        (["D2.999"], [], "the ledger has no row 'D2.999', no row of a function of this name"),
        (["batchnorm"], [], "the ledger has no row 'batchnorm'"),
        ([], ["D5"], "there is no document 'D5', but D0, D1, D2, D3, D4"),
    ],
)
def test_unknown_rows_are_refused(ids: list[str], documents: list[str], text: str) -> None:
    """What was asked for, and what there is."""
    with pytest.raises(UnknownRowError) as raised:
        select(ids, documents)
    assert str(raised.value).startswith(text)
    assert module.ledger is ledger
