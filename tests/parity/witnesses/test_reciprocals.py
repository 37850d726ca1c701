"""A mean by a rounded reciprocal is right, on integers too; any other mean is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from planting import plant

import refimpl
from parity.cases.case import Array, Case, Draw
from parity.judges.layer import check_case
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.witnesses.derivative import check_derivative
from parity.witnesses.integers import BITS, check_integers
from parity.witnesses.lattices import geometry
from parity.witnesses.reciprocals import means_of

SETTINGS = Settings(seed=17)
# The smallest n with n·fl(1/n) < 1, so that integers show the rounding of the reciprocal.
ROUNDED = {"float32": 41, "float64": 49}
SEVEN = Case("avg_pool2d", "seven", {"x": Draw((2, 3, 9, 8))}, {"kernel_size": 7, "stride": 1})
EDGES = Case(
    "avg_pool2d",
    "edges",
    {"x": Draw((1, 2, 9, 8))},
    {"kernel_size": 7, "stride": 1, "padding": 3, "count_include_pad": False},
)
FOUR = Case("avg_pool2d", "four", {"x": Draw((2, 3, 9, 8))}, {"kernel_size": 2})
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


def by_reciprocal(divided: Array, count: int = 49, factor: float = 1.0) -> Array:
    """What sum · fl(1/n) gives where sum/n is exact; the reciprocal times a factor."""
    if divided.dtype == object:
        return divided
    kind = divided.dtype.type
    sums = divided.astype(np.float64) * count  # exact on the integers of these tests
    return np.asarray(sums.astype(kind) * (kind(1) / kind(count) * kind(factor)), kind)


def row_of(case: Case, dtype: str) -> WitnessRow:
    (row,) = check_integers(case, dtype, SETTINGS).witnesses
    return row


@DTYPES
@pytest.mark.parametrize("function", ["avg_pool2d", "avg_pool2d_backward"])
def test_a_rounded_reciprocal_is_right(
    function: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not identical, but within; what integers then don't exclude is said."""
    count = ROUNDED[dtype]
    window = {"kernel_size": (1, count)}
    case = Case("avg_pool2d", "one", {"x": Draw((2, 3, 2, count))}, window)
    plant(monkeypatch, refimpl, function, lambda found: by_reciprocal(found, count))
    row = row_of(case, dtype)
    assert (row.verdict, row.failed) == ("within", False), row.note
    assert row.false_accept is not None
    assert row.false_accept <= -BITS
    assert row.note.startswith("11 repetitions")
    assert "the mean is a sum times a rounded reciprocal, and rounded as that is" in row.note
    (derived,) = check_derivative(case, dtype, SETTINGS).witnesses
    assert derived.verdict == "agrees", derived.note
    if function == "avg_pool2d_backward" and dtype == "float64":
        assert "the backward multiplies by rounded reciprocals" in derived.note


@DTYPES
def test_a_division_stays_identical(dtype: str) -> None:
    """refimpl divides: nothing is rounded, and the row says what it said."""
    row = row_of(SEVEN, dtype)
    assert (row.verdict, "reciprocal" in row.note) == ("identical", False)


MISTAKES: dict[str, Callable[[Array], Array]] = {
    "a window of 48": lambda y: by_reciprocal(y, 49, 49 / 48),
    "0.05 % too large": lambda y: by_reciprocal(y, 49, 1.0005),
    "the reciprocal in half precision": lambda y: by_reciprocal(
        y, 49, 49 * float(np.float16(1 / 49))
    ),
    "one element off": lambda y: y + (np.arange(y.size) == 1).reshape(y.shape) * y.dtype.type(0.5),
    "a constant": lambda y: by_reciprocal(y) + y.dtype.type(1 / 49),
}


@DTYPES
@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("function", ["avg_pool2d", "avg_pool2d_backward"])
def test_other_means_are_refused(
    function: str, mistake: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong count, a factor, too few digits, a constant: all beyond the rounding."""

    def planted(found: Any) -> Any:
        return found if found.dtype == object else MISTAKES[mistake](found)

    plant(monkeypatch, refimpl, function, planted)
    assert row_of(SEVEN, dtype).verdict == "outside"


def test_powers_of_two_divide_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their reciprocals are exact: not even one unit in the last place is allowed."""
    assert means_of(geometry(FOUR), "float32") is None
    plant(monkeypatch, refimpl, "avg_pool2d", lambda y: np.nextafter(y, np.inf, dtype=y.dtype))
    assert row_of(FOUR, "float32").verdict == "outside"


def test_what_is_not_excluded_grows_with_the_terms() -> None:
    """ε = 128·K·γ_(K+1), K the places of the window."""
    means = means_of(geometry(SEVEN), "float32")
    assert means is not None
    assert means.wrong == pytest.approx(128 * 49 * 50 * 2.0**-24, rel=1e-5)


def test_windows_of_several_divisors(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the edges others count: each has a reciprocal of its own."""
    x = np.ones((1, 2, 9, 8), np.float32)
    counts = np.rint(49 * refimpl.avg_pool2d(x, 7, 1, 3))

    def rounded(y: Array) -> Array:
        if y.dtype == object:
            return y
        sums, kind = np.rint(y.astype(np.float64) * counts), y.dtype.type
        return np.asarray(sums.astype(kind) * (kind(1) / counts.astype(kind)), kind)

    plant(monkeypatch, refimpl, "avg_pool2d", rounded)
    assert row_of(EDGES, "float32").verdict == "within"


@pytest.mark.parametrize("mistake", ["0.05 % too large", "a constant"])
def test_the_exact_values_refuse_them_too(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose integers are the nearest ones, once they are near enough."""
    plant(monkeypatch, refimpl, "avg_pool2d", MISTAKES[mistake])
    failures = check_case(SEVEN, "float64", SETTINGS).failures
    assert [row.tensor for row in failures] == ["y"]
