"""What the witness of exact values is asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from parity.cases.case import Array

SUM = "sum"  # of the gradients that several layers send back: no function of refimpl's own


class Problem(NamedTuple):
    """A function on given floats and an upstream gradient; its tensors are y, dx, dweight, …"""

    function: str
    arrays: Mapping[str, Array]
    options: Mapping[str, Any]
    dy: Array
