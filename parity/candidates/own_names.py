"""What a candidate calls the arrays that are weight and bias in messages: gamma, alpha, …"""

from __future__ import annotations

from collections.abc import Iterator

from parity.candidates.styles.constructing import OF_CHANNELS, PARAMETERS, attribute_of
from parity.candidates.styles.keywords import by_keyword
from parity.candidates.styles.naming import array_called
from parity.candidates.styles.style import Told

FUNCTIONS = (*OF_CHANNELS, "cross_entropy")


def own_names(told: Told) -> tuple[str, ...]:
    """One sentence for a person who looks for a wrong dweight; none where the names are the same.

    >>> from parity.candidates.styles.style import Parameter
    >>> names = ("x", "gamma", "beta")
    >>> signature = tuple(Parameter(name, "POSITIONAL_OR_KEYWORD", False) for name in names)
    >>> own_names(Told("refimpl", ("f",), "batch_norm", signatures={"f": signature}))
    ('its gamma is weight, its beta is bias here',)
    """
    if told.like not in FUNCTIONS:
        return ()
    found = {array: _name_of(told, array) for array in PARAMETERS}
    other = [f"{name} is {array}" for array, name in found.items() if name not in ("", array)]
    return (f"its {', its '.join(other)} here",) if other else ()


def _name_of(told: Told, array: str) -> str:
    """By its attributes, or by the parameters of the function or class."""
    return next(_names(told, array), "")


def _names(told: Told, array: str) -> Iterator[str]:
    held = attribute_of(told, array)
    if held:
        yield held.rpartition(".")[2].strip("_")
    for name in told.names:
        known = by_keyword(told.signature(name))
        yield from (one for one in known if array_called(one, (array,), told.like))
