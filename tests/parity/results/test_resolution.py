"""What a row says it would have seen, against what it refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import refimpl
from parity import oracle
from parity.cases.case import Case, Draw
from parity.judges.layer import check_case
from parity.results.resolution import MISTAKE, resolution
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, EMPTY, OUTSIDE, WITHIN
from parity.suite.task import CASES

SETTINGS = Settings()


def test_the_smallest_and_the_median() -> None:
    """The tensor is refused where its most sensitive element is; 0 and what is not judged says
    nothing."""
    room, values = np.array([1e-6, 1e-6, 9e-6, 1e-6]), np.array([-2.0, 0.0, 3.0, 1e6])
    judged = np.array([True, True, True, False])
    assert resolution(room, values, judged, 1e-9) == (5e-7, pytest.approx(1.75e-6))
    assert resolution(room, values, judged, 1e-3) == (1e-3, 1e-3)
    assert resolution(room, np.zeros(4), None, 1e-9) == (None, None)
    assert not resolution(room, np.zeros(4), None, 1e-9).blind
    assert resolution(np.full(4, np.inf), values, None, 1e-9).blind is False
    odd = np.array([np.nan, np.inf, -np.inf, 2.0])
    assert resolution(room, odd, None, 1e-9).tensor == 5e-7


@pytest.mark.parametrize("case_id", ["conv2d[plain]", "linear[plain]", "softmax[maps]"])
@pytest.mark.parametrize("tensor", ["y", "dx"])
def test_a_factor_above_the_resolution_is_refused(
    case_id: str, tensor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tensor times 1 + r: refused from the stated r on, not at a third of it.

    In float32 alone: the exact values are worked out by the same code in float64.
    """
    dtype = "float32"
    case = CASES[case_id] if case_id in CASES else CASES["softmax[plain]"]
    stated = row_of(case, dtype, tensor).resolution
    assert stated is not None
    name = case.function if tensor == "y" else f"{case.function}_backward"
    right = getattr(refimpl, name)

    def verdict(factor: float) -> str:
        def scaled(first, *given, **options):  # type: ignore[no-untyped-def]
            found = right(first, *given, **options)
            if first.dtype == object or first.dtype != np.dtype(dtype):
                return found  # the exact values are those of the right code
            if not isinstance(found, tuple):
                return (found * (1 + factor)).astype(dtype)
            return found._replace(dx=(found.dx * (1 + factor)).astype(dtype))

        with monkeypatch.context() as patch:
            patch.setattr(refimpl, name, scaled)
            return row_of(case, dtype, tensor).verdict

    eps = float(np.finfo(dtype).eps)
    assert verdict(stated * 1.1 + eps) == OUTSIDE
    if stated > 16 * eps:
        assert verdict(stated / 3) == WITHIN


def row_of(case: Case, dtype: str, tensor: str) -> Row:
    with oracle.single_threaded():
        rows = check_case(case, dtype, SETTINGS).rows
    (row,) = [row for row in rows if row.tensor == tensor]
    return row


def long_sum(function: str) -> Case:
    """10⁴ terms in every element of dweight."""
    shapes = {
        "conv2d": {"x": (25, 2, 21, 22), "weight": (3, 2, 2, 3), "bias": (3,)},
        "linear": {"x": (10_000, 5), "weight": (3, 5), "bias": (3,)},
        "weighted_pool2d": {"x": (25, 3, 42, 60), "weight": (3, 2, 3), "bias": (3,)},
    }
    arrays = {name: Draw(shape) for name, shape in shapes[function].items()}
    return Case(function, "10⁴ terms", arrays)


@pytest.mark.parametrize("function", ["conv2d", "linear", "weighted_pool2d"])
@pytest.mark.parametrize("gradient", ["dweight", "dbias"])
def test_a_float32_sum_of_ten_thousand_terms(
    function: str, gradient: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A factor 1.0001 on such a gradient is refused, though γ_K would let several per cent pass."""
    case = long_sum(function)
    assert row_of(case, "float32", gradient).verdict == WITHIN
    right = getattr(refimpl, f"{function}_backward")

    def wrong(dy, *given, **options):  # type: ignore[no-untyped-def]
        grads = right(dy, *given, **options)
        if dy.dtype != np.float32:
            return grads
        return grads._replace(**{gradient: getattr(grads, gradient) * np.float32(1.0001)})

    monkeypatch.setattr(refimpl, f"{function}_backward", wrong)
    assert row_of(case, "float32", gradient).verdict == OUTSIDE


def test_a_quick_run_says_what_it_does_not_see() -> None:
    """Beside torch alone the same gradients are blind, with the reason; nothing is `within`."""
    with oracle.single_threaded():
        rows = check_case(long_sum("linear"), "float32", replace(SETTINGS, quick=True)).rows
    blind = {row.tensor: row for row in rows if row.verdict == BLIND}
    assert set(blind) == {"dweight", "dbias"}
    for row in blind.values():
        assert row.resolution is not None
        assert row.resolution > MISTAKE
        assert row.note == (
            "a tensor 0.05% too large would stay under the bound; exact values would tell more"
        )


def test_nothing_judged_is_empty() -> None:
    """No elements, or all of them may overflow: the row is no agreement."""
    y = row_of(CASES["conv2d[largest]"], "float32", "y")
    assert (y.verdict, y.note) == (EMPTY, "all elements may overflow")
    none = row_of(Case("relu", "none", {"x": Draw((0, 3))}), "float32", "y")
    assert (none.verdict, none.note) == (EMPTY, "no elements")


def test_zeros_are_not_blind() -> None:
    """A factor changes nothing there: there is nothing to be seen."""
    row = row_of(CASES["conv2d[zero upstream]"], "float32", "dx")
    assert (row.resolution, row.element_resolution) == (None, None)
    assert row.verdict == WITHIN


def test_torch_that_adds_serially_is_named() -> None:
    """10⁵ equal float32 terms: torch is thousands of roundings off, refimpl about one."""
    row = row_of(CASES["conv2d[a hundred thousand equal terms]"], "float32", "dbias")
    assert row.verdict == WITHIN
    assert row.refimpl_roundings is not None
    assert row.torch_roundings is not None
    assert row.refimpl_roundings <= 1.01
    assert row.torch_roundings > 1000
    assert row.note.startswith("torch adds up serially: ")
    assert "refimpl is right" in row.note
