"""What makes it impossible to judge somebody's model."""

from __future__ import annotations


class WatchError(ValueError):
    """A model or data that cannot be watched; one sentence with the way out."""
