"""ResNet-18: joined and described as it should be; at full size beside torch, once, by `make slow`.

Two minutes and 3 GB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import refimpl
from parity.cases.case import Array
from parity.cases.graph import RUNNING, SUM
from parity.cases.network_case import described
from parity.cases.resnet import ARCHITECTURE, RESNET18, SMALL, SMALL_RESNET
from parity.judges import network
from parity.judges.network import check_locally, check_network
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IDENTICAL, WITHIN
from refimpl import Network, running_statistics

ALONE = Settings(quick=True)
NORMS = [name for name, said in ARCHITECTURE.items() if said.function == "batch_norm"]


def of(findings: Findings, how: str) -> list[Row]:
    return [row for row in findings.rows if row.case.endswith(f"[{how}]")]


# --- what it is meant to be ---------------------------------------------------------------


def test_the_description_is_of_its_layers() -> None:
    """The same layers in the same order, that take the same outputs; 20 normalisations."""
    ours, said, _ = RESNET18.model("float32", 1)
    assert list(ours.layers) == list(said)
    functions = {name: layer.function for name, layer in ours.layers.items()}
    assert functions == {name: d.function for name, d in said.items()}
    assert ours.inputs == {name: d.inputs for name, d in said.items()}
    assert len(NORMS) == 20


# --- small: what is refused ---------------------------------------------------------------


def joined(change: Callable[[Network], Network]) -> set[tuple[str, str]]:
    """Layer and tensor of what is outside where both sides run free, of a network changed."""
    case = replace(SMALL_RESNET, build=lambda rng: change(SMALL_RESNET.build(rng)))
    found = check_network(case, "float64", ALONE)
    assert not [row for row in of(found, "local") if row.failed]
    return {(row.layer, row.tensor) for row in of(found, "accumulated") if row.failed}


def test_as_it_is() -> None:
    """Nothing is refused; every sum at a shortcut and all running statistics have their rows."""
    for dtype in ("float32", "float64"):
        found = check_network(SMALL_RESNET, dtype, Settings())
        assert {row.verdict for row in of(found, "local")} == {WITHIN, IDENTICAL}
        assert found.failures == []
        rows = {(row.layer, row.tensor): row for row in of(found, "local")}
        assert {layer for layer, tensor in rows if tensor == SUM} == {"maxpool", "layer1.0.relu2"}
        norms = {name for name, said in SMALL.items() if said.function == "batch_norm"}
        assert {layer for layer, tensor in rows if tensor == RUNNING} == norms
        assert rows["bn1", RUNNING].function == "running_statistics"
        assert rows["bn1", RUNNING].shape == "(2, 4)"


def test_a_shortcut_from_elsewhere_is_seen() -> None:
    """From behind the block's first normalisation: each layer is right, the network is not."""

    def inside(right: Network) -> Network:
        inputs = {**right.inputs, "layer1.0.add": ("layer1.0.bn1", "layer1.0.bn2")}
        return Network(right.layers, inputs)

    assert joined(lambda right: right) == set()
    assert {("layer1.0.add", "y"), ("maxpool", SUM), ("loss", "loss")} <= joined(inside)


def test_running_statistics_that_are_wrong_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variance of the batch itself, not the unbiased one; in each normalisation."""

    def biased(x: Array, running_mean: Array, running_var: Array) -> Array:
        mean, var = running_statistics(x, running_mean, running_var)
        old, K = 0.9 * running_var, x.size // x.shape[1]
        return np.stack([mean, old + (var - old) * (K - 1) / K])

    monkeypatch.setattr(refimpl, "running_statistics", biased)
    found = check_network(SMALL_RESNET, "float64", ALONE)
    refused = {(row.layer, row.tensor) for row in of(found, "local") if row.failed}
    assert refused == {(name, RUNNING) for name, d in SMALL.items() if d.function == "batch_norm"}


def test_a_normalisation_in_use_is_refused() -> None:
    """Running statistics in the place of the batch's: another forward, another backward."""
    norm = described("batch_norm")
    case = replace(SMALL_RESNET, architecture={**SMALL, "layer2.0.bn1": norm})
    found = check_network(case, "float64", ALONE)
    refused = {(row.layer, row.tensor) for row in of(found, "local") if row.failed}
    assert {layer for layer, _ in refused} == {"layer2.0.bn1"}


# --- at full size -------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["float32", "float64"])
def findings(request: pytest.FixtureRequest) -> Findings:
    """One forward and backward pass of both sides, judged locally and accumulated.

    In float32 exact values of a tenth as many elements as `parity run --full` asks, in float64
    where the bound leaves something open.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "NETWORK_BUDGET", network.NETWORK_BUDGET // 10)
        if request.param == "float64":
            where_open = partial(check_locally, exactly=False)
            patch.setattr(network, "check_locally", lambda *given, exactly: where_open(*given))
        return check_network(RESNET18, request.param, Settings())


@pytest.mark.slow
def test_every_layer_is_right(findings: Findings) -> None:
    """Locally every tensor of every layer is within its own bound, or identical."""
    local = of(findings, "local")
    assert {row.verdict for row in local} == {WITHIN, IDENTICAL}
    assert findings.failures == []
    assert {row.layer for row in local} == {*ARCHITECTURE, "loss"}
    shapes = {(row.layer, row.tensor): row.shape for row in local}
    assert shapes["conv1", "z"] == "(2, 64, 112, 112)"
    assert shapes["conv1", "dx"] == "(2, 3, 224, 224)"
    assert shapes["layer3.0.downsample.0", "dweight"] == "(256, 128, 1, 1)"
    assert shapes["layer4.1.conv2", "z"] == "(2, 512, 7, 7)"
    assert shapes["fc", "dweight"] == "(1000, 512)"


@pytest.mark.slow
def test_every_shortcut_has_its_sum(findings: Findings) -> None:
    """The gradient of what a block begins with: of its first convolution and of its shortcut."""
    taken = {row.layer for row in of(findings, "local") if row.tensor == SUM}
    blocks = [f"layer{stage}.{place}.relu2" for stage in (1, 2, 3, 4) for place in (0, 1)]
    assert taken == {"maxpool", *blocks[:-1]}


@pytest.mark.slow
def test_running_statistics(findings: Findings) -> None:
    """Of all twenty normalisations, mean and variance."""
    rows = [row for row in of(findings, "local") if row.tensor == RUNNING]
    assert [row.layer for row in rows] == NORMS


@pytest.mark.slow
def test_both_sides_run_free(findings: Findings) -> None:
    """The first layer's bound is its own; behind batch after batch it says nothing any more."""
    free, local = of(findings, "accumulated"), of(findings, "local")
    tensors = {(row.layer, row.tensor) for row in local if row.tensor != RUNNING}
    assert {(row.layer, row.tensor) for row in free} == tensors
    over = {(row.layer, row.tensor): row.bound_over_value or 0 for row in free}
    assert 0 < over["conv1", "z"] < 1e-3 < 1 < over["fc", "z"]
    for row in free:
        if (row.bound_over_value or 0) >= 1:
            assert row.verdict == BLIND
