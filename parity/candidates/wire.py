"""Values for the candidate's process and back: the parent's side. Nothing is ever unpickled.

{"list": …}, {"tuple": …}, {"dict": [[key, value], …]}, {"array": k}, {"scalar": k} (of NumPy),
{"float": "nan"}, {"kept": name} (what stays there); in replies also {"object": type}.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

Arrays = list[NDArray[Any]]
Request = tuple[dict[str, Any], Arrays]


class Kept(NamedTuple):
    """What stays in the candidate's process, by its name there."""

    name: str


class Unsendable(NamedTuple):
    """What a candidate gave that is neither array, number nor container: its type."""

    type: str


def encode(value: Any, arrays: Arrays | None = None) -> tuple[Any, Arrays]:
    """A value as JSON, and its arrays, behind those that are there already.

    Raises: TypeError for what cannot be sent.

    >>> encode({"w": np.zeros(2), "stride": (1, 2)})[0]
    {'dict': [['w', {'array': 0}], ['stride', {'tuple': [1, 2]}]]}
    """
    found: Arrays = [] if arrays is None else arrays
    return _encode(value, found), found


def _encode(value: Any, arrays: Arrays) -> Any:
    match value:
        case Kept(name):
            return {"kept": name}
        case np.ndarray() | np.generic():
            arrays.append(np.asarray(value))
            return {"scalar" if isinstance(value, np.generic) else "array": len(arrays) - 1}
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else {"float": str(value)}
        case tuple() | list():
            items = [_encode(item, arrays) for item in value]
            return {"tuple" if isinstance(value, tuple) else "list": items}
        case Mapping():
            return {"dict": [[key, _encode(item, arrays)] for key, item in value.items()]}
    raise TypeError(f"a {type(value).__name__} cannot be sent to a candidate")


def decode(encoded: Any, arrays: Sequence[NDArray[Any]]) -> Any:
    """The value that was encoded; of a named tuple its fields, too.

    Raises: ValueError if it is none.

    >>> decode({"tuple": [{"array": 0}, {"object": "generator"}, {"float": "inf"}]}, [np.ones(1)])
    (array([1.]), Unsendable(type='generator'), inf)
    """
    if not isinstance(encoded, dict):
        return encoded
    match encoded:
        case {"list": list(items)}:
            return [decode(item, arrays) for item in items]
        case {"tuple": list(items), "fields": list(fields)}:
            names = cast(Any, namedtuple)("Fields", fields, rename=True)
            return names(*(decode(item, arrays) for item in items))
        case {"tuple": list(items)}:
            return tuple(decode(item, arrays) for item in items)
        case {"dict": list(pairs)}:
            return {key: decode(item, arrays) for key, item in pairs}
        case {"array": int(k)}:
            return arrays[k]
        case {"scalar": int(k)}:
            return arrays[k][()]
        case {"kept": str(name)}:
            return Kept(name)
        case {"object": str(kind)}:
            return Unsendable(kind)
        case {"float": "inf" | "-inf" | "nan" as name}:
            return float(name)
    raise ValueError(f"no value: {sorted(encoded)}")


def blobs(arrays: Sequence[NDArray[Any]]) -> list[bytes]:
    """Arrays as `.npy` files, in C order."""
    found = []
    for array in arrays:
        file = BytesIO()
        np.save(file, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
        found.append(file.getvalue())
    return found


def unpacked(found: Sequence[bytes]) -> Arrays:
    """The arrays of such files.

    Raises: ValueError if one is none, or holds objects.
    """
    return [np.load(BytesIO(blob), allow_pickle=False) for blob in found]


# --- requests -----------------------------------------------------------------------------------


def load(source: str, names: Sequence[str], everything: bool = False) -> Request:
    """Load a file, a notebook or a module, and describe some of its names."""
    return {"do": "load", "source": source, "names": list(names), "everything": everything}, []


def call(
    target: str,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    keep: Mapping[str, str] | None = None,
    arrays: str = "numpy",
) -> Request:
    """Call a function or a method; `keep` says which parts of the result stay, and as what, and
    which arguments, "args[0]"."""
    given, sent = _given(args, kwargs)
    return {"do": "call", "target": target, **given, "keep": keep or {}, "arrays": arrays}, sent


def construct(
    target: str,
    name: str,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Any] | None = None,
    arrays: str = "numpy",
    dtype: str = "",
) -> Request:
    """Make an object (of an object: a copy), set attributes and keep it by a name.

    dtype: that of a torch module's own numbers, "" as they are.
    """
    given, sent = _given(args, kwargs)
    settings = [[key, _encode(value, sent)] for key, value in (attributes or {}).items()]
    request = {"do": "construct", "target": target, "as": name, "set": settings, "dtype": dtype}
    return {**request, **given, "arrays": arrays}, sent


def attributes(target: str, names: Sequence[str] | None = None) -> Request:
    """The arrays among an object's attributes, or those named."""
    wanted = None if names is None else list(names)
    return {"do": "attributes", "target": target, "names": wanted}, []


def vjp(
    target: str,
    args: Sequence[Any],
    dy: Any,
    wanted: Sequence[int | str],
    arrays: str,
    kwargs: Mapping[str, Any] | None = None,
    parameters: bool = False,
) -> Request:
    """The gradients of the wanted arguments, and of parameters, by torch's or JAX's autograd."""
    given, sent = _given(args, kwargs)
    upstream = _encode(dy, sent)
    request = {"do": "vjp", "target": target, "dy": upstream, "wanted": list(wanted)}
    return {**request, **given, "parameters": parameters, "arrays": arrays}, sent


def _given(args: Sequence[Any], kwargs: Mapping[str, Any] | None) -> Request:
    sent: Arrays = []
    pairs = [[key, _encode(value, sent)] for key, value in (kwargs or {}).items()]
    return {"args": [_encode(one, sent) for one in args], "kwargs": pairs}, sent
