"""Mistakes that are made only where a circumstance holds: seen, not seen, met by no case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planting import raise_

import refimpl
from parity.cases.case import Case, Classes, Draw
from parity.cases.catalogue import GOOD
from parity.cases.covering.every import pair_cases
from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.power import conditional as module
from parity.power.circumstances import CIRCUMSTANCES, Call
from parity.power.conditional import CircumstanceRow, Conditional, conditional, glimpse
from parity.power.sight import cases_of
from parity.report.circumstances import describe, summary, table, unmet, unrefused
from parity.results.settings import Settings

SETTINGS = Settings()
BY_NAME = {circumstance.name: circumstance for circumstance in CIRCUMSTANCES}


def plan(function: str, arrays: dict[str, Any] | None = None, **options: Any) -> Case:
    """A case with nothing special."""
    default = {"x": Draw((2, 3, 7, 6)), "weight": Draw((4, 3, 3, 2)), "bias": Draw((4,))}
    return Case(function, "planned", arrays or default, options)


def known(function: str, wrong: Callable[..., Any]) -> Mistake:
    return Mistake("planted", function, "planted", "that it is right", (), wrong)


def too_large(function: str, by: float = 1.5) -> Mistake:
    """Everything that a function gives is too large."""

    def wrong(*given: Any, **options: Any) -> Any:
        found = getattr(refimpl, function)(*given, **options)
        if isinstance(found, tuple):
            return type(found)(*(part * part.dtype.type(by) for part in found))  # type: ignore[call-arg]
        return found * found.dtype.type(by)

    return known(function, wrong)


def rows(monkeypatch: pytest.MonkeyPatch, one: Mistake, *cases: Case) -> dict[str, CircumstanceRow]:
    """What these cases say, by the circumstance."""
    monkeypatch.setattr(module, "asked_cases", lambda known, seed: list(cases))
    return {row.circumstance: row for row in conditional([one], SETTINGS).rows}


# --- circumstances ------------------------------------------------------------------------

# What a convolution must be like for a circumstance to hold; nothing else changes.
CHANGES: dict[str, Any] = {
    "groups > 1": plan("conv2d", {"x": Draw((2, 4, 7, 6)), "weight": Draw((4, 2, 3, 2))}, groups=2),
    "stride > 1": plan("conv2d", stride=(2, 1)),
    "strides differ": plan("conv2d", stride=(2, 1)),
    "dilation > 1": plan("conv2d", dilation=2),
    "padding > 0": plan("conv2d", padding=(0, 1)),
    "padding asymmetric": plan("conv2d", padding=((1, 0), (2, 2))),
    "without bias": plan("conv2d", {"x": Draw((2, 3, 7, 6)), "weight": Draw((4, 3, 3, 2))}),
    "one sample": plan("conv2d", {"x": Draw((1, 3, 7, 6)), "weight": Draw((4, 3, 3, 2))}),
    "3 samples and more": plan("conv2d", {"x": Draw((3, 3, 7, 6)), "weight": Draw((4, 3, 3, 2))}),
    "one channel": plan("conv2d", {"x": Draw((2, 1, 7, 6)), "weight": Draw((4, 1, 3, 2))}),
    "more than 4 channels": plan("conv2d", {"x": Draw((2, 5, 7, 6)), "weight": Draw((4, 5, 3, 2))}),
    "a side above 40": plan("conv2d", {"x": Draw((2, 3, 41, 6)), "weight": Draw((4, 3, 3, 2))}),
    "x is a view": plan(
        "conv2d", {"x": Draw((2, 3, 7, 6), layout="reversed"), "weight": Draw((4, 3, 3, 2))}
    ),
    "another array is a view": plan(
        "conv2d", {"x": Draw((2, 3, 7, 6)), "weight": Draw((4, 3, 3, 2), layout="strided")}
    ),
    "several blocks": plan("conv2d", {"x": Draw((3, 16, 70, 70)), "weight": Draw((2, 16, 3, 3))}),
    "in the last block": plan(
        "conv2d", {"x": Draw((3, 16, 70, 70)), "weight": Draw((2, 16, 3, 3))}
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_circumstance_holds_where_it_should(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """In the changed case, not in the plain one; a mistake is refused there alone."""
    one = too_large("conv2d")
    plain, changed = (
        rows(monkeypatch, one, case)[name] for case in (plan("conv2d"), CHANGES[name])
    )
    assert (plain.holds, plain.met, plain.refused) == (0, 0, 0)
    assert (changed.holds, changed.met, changed.refused) == (1, 1, 1)
    assert changed.smallest == "conv2d[planned]"


@pytest.mark.parametrize(
    ("name", "function", "options"),
    [
        ("ceil_mode", "avg_pool2d", {"ceil_mode": True}),
        ("padding not counted", "avg_pool2d", {"padding": 1, "count_include_pad": False}),
        ("divisor given", "avg_pool2d", {"divisor_override": 3}),
    ],
)
def test_circumstances_of_a_pooling(
    monkeypatch: pytest.MonkeyPatch, name: str, function: str, options: dict[str, Any]
) -> None:
    """The same of options that convolutions don't have."""
    x = {"x": Draw((2, 3, 7, 6))}
    plain = plan(function, x, kernel_size=2)
    changed = plan(function, x, kernel_size=2, **options)
    one = too_large(function)
    assert rows(monkeypatch, one, plain)[name].holds == 0
    assert rows(monkeypatch, one, changed)[name].refused == 1


def test_both_dtypes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in one of them alone is met where the case runs in it."""
    case = replace(plan("conv2d"), dtypes=("float64",))
    found = rows(monkeypatch, too_large("conv2d"), case)
    assert (found["float64"].refused, found["float32"].holds) == (1, 0)


def test_the_second_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first call of all is right."""
    once = replace(plan("conv2d"), dtypes=("float64",))
    again = replace(once, name="again")
    one = too_large("conv2d")
    assert rows(monkeypatch, one, once)["from the second call on"].holds == 0
    assert rows(monkeypatch, one, once, again)["from the second call on"].smallest == (
        "conv2d[again]"
    )


@pytest.mark.parametrize("name", ["dy is a view", "dy in Fortran order"])
def test_the_layout_of_dy(name: str) -> None:
    """Of a backward; a forward knows no dy."""
    dy = np.zeros((2, 3), order="F")
    call = Call("relu", "float64", {"x": dy}, dy, {}, (), True)
    assert BY_NAME[name].holds(call)
    assert not BY_NAME[name].holds(replace(call, dy=np.zeros((2, 3))))
    applies = BY_NAME[name].applies
    assert (applies(too_large("relu")), applies(too_large("relu_backward"))) == (False, True)


def test_every_circumstance_is_met_by_some_case() -> None:
    """Names are unique, and none is there that no function can meet."""
    assert len(BY_NAME) == len(CIRCUMSTANCES)
    for circumstance in CIRCUMSTANCES:
        assert any(map(circumstance.applies, MISTAKES.values()))


# --- parts --------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["conv2d", "conv2d_backward"])
@pytest.mark.parametrize("name", ["in the last sample", "in the last channel"])
def test_a_part(monkeypatch: pytest.MonkeyPatch, function: str, name: str) -> None:
    """What is wrong there alone is refused; a gradient is taken apart by its dy."""
    one = too_large(function)
    prepared_part = BY_NAME[name].part
    assert prepared_part
    assert rows(monkeypatch, one, plan("conv2d"))[name].refused == 1
    dy = np.zeros((2, 4, 3, 3))
    mask = prepared_part(Call("conv2d", "float64", {"x": dy}, dy, {}, (), True))
    assert mask is not None
    assert mask.sum() == (36 if "sample" in name else 18)
    assert mask[-1, -1].all()


def test_what_is_wrong_elsewhere_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """The part itself is right: the mistake makes no difference in it."""

    def wrong(*given: Any, **options: Any) -> Any:
        y = refimpl.conv2d(*given, **options)
        y[0] *= 2
        return y

    found = rows(monkeypatch, known("conv2d", wrong), plan("conv2d"))
    assert found["in the last sample"].met == 0
    assert found["in the last channel"].refused == 1
    assert found["float64"].refused == 1


# --- not refused --------------------------------------------------------------------------


def test_what_is_hidden_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case that shows the mistake and lets it pass: that fails, by name."""
    monkeypatch.setattr(module, "worst_ratio", lambda prepared, tensors: (False, 0.5))
    one = too_large("conv2d")
    row = rows(monkeypatch, one, plan("conv2d"))["float32"]
    assert (row.met, row.refused, row.problem) == (1, 0, module.REFUSED_BY_NONE)
    found = Conditional([row])
    assert not found.holds
    assert unrefused(found) == [
        "FAIL planted in conv2d, only where: float32: refused by no case that shows it (1 of 1)\n"
        "     again: parity mistakes planted --circumstances --seed 20261120"
    ]
    assert "1 NOT REFUSED" in summary(found)
    assert describe(row) == "planted only where float32: refused by no case that shows it"


def test_what_raises_is_not_met(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception says nothing."""
    one = known("conv2d", lambda *given, **options: raise_(IndexError("off by one")))
    row = rows(monkeypatch, one, plan("conv2d"))["float64"]
    assert (row.holds, row.met, row.refused, row.problem) == (1, 0, 0, "")


def test_rounding_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same sum in another order shows no mistake; nor does right code."""
    found = rows(monkeypatch, too_large("conv2d", 1 + 1e-6), plan("conv2d"))
    assert found["float32"].met == 0
    found = rows(monkeypatch, too_large("conv2d", 1), plan("conv2d"))
    assert not any(row.met or row.refused for row in found.values())


@pytest.mark.parametrize("change", [lambda y: y[:1], lambda y: y * np.nan, lambda y: y.T])
def test_what_cannot_be_compared_is_a_difference(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Any], Any]
) -> None:
    """Another shape, numbers that are none."""
    one = known("conv2d", lambda *given, **options: change(refimpl.conv2d(*given, **options)))
    row = rows(monkeypatch, one, plan("conv2d"))["float64"]
    assert (row.met, row.refused) == (1, 1)


def test_losses_have_no_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """One number has no last sample."""
    arrays = {"logits": Draw((4, 5)), "target": Classes((4,), 5)}
    found = rows(monkeypatch, too_large("cross_entropy"), plan("cross_entropy", arrays))
    assert not any(name.startswith("in the last") for name in found)
    assert found["3 samples and more"].refused == 1


# --- the whole ----------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["relu", "add", "avg_pool1d", "linear"])
def test_what_a_case_shows_is_refused(function: str) -> None:
    """Of every mistake in some functions."""
    chosen = [m for m in MISTAKES.values() if m.function.removesuffix("_backward") == function]
    found = conditional(chosen, SETTINGS)
    assert unrefused(found) == []
    assert found.holds


def test_processes_find_the_same() -> None:
    """In one process or two."""
    chosen = [MISTAKES["add-halved"]]
    assert conditional(chosen, SETTINGS, 2) == conditional(chosen, SETTINGS)


def test_cases_are_those_of_the_power_table_and_generated_ones() -> None:
    """A listed case with an expectation is no judge."""
    chosen = [MISTAKES["slightly-too-large-relu"]]
    listed, asked = cases_of(chosen), module.asked_cases(chosen, SETTINGS.seed)
    assert asked[: len(listed)] == listed
    assert [case.name.partition(":")[0] for case in asked[len(listed) :]] == [
        f"pairs {k}" for k in range(len(pair_cases("relu", SETTINGS.seed)))
    ]
    case = next(case for case in GOOD if case.id == "relu[maps]")
    said = glimpse(case, [MISTAKES["slightly-too-large-relu"]], True, SETTINGS)
    assert {found.case for found in said} == {"relu[maps]"}


# --- said ---------------------------------------------------------------------------------

ROW = CircumstanceRow("m1", "conv2d", "float32", 9, 5, 4, 3, "conv2d[plain]", "")


def test_what_is_said() -> None:
    """Refused pairs by numbers, pairs that are met by no case by name."""
    found = Conditional(
        [
            ROW,
            replace(ROW, mistake="m2", met=0, refused=0, smallest=""),
            replace(ROW, mistake="m3", circumstance="groups > 1", holds=0, met=0, refused=0),
        ]
    )
    assert found.holds
    assert unmet(found) == [
        "only where groups > 1: no case of: conv2d",
        "only where float32: met by no case: m2",
    ]
    assert summary(found) == (
        "3 pairs of a mistake and a circumstance (3 mistakes): 1 refused, all that a case meets; "
        "2 met by no case"
    )
    assert table(found.rows).row_count == 2
    assert describe(ROW) == (
        "m1 only where float32: refused by 3 of 4 cases that show it, the smallest conv2d[plain]"
    )
    assert describe(found.rows[1]) == "m2 only where float32: met by no case"
