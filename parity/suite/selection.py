"""Names that a call gives and nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


class SelectionError(ValueError):
    """A name or case that the catalogue does not have."""


def nearest(name: str, known: Sequence[str], command: str = "parity list") -> str:
    """What may have been meant, or which command shows all, for the end of an error text."""
    near = get_close_matches(name, list(dict.fromkeys(known)), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else f"; `{command}` shows them all"
