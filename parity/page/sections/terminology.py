"""The words and units of the report, in one place."""

from __future__ import annotations

from typing import Any

from parity.page.glossary import GROUPS, anchor_of
from parity.page.tables import Tables

TITLE = "Terms and units"


def context(tables: Tables) -> dict[str, Any]:
    """Every term; of the report only whether the groups of cases stand in it."""
    known = not tables.mistakes.empty
    return {"term_groups": GROUPS, "anchor_of": anchor_of, "known": known}
