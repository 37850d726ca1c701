"""Who evaluates a function on magnitudes and on ones: torch, which is not what a run judges.

A check of somebody's own layer does without torch: there `refimpl` is not what is judged, and does
it (`evaluated_by`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from parity.cases.case import Array


class Evaluated(Protocol):
    """The value, and ∂L/∂(input) by the input's name."""

    @property
    def y(self) -> Array: ...

    @property
    def gradients(self) -> dict[str, Array]: ...


class Operations(Protocol):
    """What evaluates a function, forward and backward."""

    def forward(
        self, function: str, arrays: Mapping[str, Array], options: Mapping[str, Any]
    ) -> Array: ...

    def gradients(
        self,
        function: str,
        arrays: Mapping[str, Array],
        options: Mapping[str, Any],
        dy: Array,
        wanted: Sequence[str],
    ) -> Evaluated: ...


_chosen: list[Operations] = []


@contextmanager
def evaluated_by(operations: Operations) -> Iterator[None]:
    """Let something else than torch evaluate, which then is not loaded for it."""
    _chosen.append(operations)
    try:
        yield
    finally:
        _chosen.pop()


def forward(function: str, arrays: Mapping[str, Array], options: Mapping[str, Any]) -> Array:
    """The value of a function."""
    if _chosen:
        return _chosen[-1].forward(function, arrays, options)
    from parity import oracle  # torch: loaded by the first bound that needs it

    return oracle.forward(function, arrays, options)


def gradients(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> Evaluated:
    """The value, and the gradients to `wanted` from the upstream gradient dy."""
    if _chosen:
        return _chosen[-1].gradients(function, arrays, options, dy, wanted)
    from parity import oracle

    return oracle.evaluated(function, arrays, options, dy, wanted)


def gradients_alone(
    function: str,
    arrays: Mapping[str, Array],
    options: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[str],
) -> dict[str, Array]:
    """The gradients, where nobody asks for the value."""
    if _chosen:
        return _chosen[-1].gradients(function, arrays, options, dy, wanted).gradients
    from parity import oracle

    return oracle.gradients_alone(function, arrays, options, dy, wanted)


def keep_float32() -> bool:
    """Whether who evaluates rounds float32 numbers to float32 alone: no bfloat16, no TF32."""
    if _chosen:
        return False
    from parity import oracle

    return oracle.keeps_float32()
