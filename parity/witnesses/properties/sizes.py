"""Sizes and numbers of parameters, as the arrays of a case have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import refimpl
from parity.witnesses.properties.situation import Call, Situation

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
POOLINGS = tuple(f"{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3))
OF_SIZE = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")


def sizes_as_counted(given: Situation) -> Iterator[str]:
    """The output's size beside torch's; weights and biases beside those of the arrays."""
    for what, found, wanted in _counted(given.call):
        if found != wanted:
            yield f"{what} says {found}, not {wanted}"


def _counted(call: Call) -> Iterator[tuple[str, Any, Any]]:
    name, arrays = call.function.name, call.arrays
    first, weight = next(iter(arrays.values())), arrays.get("weight")
    options = {key: value for key, value in call.options.items() if key in OF_SIZE}
    sizes, output = first.shape[2:], call.dy.shape[2:]
    if name in POOLINGS:
        yield "pool_output_size", refimpl.pool_output_size(sizes, **options), output
    if weight is None:
        return
    counted = weight.size, len(weight)
    if name in CONVOLUTIONS:
        kernel, groups = weight.shape[2:], call.options.get("groups", 1)
        yield "conv_output_size", refimpl.conv_output_size(sizes, kernel, **options), output
        found = refimpl.conv_parameters(first.shape[1], len(weight), kernel, groups)
        yield "conv_parameters", found, counted
    if name == "shared_conv2d":
        found = refimpl.shared_conv_parameters(len(weight), weight.shape[1:])
        yield "shared_conv_parameters", found, counted
    if name == "linear":
        yield "dense_parameters", refimpl.dense_parameters(*weight.shape[::-1]), counted
        yield "dense_connections", refimpl.dense_connections(*weight.shape[::-1]), weight.size
