"""What an audit says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from rich.table import Table

from parity.documents.audit import AuditRow
from parity.documents.evidence import VERDICTS

WIDTH = 110
COLUMNS = ("document", "rows", *VERDICTS, "wrong digits", "lost pictures", "not supported")


def counts(rows: Sequence[AuditRow]) -> Table:
    """How many rows of each document got which verdict."""
    shown = Table(box=None, pad_edge=False)
    for column in COLUMNS:
        shown.add_column(column, justify="left" if column == "document" else "right")
    documents = list(dict.fromkeys(row.document for row in rows))
    for document in documents:
        _add(shown, document, [row for row in rows if row.document == document])
    if len(documents) > 1:
        _add(shown, "all", rows)
    return shown


def _add(shown: Table, name: str, rows: Sequence[AuditRow]) -> None:
    numbers = [
        len(rows),
        *(sum(row.verdict == verdict for row in rows) for verdict in VERDICTS),
        sum(row.rounding == "wrong" for row in rows),
        sum(row.lost_picture for row in rows),
        sum(not row.supported for row in rows),
    ]
    style = None if all(row.supported for row in rows) else "red"
    shown.add_row(name, *map(str, numbers), style=style)


def details(rows: Sequence[AuditRow], everything: bool) -> list[str]:
    """The errata, each with counterexample and correction; every row if asked for."""
    return [describe(row) for row in rows if everything or row.verdict == "erratum"]


def describe(row: AuditRow) -> str:
    """One row: what it states and prints, the verdict, and what goes with it."""
    said = [f"{row.id} {row.verdict}: {row.states}"]
    for what, text in (
        ("in", f"{row.document}, {row.section}"),
        ("printed", row.formula),
        ("false at", row.counterexample),
        ("correct", row.correction),
        ("digits", f"{row.rounding} rounding" if row.rounding else ""),
        ("note", row.note),
        ("picture", "the formula stood in a picture that is not with the text"
            if row.lost_picture else ""),
        ("code", row.implementation),
        ("checked", f"{row.checks} checks: {row.checked}"),
    ):  # fmt: skip
        if text:
            indent = f"  {what:9} "
            said.append(
                fill(
                    text,
                    WIDTH,
                    initial_indent=indent,
                    subsequent_indent=" " * len(indent),
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
    return "\n".join(said)


def problems(rows: Sequence[AuditRow]) -> list[str]:
    """The rows whose verdict the evidence does not support."""
    return [
        f"FAIL {row.id}: {row.problem}\n     again: parity audit {row.id}"
        for row in rows
        if not row.supported
    ]
