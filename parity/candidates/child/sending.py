"""Values on the wire: numbers, strings, lists, tuples, dicts, arrays. What else there is stays."""

from __future__ import annotations

from typing import Any, Callable, Iterator, Mapping  # noqa: UP035 (Python 3.8)

import numpy as np

from .frames import KINDS, from_npy, to_npy
from .libraries import tensor_as_array

MOST_VALUES = 200_000  # of one reply
DEEPEST = 30
LONGEST_STRING = 1000
LARGEST_ARRAY = 1 << 28  # bytes
# By DLPack's numbers.
CPU, DEVICES = 1, {2: "CUDA", 3: "CUDA's host", 4: "OpenCL", 7: "Vulkan", 8: "Metal", 10: "ROCm"}
# Bound before a candidate can change them.
_ndarray, _generic, _asarray = np.ndarray, np.generic, np.asarray
_from_dlpack = getattr(np, "from_dlpack", None)
_view, _dtype_of, _shape_of = _ndarray.view, _ndarray.dtype.__get__, _ndarray.shape.__get__


def type_name(value: object) -> str:
    """A type with its module, less `builtins`.

    >>> type_name(3), type_name(np.float32(3))
    ('int', 'numpy.float32')
    """
    kind = type(value)
    module = kind.__module__
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def plain(value: object) -> Any:
    """The numbers of an array of any library as a plain `ndarray`, where it can in the same memory;
    None if it is none.

    An array whose class redefines `==` or arithmetic has numbers like any other.

    >>> type(plain(np.ma.zeros(2))).__name__, plain("no array")
    ('ndarray', None)
    """
    if type(value) is _ndarray:
        return value
    if issubclass(type(value), _ndarray):
        return _view(value, _ndarray)  # type: ignore[call-overload]
    if isinstance(value, type):
        return None
    for _, read in _readers(value):
        try:
            found = read(value)
        except Exception:  # a class of somebody else may raise anything: the next way, if any
            continue
        if found is not None:
            return _view(found, _ndarray)
    return None


def _readers(value: object) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """The ways in which its type offers numbers."""
    yield "", tensor_as_array
    if hasattr(type(value), "__array__"):
        yield "__array__", _asarray
    if hasattr(type(value), "__dlpack__") and _from_dlpack:
        yield "__dlpack__", _from_dlpack


def unread(value: object) -> str:
    """Why the numbers of an array cannot be read, for the end of a sentence; "" for what offers
    none."""
    if isinstance(value, type) or not any(name for name, _ in _readers(value)):
        return ""
    try:
        kind = int(value.__dlpack_device__()[0])  # type: ignore[attr-defined]
    except Exception:
        kind = CPU
    if kind != CPU:
        return f" on a device ({DEVICES.get(kind, f'DLPack {kind}')}) that is not the processor"
    for name, read in _readers(value):
        try:
            read(value)
        except Exception as error:
            if name:
                said = f"{type(error).__name__}: {error}".rstrip(": ")
                return f" whose {name} raises {said}"[:LONGEST_STRING]
    return ""


def is_scalar(value: object) -> bool:
    """Whether it is one of NumPy's numbers."""
    return issubclass(type(value), _generic)


class Sender:
    """Encodes one result; what it met on the way is in its fields."""

    def __init__(self, keep: Mapping[str, str] | None = None) -> None:
        self.keep = dict(keep or {})
        self.kept: dict[str, object] = {}  # name -> what stays in this process
        self.blobs: list[bytes] = []
        self.types: dict[str, str] = {}  # path -> type, where it is no plain array
        self.arrays: list[tuple[str, Any]] = []  # path, and its numbers in their own memory
        self.values = 0

    def encode(self, value: object) -> Any:
        """The value, less what stays here."""
        if "" in self.keep:
            return self._keep(value, "")
        return self.encode_part(value, "value")

    def encode_part(self, value: object, path: str) -> Any:
        """A value that lies somewhere in the reply."""
        return self._encode(value, path, 0, False)

    def _keep(self, value: object, which: str) -> Any:
        name = self.keep[which]
        self.kept[name] = value
        return {"kept": name}

    def _encode(self, value: object, path: str, depth: int, in_list: bool) -> Any:
        """One value; in a list of lists nobody asks for the type of each number."""
        self.values += 1
        kind = type(value)
        if kind is not _ndarray and not in_list and kind not in (tuple, dict):
            self.types[path] = type_name(value)
        if self.values > MOST_VALUES or depth > DEEPEST:
            return {"object": f"{type_name(value)} of too many values"}
        found = _simple(value)
        if found is not _NOT_SIMPLE:
            return found
        if issubclass(kind, (list, tuple, dict)):
            return self._container(value, path, depth, in_list)
        return self._array(value, path, in_list)

    def _container(self, value: Any, path: str, depth: int, in_list: bool) -> Any:
        if isinstance(value, dict):
            pairs = [(key, f"{path}[{key!r}]", item) for key, item in dict.items(value)]
        else:
            items = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)
            pairs = [(n, f"{path}[{n}]", item) for n, item in enumerate(items)]
            in_list = in_list or isinstance(value, list)
        encoded = [
            self._keep(item, str(key))
            if depth == 0 and str(key) in self.keep
            else self._encode(item, where, depth + 1, in_list)
            for key, where, item in pairs
        ]
        if isinstance(value, dict):
            keys = [_key(key) for key, _, _ in pairs]
            return {"dict": [[key, item] for key, item in zip(keys, encoded)]}  # noqa: B905
        if isinstance(value, list):
            return {"list": encoded}
        fields: Any = getattr(type(value), "_fields", None)
        named = isinstance(fields, tuple) and len(fields) == len(encoded)
        return {"tuple": encoded, "fields": list(map(str, fields))} if named else {"tuple": encoded}

    def _array(self, value: object, path: str, in_list: bool) -> Any:
        if isinstance(value, complex):
            return {"scalar": self._blob(_asarray(complex(value)))}
        found = plain(value)
        if found is None:
            return {"object": type_name(value) + unread(value)}
        if in_list and type(value) is not _ndarray and not is_scalar(value):
            self.types[path] = type_name(value)
        dtype, shape = _dtype_of(found), _shape_of(found)
        if dtype.kind not in KINDS:
            return {"object": f"{type_name(value)} of {dtype}"}
        if found.nbytes > LARGEST_ARRAY:
            return {"object": f"{type_name(value)} of shape {shape}, too large to be sent"}
        if is_scalar(value):
            return {"scalar": self._blob(found)}
        self.arrays.append((path, found))
        return {"array": self._blob(found)}

    def _blob(self, array: Any) -> int:
        self.blobs.append(to_npy(array))
        return len(self.blobs) - 1


_NOT_SIMPLE = object()
_INFINITE = {float("inf"): "inf", float("-inf"): "-inf"}


def _simple(value: object) -> Any:
    """What JSON has itself, and floats that it does not have; NumPy's scalars are arrays."""
    if value is None or value is True or value is False:
        return value
    if is_scalar(value):
        return _NOT_SIMPLE
    if isinstance(value, str):
        text = str.__str__(value)
        return text if len(text) <= LONGEST_STRING else {"object": "str of too many characters"}
    if isinstance(value, int):
        number = int.__int__(value)
        return number if number.bit_length() < 64 else {"object": "int of more than 64 bits"}
    if isinstance(value, float):
        real = float.__float__(value)
        return {"float": _INFINITE.get(real, "nan")} if real - real != 0 else real
    return _NOT_SIMPLE


def _key(key: object) -> Any:
    """A key of a dict; what JSON has not is named by its type."""
    found = _simple(key)
    return type_name(key) if found is _NOT_SIMPLE or isinstance(found, dict) else found


Convert = Callable[[Any], Any]


def decode(encoded: Any, blobs: list[bytes], kept: Mapping[str, object], convert: Convert) -> Any:
    """A value that was sent; its arrays as `convert` makes them of NumPy's."""
    if not isinstance(encoded, dict):
        return encoded
    (key, content), *_ = encoded.items()
    if key in ("list", "tuple"):
        values = [decode(item, blobs, kept, convert) for item in content]
        return values if key == "list" else tuple(values)
    if key == "dict":
        return {k: decode(item, blobs, kept, convert) for k, item in content}
    if key == "array":
        return convert(from_npy(blobs[content]))
    if key == "scalar":
        return from_npy(blobs[content])[()]
    if key == "kept":
        return kept[content]
    return float(content)
