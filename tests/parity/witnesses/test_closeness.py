"""Who is closer, whether each side keeps its own bound, and who is named where both disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import refimpl
from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, case_arrays, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.judges.layer import check_case
from parity.judges.network import check_network
from parity.oracle import torch_functions
from parity.results.closeness import Closeness
from parity.results.findings import Findings
from parity.results.message import describe
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import EMPTY, OUTSIDE, WITHIN
from parity.suite.task import CASES
from parity.witnesses import closeness as module
from parity.witnesses.closeness import exact_witness
from parity.witnesses.problem import Problem

SETTINGS = Settings()
PLAIN = CASES["conv2d[plain]"]


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with oracle.single_threaded():
        yield


def row_of(findings: Findings, tensor: str) -> Row:
    (row,) = [row for row in findings.rows if row.tensor == tensor]
    return row


# --- columns ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_exact_value_stands_at_the_worst_place(dtype: str) -> None:
    """It is that of the plain definition, on Fractions, at the place that the row names."""
    arrays = case_arrays(PLAIN, dtype, SETTINGS.seed)
    row = row_of(check_case(PLAIN, dtype, SETTINGS), "y")
    place = tuple(int(i) for i in row.worst_index.strip("()").split(","))
    on_fractions = {name: np.vectorize(Fraction, otypes=[object])(a) for name, a in arrays.items()}
    exact = refimpl.conv2d(*on_fractions.values(), **PLAIN.options)[place]
    assert row.exact_value == float(exact)
    assert row.worst_ratio > 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_columns_of_a_case(dtype: str) -> None:
    """Every tensor has both errors, the side that is closer, the radius and all its elements."""
    for row in check_case(PLAIN, dtype, SETTINGS).rows:
        assert row.refimpl_ulp is not None
        assert row.torch_ulp is not None
        assert row.refimpl_ulp > 0
        smaller = min(row.refimpl_ulp, row.torch_ulp)
        expected = {"refimpl": row.refimpl_ulp, "torch": row.torch_ulp, "equal": smaller}
        assert expected[row.closer] == smaller
        assert (row.closer == "equal") == (row.refimpl_ulp == row.torch_ulp)
        assert row.truth_radius is not None
        assert row.truth_radius < 2.0**-10
        assert row.exact_elements == row.elements
        assert row.note == ""


def test_a_quick_run_has_none() -> None:
    """Without the witnesses the columns are empty, and nothing is noted."""
    for row in check_case(PLAIN, "float32", replace(SETTINGS, quick=True)).rows:
        assert (row.refimpl_ulp, row.torch_ulp, row.closer) == (None, None, "")
        assert (row.truth_radius, row.exact_elements, row.note) == (None, None, "")


def test_columns_stay_empty_where_there_is_no_exact_value() -> None:
    """Of indices, and of inputs with NaN or ∞."""
    rows = check_case(CASES["max_pool2d[special]"], "float32", SETTINGS).rows
    assert all(row.exact_elements is None for row in rows)
    rows = check_case(CASES["max_pool2d[ties]"], "float32", SETTINGS).rows
    assert [row.exact_elements is None for row in rows] == [r.tensor == "indices" for r in rows]


def test_what_overflows_is_not_judged() -> None:
    """Elements past the largest number have no exact value in the dtype."""
    rows = check_case(CASES["conv2d[largest]"], "float32", SETTINGS).rows
    y = next(row for row in rows if row.tensor == "y")
    assert y.exact_elements is not None
    assert y.exact_elements < y.elements
    assert y.verdict == EMPTY


def test_large_tensors_are_exact_throughout() -> None:
    """Nothing of a large convolution is left out."""
    row = row_of(check_case(CASES["conv2d[blocks of rows]"], "float32", SETTINGS), "y")
    assert row.exact_elements == row.elements > 10_000
    assert row.note == ""


def test_a_sample_says_so() -> None:
    """Of what only balls can do, and takes too long, some elements are exact: the note says it."""
    problem = problem_of(ordinary("gaussian_pool2d"), "float64")
    bounds = bounds_of(problem, sides("float64"))
    y = oracle.forward(problem.function, problem.arrays, problem.options)
    exact = exact_witness(problem, bounds, {"y": (y, y)}, generator(1, "exact"), budget=1)
    assert exact is not None
    comparison = module.Comparison(WITHIN, elements=y.size, worst_index=(0,) * y.ndim)
    found = exact.examine("y", (y, y), comparison)
    assert found.exact_elements == y[0, 0].size
    assert found.note == f"{y[0, 0].size} of {y.size} elements exact"


def test_what_does_not_fit_says_so() -> None:
    """Numbers far apart are judged by balls, and the note says so."""
    rows = check_case(CASES["conv1d[subnormal]"], "float64", SETTINGS).rows
    assert [row.exact_elements for row in rows] == [row.elements for row in rows]
    assert all(row.note.startswith("on balls: ") for row in rows)


def test_layers_of_networks() -> None:
    """Local rows have exact values under their own names, sums of gradients too; others none."""
    for name in ("small_lenet", "residual", "small_softmax", "xor"):
        for row in check_network(NETWORKS[name], "float32", SETTINGS).rows:
            local = row.case.endswith("[local]")
            expected = row.elements if local and row.tensor != "indices" else None
            assert row.exact_elements == expected, (row.layer, row.tensor)


# --- one side's bound ---------------------------------------------------------------------


def problem_of(case_id: str, dtype: str) -> Problem:
    case = CASES[case_id]
    arrays = case_arrays(case, dtype, 3)
    y = oracle.forward(case.function, arrays, case.options)
    dy = generator(3, "dy").normal(size=y.shape).astype(dtype)
    return Problem(case.function, arrays, case.options, dy)


def bounds_of(problem: Problem, both: Any) -> dict[str, Bound]:
    function, arrays, options, dy = problem
    gradients = backward_bounds(function, dy, arrays, options, both)
    forward = forward_bound(function, arrays, options, both)
    return {"y": forward, **{f"d{name}": bound for name, bound in gradients.items()}}


def ordinary(function: str) -> str:
    """A case of a function whose bounds are not 0."""
    for case in GOOD:
        if case.function == function:
            problem = problem_of(case.id, "float64")
            limits = [bound.limit for bound in bounds_of(problem, sides("float64")).values()]
            if any(limit.size and np.nanmax(limit) > 0 for limit in limits):
                return case.id
    return next(case.id for case in GOOD if case.function == function)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_where_the_sides_have_bounds_of_their_own(function: str) -> None:
    """In the elementary functions, and in no others, the errors of exp, log and tanh enter;
    adam_step has a root, which is rounded as sums are."""
    problem = problem_of(ordinary(function), "float64")
    ours, theirs = sides("float64")
    alike = replace(theirs, elementary=ours.elementary * 3)
    limits = bounds_of(problem, (ours, theirs)), bounds_of(problem, (ours, alike))
    depends = any(
        not np.array_equal(limits[0][name].limit, limits[1][name].limit) for name in limits[0]
    )
    assert depends == (FUNCTIONS[function].elementary and function != "adam_step")


@pytest.mark.parametrize("case_id", ["softmax[maps]", "conv2d[plain]", "gaussian_pool2d[plain]"])
def test_own_bounds_make_the_whole(case_id: str) -> None:
    """Together they are the bound of both sides, and where exp enters, torch's is the smaller."""
    case_id = case_id if case_id in CASES else ordinary(case_id.partition("[")[0])
    problem = problem_of(case_id, "float64")
    bounds = bounds_of(problem, sides("float64"))
    for bound in bounds.values():
        np.testing.assert_allclose(bound.refimpl + bound.torch, bound.limit, rtol=1e-6)
        if problem.function == "softmax":
            assert np.all(bound.torch <= bound.refimpl * (1 + 1e-6))


@pytest.mark.parametrize("who", ["refimpl", "torch"])
def test_a_side_past_its_own_bound_is_refuted(who: str) -> None:
    """Within the bound of both, but past its own: a disagreement with the exact value."""
    problem = problem_of("conv2d[plain]", "float64")
    bounds = bounds_of(problem, sides("float64"))
    y = oracle.forward(problem.function, problem.arrays, problem.options)
    off = y + 0.9 * bounds["y"].limit  # of both sides; own bounds are half of it
    comparison = module.Comparison(WITHIN, elements=y.size, worst_index=(0,) * y.ndim)

    def examined(pair: tuple[Array, Array]) -> Closeness:
        exact = exact_witness(problem, bounds, {"y": pair}, generator(1, "exact"))
        assert exact is not None
        return exact.examine("y", pair, comparison)

    found = examined((off, y) if who == "refimpl" else (y, off))
    assert found.refuted
    assert found.note.startswith(f"{who} is ")
    assert found.note.endswith("times its own bound")
    held = examined((y, y))
    assert not held.refuted
    assert held.closer == "equal"


def test_no_exact_value_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that does not run on balls is a finding; under an override it is a note."""
    right = refimpl.softmax_backward

    def floats_only(dy: Array, *args: Any, **options: Any) -> Any:
        if dy.dtype == object:
            raise TypeError("floats only")
        return right(dy, *args, **options)

    monkeypatch.setattr(refimpl, "softmax_backward", floats_only)
    findings = check_case(CASES[ordinary("softmax")], "float32", SETTINGS)
    assert [row.tensor for row in findings.failures] == ["dx"]
    assert findings.failures[0].note == "no exact value: TypeError: floats only"
    loose = replace(SETTINGS, rtol=1.0, atol=1.0)
    assert check_case(CASES[ordinary("softmax")], "float32", loose).failures == []


# --- who stands alone ---------------------------------------------------------------------


def failure(dtype: str, tensor: str = "dweight") -> tuple[Row, str]:
    """The failed row of the plain convolution, and the line of its message that says who."""
    row = row_of(check_case(PLAIN, dtype, SETTINGS), tensor)
    assert row.verdict == OUTSIDE
    line = next(line for line in describe(row).splitlines() if "exact value" in line)
    assert line.strip() == row.opinion
    assert row.note.endswith(row.opinion)
    return row, line


def plant(monkeypatch: pytest.MonkeyPatch, objects_too: bool) -> None:
    """dweight 0.05 % too large: in every arithmetic, or in floats alone."""
    right = refimpl.conv2d_backward

    def wrong(dy: Array, *args: Any, **options: Any) -> Any:
        grads = right(dy, *args, **options)
        if dy.dtype == object:
            spoilt = grads.dweight * 2001 / 2000 if objects_too else grads.dweight
        else:
            spoilt = grads.dweight * dy.dtype.type(1.0005)
        return grads._replace(dweight=spoilt)

    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("objects_too", "why"),
    [(True, "(its formula is wrong)"), (False, "(its formula is right, its arithmetic is not)")],
)
def test_a_mistake_of_refimpl(
    monkeypatch: pytest.MonkeyPatch, dtype: str, objects_too: bool, why: str
) -> None:
    """refimpl stands alone, also where its own formula on balls makes the same mistake."""
    plant(monkeypatch, objects_too)
    row, line = failure(dtype)
    assert f"off: refimpl stands alone {why}" in line
    assert row.refimpl_ulp is not None
    assert row.torch_ulp is not None
    assert row.torch_ulp < 10 < 1000 < row.refimpl_ulp
    assert row.closer == "torch"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_fault_of_torch(monkeypatch: pytest.MonkeyPatch, dtype: str) -> None:
    """It is recognised as torch's."""
    right = torch_functions.FUNCTIONS["conv2d"]
    monkeypatch.setitem(
        torch_functions.FUNCTIONS, "conv2d", lambda *a, **options: right(*a, **options) * 1.0005
    )
    row, line = failure(dtype)
    assert line.endswith("off: torch stands alone")
    assert row.refimpl_ulp is not None
    assert row.torch_ulp is not None
    assert row.refimpl_ulp < 10 < 1000 < row.torch_ulp
    assert row.closer == "refimpl"


def test_both_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """In opposite directions: nobody is right."""
    plant(monkeypatch, objects_too=True)
    right = torch_functions.FUNCTIONS["conv2d"]
    monkeypatch.setitem(
        torch_functions.FUNCTIONS, "conv2d", lambda *a, **options: right(*a, **options) * 0.9995
    )
    assert "both are off" in failure("float64")[1]


def test_an_override_blames_nobody() -> None:
    """Under tolerances that are too narrow each side is still within its own bound."""
    row = row_of(check_case(PLAIN, "float32", replace(SETTINGS, rtol=0.0, atol=0.0)), "y")
    assert row.verdict == OUTSIDE
    assert row.opinion.endswith("off: each is within its own bound")


def test_a_fault_of_torch_in_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of a layer, whose tensors have other names."""
    right = torch_functions.FUNCTIONS["tanh"]
    monkeypatch.setitem(torch_functions.FUNCTIONS, "tanh", lambda x: right(x) * 1.0005)
    findings = check_network(NETWORKS["small_tanh"], "float64", SETTINGS)
    local = {row.tensor: row for row in findings.failures if row.case.endswith("[local]")}
    assert set(local) == {"a", "delta"}
    assert all(row.opinion.endswith("torch stands alone") for row in local.values())


def beside_zero(wrong: float) -> Closeness:
    """Terms of an average that cancel exactly; torch's value is off by so much."""
    x = np.array([[[4.0, 7.0, -11.0]]])
    problem = Problem("avg_pool1d", {"x": x}, {"kernel_size": 3}, np.ones((1, 1, 1)))
    right = np.zeros((1, 1, 1))
    bounds = {"y": Bound(np.full((1, 1, 1), 1e-14), np.zeros((1, 1, 1), bool))}
    pairs = {"y": (right, right + wrong)}
    found = exact_witness(problem, bounds, pairs, generator(1, "zero"))
    assert found is not None
    (closeness,) = (beside.closeness(0) for beside in found.found.values())
    return closeness


@pytest.mark.parametrize("wrong", [1e-15, 4.9e-15, 1e-17])
def test_an_error_beside_an_exact_zero_keeps_its_bound(wrong: float) -> None:
    """However many of the smallest numbers it has, even more than a float can say."""
    assert not beside_zero(wrong).refuted


@pytest.mark.parametrize("wrong", [5.1e-15, 1.0, np.inf, np.nan])
def test_an_error_beside_an_exact_zero_is_refused_past_its_bound(wrong: float) -> None:
    """By as many times as it is."""
    found = beside_zero(wrong)
    assert found.refuted
    if wrong == 5.1e-15:
        assert "1.02 times its own bound" in found.note
