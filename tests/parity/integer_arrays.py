"""Arrays of integers, on which both sides are exact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from exact import random

from parity.cases.case import Draw, draw


def integer_arrays(shapes: Mapping[str, Any], dtype: str = "float64") -> dict[str, Any]:
    return {
        name: draw(shape, dtype, np.random.default_rng(i))
        if isinstance(shape, Draw)
        else random("integers", shape, dtype, 1, i)
        for i, (name, shape) in enumerate(shapes.items())
    }
