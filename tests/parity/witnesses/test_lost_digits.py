"""Where torch has lost digits that refimpl keeps: what is listed, and what must not be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pytest

import refimpl
from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.rules import tensor_bounds
from parity.cases.case import Array, generator
from parity.cases.networks import NETWORKS
from parity.judges.layer import check_case
from parity.judges.network import check_network
from parity.results.closeness import Closeness, LostDigits
from parity.results.comparison import compare
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE
from parity.suite.task import CASES
from parity.witnesses.closeness import exact_witness
from parity.witnesses.exact.truth import Truth
from parity.witnesses.lost_digits import circumstances, most_lost
from parity.witnesses.problem import Problem

SETTINGS = Settings()
SURE = ["sigmoid[saturated] dx", "tanh[saturated] dx", "log_softmax[saturated] y"]
SURE += [f"cross_entropy[sure answers] {tensor}" for tensor in ("y", "dlogits")]
SURE += [
    f"binary_cross_entropy_with_logits[saturated, none] {tensor}" for tensor in ("y", "dlogits")
]
X = np.array([[0.5, 20.0, -3.0], [1.5, -2.0, 4.0]])  # at 20 torch's 1 − σ(x) has half its digits
DY = np.array([[0.3, -1.7, 0.9], [2.1, 0.4, -0.8]])
SIGMOID = Problem("sigmoid", {"x": X}, {}, DY)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with oracle.single_threaded():
        yield


def examined(problem: Problem, tensor: str, pair: tuple[Array, Array]) -> Closeness:
    """What the witness says of one tensor of both sides."""
    forward, backward = tensor_bounds(
        problem.function, problem.dy, problem.arrays, problem.options, sides("float64")
    )
    bounds = {"y": forward, **{f"d{name}": bound for name, bound in backward.items()}}
    exact = exact_witness(problem, bounds, {tensor: pair}, generator(1, "lost"))
    assert exact is not None
    return exact.examine(tensor, pair, compare(*pair, bounds[tensor]))


def off_at(values: Array, index: tuple[int, ...], by: float) -> Array:
    worse = values.copy()
    worse[index] += by
    return worse


# --- whole tensors ------------------------------------------------------------------------


@pytest.mark.parametrize("by", [5e-16, -5e-16])
def test_one_element_at_which_torch_is_worse(by: float) -> None:
    """Within torch's bound, and listed: the element, both errors, the arguments."""
    ours = refimpl.sigmoid_backward(DY, X)
    found = examined(SIGMOID, "dx", (ours, off_at(ours, (0, 1), by)))
    lost = found.lost
    assert lost is not None
    assert not found.refuted
    assert (lost.place, lost.tensor) == (1, "dx")
    assert lost.exact == pytest.approx(DY[0, 1] * np.exp(-20.0), rel=1e-8)
    assert lost.ulp[0] < 4
    assert lost.ulp[1] == pytest.approx(5e-16 / np.spacing(abs(lost.exact)), rel=1e-6)
    assert lost.ratio == lost.ulp[1] / max(lost.ulp[0], 0.5)
    assert lost.arguments == "x 20.0, dy -1.7"


def test_less_than_1024_times_is_not_listed() -> None:
    """A few hundred ULP are no finding."""
    ours = refimpl.sigmoid_backward(DY, X)
    by = 400 * np.spacing(abs(ours[0, 1]))
    assert examined(SIGMOID, "dx", (ours, off_at(ours, (0, 1), by))).lost is None


def test_both_equally_bad() -> None:
    """refimpl then is past its own bound, which is a disagreement, and nothing about torch."""
    worse = off_at(refimpl.sigmoid_backward(DY, X), (0, 1), 5e-16)
    found = examined(SIGMOID, "dx", (worse, worse))
    assert found.refuted
    assert found.lost is None


def test_a_sum_that_cancels_is_not_listed() -> None:
    """refimpl is right to the last digit, torch off by 2²² ULP: a rounding of 10⁸."""
    x, weight = np.array([[1e8, 1.0, -1e8]]), np.array([[1.0, 1.0, 1.0], [2.0, 0.5, 2.0]])
    problem = Problem("linear", {"x": x, "weight": weight}, {}, np.array([[0.3, 0.7]]))
    ours = x @ weight.T
    theirs = off_at(ours, (0, 0), 2.0**-30)
    found = examined(problem, "y", (ours, theirs))
    assert not found.refuted
    assert found.torch_ulp == 2.0**22
    assert found.lost is None


def test_a_disagreement_is_not_listed_too() -> None:
    """What torch is off by beyond its own bound fails the run."""
    ours = refimpl.sigmoid_backward(DY, X)
    assert examined(SIGMOID, "dx", (ours, off_at(ours, (0, 1), 1e-3))).lost is None


# --- element by element -------------------------------------------------------------------

ONE = {
    "nearest": 1.0,
    "ours": 0.25,
    "theirs": 3000.0,
    "own": 4 * 2.0**-52,
    "rounding": 0.5,
}


def element(**changed: float) -> LostDigits | None:
    """Of float64's values at 1: errors and one rounding in ULP, refimpl's bound."""
    given: Mapping[str, Array] = {k: np.array([v]) for k, v in {**ONE, **changed}.items()}
    truth = Truth(
        np.array([7]), given["nearest"], np.zeros(1), np.array([2.0**-52]), np.zeros(1), 9
    )
    errors = given["ours"], given["theirs"]
    normal = float(np.finfo(np.float64).smallest_normal)
    return most_lost(truth, errors, given["rounding"], given["own"], normal)


def test_a_finding() -> None:
    """Where it is, errors in ULP and in roundings, the ratio to ½ ULP at least."""
    assert element() == LostDigits(7, 1.0, (0.25, 3000.0), (0.5, 6000.0), 6000.0)
    assert element(ours=2.0) == LostDigits(7, 1.0, (2.0, 3000.0), (4.0, 6000.0), 1500.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"theirs": 512.0},
        {"ours": 3.0},  # a thousand times as exact
        {"ours": 4.5, "theirs": 9000.0},  # beyond refimpl's own bound
        {"nearest": 1e-310},
        {"rounding": 3.0},  # Σ|terms| is six times the value
        {"rounding": 0.0},
    ],
    ids=["half an ULP", "refimpl", "own bound", "subnormal", "terms", "nothing is rounded"],
)
def test_no_finding(changed: dict[str, float]) -> None:
    """What one of the conditions keeps out, as soon as it does not hold."""
    assert element(**changed) is None


def test_a_formula_that_need_not_cancel_is_one() -> None:
    """Terms far larger than the value excuse nobody where refimpl's bound is of the value."""
    assert element(rounding=1e9, own=2 * 2.0**-52) is not None
    assert element(rounding=1e9, own=1e9 * 2.0**-52) is None


def test_a_serial_sum_is_one() -> None:
    """A thousand roundings of Σ|terms| are a finding, however wide refimpl's own bound is."""
    assert element(theirs=1e5, own=1.0) is not None


# --- cases and networks -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SURE)
def test_what_torch_is_known_for(name: str, dtype: str) -> None:
    """Of sure answers it keeps no digit; refimpl keeps all of them."""
    case, _, tensor = name.rpartition(" ")
    found = check_case(CASES[case], dtype, SETTINGS).lost
    (row,) = (row for row in found if row.tensor == tensor)
    digits = np.finfo(dtype).nmant
    assert row.torch_ulp > 2.0 ** (digits - 1)
    assert row.refimpl_ulp < 8
    assert (row.function, row.dtype, row.tensors) == (CASES[case].function, dtype, 1)


def test_a_quick_run_lists_none() -> None:
    """It asks for no exact values."""
    assert check_case(CASES["tanh[saturated]"], "float32", replace(SETTINGS, quick=True)).lost == []


def test_it_fails_no_run() -> None:
    """A finding about torch is no disagreement."""
    findings = check_case(CASES["tanh[saturated]"], "float32", SETTINGS)
    assert findings.lost
    assert findings.holds
    assert OUTSIDE not in {row.verdict for row in findings.rows}


def test_a_network_calls_its_tensors_as_functions_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A delta is a dx; the layer is named."""
    monkeypatch.setattr("parity.witnesses.lost_digits.TIMES", 0.25)  # any error is one
    found = check_network(NETWORKS["small_sigmoid"], "float32", SETTINGS).lost
    of_sigmoid = [row for row in found if row.function == "sigmoid"]
    assert {row.tensor for row in of_sigmoid} == {"y", "dx"}
    assert all(row.layer for row in of_sigmoid)


# --- arguments, in words ------------------------------------------------------------------


def test_arguments_of_a_row() -> None:
    """Of a softmax the row of the element, of a loss of each sample without the upstream."""
    logits = np.arange(12.0).reshape(2, 3, 2)
    arrays = {"logits": logits, "target": np.array([[0, 2], [1, 0]])}
    problem = Problem("cross_entropy", arrays, {"reduction": "none"}, np.array([[1, 2], [3, 4.0]]))
    assert circumstances(problem, "y", (2, 2), 1) == "logits [1.0, 3.0, 5.0], target 2"
    said = "logits [7.0, 9.0, 11.0], target 0, dy 4.0"
    assert circumstances(problem, "dlogits", (2, 3, 2), 9) == said


def test_arguments_of_a_long_row() -> None:
    """The number at the element, and the range."""
    x = np.float32(np.arange(24).reshape(8, 3) / 10)
    problem = Problem("log_softmax", {"x": x}, {"axis": 0}, x)
    assert circumstances(problem, "y", (8, 3), 4) == "x 0.4 of 8 numbers from 0.1 to 2.2"


def test_arguments_of_the_whole() -> None:
    """Few numbers are written out, of many there are sizes and range."""
    x = np.arange(8.0).reshape(4, 2)
    problem = Problem("linear", {"x": x, "weight": np.eye(2)}, {}, x)
    said = "x 4×2 numbers from 0 to 7, weight [[1.0, 0.0], [0.0, 1.0]]"
    assert circumstances(problem, "y", (1, 1), 0) == said
