"""The values in a reply, as styles read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parity.candidates import wire
from parity.cases.case import Array


def decoded(sent: Any, arrays: Sequence[Array]) -> Any:
    """The value that was sent; a named tuple as a dict by its fields.

    >>> decoded({"tuple": [1, {"kept": "cache"}], "fields": ["dx", "memo"]}, [])
    {'dx': 1, 'memo': Kept(name='cache')}
    """
    return _plain(wire.decode(sent, arrays))


def _plain(value: Any) -> Any:
    if isinstance(value, wire.Kept | wire.Unsendable):
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(part) for name, part in zip(value._fields, value, strict=True)}
    if isinstance(value, tuple | list):
        return type(value)(_plain(part) for part in value)
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value
