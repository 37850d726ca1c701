"""Exact values are timed beside the floats of the same problem, and counted as they are found."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import Call

from parity.bench import exactness, timing
from parity.bench.exactness import (
    BALLS,
    DOUBLES,
    DTYPES,
    OF_A_SAMPLE,
    SLICES,
    ExactRow,
    Subject,
    bench_exact,
    count,
    exactly,
    in_floats,
    of_network_layers,
    of_workload,
    row_of,
    steps,
    subjects,
    tensors_of,
)
from parity.bench.growth import DATA, EXACT_WORKLOADS, GROWING, LEFT_OUT, NETWORKS, fewer
from parity.bench.workloads import WORKLOADS, Workload, shape_of
from parity.cases.case import Draw
from parity.report.bench import exact_table
from parity.witnesses.exact.on_slices import Dispute
from parity.witnesses.exact.truth import Truth
from parity.witnesses.exact.values import Fallback
from parity.witnesses.problem import Problem

DENSE = Workload(
    "dense", "tiny", "linear", {"x": Draw((3, 4)), "weight": Draw((5, 4)), "bias": Draw((5,))}
)
SIGMOID = Workload("activation", "tiny sigmoid", "sigmoid", {"x": Draw((2, 3))})
SOFTMAX = Workload("activation", "tiny softmax", "softmax", {"x": Draw((2, 3))})
POOLING = Workload(
    "pooling", "tiny pooling", "max_pool2d", {"x": Draw((1, 2, 4, 6))}, {"kernel_size": 2}
)


# --- what is timed ------------------------------------------------------------------------


def test_sizes_grow_from_a_fifth_of_a_million_to_a_hundred() -> None:
    """Along every axis of the convolution, smallest and largest within a quarter of that."""
    for axis in "NCHK":
        grown = [w for w in GROWING if w.group == f"convolution by {axis}"]
        work = [multiply_adds(w) for w in grown]
        assert work == sorted(work)
        assert 0.15e6 < work[0] < 0.3e6
        assert 75e6 < work[-1] < 110e6
    assert {w.function for w in GROWING} == {"conv2d", "linear"}


def multiply_adds(workload: Workload) -> int:
    """Of a convolution that keeps its maps' sizes, or a dense layer."""
    x, weight = (shape_of(workload.arrays[name]) for name in ("x", "weight"))
    maps = x[2:] if len(x) == 4 else ()
    assert not maps or workload.options["padding"] == (weight[2] - 1) // 2
    return int(np.prod((x[0], *maps, *weight)))


def test_every_workload_of_the_benchmark_is_there() -> None:
    """With fewer samples, or named as left out; no name is given twice."""
    names = [w.name for w in EXACT_WORKLOADS]
    assert len(set(names)) == len(names)
    assert {w.name for w in WORKLOADS} == {*names, *LEFT_OUT} - {w.name for w in GROWING}


def test_fewer_samples_leave_the_rest() -> None:
    """Weights, and everything behind the first axis, are those of the benchmark."""
    known = {w.name: w for w in WORKLOADS}
    for workload in EXACT_WORKLOADS[: -len(GROWING)]:
        for name, source in workload.arrays.items():
            given = shape_of(known[workload.name].arrays[name])
            assert shape_of(source)[1:] == given[1:]
            assert shape_of(source)[0] <= given[0] if name in DATA else shape_of(source) == given
    assert fewer(DENSE, 2).shapes == "2×4 5×4 5"


def test_what_is_counted_as_work() -> None:
    """Products of the forward alone, of what has weights."""
    assert of_workload(DENSE, "float64").multiply_adds == 3 * 5 * 4
    assert of_workload(SIGMOID, "float64").multiply_adds == 0
    grouped = Workload(
        "convolution",
        "grouped",
        "conv2d",
        {"x": Draw((2, 4, 6, 7)), "weight": Draw((6, 2, 3, 2))},
        {"groups": 2},
    )
    assert of_workload(grouped, "float64").multiply_adds == 2 * 6 * 4 * 6 * (2 * 3 * 2)


def test_a_network_is_what_torch_recorded() -> None:
    """Each layer from the output before it: the convolutions, poolings, dense layers, and all."""
    part, whole = of_network_layers("lenet", "float32", batch=2)
    functions = [problem.function for problem in part.problems]
    assert functions == ["conv2d", "avg_pool2d"] * 2 + ["linear"] * 3
    functions = [problem.function for problem in whole.problems]
    assert functions[-4:] == ["linear", "sigmoid", "linear", "cross_entropy"]
    assert len(functions) == 13
    assert all(any(p is q for q in whole.problems) for p in part.problems)
    for before, problem in zip(whole.problems, whole.problems[1:], strict=False):
        y = exactness.FUNCTIONS[before.function].forward(before.arrays, before.options)
        first = next(iter(problem.arrays.values()))
        assert first.dtype == np.float32
        np.testing.assert_allclose(y, first, atol=1e-5)


def test_subjects_are_as_many_as_are_announced() -> None:
    """Of a network two, all of them in both dtypes."""
    found = list(subjects((DENSE,), ()))
    assert [dtype for _, dtype in found] == list(DTYPES)
    assert all(subject.problems[0].dy.dtype == dtype for subject, dtype in found)
    assert steps((DENSE, SIGMOID), NETWORKS) == 2 * (2 + 2)


@pytest.mark.parametrize("workload", [DENSE, SIGMOID, POOLING], ids=lambda w: w.function)
def test_all_tensors_are_computed_both_ways(
    monkeypatch: pytest.MonkeyPatch, workload: Workload
) -> None:
    """Floats and exact values have the same tensors: y and the gradient to each argument."""
    subject = of_workload(workload, "float64")
    given = [name for name in workload.arrays if name != "target"]
    assert tensors_of(subject.problems[0]) == ["y", *(f"d{name}" for name in given)]
    assert {tensor for _, tensor, _ in exactly(subject)} == set(tensors_of(subject.problems[0]))
    called: list[str] = []

    class Spy:
        forward = staticmethod(lambda arrays, options: called.append("y"))
        backward = staticmethod(lambda dy, arrays, options: called.append("gradients"))

    monkeypatch.setattr(exactness, "FUNCTIONS", {workload.function: Spy})
    in_floats(subject)
    assert called == ["y", "gradients"]


# --- counting -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("workload", "elements", "method"),
    [
        (DENSE, 15 + 12 + 20 + 5, SLICES),
        (POOLING, 12 + 48, SLICES),
        (SIGMOID, 6 + 6, DOUBLES),
        (SOFTMAX, 6 + 6, BALLS),
    ],
    ids=lambda w: w.function if isinstance(w, Workload) else None,
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_element_is_exact(workload: Workload, elements: int, method: str, dtype: str) -> None:
    """By the method that suits the function."""
    assert count(of_workload(workload, dtype)) == (elements, elements, [method])


def test_elements_beyond_the_budget_are_none() -> None:
    """Sizes that double-double cannot hold are left to balls, as long as the budget lasts."""
    problem = of_workload(SIGMOID, "float64").problems[0]
    large = problem._replace(arrays={"x": problem.arrays["x"] * 1e200})
    found = count(Subject("", "", "", (large,), budget=1))
    assert found == (12, 2, [DOUBLES])  # one element of each tensor


def truth(part: slice, radius: float = 0.0) -> Truth:
    zeros = np.zeros(part.stop - part.start)
    return Truth(part, zeros, zeros, zeros + 1, zeros + radius, 6)


SAID: dict[str, tuple[list[Any], int, list[str]]] = {
    "in parts": ([truth(slice(0, 4)), truth(slice(4, 6))], 6, [DOUBLES]),
    "undecided": ([truth(slice(0, 4)), truth(slice(4, 6), np.inf)], 4, [DOUBLES]),
    "again on balls": ([truth(slice(0, 4)), Fallback("far apart"), truth(slice(0, 6))], 6, [BALLS]),
    "a sample on balls": ([Fallback("far apart"), truth(slice(2, 5))], 3, [OF_A_SAMPLE]),
    "none": (["no exact value: ValueError: x"], 0, ["no exact value: ValueError: x"]),
    "disputed": (
        [Dispute((1, 2), 3.0, 4.0, Problem("linear", {}, {}, np.ones(())), (1, 2))],
        0,
        ["on integers that nothing rounds refimpl gives 3 at (1, 2), torch 4"],
    ),
}


@pytest.mark.parametrize("what", SAID)
def test_what_is_said_of_a_tensor_is_counted(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """Parts add up, what falls back begins anew, what has no value says why."""
    parts, exact, methods = SAID[what]

    def found(problem: Problem, tensors: list[str], *_: Any) -> Iterator[tuple[str, Any]]:
        yield from ((tensor, part) for tensor in tensors for part in parts)

    monkeypatch.setattr(exactness, "exact_values", found)
    assert count(of_workload(SIGMOID, "float64")) == (12, 2 * exact, methods)


# --- timing -------------------------------------------------------------------------------


def test_a_row_divides_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """CPU time over CPU time, and over the multiply-adds; the clock stands beside it."""
    clock = {"cpu": 0.0, "wall": 0.0}
    monkeypatch.setattr(timing.time, "process_time", lambda: clock["cpu"])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock["wall"])

    def taking(cpu: float, wall: float) -> None:
        clock["cpu"] += cpu
        clock["wall"] += wall

    def found(subject: Subject) -> Iterator[tuple[Problem, str, Any]]:
        taking(8.0, 16.0)
        yield from ()

    monkeypatch.setattr(exactness, "in_floats", lambda subject: taking(0.5, 4.0))
    monkeypatch.setattr(exactness, "exactly", found)
    row = row_of(of_workload(DENSE, "float32"), "float32", 3)
    assert (row.float_cpu_seconds, row.float_wall_seconds) == (0.5, 4.0)
    assert (row.exact_cpu_seconds, row.exact_wall_seconds) == (8.0, 16.0)
    assert (row.ratio, row.multiply_adds, row.rounds) == (16.0, 60, 3)
    assert (row.float_us, row.exact_us) == (0.5e6 / 60, 8e6 / 60)
    assert (row.elements, row.exact_elements, row.exact_share) == (52, 0, 0.0)


def test_what_has_no_products_has_no_cost_of_one() -> None:
    """A row of each, and an empty cell."""
    done: list[int] = []
    dense, _, sigmoid, _ = bench_exact((DENSE, SIGMOID), (), 1, lambda: done.append(1))
    assert len(done) == 4
    assert dense.exact_us is not None
    assert (sigmoid.multiply_adds, sigmoid.float_us, sigmoid.exact_us) == (None, None, None)
    assert dense.exact_share == sigmoid.exact_share == 1.0


ROW = ExactRow(
    *("dense", "tiny", "3×4", "float64", 2_500_000, 3000, 2999, 2999 / 3000, "slices"),
    *(0.00125, 0.0025, 1.5, 2.25, 1200.0, 0.0005, 0.6, 3),
)


def test_the_table() -> None:
    """Three digits of everything; one element that is missing is seen in the share."""
    shown = exact_table([ROW])
    cells = [next(iter(column.cells)) for column in shown.columns]
    assert cells == [
        *("tiny", "float64", "2.5", "3000", "99.9 %", "1.25/2.5", "1500/2250", "1200"),
        *("0.0005/0.6", "slices"),
    ]


# --- the command --------------------------------------------------------------------------


def test_the_command(call: Call, tmp_path: Path) -> None:
    """A part is written where --out says, and nowhere else."""
    part = ("bench", "--exact", "small convolution", "conv2d N=1", "--rounds", 1)
    outcome = call(*part, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("processor: ")
    with (tmp_path / "bench_exact.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["workload"], row["dtype"]) for row in rows] == [
        (name, dtype) for name in ("small convolution", "conv2d N=1") for dtype in DTYPES
    ]
    assert {(row["exact_share"], row["method"], row["rounds"]) for row in rows} == {
        ("1.0", SLICES, "1")
    }
    assert (tmp_path / "bench_exact.json").exists()
    assert "report: none of a part" in call(*part[:3], "--rounds", 1).out


@pytest.mark.parametrize(
    "words",
    [["--rivals"], ["--threads", "1"], ["--dtype", "float32"], ["--no-memory"], ["--sweep"]],
)
def test_what_it_would_ignore_is_refused(call: Call, tmp_path: Path, words: list[str]) -> None:
    """And nothing is written."""
    outcome = call("bench", "--exact", *words, "--out", tmp_path / "none")
    assert (outcome.code, outcome.err) == (
        2,
        "parity: --exact times exact values on one thread: it takes names, --rounds and --out "
        "alone\n",
    )
    assert not (tmp_path / "none").exists()


def test_names_are_its_own(call: Call) -> None:
    """A size that is left out, and a network of which no exact values are timed, are none."""
    outcome = call("bench", "--exact", "conv2d N=2")
    assert outcome.code == 2
    assert outcome.err.startswith("parity: no workload is called 'conv2d N=2'; did you mean")
    assert call("bench", "--exact", "alexnet").code == 2
