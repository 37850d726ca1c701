"""A verdict follows from the checks, and from nothing else."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

from parity.documents.evidence import (
    COUNTING,
    EVIDENCE,
    RATIONALS,
    SYMPY,
    TORCH,
    UNSUPPORTED,
    Evidence,
    evidence,
    first_difference,
    is_right_rounding,
    same,
    small_integers,
    smallest,
)

X, Y = sympy.symbols("x y", real=True)
PHI = sympy.Function("phi")  # any function


def collected(*calls: tuple[str, Any, Any], number: tuple[str, Any] | None = None) -> Evidence:
    """Evidence of checks (kind, left, right), and of a printed number."""
    found = Evidence()
    for kind, left, right in calls:
        getattr(found, kind)(RATIONALS, "what", left, right)
    if number:
        found.number("what", *number)
    return found


@pytest.mark.parametrize(
    ("calls", "number", "verdict"),
    [
        ([("printed", 1, 1)], None, "holds"),
        ([("printed", 1, 2)], None, UNSUPPORTED),
        ([("printed", 1, 1), ("implemented", 2, 2)], None, "holds"),
        ([("printed", 1, 1), ("implemented", 2, 3)], None, UNSUPPORTED),
        ([("implemented", 2, 2)], None, UNSUPPORTED),
        ([], None, UNSUPPORTED),
        ([("refuted", 1, 2)], None, UNSUPPORTED),  # neither corrected nor under a convention
        ([("refuted", 1, 2), ("under_convention", 1, 1)], None, "convention"),
        ([("refuted", 1, 1), ("under_convention", 1, 1)], None, UNSUPPORTED),
        ([("refuted", 1, 2), ("under_convention", 1, 3)], None, UNSUPPORTED),
        ([("refuted", 1, 2), ("under_convention", 1, 1), ("printed", 3, 3)], None, "convention"),
        ([("refuted", 1, 2), ("under_convention", 1, 1), ("printed", 3, 4)], None, UNSUPPORTED),
        ([("printed", 1, 1), ("under_convention", 1, 1)], None, UNSUPPORTED),
        ([("refuted", 1, 2), ("corrected", 2, 2)], None, UNSUPPORTED),  # no counterexample
        ([("printed", 1, 1), ("corrected", 2, 2)], None, UNSUPPORTED),
        ([], ("0.5", Fraction(1, 2)), "number"),
        ([("printed", 1, 1)], ("0.5", Fraction(1, 2)), "number"),
        ([("printed", 1, 1)], ("0.4", Fraction(1, 2)), "number"),
        ([("printed", 1, 2)], ("0.5", Fraction(1, 2)), UNSUPPORTED),
        ([("refuted", 1, 2), ("under_convention", 1, 1)], ("0.5", Fraction(1, 2)), "convention"),
    ],
)
def test_verdicts(calls: list[Any], number: Any, verdict: str) -> None:
    """What was printed, corrections, conventions, implementations and numbers, all together."""
    assert collected(*calls, number=number).verdict == verdict


def test_an_erratum_needs_all_three() -> None:
    """False as printed, true as corrected, and a counterexample; what else is printed holds."""
    found = collected(("refuted", 1, 2), ("corrected", 2, 2), ("printed", 3, 3))
    found.false_at("x = 0")
    assert found.verdict == "erratum"
    found.printed(TORCH, "elsewhere", 2, 3)
    assert found.verdict == UNSUPPORTED
    assert [check.what for check in found.unexpected] == ["elsewhere"]


def test_a_refuted_formula_that_holds_is_unsupported() -> None:
    """An erratum whose printed formula is right after all."""
    found = collected(("refuted", 2, 2), ("corrected", 2, 2))
    found.false_at("x = 0")
    assert found.verdict == UNSUPPORTED
    assert [check.kind for check in found.unexpected] == ["refuted"]


def test_a_counterexample_to_what_holds_is_unsupported() -> None:
    """Nothing printed is unequal, so there is nothing it could refute."""
    found = collected(("printed", 1, 1))
    found.false_at("x = 0")
    assert found.verdict == UNSUPPORTED


def test_rounding() -> None:
    """Right if every printed number is; nothing without numbers."""
    found = collected(number=("0.5", Fraction(1, 2)))
    assert found.rounding == "right"
    found.number("more", "0.3", Fraction(1, 2))
    assert found.rounding == "wrong"
    assert found.verdict == "number"
    assert Evidence().rounding == ""


def test_judges_come_in_one_order() -> None:
    """Who was asked, however often and in whatever order."""
    found = Evidence()
    for judge in (SYMPY, TORCH, SYMPY, COUNTING):
        found.printed(judge, "what", 1, 1)
    assert found.judges == (TORCH, SYMPY, COUNTING)


def test_an_unknown_judge_is_refused() -> None:
    """A misspelt judge is an error of the evidence."""
    with pytest.raises(ValueError, match=r"what: judge must be one of .*, not 'hearsay'"):
        Evidence().printed("hearsay", "what", 1, 1)


def test_a_row_has_one_collector(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two functions for one row cannot both count."""
    monkeypatch.setitem(EVIDENCE, "D9.1", lambda found: None)
    with pytest.raises(ValueError, match=r"D9\.1: has evidence already"):
        evidence("D9.1")(lambda found: None)


@pytest.mark.parametrize(
    ("left", "right", "within", "expected"),
    [
        (1, 1.0, None, True),
        (0.1, Fraction(1, 10), None, False),  # 0.1 is not a tenth
        (0.1, Fraction(1, 10), 1e-17, True),
        ([1, 2], [1, 2], None, True),
        ([1, 2], [1, 3], None, False),
        ([[1, 2]], [1, 2], None, False),
        ([1, 2], [1, 2, 3], None, False),
        ([1.0, 2.0], [1.5, 2.0], [0.5, 0.0], True),
        ([1.0, 2.0], [1.5, 2.25], [0.5, 0.0], False),
        ((X + Y) ** 2, X**2 + 2 * X * Y + Y**2, None, True),
        ((X + Y) ** 2, X**2 + X * Y + Y**2, None, False),
        (sympy.exp(X) / (sympy.exp(X) + 1), 1 / (1 + sympy.exp(-X)), None, True),
        (sympy.sin(X) ** 2 + sympy.cos(X) ** 2, 1, None, True),
        (sympy.tanh(X * sympy.tanh(Y)), 2 * sympy.tanh(X * sympy.tanh(Y)), None, False),
        (sympy.diff(PHI(X) ** 2, X), 2 * PHI(X) * sympy.diff(PHI(X), X), None, True),
        (sympy.diff(PHI(X) ** 2, X), 2 * PHI(X), None, False),
        (PHI(X + Y), PHI(X) + PHI(Y), None, False),
        (sympy.log(2), 0.6931471805599453, None, False),
        (sympy.log(2), 0.6931471805599453, 1e-16, True),
        (sympy.log(2), 0.6931471805599453, 1e-18, False),
        (True, True, None, True),
        (True, False, None, False),
        ("first", "last", None, False),
    ],
)
def test_same(left: Any, right: Any, within: Any, expected: bool) -> None:
    """Equal in shape and in every element, exactly or within a limit."""
    assert same(left, right, within) is expected


@pytest.mark.parametrize(
    ("printed", "exact", "expected"),
    [
        ("0.5", Fraction(1, 2), True),
        ("0.33", Fraction(1, 3), True),
        ("0.34", Fraction(1, 3), False),
        ("0.13", Fraction(1, 8), True),  # halfway: both neighbours are nearest
        ("0.12", Fraction(1, 8), True),
        ("3", sympy.pi, True),
        ("3.15", sympy.pi, False),
        ("100", 100, True),
    ],
)
def test_rounding_of_digits(printed: str, exact: Any, expected: bool) -> None:
    """At most half a unit of the last printed digit away."""
    assert is_right_rounding(printed, exact) is expected


def test_small_integers_are_all_there_the_small_ones_first() -> None:
    """Every pair of arrays once, by the sum of their entries."""
    found = list(small_integers((2, 1), (1,), most=2))
    keys = [(*a.ravel(), *b.ravel()) for a, b in found]
    assert len(set(keys)) == len(keys) == 3**3
    sums = [sum(key) for key in keys]
    assert sums == sorted(sums)
    assert all(a.shape == (2, 1) and b.shape == (1,) for a, b in found)


def test_the_smallest_counterexample() -> None:
    """a² is 2a for 0 and 2, but not for 1."""
    candidate, square, double = smallest(small_integers((1,)), lambda a: a * a, lambda a: 2 * a)
    assert (candidate[0].tolist(), square.tolist(), double.tolist()) == ([1], [1], [2])


def test_no_counterexample_is_an_error() -> None:
    """What is never false cannot be refuted."""
    with pytest.raises(LookupError, match="agree on every candidate"):
        smallest(small_integers((1,)), lambda a: a + a, lambda a: 2 * a)


def test_shapes_count_as_counterexamples() -> None:
    """A formula that gives another size is false too."""
    _, left, right = smallest(small_integers((2,)), lambda a: a[:1], lambda a: a)
    assert np.shape(left) != np.shape(right)


@pytest.mark.parametrize(
    ("left", "right", "text"),
    [
        (1, 1, ""),
        (1, 2, "1, right 2"),
        ([[1, 2], [3, 4]], [[1, 2], [5, 4]], "at 1, 0: 3, right 5"),
        ([1, 2], [[1, 2]], "shape (2,), right (1, 2)"),
        (Fraction(10**30, 3**50), 0, f"{10**30 / 3**50:.17g}, right 0"),
        (X + Y, X, "x + y, right x"),
    ],
)
def test_the_first_difference(left: Any, right: Any, text: str) -> None:
    """Where, and both values, in few words."""
    assert first_difference(left, right) == text
