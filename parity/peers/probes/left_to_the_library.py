"""What a library takes where nothing is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.peers.probe import Probe
from parity.peers.probes.topics import DEFAULTS, numbers


def defaults() -> Iterator[Probe]:
    yield _default("leaky_relu", numbers(-1, 2), "negative_slope", (0.01, 0.1, 0.2, 0.3))
    yield _default("elu", numbers(-1, 2), "alpha", (1.0,))
    near = 0.001 * numbers(-1, 2, 3, -5).reshape(2, 2)
    steps = (1e-5, 1e-3, 1e-6, 1e-12, 1e-7)
    yield _default("layer_norm", near, "eps", steps, {"normalized_shape": (2,)})
    maps = 0.001 * numbers(-1, 2, 3, -5, 4, 7, -2, 6).reshape(1, 4, 2)
    yield _default("group_norm", maps, "eps", steps, {"num_groups": 2})
    yield _default("batch_norm", near, "eps", steps, {"training": True})
    yield _default("gelu", numbers(-1, 2), "approximate", ("none", "tanh"))
    five = numbers(1, -2, 3, 5, -4).reshape(1, 5, 1)
    yield _default("local_response_norm", five, "k", (1.0, 2.0), {"size": 3, "alpha": 0.5})


def _default(
    function: str,
    x: Array,
    option: str,
    values: Sequence[Any],
    more: Mapping[str, Any] | None = None,
) -> Probe:
    """An option that is left to the library, and what comes out at its usual values."""
    x = np.asarray(x, np.float32).astype(np.float64)
    options = dict(more or {})
    answers = {
        f"{option} is {_plainly(value)}": {
            "y": getattr(refimpl, function)(x, **options, **{option: value})
        }
        for value in values
    }
    dy = np.arange(2.0, 2 + x.size).reshape(x.shape)
    return Probe(function, DEFAULTS, option, {"x": x}, options, dy, answers, every_option=False)


def _plainly(value: Any) -> str:
    """A value of an option as people write it."""
    return f"{value:g}" if isinstance(value, float) else repr(value)
