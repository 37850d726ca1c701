"""Pooling: maxima with their places, averages, to a given size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.models.plain.forward_only import ForwardOnly
from parity.models.references import OfRefimpl
from parity.models.understanding import Given, Rule, Understood, same

FROM_SELF = {"x": ("self", same)}


def _ints(values: list[int], axes: int) -> tuple[int, ...]:
    return tuple(values) * (axes if len(values) == 1 else 1)


def max_pool(axes: int) -> Callable[[Given], Understood]:
    """The maximum of each window."""

    def understand(given: Given) -> Understood:
        options: dict[str, Any] = {
            name: _ints(given[name], axes) for name in ("kernel_size", "padding", "dilation")
        }
        if given["stride"]:
            options["stride"] = _ints(given["stride"], axes)
        options["ceil_mode"] = given["ceil_mode"]
        return _maxima(OfRefimpl(f"max_pool{axes}d", _x(given), options), given)

    return understand


def avg_pool(axes: int) -> Callable[[Given], Understood]:
    """The average of each window."""

    def understand(given: Given) -> Understood:
        options: dict[str, Any] = {
            name: _ints(given[name], axes) for name in ("kernel_size", "padding")
        }
        if given["stride"]:
            options["stride"] = _ints(given["stride"], axes)
        for name in ("ceil_mode", "count_include_pad", "divisor_override"):
            options[name] = given[name]
        return Understood(OfRefimpl(f"avg_pool{axes}d", _x(given), options), FROM_SELF)

    return understand


def adaptive(name: str) -> Callable[[Given], Understood]:
    """Windows of whatever size gives the output's."""

    def understand(given: Given) -> Understood:
        options = {"output_size": tuple(given["output_size"])}
        return _maxima(OfRefimpl(name, _x(given), options), given)

    return understand


def _maxima(reference: OfRefimpl, given: Given) -> Understood:
    """A pooling, and the places of its maxima where the operation has just given them."""
    function, also = FUNCTIONS[reference.function], {}
    outputs = given.operation.outputs
    if len(outputs) > 1 and outputs[1] is not None and function.has_indices:
        places = ForwardOnly(
            reference.function, [], lambda: function.indices(reference.arrays, reference.options)
        )
        also = {"indices": (outputs[1].array(), places)}
    return Understood(reference, FROM_SELF, also=also)


def _x(given: Given) -> dict[str, Array]:
    return {"x": given["self"]}


RULES = {
    "max_pool2d_with_indices": Rule(max_pool(2)),
    "max_pool3d_with_indices": Rule(max_pool(3)),
    "avg_pool2d": Rule(avg_pool(2), shapes=True),
    "avg_pool3d": Rule(avg_pool(3), shapes=True),
    "_adaptive_avg_pool2d": Rule(adaptive("adaptive_avg_pool2d"), shapes=True),
    "_adaptive_avg_pool3d": Rule(adaptive("adaptive_avg_pool3d"), shapes=True),
    "adaptive_max_pool2d": Rule(adaptive("adaptive_max_pool2d")),
    "adaptive_max_pool3d": Rule(adaptive("adaptive_max_pool3d")),
}
