"""torch in half precision: seen, under a bound of its own, and never a failure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from planting import plant, raise_

import refimpl
from parity import oracle
from parity.bounds.arithmetic import HALVES, arithmetic
from parity.bounds.rules import forward_bound
from parity.cases.case import Array
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.judges import half_precision as half
from parity.judges.half_precision import DTYPES, check_half, half_cases, half_ulps, ordinary
from parity.oracle import torch_functions
from parity.report.text import half_note
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import INFORMATION
from parity.suite.task import CASES

SETTINGS = Settings(seed=19)
CASE = CASES["linear[plain]"]


def rows_of(case: Any = CASE, dtype: str = "float16") -> list[Row]:
    return check_half(case, dtype, SETTINGS).rows


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_arithmetic_is_torchs(dtype: str) -> None:
    """u, the smallest and the largest number as torch says them."""
    info = torch.finfo(getattr(torch, dtype))
    found = arithmetic("torch", dtype)
    assert found.u == info.eps / 2
    assert found.eta == info.smallest_normal * info.eps
    assert found.largest == info.max


def test_every_function_has_ordinary_cases() -> None:
    """One or two of each: small, no extreme numbers."""
    chosen = half_cases().values()
    assert {case.function for case in chosen} == set(FUNCTIONS)
    assert all(ordinary(case) for case in chosen)
    assert len(chosen) <= half.EACH * len(FUNCTIONS)
    odd = ("special", "huge", "empty batch", "window of 255 places")
    assert not any(ordinary(case) for case in GOOD if case.name in odd)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ["linear[plain]", "conv2d[plain]", "softmax[plain]"])
def test_torch_is_within_its_bound(name: str, dtype: str) -> None:
    """Every tensor, off by something, and by less than the bound says."""
    for row in rows_of(CASES[name], dtype):
        assert (row.verdict, row.failed, row.note) == (INFORMATION, False, "")
        assert (row.dtype, row.elements > 0) == (dtype, True)
        assert 0 < row.worst_ratio < 1
        assert 0 < row.max_ulp < 100


def test_the_bound_is_not_that_of_float32() -> None:
    """Under float32's own bound half precision is far outside."""
    arrays, options = half._held(CASE, "float16", 19)
    theirs = oracle.in_half("linear", arrays, options, np.zeros(0), [], "float16").y
    both = arithmetic("numpy", "float32"), arithmetic("torch", "float32")
    ours = FUNCTIONS["linear"].forward(arrays, options)
    limit = forward_bound("linear", arrays, options, both).limit
    assert np.max(np.abs(ours - theirs) / limit) > 10


@pytest.mark.parametrize(
    ("change", "who"),
    [(lambda grads: grads._replace(dx=grads.dx * np.float32(1.2)), "refimpl"), (None, "torch")],
)
def test_what_is_beyond_the_bound_is_explained(
    monkeypatch: pytest.MonkeyPatch, change: Any, who: str
) -> None:
    """By the exact value: how far each side is off. It is no failure."""
    if change:
        only_floats = lambda g: g if g.dx.dtype == object else change(g)  # noqa: E731
        plant(monkeypatch, refimpl, "linear_backward", only_floats)
    else:
        right = torch_functions.FUNCTIONS["linear"]
        monkeypatch.setitem(torch_functions.FUNCTIONS, "linear", lambda x, *a: right(x * 1.25, *a))
    row = next(row for row in rows_of() if row.tensor == "dx")
    assert (row.verdict, row.failed) == (INFORMATION, False)
    assert row.worst_ratio > 1
    said, _, off = row.note.partition("; from the exact ")
    assert said.endswith("elements beyond the bound")
    ours, theirs = (float(part.rsplit(" ", 1)[1]) for part in off.split(", "))
    assert (ours > 10 * theirs) if who == "refimpl" else (theirs > 10 * ours)


def test_a_value_that_is_not_known_exactly_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl that does not run on balls."""

    def no_balls(y: Array) -> Array:
        return y * np.float32(2) if y.dtype != object else raise_(TypeError("no balls"))

    plant(monkeypatch, refimpl, "linear", no_balls)
    row = rows_of()[0]
    assert row.note.endswith("the exact value is not known: refimpl raised TypeError: no balls")


def test_no_kernel_is_said() -> None:
    """torch has no average pooling of volumes in half precision on a processor."""
    case = next(c for c in half_cases().values() if c.function == "avg_pool3d")
    (row,) = rows_of(case)
    assert (row.verdict, row.elements, row.failed) == (INFORMATION, 0, False)
    assert row.note.startswith("torch does not compute it in float16: ")
    assert "not implemented for 'Half'" in row.note


def test_inputs_are_those_of_half_precision() -> None:
    """Exact on both sides: refimpl gets no digits that torch has not; options neither."""
    case = next(c for c in GOOD if c.options.get("sigma") == 0.8)
    for dtype in DTYPES:
        arrays, options = half._held(case, dtype, 3)
        for array in (*arrays.values(), np.float32(options["sigma"])):
            assert np.array_equal(oracle.rounded(np.asarray(array), dtype), array)
        assert options["sigma"] != 0.8
        assert options["kernel_size"] == 3


def test_ulps_of_half_precision() -> None:
    """Next to 1 one ULP is 2⁻¹⁰ (float16), 2⁻⁷ (bfloat16); near 0 the smallest number."""
    for dtype, unit in (("float16", 2.0**-10), ("bfloat16", 2.0**-7)):
        one = np.array([1.0], np.float32)
        assert half_ulps(one, one + np.float32(3 * unit), dtype) == 3
        small = np.array([HALVES[dtype][1]], np.float32)
        assert half_ulps(np.zeros(1, np.float32), small, dtype) == 1
    assert half_ulps(np.zeros(0, np.float32), np.zeros(0, np.float32), "float16") == 0


def test_the_line_of_a_run() -> None:
    """How many tensors, how far at most, what has no kernel."""
    missing = next(c for c in half_cases().values() if c.function == "avg_pool3d")
    rows = rows_of() + rows_of(missing)
    largest = max(row.worst_ratio for row in rows)
    assert half_note(rows) == [
        f"torch in float16, for information: {len(rows) - 1} tensors, error/bound ≤ "
        f"{largest:.3g}, 0 beyond the bound, 1 without a kernel"
    ]
    assert half_note([]) == []
