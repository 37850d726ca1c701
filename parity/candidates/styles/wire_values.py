"""Values as they travel to the candidate's process and back: JSON, beside it the arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite, nan
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import Array

NAMED_FLOATS = {"inf": inf, "-inf": -inf, "nan": nan}


class Kept(NamedTuple):
    """An object that stays in the candidate's process, under a name."""

    name: str


class Foreign(NamedTuple):
    """An object of a type that cannot be sent, "module.Class"."""

    type: str


def encoded(value: Any, arrays: list[Array]) -> Any:
    """A value as JSON; its arrays are appended to the list.

    >>> arrays = []
    >>> encoded((1, {"pad": np.zeros(2)}), arrays), len(arrays)
    ({'tuple': [1, {'dict': [['pad', {'array': 0}]]}]}, 1)
    """
    if isinstance(value, Kept):
        return {"kept": value.name}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return {kind: [encoded(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[key, encoded(part, arrays)] for key, part in value.items()]}
    if isinstance(value, np.ndarray | np.generic):
        arrays.append(np.asarray(value))
        return {"array" if isinstance(value, np.ndarray) else "scalar": len(arrays) - 1}
    if isinstance(value, float) and not isfinite(value):
        return {"float": str(value)}
    return value


def decoded(sent: Any, arrays: Sequence[Array]) -> Any:
    """The value that was sent; a tuple with "fields" is a dict by their names.

    >>> decoded({"tuple": [{"array": 0}, {"kept": "cache"}]}, [np.zeros(2)])
    (array([0., 0.]), Kept(name='cache'))
    """
    if isinstance(sent, list):
        return [decoded(part, arrays) for part in sent]
    if not isinstance(sent, dict):
        return sent
    kind = next((kind for kind in DECODERS if kind in sent), "")
    if kind == "tuple" and sent.get("fields"):
        return dict(zip(sent["fields"], decoded(sent["tuple"], arrays), strict=True))
    return DECODERS[kind](sent[kind], arrays) if kind else sent


DECODERS: dict[str, Any] = {
    "tuple": lambda parts, arrays: tuple(decoded(part, arrays) for part in parts),
    "list": lambda parts, arrays: [decoded(part, arrays) for part in parts],
    "dict": lambda pairs, arrays: {key: decoded(part, arrays) for key, part in pairs},
    "array": lambda place, arrays: arrays[place],
    "scalar": lambda place, arrays: arrays[place][()],
    "kept": lambda name, arrays: Kept(name),
    "float": lambda name, arrays: NAMED_FLOATS[name],
    "object": lambda name, arrays: Foreign(name),
}
