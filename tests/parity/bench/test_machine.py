"""Every benchmark says which machine its figures are from, and how far apart the BLAS are."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import Call

from parity import oracle
from parity.bench import checkers, machine, scaling, startup, timing, watching_costs
from parity.bench.checkers import QUICK
from parity.bench.machine import Product, about_bench, factors, products
from parity.report.bench import machine_lines
from parity.results.about import VECTORS, vector_extensions

PRODUCTS = [Product("float64", 512, 2.0, 1.6, 1.25), Product("float32", 512, 1.0, 1.25, 0.8)]
ABOUT: dict[str, Any] = {
    "cpu": {"model": "Some Processor", "cores": 3, "vectors": ["AVX2", "AVX512F"]},
    "blas": [
        {
            "user_api": "blas",
            "internal_api": "openblas",
            "version": "0.3.31",
            "architecture": "Zen",
            "package": "numpy",
        },
        {"user_api": "openmp", "internal_api": "openmp", "version": None, "package": "torch"},
    ],
    "torch": {"blas": "mkl 2024.2", "cpu_capability": "AVX2"},
    "products": [vars(product) for product in PRODUCTS],
}
LINES = [
    "processor: Some Processor, 3 cores; AVX2 AVX512F (by NumPy)",
    "BLAS: NumPy's openblas 0.3.31 for Zen, torch's mkl 2024.2 for AVX2",
    "matrix products 512×512, CPU time of refimpl over torch's: float64 1.25, float32 0.80",
]


def with_blas(*libraries: dict[str, Any]) -> str:
    """The line on the BLAS where threadpoolctl sees these libraries."""
    return list(machine_lines({**ABOUT, "blas": libraries}))[1]


def test_the_machine_in_three_lines() -> None:
    """Processor and vectors; both BLAS; what their products take."""
    assert list(machine_lines(ABOUT)) == LINES


def test_a_blas_of_its_own_is_told_by_the_package_that_brings_it() -> None:
    """Not every torch has MKL inside, and what scipy brings is neither side's."""
    ours = ABOUT["blas"][0]
    theirs = {**ours, "version": "0.3.21", "architecture": "neoversen1", "package": "torch"}
    scipys = {**ours, "version": "0.3.9", "package": "scipy"}
    assert with_blas(scipys, theirs, ours) == (
        "BLAS: NumPy's openblas 0.3.31 for Zen, torch's openblas 0.3.21 for neoversen1 for AVX2"
    )
    assert with_blas() == "BLAS: NumPy's unknown, torch's mkl 2024.2 for AVX2"


def test_a_system_blas_is_numpys() -> None:
    """Where no installed package brings one, NumPy was built against the system's."""
    systems = {**ABOUT["blas"][0], "version": "0.3.26", "package": ""}
    assert "NumPy's openblas 0.3.26 for Zen, " in with_blas(systems)


def test_vectors_are_those_that_numpy_sees(monkeypatch: pytest.MonkeyPatch) -> None:
    """A feature that the processor lacks is not named, nor one that NumPy does not know."""
    core = np._core._multiarray_umath  # type: ignore[attr-defined]
    assert vector_extensions() == [name for name in VECTORS if core.__cpu_features__.get(name)]
    monkeypatch.setattr(core, "__cpu_features__", {"AVX2": True, "AVX512F": False, "MMX": True})
    assert vector_extensions() == ["AVX2"]
    monkeypatch.delattr(core, "__cpu_features__")
    assert vector_extensions() == []


def test_what_is_known_of_this_machine() -> None:
    """As JSON, without a path of this machine; NumPy's BLAS is found."""
    about = about_bench(["parity", "bench"])
    text = json.dumps(about)
    assert "site-packages" not in text
    assert about["command"] == ["parity", "bench"]
    assert [product["dtype"] for product in about["products"]] == ["float64", "float32"]
    assert "unknown" not in "".join(machine_lines(about))


# --- products -----------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", machine.DTYPES)
def test_both_sides_form_the_same_product(dtype: str) -> None:
    """In the dtype asked for: what is timed is what is said."""
    a, b = factors(dtype, 5)
    theirs = np.asarray(oracle.product(a, b)())
    assert (a @ b).dtype == theirs.dtype == dtype
    np.testing.assert_allclose(a @ b, theirs, rtol=1e-5)


def test_products_take_turns_in_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process that takes the processor away is not charged: waits do not count."""
    clock = {"cpu": 0.0, "wall": 0.0}
    monkeypatch.setattr(timing.time, "process_time", lambda: clock["cpu"])
    monkeypatch.setattr(timing.time, "perf_counter", lambda: clock["wall"])

    def taking(cpu: float, wall: float) -> Callable[[], None]:
        def call() -> None:
            clock["cpu"] += cpu
            clock["wall"] += wall

        return call

    class Factor:
        def __matmul__(self, other: Factor) -> None:
            taking(1.0, 1.0)()

    monkeypatch.setattr(machine, "factors", lambda dtype, size: (Factor(), Factor()))
    monkeypatch.setattr(oracle, "product", lambda a, b: taking(0.5, 8.0))
    assert products(4, 3) == [Product(dtype, 4, 1.0, 0.5, 2.0) for dtype in machine.DTYPES]


# --- the commands -------------------------------------------------------------------------


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is timed."""
    monkeypatch.setattr(machine, "products", lambda: PRODUCTS)
    monkeypatch.setattr(machine, "about_machine", lambda: {**ABOUT, "torch": dict(TORCH)})
    monkeypatch.setattr(checkers, "checkers", lambda: {QUICK: lambda: True})
    monkeypatch.setattr(startup, "bench_startup", lambda rounds, done: [])
    monkeypatch.setattr(scaling, "bench_scaling", lambda *_, **__: [])
    monkeypatch.setattr(watching_costs, "ways", lambda batch: {})
    monkeypatch.setattr(watching_costs, "bench_watch", lambda *_, **__: [])


TORCH = {**ABOUT["torch"], "threads": 1}
MODES: dict[str, tuple[str, ...]] = {
    "bench": ("small convolution", "--dtype", "float32", "--threads", "1", "--no-memory"),
    "bench_check": ("--check",),
    "bench_sweep": ("--sweep",),
    "bench_watch": ("--watch",),
}


@pytest.mark.usefixtures("light")
@pytest.mark.parametrize("mode", MODES)
def test_every_mode_says_it(call: Call, tmp_path: Path, mode: str) -> None:
    """In the first lines, and in a file beside the table."""
    outcome = call("bench", *MODES[mode], "--rounds", 1, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[:3] == LINES
    about = json.loads((tmp_path / f"{mode}.json").read_text())
    assert about["command"][:2] == ["parity", "bench"]
    assert about["torch"] == ABOUT["torch"]  # threads are each row's own
    assert about["products"] == ABOUT["products"]
    assert f"{tmp_path / mode}.csv, {tmp_path / mode}.json" in outcome.out
    with (tmp_path / f"{mode}.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file))
