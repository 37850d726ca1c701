"""A twin of a function in torch called as the function's row says: arrays by place or by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from parity.cases.functions import FUNCTIONS as ROWS
from parity.oracle.torch_functions import FUNCTIONS


def value_of(function: str, tensors: Mapping[str, Tensor], options: Mapping[str, Any]) -> Tensor:
    """torch's value."""
    by_name = ROWS[function].by_name if function in ROWS else ()
    named = {name: tensor for name, tensor in tensors.items() if name in by_name}
    placed = [tensor for name, tensor in tensors.items() if name not in named]
    return FUNCTIONS[function](*placed, **named, **options)
