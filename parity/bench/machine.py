"""The machine behind the figures, and the ratio of both sides' products of matrices on it.

NumPy and torch each bring a BLAS, which picks its kernels by the processor. What refimpl gains or
loses by it is no merit of its own, so the ratio stands beside the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from statistics import median
from typing import Any

import numpy as np

from parity import oracle
from parity.bench.contenders import REFIMPL, TORCH
from parity.bench.speed import computing_with
from parity.bench.timing import ratio, turns, warmed_up
from parity.bench.workloads import SEED
from parity.cases.case import Array
from parity.results.about import about_machine

DTYPES = ("float64", "float32")
SIZE, ROUNDS = 512, 21  # of 7 the ratio differs by a fifth from call to call


@dataclass(frozen=True)
class Product:
    """A product of two square matrices on one thread, in CPU seconds."""

    dtype: str
    size: int
    refimpl_seconds: float  # `a @ b`, as refimpl says it
    torch_seconds: float
    ratio: float  # refimpl's over torch's, the median of the rounds' ratios


def products(size: int = SIZE, rounds: int = ROUNDS) -> list[Product]:
    """Time both sides' products, in turns."""
    with computing_with(1):
        return [_product(dtype, size, rounds) for dtype in DTYPES]


def _product(dtype: str, size: int, rounds: int) -> Product:
    a, b = factors(dtype, size)
    calls = {REFIMPL: lambda: a @ b, TORCH: oracle.product(a, b)}
    repeats = {name: warmed_up(call) for name, call in calls.items()}
    seconds = {
        name: [spent.cpu for spent in each] for name, each in turns(calls, repeats, rounds).items()
    }
    return Product(
        dtype,
        size,
        median(seconds[REFIMPL]),
        median(seconds[TORCH]),
        ratio(seconds, REFIMPL, TORCH),
    )


def about_bench(command: Sequence[str]) -> dict[str, Any]:
    """What the figures of a benchmark depend on: machine, versions, products of matrices."""
    about = about_machine()
    del about["torch"]["threads"]  # each row says its own
    return {
        "command": list(command),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        **about,
        "products": [asdict(product) for product in products()],
    }


def factors(dtype: str, size: int) -> tuple[Array, Array]:
    """Two matrices."""
    rng = np.random.default_rng(SEED)
    return rng.normal(size=(size, size)).astype(dtype), rng.normal(size=(size, size)).astype(dtype)
