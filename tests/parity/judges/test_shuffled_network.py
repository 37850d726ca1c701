"""A unit of ShuffleNet: halves of the channels, one of them through a layer, shuffled together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from parity.cases.case import Array
from parity.cases.network_case import Loss, NetworkCase, described
from parity.judges.network import check_network
from parity.results.settings import Settings
from parity.suite.planting import replaced
from refimpl import (
    ChannelShuffle,
    Concatenate,
    Conv2d,
    Linear,
    Network,
    Reshape,
    SliceAxis,
    Transpose,
    channel_shuffle,
    rearranging_layers,
)

SETTINGS = Settings(seed=11)
DESCRIBED = {
    "stem": described("conv2d"),
    "passed": described("slice_axis", "stem", axis=1, stop=3),
    "taken": described("slice_axis", "stem", axis=1, start=3),
    "branch": described("conv2d", "taken", padding=(1, 0)),
    "stack": described("concatenate", "passed", "branch"),
    "shuffle": described("channel_shuffle", groups=2),
    "last": described("transpose", axes=(0, 2, 3, 1)),
    "flat": described("reshape", shape=(-1, 108)),
    "output": described("linear"),
}


def build(rng: np.random.Generator) -> Network:
    """conv 6@2×2 → 3 maps as they are, 3 through a conv → shuffled → channels last → dense 2."""
    layers: dict[str, Any] = {
        "stem": Conv2d(rng.normal(size=(6, 2, 2, 2)) / 3, rng.normal(size=6)),
        "passed": SliceAxis(1, stop=3),
        "taken": SliceAxis(1, start=3),
        "branch": Conv2d(rng.normal(size=(3, 3, 3, 1)) / 3, rng.normal(size=3), padding=(1, 0)),
        "stack": Concatenate(),
        "shuffle": ChannelShuffle(2),
        "last": Transpose((0, 2, 3, 1)),
        "flat": Reshape((-1, 108)),
        "output": Linear(rng.normal(size=(2, 108)) / 9, rng.normal(size=2)),
    }
    inputs = {"taken": ("stem",), "stack": ("passed", "branch")}
    return Network(layers, inputs)


def batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(5, 2, 7, 4)), rng.normal(size=(5, 2))) for _ in range(steps)]


UNIT = NetworkCase("shuffled", build, DESCRIBED, batches, (), loss=Loss("squared_error", {}))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_layer_agrees_with_torch(dtype: str) -> None:
    """Alone, and with errors that come through all layers before."""
    findings = check_network(UNIT, dtype, SETTINGS)
    assert findings.failures == []
    moved = ("slice_axis", "channel_shuffle", "transpose", "reshape")
    assert {row.function for row in findings.rows} > set(moved)


def test_a_shuffle_back_by_as_many_groups_is_seen() -> None:
    """At the layer itself, and in the gradients that it sends on."""
    wrong = lambda dy, x, groups: channel_shuffle(dy, groups)  # noqa: E731
    with replaced(rearranging_layers, "channel_shuffle_backward", wrong):
        findings = check_network(UNIT, "float64", SETTINGS)
    found = {(row.layer, row.tensor) for row in findings.rows if row.failed}
    assert ("shuffle", "dx") in found
    assert ("stem", "dweight") in found
