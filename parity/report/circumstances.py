"""What `parity mistakes --circumstances` says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from rich.table import Table

from parity.power.circumstances import CIRCUMSTANCES
from parity.power.conditional import CircumstanceRow, Conditional

WIDTH = 79


def table(rows: Sequence[CircumstanceRow]) -> Table:
    """For each circumstance: how many mistakes can be made in it alone, and who sees them."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("only where", no_wrap=True)
    for column in ("mistakes", "refused", "fewest", "not refused", "met by no case"):
        shown.add_column(column, justify="right", no_wrap=True)
    for circumstance in CIRCUMSTANCES:
        here = [row for row in rows if row.circumstance == circumstance.name]
        if not here:
            continue
        refused = [row.refused for row in here if row.refused]
        failed = sum(bool(row.problem) for row in here)
        shown.add_row(
            circumstance.name,
            str(len(here)),
            str(len(refused)),
            str(min(refused, default="")),
            str(failed or ""),
            str(sum(not row.met for row in here) or ""),
            style="red" if failed else None,
        )
    return shown


def unrefused(found: Conditional) -> list[str]:
    """The pairs that a case shows and none refuses."""
    return [
        f"FAIL {row.mistake} in {row.function}, only where: {row.circumstance}: {row.problem} "
        f"({row.met} of {row.cases})\n"
        f"     again: parity mistakes {row.mistake} --circumstances --seed {found.seed}"
        for row in found.unrefused
    ]


def unmet(found: Conditional) -> list[str]:
    """The pairs that no case meets, under each circumstance."""
    said = []
    for circumstance in CIRCUMSTANCES:
        here = [row for row in found.unmet if row.circumstance == circumstance.name]
        never = [row.function for row in here if not row.holds]
        shown = [row.mistake for row in here if row.holds]
        for what, names in (("no case of", never), ("met by no case", shown)):
            if names:
                text = f"only where {circumstance.name}: {what}: {', '.join(dict.fromkeys(names))}"
                said.append(fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
    return said


def describe(row: CircumstanceRow) -> str:
    """One mistake in one circumstance, in a line."""
    said = row.problem or (
        f"refused by {row.refused} of {row.met} cases that show it, the smallest {row.smallest}"
        if row.met
        else "met by no case"
    )
    return f"{row.mistake} only where {row.circumstance}: {said}"


def summary(found: Conditional) -> str:
    """All pairs in one sentence."""
    mistakes = len({row.mistake for row in found.rows})
    refused = sum(bool(row.refused) for row in found.rows)
    failed, missed = len(found.unrefused), len(found.unmet)
    pairs = f"{len(found.rows)} pairs of a mistake and a circumstance ({mistakes} mistakes)"
    others = f", {failed} NOT REFUSED" if failed else ", all that a case meets"
    return f"{pairs}: {refused} refused{others}; {missed} met by no case"
