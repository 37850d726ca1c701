"""What an audit says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill

from rich.table import Table

from parity.documents.audit import AuditRow
from parity.documents.ledger import VERDICTS
from parity.texts.counts import counted

WIDTH = 79
COLUMNS = ("document", "rows", *VERDICTS, "wrong\ndigits", "lost\npictures", "not\nsupported")


def counts(rows: Sequence[AuditRow]) -> Table:
    """How many rows of each document got which verdict; without torch, how many stay open."""
    shown = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    partial = is_partial(rows)
    for column in (*COLUMNS, "open") if partial else COLUMNS:
        shown.add_column(column, justify="left" if column == "document" else "right")
    documents = list(dict.fromkeys(row.document for row in rows))
    for document in documents:
        _add(shown, document, [row for row in rows if row.document == document], partial)
    if len(documents) > 1:
        _add(shown, "all", rows, partial)
    return shown


def is_partial(rows: Sequence[AuditRow]) -> bool:
    """Whether checks of these rows are left out."""
    return any(row.left_out for row in rows)


def _add(shown: Table, name: str, rows: Sequence[AuditRow], partial: bool) -> None:
    numbers = [
        len(rows),
        *(sum(row.verdict == verdict for row in rows) for verdict in VERDICTS),
        sum(row.rounding == "wrong" for row in rows),
        sum(row.lost_picture for row in rows),
        sum(row.contradicted for row in rows),
        *([sum(row.open for row in rows)] if partial else []),
    ]
    style = "red" if any(row.contradicted for row in rows) else None
    shown.add_row(name, *map(str, numbers), style=style)


def details(rows: Sequence[AuditRow], everything: bool) -> list[str]:
    """The errata, each with counterexample and correction; every row if asked for."""
    return [describe(row) for row in rows if everything or row.verdict == "erratum"]


def describe(row: AuditRow) -> str:
    """One row: what it states and prints, the verdict, and what goes with it."""
    said = [f"{row.id} {row.verdict}{' (open)' if row.open else ''}: {row.states}"]
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
        ("checked", _checked(row)),
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


def _checked(row: AuditRow) -> str:
    """How many checks by whom, and how many are left out."""
    made = counted(row.checks, "check") + (f": {row.checked}" if row.checked else "")
    return f"{made}; {left_out(row.left_out)}" if row.left_out else made


def left_out(checks: int) -> str:
    """So many checks are left out, and why."""
    return f"{counted(checks, 'check')} left out: {'it asks' if checks == 1 else 'they ask'} torch"


def problems(rows: Sequence[AuditRow], again: str) -> list[str]:
    """The rows whose verdict the evidence contradicts; again: the command that repeats them."""
    return [
        f"FAIL {row.id}: {row.problem}\n     again: {again} {row.id}"
        for row in rows
        if row.contradicted
    ]


def summary(rows: Sequence[AuditRow]) -> str:
    """The audit in one sentence."""
    statements, checks = len(rows), sum(row.checks for row in rows)
    said = f"{counted(statements, 'statement')}, {counted(checks, 'check')}: {_verdicts(rows)}"
    without = sum(row.left_out for row in rows)
    return f"{said}; {left_out(without)}" if without else said


def _verdicts(rows: Sequence[AuditRow]) -> str:
    """How many verdicts are supported, contradicted, open."""
    contradicted, still_open = (
        sum(which) for which in ([r.contradicted for r in rows], [r.open for r in rows])
    )
    if not still_open:
        return f"{contradicted} NOT SUPPORTED" if contradicted else "every verdict is supported"
    supported = counted(len(rows) - contradicted - still_open, "verdict")
    found = f"{contradicted} NOT SUPPORTED, " if contradicted else ""
    return f"{found}{supported} supported, {still_open} open"
