"""The overview: the verdict, figures, environment, resolution, what was not covered."""

from __future__ import annotations

from typing import Any

from parity.page.tables import Tables

TITLE = "Overview"


def context(tables: Tables) -> dict[str, Any]:
    """What the overview's template names."""
    return {"holds": tables.about["holds"]}
