"""The exact integers accept what is right and refuse what is wrong, on whichever side it is."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from planting import plant, raise_

import refimpl
from parity import oracle
from parity.cases.case import FLOATS, Array, Case
from parity.cases.catalogue import GOOD
from parity.oracle import torch_functions
from parity.report.witnesses import describe, refutations, witness_notes
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.suite.run import run_task
from parity.suite.task import CASES, Task
from parity.suite.tasks import select
from parity.witnesses import integers, lattices
from parity.witnesses.integers import (
    BITS,
    check_integers,
    exactly,
    first_difference,
    manner,
    repetitions_for,
    representatives,
    who,
)
from parity.witnesses.lattices import EXACT, NotExactError

SETTINGS = Settings(seed=17)
FIRST = {case.function: case for case in reversed(representatives(GOOD).values())}
CONV = CASES["conv2d[plain]"]


def row_of(case: Case, dtype: str = "float32") -> WitnessRow:
    (row,) = check_integers(case, dtype, SETTINGS).witnesses
    return row


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("function", EXACT)
def test_both_sides_are_equal_as_numbers(function: str, dtype: str) -> None:
    """Every function, all tensors, and something wrong passes with less than 2⁻⁶⁰."""
    row = row_of(FIRST[function], dtype)
    assert (row.verdict, row.witness, row.failed) == ("identical", "integers", False), row.note
    assert row.elements > 0
    assert row.false_accept is not None
    assert row.false_accept <= -BITS
    assert row.tensors.split()[0] == "y"
    assert "|S|" in row.note


def test_every_case_has_its_geometry_among_the_representatives() -> None:
    """None is lost, none is twice."""
    keys = [lattices.geometry(case).key for case in representatives(GOOD).values()]
    assert len(keys) == len(set(keys))
    assert {lattices.geometry(c).key for c in GOOD if c.function in EXACT} == set(keys)


def test_empty_tensors_claim_nothing() -> None:
    """No probability where nothing is drawn."""
    row = row_of(CASES["relu[empty batch]"])
    assert (row.verdict, row.elements, row.false_accept) == ("identical", 0, None)


def test_no_integers_small_enough_is_blind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Said, and never counted as agreement."""
    for limit, reason in (
        (3, "no integers are small enough for exact sums"),
        (40, "sets are too small: a repetition accepts with probability 1.2"),
    ):
        monkeypatch.setitem(lattices.EXACT_BELOW, "float32", limit)
        row = row_of(CONV)
        assert (row.verdict, row.false_accept, row.note) == ("blind", None, reason)


# --- mistakes of refimpl ------------------------------------------------------------------


def last_row_left_out(array: Array) -> Array:
    return array[:-1]


def last_row_zero(array: Array) -> Array:
    wrong = array.copy()
    wrong[-1] = 0
    return wrong


def one_element(array: Array) -> Array:
    wrong = array.copy()
    wrong.reshape(-1)[-1] += 1
    return wrong


def a_little_too_large(array: Array) -> Array:
    """0.05 %, also of Fractions."""
    return array * (array.dtype.type(1.0005) if array.dtype != object else Fraction(2001, 2000))


MISTAKES = (last_row_left_out, last_row_zero, one_element, a_little_too_large)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
@pytest.mark.parametrize("function", ["conv2d", "max_pool2d", "avg_pool2d", "linear", "relu"])
def test_mistakes_of_a_forward_are_refused(
    monkeypatch: pytest.MonkeyPatch, function: str, mistake: Callable[[Array], Array]
) -> None:
    """With the place and both values, or both shapes."""
    plant(monkeypatch, refimpl, function, mistake)
    row = row_of(FIRST[function])
    assert row.verdict == "outside"
    assert row.failed
    assert row.note.startswith("y")
    if mistake is last_row_left_out:
        assert "refimpl gives float32 (" in row.note
    else:
        assert "the formulas differ: refimpl's gives" in row.note
    assert "pattern 1, repetition 1, torch with 1 thread, contiguous" in row.note


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
@pytest.mark.parametrize("gradient", ["dx", "dweight", "dbias"])
def test_mistakes_of_a_gradient_are_refused(
    monkeypatch: pytest.MonkeyPatch, gradient: str, mistake: Callable[[Array], Array]
) -> None:
    """In float64, too: nothing is a tolerance."""

    def wrong(grads: Any) -> Any:
        return grads._replace(**{gradient: mistake(getattr(grads, gradient))})

    plant(monkeypatch, refimpl, "conv2d_backward", wrong)
    row = row_of(CONV, "float64")
    assert row.verdict == "outside"
    assert row.note.startswith(gradient)


def test_a_slope_taken_on_the_wrong_side_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake on one branch alone."""
    monkeypatch.setattr(refimpl, "relu_backward", lambda dy, x: np.where(x < -1, dy, dy * (x > 0)))
    assert row_of(FIRST["relu"]).verdict == "outside"


def test_indices_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a maximum also where it stands."""
    plant(monkeypatch, refimpl, "max_pool2d_with_indices", lambda pair: (pair[0], pair[1] + 1))
    row = row_of(FIRST["max_pool2d"])
    assert row.verdict == "outside"
    assert row.note.startswith("indices at")


def test_float32_in_the_middle_is_refimpls_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both formulas agree, refimpl's floats do not."""

    def half_precise(array: Array) -> Array:
        if array.dtype == object:
            return array
        return np.asarray(array.astype(np.float32).astype(array.dtype))

    plant(monkeypatch, refimpl, "linear", half_precise)
    row = row_of(FIRST["linear"], "float64")
    assert row.verdict == "outside"
    assert "refimpl is off: both formulas give" in row.note


def test_an_exception_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl's own, in words."""
    monkeypatch.setattr(refimpl, "linear", lambda *a, **k: raise_(KeyError("lost")))
    row = row_of(FIRST["linear"])
    assert row.verdict == "outside"
    assert row.note.startswith("refimpl raised KeyError: 'lost'")


# --- mistakes of torch --------------------------------------------------------------------


def torch_side(
    monkeypatch: pytest.MonkeyPatch, function: str, change: Callable[[Any, Any], Any]
) -> None:
    """Let torch's function give change(y, x)."""
    right = torch_functions.FUNCTIONS[function]

    def wrong(x: Any, *args: Any, **options: Any) -> Any:
        return change(right(x, *args, **options), x)

    monkeypatch.setitem(torch_functions.FUNCTIONS, function, wrong)


def test_rounding_in_torch_is_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path of fewer bits (TF32, Winograd): the row says who is off, nothing is widened."""

    def rounded(y: Any, x: Any) -> Any:
        if y.dtype == torch.float64:
            return y
        return y + (y.detach().bfloat16().to(y.dtype) - y.detach())

    torch_side(monkeypatch, "conv2d", rounded)
    row = row_of(CONV)
    assert row.verdict == "outside"
    assert "torch is off: both formulas give" in row.note


@pytest.mark.parametrize("dtype", FLOATS)
def test_torch_is_asked_with_two_threads(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """A mistake that two threads alone make is met."""
    torch_side(monkeypatch, "linear", lambda y, x: y + (torch.get_num_threads() == 2))
    row = row_of(FIRST["linear"], dtype)
    assert row.verdict == "outside"
    assert "torch with 2 threads" in row.note


@pytest.mark.parametrize("function", ["conv2d", "conv3d"])
@pytest.mark.parametrize("layout", oracle.LAYOUTS)
def test_torch_is_asked_in_both_layouts(
    monkeypatch: pytest.MonkeyPatch, function: str, layout: str
) -> None:
    """A mistake in one memory layout alone is met, and it is named."""

    def wrong(y: Any, x: Any) -> Any:
        return y + (x.is_contiguous() == (layout == "contiguous"))

    torch_side(monkeypatch, function, wrong)
    row = row_of(FIRST[function])
    assert row.verdict == "outside"
    assert row.note.endswith(layout)


def test_each_dtype_meets_every_manner_once() -> None:
    """One and two threads, both layouts; two threads once."""
    for dtype in FLOATS:
        manners = [manner(dtype, 0, k) for k in range(8)]
        assert {how.layout for how in manners if how.threads == 1} == set(oracle.LAYOUTS)
        assert [how.threads for how in manners].count(2) == 1
        assert {manner(dtype, 1, k).threads for k in range(8)} == {1}
    assert str(manner("float32", 0, 1)) == "2 threads, channels_last"


# --- parts --------------------------------------------------------------------------------


def test_repetitions_follow_from_the_sets() -> None:
    """p^r ≤ 2⁻⁶⁰ with no repetition too many; sets that prove nothing are refused."""
    for chance in (0.9, 0.3, 2.0**-7, 0.001):
        r = repetitions_for(chance)
        assert chance**r <= 2.0**-BITS < chance ** (r - 1)
    assert repetitions_for(0) == repetitions_for(2.0**-50) == 3
    with pytest.raises(NotExactError, match="accepts with probability"):
        repetitions_for(1.2)


def test_numbers_are_compared_not_bits() -> None:
    """−0 is 0, NaN is nothing's equal; shape and dtype must be alike."""
    assert first_difference(np.array([-0.0]), np.array([0.0])) is None
    assert first_difference(np.array([0.0, np.nan]), np.array([0.0, np.nan])) == (1,)
    assert first_difference(np.zeros(2), np.zeros(3)) == ()
    assert first_difference(np.zeros(2), np.zeros(2, np.float32)) == ()


def test_who_is_off() -> None:
    """By refimpl on Fractions and torch in float64."""
    seven, eight = Fraction(7), Fraction(8)
    assert who(seven, seven, 8.0, 9.0) == "refimpl and torch are off: both formulas give 7"
    assert who(seven, eight, 7.0, 8.0) == (
        "the formulas differ: refimpl's gives 7 on Fractions, torch 8 in float64"
    )


def test_a_value_that_is_no_number_is_not_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be asked exactly says so."""

    def nothing(array: Array) -> Array:
        if array.dtype == object:
            raise TypeError("no Fractions here")
        return array + 1

    plant(monkeypatch, refimpl, "linear", nothing)
    row = row_of(FIRST["linear"])
    assert "who is off is not decided (refimpl raised TypeError: no Fractions here)" in row.note


def test_fractions_are_the_same_numbers() -> None:
    """Of any shape, a single value too."""
    for array in (np.array([[0.1, -2.0]]), np.array(3.0, np.float32)):
        exact = exactly(array)
        assert exact.shape == array.shape
        assert np.array_equal(exact.astype(array.dtype), array)
    assert {type(value) for value in exactly(np.arange(3.0), int)} == {int}


# --- in a run -----------------------------------------------------------------------------


def test_geometries_are_tasks_of_a_run() -> None:
    """Each geometry once, in each dtype in turns; in both with `full`, or of a named case."""
    full, turns = (
        [t for t in select(["conv1d"], None, FLOATS, full=wanted) if t.kind == "integers"]
        for wanted in (True, False)
    )
    of_conv = [c for c in representatives(GOOD).values() if c.function == "conv1d"]
    assert full == [Task("integers", c.id, d) for c in of_conv for d in c.dtypes]
    assert [task.id for task in turns] == [c.id for c in of_conv]
    assert [task.dtype for task in turns[:4]] == ["float32", "float64", "float32", "float64"]
    both = [t.dtype for t in select([], "conv2d[integers]", FLOATS) if t.kind == "integers"]
    assert both == ["float32", "float64"]
    named = select([], "conv2d[integers]", ["float32"])
    assert [task.kind for task in named] == ["case", "integers", "derivative", "properties"]
    for of_relu in select(["relu"], None, FLOATS, witnesses=False):
        assert of_relu.kind in ("case", "bad", "properties")
    alone = select([], "conv2d[plain]", ["float32"], witnesses=False)
    assert [t.kind for t in alone] == ["case", "properties"]
    assert not [t for t in select(["tanh"], None, FLOATS) if t.kind == "integers"]


def test_the_same_seed_draws_the_same_integers() -> None:
    """A row depends on the seed and the case alone."""
    task = Task("integers", CONV.id, "float32")
    assert run_task(task, SETTINGS).witnesses == run_task(task, SETTINGS).witnesses


def test_a_refusal_is_written_out_and_the_run_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What, where, both values, and the command that shows it again."""
    plant(monkeypatch, refimpl, "linear", one_element)
    findings = run_task(Task("integers", FIRST["linear"].id, "float64"), SETTINGS)
    assert not findings.holds
    (text,) = refutations(findings.refuted, 17)
    name = FIRST["linear"].name
    assert text.startswith(
        f"FAIL linear · case {name} · witness integers · float64 · seed 17: y at ("
    )
    assert text.endswith(f"again: parity run linear --case '{name}' --dtype float64 --seed 17")
    assert text == describe(findings.witnesses[0], 17)
    assert witness_notes(findings.witnesses) == ["integers: 1 outside"]


def test_the_line_of_a_run() -> None:
    """Geometries, verdicts, and the largest probability."""
    rows = [row_of(FIRST["relu"], dtype) for dtype in FLOATS]
    (line,) = witness_notes(rows)
    largest = max(row.false_accept or -99 for row in rows)
    assert line == f"integers: 2 identical; a wrong one passes with probability 2^{largest:.3g}"
    assert witness_notes([]) == []


def test_a_witness_that_breaks_off_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of torch or of the witness itself ends no run."""
    monkeypatch.setattr(integers, "patterns", lambda *a: raise_(RuntimeError("no memory")))
    findings = run_task(Task("integers", CONV.id, "float32"), SETTINGS)
    (row,) = findings.witnesses
    assert row.verdict == "outside"
    assert row.note == "the comparison broke off: RuntimeError: no memory"
