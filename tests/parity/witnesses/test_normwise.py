"""A transform is accurate in norm: it is refused, and told how much worse than a sum it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from implementations import put_in_place

import refimpl
from parity.cases.case import Array, Case, Draw
from parity.judges.layer import check_case
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.witnesses.closeness import in_roundings

# One row of x is a million times smaller than the others.
SPREAD = Case("conv2d", "spread", {"x": Draw((1, 2, 24, 24), "wide"), "weight": Draw((3, 2, 3, 3))})
NORM = "accurate in norm, as FFT, Winograd and Strassen are, not element by element"


def by_fft(x: Array, weight: Array, bias: Array | None = None, **options: Any) -> Array:
    """A correlation as a product of transforms."""
    sizes = x.shape[2:]
    of_x, of_weight = (np.fft.rfft2(a, sizes) for a in (x[:, None], weight[None]))
    y = np.fft.irfft2(np.sum(of_x * of_weight.conj(), axis=2), sizes)
    rows, columns = (n - k + 1 for n, k in zip(sizes, weight.shape[2:], strict=True))
    return y[:, :, :rows, :columns].astype(x.dtype)


def failed(case: Case, dtype: str = "float64") -> Row:
    (row,) = [r for r in check_case(case, dtype, Settings()).failures if r.tensor == "y"]
    return row


def test_a_transform_is_told_by_how_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many roundings of Σ|terms|, where a direct sum of 18 terms has at most 18."""
    put_in_place(monkeypatch, "conv2d", by_fft)
    said = failed(SPREAD).opinion
    assert "refimpl stands alone (its formula is right, its arithmetic is not); " in said
    assert " roundings of Σ|terms|, a direct sum has at most 18; " in said
    assert said.endswith(NORM)


def test_a_mistake_is_not_accurate_in_norm(monkeypatch: pytest.MonkeyPatch) -> None:
    """0.05 % is far from it, and is told that it is worse than a sum all the same."""
    right = refimpl.convolution.conv2d
    put_in_place(monkeypatch, "conv2d", lambda *a, **o: right(*a, **o) * a[0].dtype.type(1.0005))
    said = failed(SPREAD).opinion
    assert " roundings of Σ|terms|, a direct sum has at most 18" in said
    assert NORM not in said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            100.0,
            "; 50 roundings of Σ|terms|, a direct sum has at most 9; 0.1 roundings",
        ),
        (9001.0, "; 4.5e+03 roundings of Σ|terms|, a direct sum has at most 9"),
        (np.inf, ""),
    ],
)
def test_in_roundings(error: float, said: str) -> None:
    """Σ|terms| is 2 here and 1000 at most; the bound here is 18, nine roundings."""
    found = in_roundings(error, 18.0, np.array([1000.0, 2.0]), (1,), (2,))
    assert found.startswith(said)
    assert (NORM in found) is (error == 100)


def test_where_nothing_is_added() -> None:
    """Of no terms there are no roundings."""
    assert in_roundings(1.0, 0.0, np.array([5.0, 0.0]), (1,), (2,)) == ""
