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
from refimpl import convolution, max_pooling, windows

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


def test_the_real_size_comes_back() -> None:
    """Also after an error."""
    real = windows.BLOCK_BYTES
    with pytest.raises(KeyError), blocks_of(7):
        raise KeyError(windows.BLOCK_BYTES)
    assert real == windows.BLOCK_BYTES
    with blocks_of(None):
        assert real == windows.BLOCK_BYTES


def without_last(blocks: Any) -> Any:
    """Whatever the blocks are, the last of several is forgotten."""

    def some(*arguments: Any) -> Iterator[Any]:
        every = list(blocks(*arguments))
        yield from every[:-1] or every

    return some


@pytest.mark.parametrize(
    ("case", "module", "name"),
    [(CONVOLUTION, convolution, "_blocks"), (POOLING, max_pooling, "map_blocks")],
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
