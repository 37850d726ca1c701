"""Networks that keep integers exact: sums, products and choices alone."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from parity.cases.networks import NETWORKS
from refimpl import Add, AvgPool2d, Conv2d, Flatten, Linear, Network

SUMS = {
    "conv": described("conv2d", padding=1),
    "add": described("add", "x", "conv"),
    "sum": described("avg_pool2d", kernel_size=(2, 3), stride=(2, 1), divisor_override=1),
    "flatten": described("flatten"),
    "output": described("linear"),
}


def _sums(rng: np.random.Generator) -> Network:
    """conv 3@3×3 → + x → sums of 2×3 windows that overlap → dense 4; h = x + f(x), no kink."""
    return Network(
        {
            "conv": Conv2d(np.zeros((3, 3, 3, 3)), np.zeros(3), padding=1),
            "add": Add(),
            "sum": AvgPool2d((2, 3), stride=(2, 1), divisor_override=1),
            "flatten": Flatten(),
            "output": Linear(np.zeros((4, 3 * 3 * 3)), np.zeros(4)),
        },
        {"add": ("x", "conv")},
    )


def _maps(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(np.zeros((2, 3, 7, 5)), np.zeros(2, np.int64))]


CHAINS = {
    case.name: case
    for case in (
        NetworkCase("sums", _sums, SUMS, _maps, documents=("D4.16",)),
        *(NETWORKS[name] for name in ("small_relu", "residual", "inception")),
    )
}
