"""Data that cannot be judged."""

from __future__ import annotations


class OwnDataError(ValueError):
    """What stands in the way, in one sentence."""


def at(index: tuple[int, ...]) -> str:
    """Where in an array; nothing where it has one element and no axes.

    >>> at((0, 2)), at(())
    (' at (0, 2)', '')
    """
    return f" at {tuple(map(int, index))}" if index else ""
