"""Right implementations that are not refimpl's: nothing may refuse them.

A bound speaks of the function, not of one formula. Each of `implementations.RIGHT` stands in
refimpl's place on every ordinary case of its function, in both dtypes, and before the witnesses.
"""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from implementations import LOSING_DIGITS, RIGHT, put_in_place

import parity
import refimpl
from parity.cases.case import FLOATS, Case
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.judges.layer import check_case
from parity.results.settings import Settings
from parity.witnesses.derivative import check_derivative
from parity.witnesses.integers import check_integers, representatives

SETTINGS = Settings()
ORDINARY = [case for case in GOOD if case.expect is None]
AVERAGES = ("averages", "downsampled")  # where integers and right code are not always equal
every_one = pytest.mark.parametrize("title", RIGHT)
every_dtype = pytest.mark.parametrize("dtype", FLOATS)


@every_one
@every_dtype
def test_no_case_refuses_it(title: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither torch under the bound nor the exact values."""
    function = put_in_place(monkeypatch, *RIGHT[title])
    cases = [case for case in ORDINARY if case.function == function and dtype in case.dtypes]
    assert cases
    said = {
        f"{case.id} {row.tensor} {row.worst_ratio:.3g}": row.note
        for case in cases
        for row in check_case(case, dtype, SETTINGS).failures
    }
    assert not said


def geometries(function: str) -> list[Case]:
    """Of averages all; where right code is equal on integers, some say as much."""
    cases = [case for case in ORDINARY if case.function == function]
    found = list(representatives(cases).values())
    return found if FUNCTIONS[function].integers in AVERAGES else found[::5]


@every_one
@every_dtype
def test_no_integers_refuse_it(title: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mean that is a sum times a reciprocal is no wrong formula."""
    function = put_in_place(monkeypatch, *RIGHT[title])
    said = {
        case.id: row.note
        for case in geometries(function)
        if dtype in case.dtypes
        for row in check_integers(case, dtype, SETTINGS).witnesses
        if row.failed
    }
    assert not said


@every_one
def test_no_derivative_refuses_it(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is a backward that rounds another way than the differences of its forward."""
    function = put_in_place(monkeypatch, *RIGHT[title])
    cases = [case for case in ORDINARY if case.function == function and "float64" in case.dtypes]
    said = {
        case.id: row.note
        for case in cases[::5]
        if FUNCTIONS[function].inputs
        for row in check_derivative(case, "float64", SETTINGS).witnesses
        if row.failed
    }
    assert not said


# --- right as formulas, less exact than refimpl -------------------------------------------


@pytest.mark.parametrize("title", LOSING_DIGITS)
def test_what_loses_digits_is_no_reference(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In refimpl's place the exact values refuse it, and torch does not."""
    function = put_in_place(monkeypatch, *LOSING_DIGITS[title])
    cases = [c for c in ORDINARY if c.function == function and "float64" in c.dtypes]
    failures = [row for case in cases for row in check_case(case, "float64", SETTINGS).failures]
    assert len(failures) >= 3
    assert all(row.worst_ratio <= 1 and "times its own bound" in row.note for row in failures)


@pytest.mark.parametrize("title", LOSING_DIGITS)
def test_what_loses_digits_is_right_for_somebody(title: str) -> None:
    """A layer that is as exact as torch's is not refused."""
    name, code = LOSING_DIGITS[title]
    parameters = inspect.signature(getattr(refimpl, name)).parameters

    def candidate(*arguments: Any, **options: Any) -> Any:
        return code(*arguments, **options)

    candidate.__signature__ = inspect.Signature(list(parameters.values()))  # type: ignore[attr-defined]
    found = parity.check(candidate, like=name, style="refimpl")
    assert found.status == "right", str(found)


# --- the harness refuses what is wrong ----------------------------------------------------


@pytest.mark.parametrize(
    "title", [t for t in RIGHT if t.startswith(("tanh", "avg_pool2d", "dtanh"))]
)
def test_what_is_slightly_wrong_is_refused(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same code, a hundred-thousandth too large."""
    name, code = RIGHT[title]
    function = put_in_place(
        monkeypatch, name, lambda *a, **o: code(*a, **o) * a[0].dtype.type(1 + 1e-5)
    )
    cases = [c for c in ORDINARY if c.function == function and "float64" in c.dtypes]
    refused = [case for case in cases if check_case(case, "float64", SETTINGS).failures]
    assert len(refused) > len(cases) / 2
