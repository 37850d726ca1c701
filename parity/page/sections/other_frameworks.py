"""What other frameworks do, if the table of `parity peers` lies beside: peers.csv."""

from __future__ import annotations

from typing import Any

from parity.page.tables import Tables
from parity.peers.atlas import row_of
from parity.peers.probes.topics import TOPICS
from parity.report.conventions_page import ABOUT, answers, incomplete, libraries, runs

TITLE = "Other frameworks"


def context(tables: Tables) -> dict[str, Any] | None:
    """The libraries, and what comes out of each probe; nothing where there is no table."""
    if tables.peers.empty:
        return None
    rows = [row_of(row) for row in tables.peers.to_dict("records")]
    return {
        "libraries": libraries(rows),
        "topics": [(ABOUT[topic], found) for topic in TOPICS if (found := answers(rows, topic))],
        "incomplete": incomplete(rows),
        "dates": runs(rows),
    }
