"""How many of something, in English."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """So many of something, in words.

    >>> counted(1, "tensor"), counted(874, "tensor")
    ('1 tensor', '874 tensors')
    """
    return f"{number} {what}{'' if number == 1 else 's'}"
