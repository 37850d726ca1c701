"""Reports: right numbers are right; wrong ones are wrong, where, and what they look like."""

from __future__ import annotations

import csv
import json
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import parity
import refimpl
from parity.candidates.asked import Asked, problem_of, suits
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.own_data import judged as judging
from parity.own_data.element_rows import COLUMNS
from parity.own_data.errors import OwnDataError
from parity.own_data.gradient_report import GradientReport
from parity.own_data.in_python import gradients
from parity.own_data.judged import CONVENTION

RNG = np.random.default_rng(20261120)
X, WEIGHT = RNG.normal(size=(3, 2, 6, 5)), RNG.normal(size=(4, 2, 2, 3))
DY = RNG.normal(size=(3, 4, 3, 2))
DX, DWEIGHT, _ = refimpl.conv2d_backward(DY, X, WEIGHT, stride=2)


def of_convolution(**yours: Any) -> GradientReport:
    """A convolution's report, with results brought along."""
    return gradients("conv2d", x=X, weight=WEIGHT, stride=2, dy=DY, **yours)


def with_(array: Any, place: tuple[int, ...], value: float) -> Any:
    """A copy with another number at a place."""
    changed = np.array(array)
    changed[place] = value
    return changed


def example(function: str) -> Asked:
    """The first ordinary case of a function that is larger than one element."""
    cases = (problem_of(c, "float64", 1) for c in GOOD if c.function == function and suits(c))
    return next(one for one in cases if one and one.problem.dy.size > 1 and not one.forward_only)


def has_y_of_several(function: str) -> bool:
    return function not in ("squared_error", "perceptron_loss", "log_likelihood")


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if has_y_of_several(f)])
def test_every_function(function: str) -> None:
    """refimpl's own results are right; with one element moved by a thousandth they are not."""
    problem = example(function).problem
    known = FUNCTIONS[function]
    right = known.tensors(problem.dy, problem.arrays, problem.options)
    right.pop("indices", None)
    given = {**problem.arrays, **problem.options}
    if known.inputs:
        given["dy"] = problem.dy
    report = gradients(function, **given, **right)
    assert report.status == "right", report
    assert set(report.frame["tensor"]) == set(right)
    for name, tensor in right.items():
        place = np.unravel_index(int(np.argmax(np.abs(tensor))), tensor.shape)
        moved = with_(tensor, place, tensor[place] * 1.001 + 1e-3)
        refused = gradients(function, **given, **{**right, name: moved})
        assert refused.status == "wrong"
        outside = refused.frame.query("your_verdict == 'outside'")
        assert [*outside["tensor"]] == [name]
        assert [*outside["index"]] == [str(tuple(map(int, place)))]


def test_an_exponent_is_an_array_or_a_number(tmp_path: Path) -> None:
    """Of an array there is a gradient, also from a file or without axes; of a number not."""
    x, dy = np.array([1.5, 2.0]), np.array([0.5, -1.0])
    dx, dexponent = refimpl.power_backward(dy, x, np.array(3.0))
    assert dexponent is not None
    given = {"x": x, "dy": dy, "dx": dx, "dexponent": dexponent}
    np.savez(tmp_path / "a.npz", exponent=3.0, **given)
    for report in (
        gradients("power", tmp_path / "a.npz"),
        gradients("power", **given, exponent=np.array(3.0)),
    ):
        assert report.status == "right"
        assert set(report.frame["tensor"]) == {"y", "dx", "dexponent"}
    of_number = gradients("power", x=x, dy=dy, dx=dx, exponent=3)
    assert of_number.status == "right"
    assert set(of_number.frame["tensor"]) == {"y", "dx"}
    with pytest.raises(OwnDataError, match="dexponent is there, but exponent is not"):
        gradients("power", **given, exponent=3)


@pytest.mark.parametrize("function", ["squared_error", "perceptron_loss", "log_likelihood"])
def test_a_loss(function: str) -> None:
    """Its y is one number, and dy 1 unless it is given."""
    shape = (5, 3)
    first = FUNCTIONS[function].inputs[0]
    target = np.sign(RNG.normal(size=shape)) if function == "perceptron_loss" else RNG.random(shape)
    given = {first: RNG.normal(size=shape), "target": target}
    y = getattr(refimpl, function)(*given.values())
    dy = {} if np.ndim(y) == 0 else {"dy": np.ones_like(y)}
    result = getattr(refimpl, f"{function}_backward")(np.ones_like(y), *given.values())
    assert bool(gradients(function, **given, **dy, **{f"d{first}": result}))
    assert not gradients(function, **given, **dy, **{f"d{first}": 2 * result})


def test_what_is_wrong_is_said() -> None:
    """Where, both values, how far off, and what it looks like."""
    report = of_convolution(dx=DX, dweight=DWEIGHT / 3)
    said = str(report)
    assert "yours: dweight is wrong in all 48 elements" in said
    assert "looks like: dweight: is divided by the number of samples" in said
    assert "the exact values are confirmed by the definition" in said
    assert "yours: dx" not in said
    with pytest.raises(AssertionError, match="dweight is wrong in all 48 elements"):
        report.raise_if_wrong()
    of_convolution(dx=DX).raise_if_wrong()
    shown = report._repr_html_()
    assert ">WRONG</strong> conv2d, stride=2" in shown
    assert escape(said) in shown
    assert ">RIGHT</strong>" in of_convolution(dx=DX)._repr_html_()


def test_one_element() -> None:
    """It is found among all, and named."""
    report = of_convolution(dx=with_(DX, (2, 1, 3, 4), DX[2, 1, 3, 4] + 1e-9))
    said = str(report)
    assert "yours: dx is wrong in 1 of 180 elements\n  at (2, 1, 3, 4): " in said
    row = report.frame.query("your_verdict == 'outside'").iloc[0]
    assert (row["tensor"], row["argument"], row["index"]) == ("dx", "input", "(2, 1, 3, 4)")
    assert row["your_ulp"] > 1e3
    assert abs(row["your_value"] - row["exact_value"]) == pytest.approx(1e-9, rel=1e-3)
    assert row["verdict"] == "within"


def test_numbers_that_are_none() -> None:
    """NaN and ∞ in results are wrong, not bad input."""
    for odd in (np.nan, np.inf):
        report = of_convolution(dweight=with_(DWEIGHT, (0, 1, 1, 2), odd))
        assert report.status == "wrong"
        assert "yours: dweight is wrong in 1 of 48 elements" in str(report)


def test_any_order_of_summation_is_right() -> None:
    """As of a candidate: a mean in another order, float32 with its own digits."""
    x, dy = RNG.normal(size=(500, 1)).astype("f"), RNG.normal(size=(500, 2)).astype("f")
    serial = np.zeros((2, 1), np.float32)
    for sample in range(500):
        serial += dy[sample, :, None] * x[sample]
    weight = np.ones((2, 1), np.float32)
    report = gradients("linear", x=x, weight=weight, dy=dy, dweight=serial)
    assert bool(report)
    assert report.question.dtypes == ("float32",)
    # The same numbers as float64 have too few digits.
    assert not gradients("linear", x=x, weight=weight, dy=dy, dweight=serial.astype(float))


def test_a_convention_is_right() -> None:
    """At ties another maximum may be taken; another value may not."""
    x = np.array([[[[2.0, 2.0], [1.0, 2.0]]]])
    dy = np.array([[[[3.0]]]])
    given = {"x": x, "kernel_size": 2, "dy": dy}
    last, wrong = (np.array([[[[0.0, 0.0], [a, b]]]]) for a, b in ((0.0, 3.0), (3.0, 0.0)))
    report = gradients("max_pool2d", **given, dx=last)
    assert bool(report)
    assert CONVENTION in set(report.frame["your_verdict"])
    assert "where a convention decides: right" in str(report)
    assert not gradients("max_pool2d", **given, dx=wrong)


def test_ties_of_large_maps() -> None:
    """Map by map, as far as that does not take long; what is no choice stays wrong."""
    x = np.zeros((1, 2, 160, 180))
    dy = RNG.normal(size=(1, 2, 80, 90))
    last = np.zeros(x.shape)
    last[:, :, 1::2, 1::2] = dy
    given = {"x": x, "kernel_size": 2, "dy": dy}
    report = gradients("max_pool2d", **given, dx=last)
    (dx,) = (tensor for tensor in report.tensors if tensor.name == "dx")
    assert np.count_nonzero(dx.sides["yours"].verdicts == CONVENTION) == 2 * dy.size
    assert bool(report)
    assert not gradients("max_pool2d", **given, dx=with_(last, (0, 1, 3, 3), 9.0))


def test_a_wrong_refimpl_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The report is no rubber stamp for the project's own side."""
    right = refimpl.conv2d_backward

    def wrong(*args: Any, **options: Any) -> Any:
        found = right(*args, **options)
        return found._replace(dx=found.dx * 1.001)

    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)
    report = of_convolution()
    assert report.status == "wrong"
    assert set(report.frame.query("tensor == 'dx'")["verdict"]) == {"outside"}
    assert set(report.frame.query("tensor == 'dweight'")["verdict"]) == {"within"}


def test_exact_values_that_are_contradicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nothing is decided."""
    monkeypatch.setattr(judging, "contradicted", lambda expected: "dx")
    report = of_convolution(dx=DX)
    assert report.status == "undecided"
    assert not report
    assert "THE DEFINITION CONTRADICTS" in str(report)


def test_two_dtypes() -> None:
    """A table each; results are judged in their own."""
    report = of_convolution(dx=DX, dweight=DWEIGHT.astype("f"))
    assert report.question.dtypes == ("float32", "float64")
    judged = report.frame.query("your_verdict != ''").groupby("tensor")["dtype"].unique()
    assert {name: [*dtypes] for name, dtypes in judged.items()} == {
        "dx": ["float64"],
        "dweight": ["float32"],
    }
    assert "x, weight, dy: rounded to float32" in str(report)


def test_what_overflows_is_not_judged() -> None:
    """There is no number to be right about."""
    x = np.full((1, 4), 3e38, np.float32)
    report = gradients(
        "linear", x=x, weight=np.ones((1, 4), np.float32), y=np.array([[np.inf]], "f")
    )
    assert set(report.frame.query("tensor == 'y'")["your_verdict"]) == {"empty"}
    assert report.status == "right"


# --- the table ----------------------------------------------------------------------------


def test_columns() -> None:
    """Those that a run's gradients.csv has, and yours behind them."""
    frame = of_convolution(dx=DX).frame
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 72 + 180 + 48
    assert [*frame["index"][:2]] == ["(0, 0, 0, 0)", "(0, 0, 0, 1)"]
    assert [*frame.groupby("tensor")["argument"].first()] == ["weight", "input", ""]
    values = frame.query("tensor == 'dx'")
    np.testing.assert_array_equal(values["refimpl_value"], DX.reshape(-1))
    np.testing.assert_array_equal(values["your_value"], DX.reshape(-1))


def test_the_worst_elements_come_first() -> None:
    """Of many elements those with the largest errors are written, in order."""
    places = [(0, 0, 2, 2), (1, 1, 3, 1), (2, 0, 0, 3)]
    dx = DX
    for place in places:
        dx = with_(dx, place, 99.0)
    report = of_convolution(dx=dx, elements=3)
    assert report.left_out == 72 + 180 + 48 - 9
    assert [*report.frame.query("tensor == 'dx'")["index"]] == [str(place) for place in places]
    assert of_convolution(elements="all").left_out == 0
    with pytest.raises(OwnDataError, match="elements must be a number from 1 on, or all"):
        of_convolution(elements=0)


def test_files(tmp_path: Path) -> None:
    """The CSV reads back to the frame; the JSON says what it depends on, with its digest."""
    report = of_convolution(dx=with_(DX, (0, 0, 0, 0), np.nan))
    table, about = report.write(tmp_path / "new" / "folder", command=["parity"])
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    frame = report.frame
    assert [row["index"] for row in rows] == [*frame["index"]]
    for column in ("exact_value", "refimpl_value", "torch_roundings", "bound"):
        assert [float(row[column]) for row in rows] == [*frame[column]]
    assert rows[72]["your_value"] == "nan"
    assert rows[0]["your_value"] == ""
    said = json.loads(about.read_text())
    assert said["sha256"] == {"gradients.csv": sha256(table.read_bytes()).hexdigest()}
    assert (said["command"], said["status"]) == (["parity"], "wrong")
    assert said["options"] == {"stride": 2}
    assert said["arrays"]["x"]["sha256"] == sha256(X.tobytes()).hexdigest()
    assert {"numpy", "torch"} <= set(said["versions"])
    assert [tensor["rows"] for tensor in said["tensors"]] == [72, 180, 48]


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    """Its gradients.csv stays as it is."""
    for name in ("run.json", "gradients.csv"):
        (tmp_path / name).write_text("of a run")
    with pytest.raises(OwnDataError, match=r"holds the reports of a run \(run.json\)"):
        of_convolution().write(tmp_path)
    assert (tmp_path / "gradients.csv").read_text() == "of a run"


def test_the_old_files_stand_where_a_new_one_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is whole before anything is replaced."""
    report = of_convolution()
    table, about = report.write(tmp_path)
    before = table.read_bytes(), about.read_bytes()
    monkeypatch.setattr(GradientReport, "about", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.write(tmp_path)
    assert (table.read_bytes(), about.read_bytes()) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gradients.csv", "gradients.json"]


# --- in Python ----------------------------------------------------------------------------


def test_the_front_door() -> None:
    """parity.gradients, tensors of torch, None for an argument that is not there."""
    torch = pytest.importorskip("torch")
    x, weight = (torch.tensor(a, requires_grad=True) for a in (X, WEIGHT))
    y = torch.nn.functional.conv2d(x, weight, stride=2)
    y.backward(torch.tensor(DY))
    report = parity.gradients(
        "conv2d", x=x, weight=weight, bias=None, stride=2, dy=DY, y=y, dx=x.grad
    )
    assert isinstance(report, parity.GradientReport)
    assert bool(report)
    assert repr(report) == str(report)


def test_wrong_calls() -> None:
    """One sentence each."""
    with pytest.raises(ValueError, match="dtype must be float32 or float64, but is 'half'"):
        gradients("relu", x=X, dtype="half")
    with pytest.raises(ValueError, match="conv2d has no 'strid'; did you mean stride"):
        gradients("conv2d", x=X, weight=WEIGHT, strid=2)
    with pytest.raises(ValueError, match="stride must be at least 1, but is 0"):
        gradients("conv2d", x=X, weight=WEIGHT, stride=0)


def test_files_and_arrays_together(tmp_path: Path) -> None:
    """What a file has need not be given; what it has twice is refused."""
    np.savez(tmp_path / "data.npz", x=X, weight=WEIGHT)
    report = gradients("conv2d", tmp_path / "data.npz", stride=2, dy=DY, dx=DX)
    assert bool(report)
    with pytest.raises(ValueError, match="x is given twice"):
        gradients("conv2d", tmp_path / "data.npz", x=X)


@pytest.mark.usefixtures("_figures_closed")
def test_its_picture() -> None:
    """Every element of each side; yours beyond the limit where it is outside."""
    report = of_convolution(dweight=DWEIGHT / 3)
    axes = report.plot()
    rows = [text.get_text() for text in axes.get_yticklabels()]
    assert rows == ["y", "dx", "dweight"]
    x = [np.asarray(dots.get_offsets())[:, 0] for dots in axes.collections]
    sizes = [tensor.elements for tensor in report.tensors for _ in tensor.sides]
    assert [len(one) for one in x] == sizes
    outside = [np.count_nonzero(one > 1) for one in x]
    assert outside == [0] * (len(x) - 1) + [DWEIGHT.size]
