"""Arrays as they come, made into the floats that both sides are asked in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from parity.cases.case import FLOATS, Array
from parity.own_data.errors import OwnDataError, at

INTEGERS = {"float32": 1 << 24, "float64": 1 << 53}  # up to here every one is held


def real_array(name: str, where: str, value: Any) -> Array:
    """Real numbers in NumPy's own types; a tensor of torch is read as it stands.

    Raises: OwnDataError for anything else, and for an array without elements.
    """
    array = _array(where, value)
    if array.dtype.kind == "f" and array.dtype.name not in FLOATS:
        raise OwnDataError(
            f"{where} is {array.dtype}, but float32 and float64 are judged; "
            f"give {name}.astype('{'float32' if array.dtype.itemsize < 4 else 'float64'}')"
        )
    if array.dtype.kind not in "fiu" and not (array.dtype.kind == "b" and name == "mask"):
        raise OwnDataError(f"{where} must hold real numbers, but {_holds(name, array)}")
    if not array.size:
        raise OwnDataError(f"{where} is empty: it has shape {array.shape}")
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _array(where: str, value: Any) -> Array:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if isinstance(value, np.ma.MaskedArray):
        raise OwnDataError(f"{where} is a masked array, whose mask would be lost; give .filled(…)")
    try:
        return np.asarray(value)
    except (TypeError, ValueError):
        raise OwnDataError(f"{where} is no array: its rows have different lengths") from None


def _holds(name: str, array: Array) -> str:
    match array.dtype.kind:
        case "c":
            return f"holds complex ones, {array.dtype}; judge {name}.real and {name}.imag apart"
        case "b":
            return f"holds True and False; give {name}.astype('float32')"
        case "U" | "S" | "T":
            return f"holds text: {str(array.flat[0])[:20]!r}{at((0,) * array.ndim)}"
    return f"holds {array.dtype}, Python objects; give numpy.asarray({name}, float)"


def check_finite(where: str, array: Array) -> None:
    """Refuse NaN and ∞, which have no exact value. Raises: OwnDataError."""
    odd = ~np.isfinite(array) if array.dtype.kind == "f" else np.zeros(0, bool)
    if odd.any():
        first = tuple(map(int, np.argwhere(odd)[0])) if array.ndim else ()
        more = f", {int(odd.sum())} such elements in all" if odd.sum() > 1 else ""
        raise OwnDataError(
            f"{where} holds {array[first]}{at(first)}{more}; what is computed from it has no exact "
            "value"
        )


def widest(arrays: Iterable[Array]) -> str:
    """The dtype that holds the floats of all arrays; of integers alone float64.

    >>> widest([np.zeros(2, np.float32), np.zeros(2, np.int64)]), widest([np.zeros(2, np.int64)])
    ('float32', 'float64')
    """
    floats = {array.dtype.name for array in arrays if array.dtype.kind == "f"}
    return "float32" if floats == {"float32"} else "float64"


def held(name: str, where: str, array: Array, dtype: str) -> Array:
    """The numbers in a dtype, rounded if need be. Raises: OwnDataError beyond its range."""
    with np.errstate(over="ignore"):
        found = array.astype(dtype)
    beyond = np.isinf(found) & np.isfinite(array)
    if beyond.any():
        first = tuple(map(int, np.argwhere(beyond)[0])) if array.ndim else ()
        raise OwnDataError(
            f"{where} holds {array[first]}{at(first)}, which {dtype} does not; give --dtype float64"
        )
    return found


def conversions(arrays: Mapping[str, Array], dtype: str) -> list[str]:
    """What became of numbers of other types, in sentences."""
    whole = [name for name, a in arrays.items() if a.dtype.kind in "iu"]
    wide = [name for name, a in arrays.items() if a.dtype.kind == "f" and a.dtype.name != dtype]
    lost = {name for name in (*whole, *wide) if not is_held(arrays[name], dtype)}
    said = []
    for kind, names in (("integers", whole), ("", wide)):
        for rounded in (False, True):
            some = [name for name in names if (name in lost) == rounded]
            if some:
                how = "rounded to" if rounded else "taken as"
                same = "" if rounded else ", the same numbers"
                said.append(f"{', '.join(some)}: {kind}{' ' * bool(kind)}{how} {dtype}{same}")
    return said


def is_held(array: Array, dtype: str) -> bool:
    """Whether a dtype holds all numbers as they are.

    >>> is_held(np.array([0.5]), "float32"), is_held(np.array([0.1]), "float32")
    (True, False)
    """
    if array.dtype.kind in "iu":
        return bool(np.all(np.abs(array.astype(np.float64)) <= INTEGERS[dtype]))
    with np.errstate(over="ignore"):
        return bool(np.array_equal(array.astype(dtype).astype(array.dtype), array))
