"""The requests to the candidate's process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.candidates.styles.style import Ask
from parity.candidates.styles.wire_values import encoded
from parity.cases.case import Array

CACHE = "cache"  # what goes from a forward to its backward, in the candidate's process
LAYER = "layer"  # an object that was made there


def _pairs(named: Mapping[str, Any], arrays: list[Array]) -> list[list[Any]]:
    return [[name, encoded(value, arrays)] for name, value in named.items()]


def call(
    target: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    keep: Mapping[str, str] | None = None,
    library: str = "numpy",
) -> Ask:
    """Call a function or a method; `keep` says which parts of its value stay there."""
    arrays: list[Array] = []
    request = {
        "do": "call",
        "target": target,
        "args": [encoded(value, arrays) for value in args],
        "kwargs": _pairs(kwargs or {}, arrays),
        "keep": dict(keep or {}),
        "arrays": library,
        "watch": True,
    }
    return request, arrays


def construct(
    target: str,
    kwargs: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
    library: str = "numpy",
) -> Ask:
    """Make an object of a class, or a copy of one that is there, and set arrays of it."""
    arrays: list[Array] = []
    request = {
        "do": "construct",
        "target": target,
        "args": [],
        "kwargs": _pairs(kwargs, arrays),
        "as": LAYER,
        "set": _pairs(attributes or {}, arrays),
        "arrays": library,
    }
    return request, arrays


def attributes(target: str = LAYER) -> Ask:
    """All arrays that an object holds."""
    return {"do": "attributes", "target": target, "names": None}, []


def vjp(
    target: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[int],
    library: str,
    parameters: bool = False,
) -> Ask:
    """The value and the gradients that the library's own autograd gives."""
    arrays: list[Array] = []
    request = {
        "do": "vjp",
        "target": target,
        "args": [encoded(value, arrays) for value in args],
        "kwargs": _pairs(kwargs, arrays),
        "dy": encoded(dy, arrays),
        "wanted": list(wanted),
        "parameters": parameters,
        "arrays": library,
    }
    return request, arrays
