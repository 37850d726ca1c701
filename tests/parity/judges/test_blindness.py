"""Rows of ordinary numbers see a tensor 0.05 % too large, in float32 as well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parity import oracle
from parity.cases.case import FLOATS
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.judges.layer import check_case
from parity.judges.network import check_network
from parity.judges.training import check_training
from parity.results.settings import Settings
from parity.results.verdicts import BLIND

SETTINGS = Settings()


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_layer_row_is_blind(function: str) -> None:
    """With exact values, by refimpl's own bound; what is odd about the others is said."""
    with oracle.single_threaded():
        rows = [
            (case, row)
            for case in GOOD
            if case.function == function
            for dtype in case.dtypes
            for row in check_case(case, dtype, SETTINGS, exactly=False).rows
            if row.verdict == BLIND
        ]
    assert [f"{row.case} {row.tensor}: {row.note}" for case, row in rows if case.ordinary] == []
    assert all("keep few digits" in row.note or "small beside" in row.note for _, row in rows)


@pytest.mark.parametrize("name", ["lenet", "xor", "options"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_no_local_row_is_blind(name: str, dtype: str) -> None:
    """Of a network, and of the first steps of its training."""
    with oracle.single_threaded():
        found = check_network(NETWORKS[name], dtype, SETTINGS)
        if NETWORKS[name].steps:
            found.extend(check_training(replace(NETWORKS[name], steps=2), dtype, SETTINGS))
    local = [r for r in found.rows if "accumulated" not in r.case and "free step" not in r.case]
    assert local
    assert [f"{row.case} {row.layer} {row.tensor}" for row in local if row.verdict == BLIND] == []
