"""AlexNet at full size on the photograph, in float32, once: half a minute and some gigabytes.

This is the only test that runs it. Others go through the catalogue's networks by their flag
`full`, which leaves it out.
"""

from __future__ import annotations

import pytest

from parity.cases.alexnet import ALEXNET, ARCHITECTURE
from parity.cases.networks import NETWORKS
from parity.judges import network
from parity.judges.network import check_network
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IDENTICAL, WITHIN


@pytest.fixture(scope="module")
def findings() -> Findings:
    """One forward and backward pass of both sides, judged locally and accumulated.

    Exact values of a tenth as many elements as `parity run --full` asks.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "NETWORK_BUDGET", network.NETWORK_BUDGET // 10)
        return check_network(ALEXNET, "float32", Settings())


def of(findings: Findings, how: str) -> list[Row]:
    return [row for row in findings.rows if row.case == f"alexnet[{how}]"]


def test_it_is_the_network_that_takes_long() -> None:
    """The flag that keeps it, as ResNet-18, out of everything else; it is compared, not trained."""
    assert [case.name for case in NETWORKS.values() if case.full] == ["alexnet", "resnet18"]
    assert ALEXNET.steps == 0


@pytest.mark.slow
def test_every_layer_is_right(findings: Findings) -> None:
    """Locally every tensor of every layer is within its own bound, or identical."""
    local = of(findings, "local")
    assert {row.verdict for row in local} == {WITHIN, IDENTICAL}
    assert findings.failures == []
    assert {row.layer for row in local} == {*ARCHITECTURE, "loss"}
    shapes = {(row.layer, row.tensor): row.shape for row in local}
    assert shapes["conv1", "z"] == "(2, 96, 55, 55)"
    assert shapes["conv1", "dx"] == "(2, 3, 227, 227)"
    assert shapes["fc1", "dweight"] == "(4096, 9216)"
    assert shapes["output", "dbias"] == "(1000,)"


@pytest.mark.slow
def test_both_sides_run_free(findings: Findings) -> None:
    """The same tensors accumulated, each with how large its bound is beside the values.

    The worst case grows with every layer, until it says nothing: those rows are blind. The first
    layer's bound is still its own.
    """
    free, local = of(findings, "accumulated"), of(findings, "local")
    assert {(row.layer, row.tensor) for row in free} == {(r.layer, r.tensor) for r in local}
    over = {(row.layer, row.tensor): row.bound_over_value for row in free}
    assert None not in over.values()
    chain = [over[name, "z"] or 0 for name in ("conv1", "conv2", "conv3", "conv4", "conv5")]
    assert chain == sorted(chain)
    assert 0 < chain[0] < 1e-3 < 1 < chain[-1]
    for row in free:
        if (row.bound_over_value or 0) >= 1:
            assert row.verdict == BLIND


@pytest.mark.slow
def test_dropping_half_rounds_nothing(findings: Findings) -> None:
    """D2.13: the mask is at work, and with p = 1/2 both sides agree to the last bit."""
    rows = {row.tensor: row for row in of(findings, "local") if row.layer == "dropout"}
    assert {name: row.verdict for name, row in rows.items()} == {"y": IDENTICAL, "dx": IDENTICAL}
