"""Frames: a message in JSON and the arrays that it names, over a pair of file descriptors.

8 bytes of length (little-endian), {"arrays": n, "message": …} in UTF-8, then n times 8 bytes of
length and an array as an `.npy` file has it.
"""

from __future__ import annotations

import json
from ast import literal_eval
from typing import Any, BinaryIO, Dict, List, Tuple  # noqa: UP035 (Python 3.8)

import numpy as np

Message = Dict[str, Any]  # noqa: UP006
Frame = Tuple[Message, List[bytes]]  # noqa: UP006

LARGEST = 1 << 30  # bytes: a length above it is no length
KINDS = "biufcSUmM"  # of dtypes that can be sent: no objects, no records
_MAGIC = b"\x93NUMPY\x01\x00"
_dumps = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_loads = json.JSONDecoder().decode
_dtype, _frombuffer, _ndarray = np.dtype, np.frombuffer, np.ndarray


def pack(message: Message, blobs: list[bytes]) -> bytes:
    """A frame as bytes.

    >>> pack({"do": "call"}, [])[8:]
    b'{"arrays":0,"message":{"do":"call"}}'
    """
    head = _dumps({"arrays": len(blobs), "message": message}).encode()
    return b"".join(_sized(part) for part in (head, *blobs))


def _sized(part: bytes) -> bytes:
    return len(part).to_bytes(8, "little") + part


def read(stream: BinaryIO) -> Frame:
    """The next frame of a stream.

    Raises: EOFError at its end; ValueError if what comes is no frame.
    """
    head = _loads(_part(stream).decode())
    if not isinstance(head, dict) or not isinstance(head.get("message"), dict):
        raise ValueError("a frame without a message")
    arrays = head.get("arrays")
    if not isinstance(arrays, int):
        raise ValueError("a frame that does not say how many arrays follow")
    return head["message"], [_part(stream) for _ in range(arrays)]


def _part(stream: BinaryIO) -> bytes:
    length = int.from_bytes(_exactly(stream, 8), "little")
    if length > LARGEST:
        raise ValueError(f"a part of {length} bytes, at most {LARGEST} are sent")
    return _exactly(stream, length)


def _exactly(stream: BinaryIO, length: int) -> bytes:
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found


def to_npy(array: np.ndarray[Any, Any]) -> bytes:
    """An array as an `.npy` file, in C order; written here, so that no function that a candidate
    has changed writes it.

    >>> to_npy(np.arange(2.0))[:8]
    b'\\x93NUMPY\\x01\\x00'
    """
    shape = tuple(_ndarray.shape.__get__(array))
    header = repr({"descr": array.dtype.str, "fortran_order": False, "shape": shape})
    header += " " * (-(len(_MAGIC) + 2 + len(header) + 1) % 64) + "\n"
    length = len(header).to_bytes(2, "little")
    return _MAGIC + length + header.encode("latin1") + _ndarray.tobytes(array)


def from_npy(blob: bytes) -> np.ndarray[Any, Any]:
    """The array of such a file, in memory of its own.

    >>> from_npy(to_npy(np.arange(2.0)))
    array([0., 1.])
    """
    if blob[: len(_MAGIC)] != _MAGIC:
        raise ValueError("an array that is no npy file of version 1")
    start = len(_MAGIC) + 2
    end = start + int.from_bytes(blob[len(_MAGIC) : start], "little")
    header = literal_eval(blob[start:end].decode("latin1"))
    dtype = _dtype(header["descr"])
    if dtype.kind not in KINDS or header["fortran_order"]:
        raise ValueError(f"an array of {dtype}, which is not sent")
    return _frombuffer(blob, dtype, offset=end).copy().reshape(header["shape"])
