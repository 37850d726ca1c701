"""What frameworks do, as a table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from parity.peers.group_verdicts import IDENTICAL, MISSING, WITHIN, PeerRow

if TYPE_CHECKING:
    from rich.table import Table

QUIET = (MISSING, WITHIN, IDENTICAL)  # what a table of all libraries leaves out


def table(rows: Sequence[PeerRow], everything: bool) -> Table:
    """A row each; not everything: conventions and differences alone."""
    from rich.box import SIMPLE
    from rich.table import Table

    shown = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    for column in ("library", "function", "group", "verdict", "held", "roundings", "what"):
        shown.add_column(column, overflow="fold")
    for row in rows:
        if everything or row.verdict not in QUIET:
            shown.add_row(*cells(row))
    return shown


def cells(row: PeerRow) -> tuple[str, ...]:
    """The columns of a row, as text."""
    from rich.markup import escape

    what = "; ".join(filter(None, (row.convention, row.said)))
    roundings = "" if row.roundings is None else f"{row.roundings:.3g}"
    held = f"{row.held}/{row.answered}" if row.answered else ""
    return row.library, row.function, row.group, row.verdict, held, roundings, escape(what)
