"""Small blocks: as many as said, the real ones afterwards, and a wrong last one is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from parity.cases.case import Case, Draw
from parity.judges.block_size import blocks_of
from parity.judges.layer import check_case
from parity.results.settings import Settings
from refimpl import convolution, dense, max_pooling, sums, windows

QUICK = Settings(quick=True)
CONVOLUTION = Case(
    "conv2d",
    "small",
    {"x": Draw((3, 4, 9, 8)), "weight": Draw((6, 2, 3, 2))},
    {"groups": 2, "padding": ((1, 2), (0, 3)), "dilation": (2, 1)},
    block_bytes=5000,
)
POOLING = Case(
    "max_pool2d",
    "small",
    {"x": Draw((2, 3, 9, 8))},
    {"kernel_size": 3, "padding": 1, "stride": 2, "ceil_mode": True},
    block_bytes=1200,
)


def sizes() -> list[int]:
    return [windows.BLOCK_BYTES, sums.ROWS_BYTES, sums.TERMS, sums.RUN, sums.FEW]


def assert_small(real: list[int]) -> None:
    """All are smaller; ends in an error."""
    assert all(small < large for small, large in zip(sizes(), real, strict=True))
    raise KeyError


def test_the_real_size_comes_back() -> None:
    """Of everything, also after an error."""
    real = sizes()
    with pytest.raises(KeyError), blocks_of(7):
        assert_small(real)
    assert sizes() == real
    with blocks_of(None):
        assert sizes() == real


def without_last(blocks: Any) -> Any:
    """Whatever the blocks are, the last of several is forgotten."""

    def some(*arguments: Any) -> Iterator[Any]:
        every = list(blocks(*arguments))
        yield from every[:-1] or every

    return some


@pytest.mark.parametrize(
    ("case", "module", "name"),
    [(CONVOLUTION, convolution, "window_blocks"), (POOLING, max_pooling, "map_blocks")],
)
def test_a_forgotten_block_is_refused(
    case: Case, module: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where blocks are small; the real ones have one of it all."""
    whole = replace(case, block_bytes=None)
    assert check_case(case, "float64", QUICK).holds
    monkeypatch.setattr(module, name, without_last(getattr(module, name)))
    assert check_case(whole, "float64", QUICK).holds
    assert not check_case(case, "float64", QUICK).holds


def without_last_part(matmul: Any) -> Any:
    """A product that forgets the last terms where there is more than one part."""

    def some(a: Any, b: Any, out: Any = None) -> Any:
        kept = a.shape[-1] // sums.TERMS * sums.TERMS or a.shape[-1]
        return matmul(a[..., :kept], b[..., :kept, :], out)

    return some


def test_forgotten_terms_of_a_long_sum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where sums are cut short; the real ones are one of them all."""
    case = Case("linear", "small", {"x": Draw((3, 19)), "weight": Draw((2, 19))}, block_bytes=1)
    assert check_case(case, "float64", QUICK).holds
    monkeypatch.setattr(dense, "matmul", without_last_part(sums.matmul))
    assert check_case(replace(case, block_bytes=None), "float64", QUICK).holds
    assert not check_case(case, "float64", QUICK).holds
