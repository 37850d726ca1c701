"""What a case expects: one tensor, its places and both values; everything else is judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import nan

import numpy as np
import pytest
from planting import plant, raise_

import refimpl
from parity.cases.case import Array, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.expected import VALUES, WHERE, Expected
from parity.judges.expectation import settle
from parity.judges.layer import check_case
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import EXPECTED, IDENTICAL, OUTSIDE, WITHIN

SETTINGS = Settings(seed=11)
# torch gives 0 for NaN, refimpl NaN: of `sign` this is so.
SIGN = next(case for case in GOOD if case.id == "sign[a NaN of either sign]")
PLACES = ((0,), (1,))
EXPECTING = [case for case in GOOD if case.expect]


def judged(case: Case, dtype: str = "float64", settings: Settings = SETTINGS) -> dict[str, Row]:
    return {row.tensor: row for row in check_case(case, dtype, settings).rows}


def expecting(**changes: object) -> Case:
    """The case with another expectation."""
    (expect,) = SIGN.expected
    return replace(SIGN, expect=replace(expect, **changes))  # type: ignore[arg-type]


def at(array: Array, place: tuple[int, ...], value: float) -> Array:
    changed = np.array(array)
    changed[place] = value
    return changed


# --- it occurs ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", EXPECTING, ids=lambda case: case.id)
@pytest.mark.parametrize("seed", [1, 20261120])
def test_every_expectation_of_the_catalogue(case: Case, seed: int) -> None:
    """It occurs in its tensor alone, and the others hold, whatever the seed is."""
    tensors = {expect.tensor for expect in case.expected}
    for dtype in case.dtypes:
        rows = judged(case, dtype, Settings(seed))
        assert {t for t, row in rows.items() if row.verdict == EXPECTED} == tensors
        assert not any(row.failed for row in rows.values())


def test_the_rules_are_used() -> None:
    """Each rule of places and of values is one that a case needs."""
    expected = [expect for case in EXPECTING for expect in case.expected]
    assert {e.where for e in expected if isinstance(e.where, str)} == set(WHERE)
    values = {value for e in expected for value in (e.refimpl, *e.of_torch())}
    assert {value for value in values if isinstance(value, str)} == set(VALUES)


def test_the_row_says_so() -> None:
    """How many places, and why; the row's numbers are of the rest."""
    y = judged(SIGN)["y"]
    assert y.note == (
        "expected outside at 2 places: torch takes 0 for the sign of NaN, refimpl NaN"
    )
    assert (y.verdict, y.failed, y.elements, y.worst_ratio) == (EXPECTED, False, 4, 0)
    assert judged(SIGN)["dx"].verdict == IDENTICAL


def test_an_override_is_said_too() -> None:
    """The reason of an expectation does not hide the override."""
    settings = replace(SETTINGS, rtol=0.0, atol=0.0)
    rows = judged(SIGN, settings=settings).values()
    assert [row.note for row in rows if settings.override not in row.note] == []


def test_without_an_expectation_everything_stays() -> None:
    """torch's tensors and the rows are left alone."""
    theirs = {"y": np.zeros(2)}
    case = Case("sign", "plain", {"x": Draw((2,))})
    settled = settle(case, {}, np.zeros(2), {"y": np.ones(2)}, theirs)
    rows = list(judged(case).values())
    assert settled.torch is theirs
    assert settled.rows(rows) is rows


# --- it does not, or something else does --------------------------------------------------


def test_it_does_not_occur(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both sides agree where they should not: the expectation is out of date."""
    case = expecting(torch=(0, nan))
    monkeypatch.setattr("refimpl.sign", lambda x: np.nan_to_num(np.sign(x)))
    case = replace(case, expect=replace(case.expected[0], refimpl=0))
    y = judged(case)["y"]
    assert (y.verdict, y.failed) == (OUTSIDE, True)
    assert y.note.endswith("), but no element of y is")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"refimpl": 1}, "but refimpl has nan at (0,), not 1"),
        ({"torch": 1}, "but torch has 0.0 at (0,), not 1"),
        ({"torch": (1, nan)}, "but torch has 0.0 at (0,), not 1 or nan"),
        ({"where": ((0,), (2,))}, "but refimpl has 1.0 at (2,), not nan"),
        ({"tensor": "dx"}, "but refimpl has 0.0 at (0,), not nan"),
    ],
)
def test_other_values_or_places(changes: dict[str, object], said: str) -> None:
    """What is found is not what is expected."""
    rows = judged(expecting(**changes))
    assert any(row.failed and said in row.note for row in rows.values())


def test_more_places_than_expected() -> None:
    """A second disagreement in the same tensor is one."""
    y = judged(expecting(where=((0,),)))["y"]
    assert (y.verdict, y.outside, y.worst_index) == (OUTSIDE, 1, "(1,)")
    assert y.note.startswith("expected outside at 1 place: ")


def test_another_element_of_the_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside the expected places everything is judged as in any case."""
    plant(monkeypatch, refimpl, "sign", lambda y: at(y, (3,), 1))
    y = judged(SIGN)["y"]
    assert (y.verdict, y.outside, y.worst_index) == (OUTSIDE, 1, "(3,)")


def test_another_tensor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of the value excuses no gradient."""
    plant(monkeypatch, refimpl, "sign_backward", lambda dx: dx + 1)
    rows = judged(SIGN)
    assert (rows["y"].verdict, rows["dx"].verdict) == (EXPECTED, OUTSIDE)


@pytest.mark.parametrize(
    "change",
    [lambda y: raise_(IndexError("off by one")), lambda y: y[:-1], lambda y: y.astype("f4")],
    ids=["exception", "shape", "dtype"],
)
def test_a_broken_refimpl(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Array], Array]
) -> None:
    """What is known of torch explains no exception of refimpl, no other shape, no other dtype."""
    plant(monkeypatch, refimpl, "sign", change)
    assert any(row.failed for row in judged(SIGN).values())


# --- rules --------------------------------------------------------------------------------


def test_places_by_a_rule() -> None:
    """Rules ask the arguments and dy."""
    logits = np.array([[-np.inf, 1.0], [2.0, -np.inf]])
    target = np.array([[0.0, 1.0], [1.0, 0.5]])
    rule = Expected("y", "logits are −∞ and the target is above 0", np.inf, nan, "")
    mask = rule.mask((2, 2), {"logits": logits, "target": target}, np.ones(()))
    assert mask.tolist() == [[False, False], [False, True]]
    rule = replace(rule, where="the target's class, where dy is ±∞")
    dy = np.array([-np.inf, 1.0])
    mask = rule.mask((2, 2), {"logits": logits, "target": np.array([1, 0])}, dy)
    assert mask.tolist() == [[False, True], [False, False]]
    assert VALUES["−dy"](dy, 2).tolist() == [[np.inf], [-1.0]]


def test_within_is_expected_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest of a tensor that is rounded lies within its bound."""
    case = next(case for case in EXPECTING if case.function == "cross_entropy")
    assert judged(replace(case, expect=None))["y"].verdict == WITHIN
    assert judged(case)["dlogits"].verdict == EXPECTED
    plant(monkeypatch, refimpl, "cross_entropy_backward", lambda dx: at(dx, (0, 0), 7))
    assert judged(case)["dlogits"].verdict == OUTSIDE
