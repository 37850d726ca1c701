"""Comparisons turned into rows, and what makes a run fail."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import refimpl
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results import judging as module
from parity.results.findings import Findings
from parity.results.judging import Place, attempt, failure_row, judge, timed
from parity.results.rows import Refusal, Row, TimingRow, TrainingRow, columns
from parity.results.settings import DEFAULT_SEED, Settings
from parity.results.verdicts import BLIND, EMPTY, IDENTICAL, OUTSIDE, VERDICTS, WITHIN

PLACE = Place("relu[maps]", "relu", "float64", ("D2.9", "D2.19"))
OURS = np.array([[1.0, 2.5, -3.0]])
THEIRS = np.array([[1.0, 2.0, -3.0]])


def bound(limit: float, exact: bool = False) -> Bound:
    """The same limit for every element."""
    return Bound(np.full((1, 3), limit), np.zeros((1, 3), bool), exact)


def judged(
    limit: float, settings: Settings, ours: Array = OURS, exact: bool = False
) -> tuple[Row, Findings]:
    """The row of one comparison, and all that it adds."""
    findings = Findings()
    row = judge(findings, PLACE, "dx", (ours, THEIRS), bound(limit, exact), settings)
    return row, findings


def note_of_a_loose_bound(theirs: Array) -> str:
    """Why a bound as large as the values themselves sees nothing."""
    limit = np.where(np.isfinite(theirs), theirs, 1.0)
    loose = Bound(limit, np.zeros(theirs.shape, bool))
    row = judge(Findings(), PLACE, "dx", (theirs, theirs), loose, Settings())
    assert row.verdict == BLIND
    return row.note


def test_why_a_row_is_blind_is_said_of_all_its_elements() -> None:
    """One of normal size behind thousands of the smallest ones is enough; ∞ has no size."""
    small = "numbers below the smallest normal one keep few digits"
    theirs = np.full((1, 5000), 1e-310)
    theirs[0, 7] = np.inf
    assert small in note_of_a_loose_bound(theirs)
    theirs[0, 4999] = 1e-3
    assert small not in note_of_a_loose_bound(theirs)


# --- settings -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rtol", "atol", "text"),
    [
        (None, None, ""),
        (0.001, None, "bound overridden: rtol 0.001, atol 0.0"),
        (None, 1e-08, "bound overridden: rtol 0.0, atol 1e-08"),
        (0.0, 0.0, "bound overridden: rtol 0.0, atol 0.0"),
        (0.5, 0.25, "bound overridden: rtol 0.5, atol 0.25"),
    ],
)
def test_override_says_both_numbers(rtol: float | None, atol: float | None, text: str) -> None:
    """An override names rtol and atol; a tolerance of 0 is one too."""
    assert Settings(rtol=rtol, atol=atol).override == text


def test_default_seed() -> None:
    """Without another, the seed is the documented one."""
    assert Settings().seed == DEFAULT_SEED == 20261120


# --- a row --------------------------------------------------------------------------------


def test_every_column_of_a_row() -> None:
    """A row says where, how far apart, both values at the worst place, and the verdict."""
    row, findings = judged(0.25, Settings(seed=7, device="cuda"))
    assert row == Row(
        case="relu[maps]",
        kind="layer",
        function="relu",
        network="",
        layer="",
        tensor="dx",
        argument="input",
        direction="backward",
        documents="D2.9 D2.19",
        dtype="float64",
        device="cuda",
        shape="(1, 3)",
        elements=3,
        seed=7,
        max_abs_error=0.5,
        max_rel_error=0.2,
        max_ulp=0.5 / 2.0**-51,
        bound_at_worst=0.25,
        worst_ratio=2.0,
        worst_index="(0, 1)",
        refimpl_value=2.5,
        torch_value=2.0,
        exact_value=None,
        refimpl_ulp=None,
        torch_ulp=None,
        refimpl_roundings=None,
        torch_roundings=None,
        closer="",
        truth_radius=None,
        exact_elements=None,
        resolution=1 / 12,
        element_resolution=1 / 8,
        bound_over_value=None,
        largest_value=None,
        kinks=0,
        overflow=0,
        verdict=OUTSIDE,
        note="",
        outside=1,
        override="",
    )
    assert findings.rows == [row]


def test_a_row_names_its_network_and_layer() -> None:
    """The place's network and layer are columns of their own."""
    findings = Findings()
    place = replace(PLACE, network="lenet", layer="conv1")
    row = judge(findings, place, "z", (THEIRS, THEIRS), bound(0.0), Settings())
    assert (row.network, row.layer) == ("lenet", "conv1")


def test_a_scalar_has_the_shape_of_empty_brackets() -> None:
    """The shape of a loss is (), not an empty text."""
    one = np.float64(1.0) * np.ones(())
    row = judge(
        Findings(),
        PLACE,
        "y",
        (one, one),
        Bound(np.zeros(()), np.zeros((), bool), True),
        Settings(),
    )
    assert (row.shape, row.worst_index, row.elements) == ("()", "()", 1)


def test_an_empty_tensor_has_no_worst_place() -> None:
    """Without elements there is neither a worst index nor a value."""
    none = np.zeros((0, 3))
    row = judge(
        Findings(), PLACE, "y", (none, none), Bound(none, np.zeros((0, 3), bool)), Settings()
    )
    assert (row.shape, row.elements, row.worst_index) == ("(0, 3)", 0, "")
    assert (row.refimpl_value, row.torch_value, row.verdict) == (None, None, EMPTY)


@pytest.mark.parametrize(
    ("limit", "exact", "verdict"),
    [(0.25, False, OUTSIDE), (0.5, False, BLIND), (np.inf, False, BLIND), (0.0, True, OUTSIDE)],
)
def test_verdict_of_a_row(limit: float, exact: bool, verdict: str) -> None:
    """The verdict follows the bound: up to and including it, all is well."""
    assert judged(limit, Settings(), exact=exact)[0].verdict == verdict


def test_equal_on_exact_inputs_is_identical() -> None:
    """Nothing is rounded and nothing differs."""
    assert judged(0.0, Settings(), THEIRS, exact=True)[0].verdict == IDENTICAL


@pytest.mark.parametrize("verdict", VERDICTS)
def test_only_outside_fails(verdict: str) -> None:
    """Expected, blind, within and identical rows do not fail."""
    row = replace(judged(1.0, Settings())[0], verdict=verdict)
    assert row.failed == (verdict == OUTSIDE)


def test_a_failure_row_is_outside_and_says_why() -> None:
    """A tensor that refimpl did not give: infinitely far, no values, the reason as the note."""
    row = failure_row(PLACE, "y", "refimpl raised ValueError: no", Settings(seed=3))
    assert (row.verdict, row.failed, row.worst_ratio) == (OUTSIDE, True, float("inf"))
    assert (row.refimpl_value, row.torch_value, row.elements) == (None, None, 0)
    assert (row.note, row.seed, row.tensor) == ("refimpl raised ValueError: no", 3, "y")


# --- override -----------------------------------------------------------------------------


def test_an_override_replaces_the_bound_both_ways() -> None:
    """With atol + rtol·|torch| a wrong value may pass and a right one may not."""
    loose, _ = judged(0.25, Settings(rtol=0.25))
    strict, _ = judged(1.0, Settings(atol=0.25))
    assert (loose.verdict, loose.bound_at_worst) == (WITHIN, 0.5)
    assert (strict.verdict, strict.bound_at_worst) == (OUTSIDE, 0.25)


def test_an_override_adds_both_tolerances() -> None:
    """The bound is atol + rtol·|torch| at each element."""
    row, _ = judged(9.0, Settings(rtol=0.0625, atol=0.125))
    assert row.bound_at_worst == 0.125 + 0.0625 * 2.0


@pytest.mark.parametrize("ours", [OURS, THEIRS, THEIRS[:, :2]], ids=["outside", "held", "shape"])
def test_an_override_is_named_in_the_note(ours: Array) -> None:
    """Every row that rests on an override says so, after what else it has to say."""
    settings = Settings(rtol=0.0, atol=0.125)
    row, _ = judged(9.0, settings, ours)
    assert row.note.split("; ")[-1] == settings.override
    assert "overridden" not in judged(9.0, Settings(), ours)[0].note


def test_an_override_is_named_where_refimpl_failed() -> None:
    """A failure row names the override as well."""
    settings = Settings(atol=1.0)
    assert failure_row(PLACE, "y", "no", settings).note == f"no; {settings.override}"


# --- findings -----------------------------------------------------------------------------

ROW = judged(0.5, Settings())[0]
OUTSIDE_ROW = replace(ROW, verdict=OUTSIDE)
REFUSED = Refusal("relu[text]", "relu", True, "")
ACCEPTED = replace(REFUSED, refused=False, message="accepted")
TRAINING = TrainingRow("n", "float64", 1, *[0.0] * 9, WITHIN, WITHIN)


def test_extend_adds_everything_in_order() -> None:
    """All five lists of another task's findings go behind those that are there."""
    elements = list(judged(0.25, Settings())[1].elements)
    first = Findings([ROW], elements[:1], [TRAINING], [TimingRow("a", "", 1.0, 2.0)], [REFUSED])
    second = Findings([OUTSIDE_ROW], elements[1:], [TRAINING], [TimingRow("b", "", 3, 4)], [])
    second.refusals.append(ACCEPTED)
    first.extend(second)
    assert first.rows == [ROW, OUTSIDE_ROW]
    assert first.elements == elements
    assert first.training == [TRAINING, TRAINING]
    assert [timing.case for timing in first.timings] == ["a", "b"]
    assert first.refusals == [REFUSED, ACCEPTED]


@pytest.mark.parametrize(
    ("findings", "holds"),
    [
        (Findings(), True),
        (Findings([ROW], refusals=[REFUSED]), True),
        (Findings([replace(OUTSIDE_ROW, verdict="expected")]), True),
        (Findings([ROW, OUTSIDE_ROW]), False),
        (Findings([ROW], refusals=[REFUSED, ACCEPTED]), False),
    ],
    ids=["nothing", "all well", "expected", "one outside", "one accepted"],
)
def test_holds(findings: Findings, holds: bool) -> None:
    """One disagreement, or one bad input accepted, and the run does not hold."""
    assert findings.holds == holds


def test_failures_and_accepted_are_what_fails() -> None:
    """Only the disagreements and the accepted bad inputs are listed."""
    findings = Findings([ROW, OUTSIDE_ROW], refusals=[REFUSED, ACCEPTED])
    assert findings.failures == [OUTSIDE_ROW]
    assert findings.accepted == [ACCEPTED]


# --- running code under test --------------------------------------------------------------


def test_attempt_gives_the_result() -> None:
    """Without an exception the result comes through."""
    assert attempt(lambda: 3) == 3


def test_attempt_turns_an_exception_into_a_sentence() -> None:
    """Whatever refimpl raises is said with its type and text."""

    def fail() -> int:
        raise ZeroDivisionError("by nothing")

    assert attempt(fail) == "refimpl raised ZeroDivisionError: by nothing"


def test_an_exception_inside_refimpl_has_a_place() -> None:
    """The file and the line that raised it, not those that called."""
    said = str(attempt(lambda: refimpl.relu(np.array(["a"]))))
    found = re.search(r" \(refimpl/(\w+\.py):(\d+)\)$", said)
    assert found
    source = Path(refimpl.__file__).with_name(found[1]).read_text().splitlines()
    assert "raise" in source[int(found[2]) - 1]


def test_attempt_lets_an_interruption_through() -> None:
    """Ctrl-C is no finding."""

    def interrupted() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(interrupted)


def test_timed_measures_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seconds are those between the start and the end of the call."""
    clock = iter([10.0, 12.5])
    monkeypatch.setattr(module.time, "perf_counter", lambda: next(clock))
    assert timed(lambda: "done") == ("done", 2.5)


def test_columns_are_the_written_fields_in_order() -> None:
    """What only the messages need is not written."""
    names = columns(Row)
    assert (names[0], names[-1]) == ("case", "outside")
    assert {"override", "opinion"}.isdisjoint(names)
    assert columns(TimingRow) == ["case", "dtype", "refimpl_seconds", "torch_seconds"]
