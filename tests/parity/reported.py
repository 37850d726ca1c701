"""Rows for the tests of what a run says."""

from __future__ import annotations

from dataclasses import replace

from parity.results.rows import Row

CASE = Row(
    case="conv2d[stride(2,1)]",
    kind="layer",
    function="conv2d",
    network="",
    layer="",
    tensor="dweight",
    argument="weight",
    direction="backward",
    documents="D0.12",
    dtype="float32",
    device="cpu",
    shape="(4, 3, 3, 2)",
    elements=72,
    seed=20261120,
    max_abs_error=3.1e-04,
    max_rel_error=0.0,
    max_ulp=9.0,
    bound_at_worst=1.1e-06,
    worst_ratio=281.8,
    worst_index="(2, 0, 1, 1)",
    refimpl_value=0.51231,
    torch_value=0.51262,
    exact_value=0.51231,
    refimpl_ulp=0.5,
    torch_ulp=9.0,
    refimpl_roundings=0.75,
    torch_roundings=3.0,
    closer="refimpl",
    truth_radius=1e-30,
    exact_elements=72,
    resolution=2e-06,
    element_resolution=1e-05,
    bound_over_value=None,
    largest_value=None,
    kinks=0,
    overflow=0,
    verdict="outside",
    note="",
    outside=12,
)
NETWORK = replace(
    CASE,
    case="lenet[local]",
    kind="local",
    function="avg_pool2d",
    network="lenet",
    layer="pool1",
    tensor="dx",
    dtype="float64",
)
