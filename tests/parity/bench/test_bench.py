"""The benchmark times what it says: right results, right counts, honest ratios."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import Call

from parity.bench import memory, speed, timing
from parity.bench.contenders import OURS, REFIMPL, TORCH, of_im2col, of_network
from parity.bench.memory import peak_extra_bytes
from parity.bench.plan import BATCHES, Plan, UnknownWorkloadError, chosen
from parity.bench.speed import FORWARD, STEP, BenchRow, bench, contenders, installed, means
from parity.bench.timing import interleaved, ratio
from parity.bench.workloads import CONVOLUTIONS, WORKLOADS, Workload
from parity.cases.case import Draw
from parity.cases.networks import NETWORKS
from parity.report.bench import mean_lines, table

SMALL = Workload(
    "convolution",
    "small",
    "conv2d",
    {"x": Draw((3, 2, 7, 9)), "weight": Draw((4, 2, 3, 2))},
    {"stride": 2, "padding": 1},
)
BY_NAME = {workload.name: workload for workload in WORKLOADS}


def arrays(found: Any) -> list[Any]:
    """What a call gave, as a flat list of NumPy arrays."""
    if isinstance(found, dict):
        found = tuple(found.values())
    if isinstance(found, tuple | list):
        return [a for part in found for a in arrays(part)]
    return [np.asarray(found.detach() if hasattr(found, "detach") else found)]


# --- what is timed ------------------------------------------------------------------------


def test_everything_is_measured_at_known_sizes() -> None:
    """Eight convolutions, four poolings, a dense layer, a loss, six activations, a small one."""
    counts = {g: sum(w.group == g for w in WORKLOADS) for g in {w.group for w in WORKLOADS}}
    assert counts == {
        "convolution": 8,
        "max pooling": 2,
        "avg pooling": 2,
        "dense": 1,
        "softmax cross-entropy": 1,
        "activation": 6,
        "overhead": 1,
    }
    assert len(BY_NAME) == len(WORKLOADS)


@pytest.mark.parametrize("name", ["small convolution", "relu", "softmax"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_both_sides_compute_the_same(name: str, dtype: str) -> None:
    """A contender that computed something else, or nothing, would be no contender."""
    calls, _ = contenders(BY_NAME[name], dtype, rivals=False)
    (ours,), (theirs,) = (arrays(calls[side].forward()) for side in (REFIMPL, TORCH))
    assert ours.dtype == theirs.dtype == dtype
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    _, *gradients = arrays(calls[REFIMPL].step())
    expected = arrays(calls[TORCH].step())
    assert len(gradients) == len(expected) >= 1
    for ours, theirs in zip(gradients, expected, strict=True):
        assert ours.dtype == theirs.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_im2col_is_a_convolution() -> None:
    """The rival written here computes what torch computes, with stride and padding."""
    given = SMALL.draw("float64")
    dy = SMALL.upstream((3, 4, 4, 5), "float64")
    rival, torch = of_im2col(SMALL, given, dy), OURS[TORCH](SMALL, given, dy)
    np.testing.assert_allclose(*(arrays(c.forward())[0] for c in (rival, torch)), atol=1e-12)
    _, dweight, dx = rival.step()
    for ours, theirs in zip((dx, dweight), arrays(torch.step()), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


@pytest.mark.parametrize("name", BATCHES)
def test_networks_are_timed_at_their_batch(name: str) -> None:
    """Both sides take so many samples (AlexNet itself is left to the benchmark)."""
    if NETWORKS[name].full:
        pytest.skip("takes gigabytes")
    calls = of_network(NETWORKS[name], "float32", BATCHES[name], 3)
    ours, theirs = calls[REFIMPL].step(), arrays(calls[TORCH].forward())[0]
    assert len(ours.activations[0]) == BATCHES[name]
    np.testing.assert_allclose(ours.loss, theirs, rtol=1e-5)


def test_operations_are_counted() -> None:
    """Two for each product: N·C_out·H_out·W_out·C_in·K_h·K_w of them; nothing without weights."""
    assert SMALL.flops((3, 4, 4, 5)) == 2 * (3 * 4 * 4 * 5) * (2 * 3 * 2)
    assert BY_NAME["dense 4096"].flops((64, 4096)) == 2 * 64 * 4096 * 4096
    assert BY_NAME["relu"].flops((64, 4096)) is None
    assert SMALL.shapes == "3×2×7×9 4×2×3×2"


def test_im2col_is_always_there() -> None:
    """A rival that is not installed is left out."""
    assert installed("im2col")
    assert not installed("NoSuchPackageOfOurs")


def test_a_rival_that_cannot_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """MyGrad refuses windows that leave pixels over: the others are timed all the same."""

    def refuses(*given: Any) -> Any:
        def forward() -> None:
            raise ValueError("Stride and kernel dimensions are incompatible")

        return OURS[TORCH](*given)._replace(forward=forward)

    monkeypatch.setattr("parity.bench.speed.RIVALS", {"im2col": refuses})
    assert list(contenders(SMALL, "float64", rivals=True)[0]) == [REFIMPL, TORCH]
    monkeypatch.setattr("parity.bench.speed.RIVALS", {"im2col": of_im2col})
    assert list(contenders(SMALL, "float64", rivals=True)[0]) == [REFIMPL, TORCH, "im2col"]


# --- timing -------------------------------------------------------------------------------


class Clock:
    """Time that passes only where a call says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.order = 0.0, ""
        monkeypatch.setattr(timing.time, "perf_counter", lambda: self.now)

    def call(self, name: str, seconds: float) -> Callable[[], None]:
        def run() -> None:
            self.now += seconds
            self.order += name

        return run


def test_contenders_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every round times each of them, each round from another one on."""
    clock = Clock(monkeypatch)
    found = interleaved({"a": clock.call("a", 1.0), "b": clock.call("b", 0.25)}, 3)
    assert found == {"a": [1.0] * 3, "b": [0.25] * 3}
    assert clock.order == "aabb" + "ab" + "ba" + "ab"  # two each to warm up


def test_short_calls_are_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample lasts 20 ms; what is reported is one call."""
    clock = Clock(monkeypatch)
    found = interleaved({"a": clock.call("a", 2.0**-10)}, 1)
    assert found == {"a": [2.0**-10]}
    assert len(clock.order) == 2 + round(0.02 * 2**10)


def test_a_ratio_is_of_the_same_round() -> None:
    """A machine that is slow for one round does not change it."""
    assert ratio({"a": [1.0, 10.0, 1.1], "b": [2.0, 20.0, 2.0]}, "a", "b") == 0.5


# --- memory -------------------------------------------------------------------------------

needs_peak = pytest.mark.skipif(not memory.CLEAR.exists(), reason="no VmHWM to reset")


@needs_peak
def test_memory_of_a_call_is_seen_by_a_fresh_process() -> None:
    """The sides of a pooling: what NumPy and torch take is counted, in the order of its result."""
    name = "max 2×2 stride 2"
    result = 32 * 64 * 28 * 28 * 8
    for side in (REFIMPL, TORCH):
        forward, step = memory.peaks(side, "float64", [name])[name]
        assert result <= forward < 4 * result
        assert forward < step


@needs_peak
def test_a_peak_is_more_than_what_is_left() -> None:
    """64 MB for a moment, nothing in the end."""

    def call() -> None:
        np.ones(8_000_000)

    assert 60e6 < peak_extra_bytes(call) < 80e6


def test_without_a_peak_nothing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the operating system tells no peak, the column stays empty."""
    monkeypatch.setattr(memory, "CLEAR", tmp_path / "not there")
    assert memory.peaks(REFIMPL, "float64", ["relu"]) == {}


# --- the whole ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> list[BenchRow]:
    """A small benchmark."""
    done: list[int] = []
    plan = Plan((SMALL,), ("lenet",), ("float64",), (1, 2), rounds=2, rivals=True, memory=False)
    found = bench(plan, lambda: done.append(1))
    assert len(done) == plan.steps == 4
    return found


def test_rows(rows: list[BenchRow]) -> None:
    """Each contender in both directions; rivals with one thread; torch is 1 × torch."""
    assert {(r.workload, r.threads, r.direction) for r in rows if r.contender == REFIMPL} == {
        (w, t, d) for w in ("small", "lenet, batch 32") for t in (1, 2) for d in (FORWARD, STEP)
    }
    assert {r.threads for r in rows if r.contender == "im2col"} == {1}
    assert {r.ratio_to_torch for r in rows if r.contender == TORCH} == {1.0}
    for row in rows:
        assert row.seconds > 0
        if row.workload == "small":
            work = SMALL.flops((3, 4, 4, 5)) * (1 if row.direction == FORWARD else 3)
            assert row.gflops == pytest.approx(work / row.seconds / 1e9)
            assert 0 < row.gemm_share < 1
        else:
            assert row.gflops is row.gemm_share is None


def test_means_are_geometric(rows: list[BenchRow]) -> None:
    """Of each group, dtype, threads, direction and contender."""
    found = means(rows)
    ours = [r for r in rows if r.contender == REFIMPL and r.workload == "small"]
    first = ours[0]
    key = ("convolution", "float64", first.threads, first.direction, REFIMPL)
    assert found[key] == pytest.approx(first.ratio_to_torch)
    assert any(
        line.startswith("convolution, im2col: float64, 1 thread") for line in mean_lines(rows)
    )
    assert not any("torch:" in line or line.startswith("network") for line in mean_lines(rows))


def test_the_table_has_a_line_for_each_workload(rows: list[BenchRow]) -> None:
    """By dtype and threads; no memory where none was measured."""
    assert table(rows).row_count == 4


def test_workloads_by_name_and_group() -> None:
    """A group is all of its workloads; a network is none of them."""
    assert chosen([]) == (WORKLOADS, tuple(BATCHES))
    assert chosen(["convolution", "lenet"]) == (CONVOLUTIONS, ("lenet",))
    with pytest.raises(UnknownWorkloadError, match="called 'convolutoin'; did you mean 'convol"):
        chosen(["convolutoin"])


def test_the_command(call: Call, tmp_path: Path) -> None:
    """A part is written where --out says, and nowhere else."""
    part = ("bench", "small convolution", "--dtype", "float32", "--threads", 1, "--rounds", 1)
    outcome = call(*part, "--no-memory", "--out", tmp_path)
    assert outcome.code == 0
    assert "small convolution" in outcome.out
    with (tmp_path / "bench.csv").open(encoding="utf-8", newline="") as file:
        written = list(csv.DictReader(file))
    assert [r["contender"] for r in written] == [REFIMPL, TORCH] * 2
    outcome = call(*part, "--no-memory")
    assert outcome.out.splitlines()[-1] == "report: none of a part; --out DIR writes one"


def test_an_unknown_workload_is_a_wrong_call(call: Call) -> None:
    """One line and exit code 2."""
    outcome = call("bench", "LeNet conv9")
    assert outcome.code == 2
    assert outcome.err.startswith("parity: no workload is called 'LeNet conv9'; did you mean")


def test_a_name_like_no_other_shows_all(call: Call) -> None:
    """Quoted, as they must be given."""
    outcome = call("bench", "quaternions")
    assert outcome.code == 2
    assert outcome.err.startswith(
        "parity: no workload is called 'quaternions'; there are 'LeNet conv1'"
    )
    assert outcome.err.endswith("'alexnet'\n")


def test_a_rival_that_is_not_installed_is_named(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the others are timed."""
    monkeypatch.setattr(speed, "installed", lambda rival: rival == "im2col")
    part = ("small convolution", "--dtype", "float64", "--threads", "1", "--rounds", "1")
    outcome = call("bench", *part, "--no-memory", "--rivals")
    assert outcome.code == 0
    assert outcome.err.splitlines()[:2] == [
        "MyGrad is not installed: left out",
        "JAX is not installed: left out",
    ]


def test_workloads_by_function() -> None:
    """A function, by any word for it, stands for what times it."""
    timed, networks = chosen(["nn.Conv2d"])
    assert {workload.function for workload in timed} == {"conv2d"}
    assert not networks
    assert chosen(["LeNet"])[1] == ("lenet",)
    assert {workload.function for workload in chosen(["dense"])[0]} == {"linear"}
