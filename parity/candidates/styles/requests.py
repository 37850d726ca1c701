"""The requests to the candidate's process, as styles make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parity.candidates import wire
from parity.candidates.styles.style import Ask
from parity.cases.case import Array

CACHE = "cache"  # what goes from a forward to its backward, in the candidate's process
LAYER = "layer"  # an object that was made there


def call(
    target: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any] | None = None,
    *,
    keep: Mapping[str, str] | None = None,
    library: str = "numpy",
) -> Ask:
    """Call a function or a method; `keep` says which parts of its value stay there."""
    return wire.call(target, args, kwargs, keep, library)


def construct(
    target: str,
    kwargs: Mapping[str, Any],
    attributes: Mapping[str, Any] | None = None,
    library: str = "numpy",
    dtype: str = "",
) -> Ask:
    """Make an object of a class, or a copy of one that is there, and set arrays of it."""
    return wire.construct(target, LAYER, (), kwargs, attributes, library, dtype)


def attributes(target: str = LAYER) -> Ask:
    """All arrays that an object holds."""
    return wire.attributes(target)


def vjp(
    target: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    dy: Array,
    wanted: Sequence[int | str],
    library: str,
    parameters: bool = False,
) -> Ask:
    """The value and the gradients that the library's own autograd gives."""
    return wire.vjp(target, args, dy, wanted, library, kwargs, parameters)
