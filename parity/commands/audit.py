"""`parity audit`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.commands.options import FOLDER
from parity.commands.reports import check_writable, write_table
from parity.commands.terminal import counted, progress_bar, wide_console

if TYPE_CHECKING:
    from parity.documents.audit import AuditRow
    from parity.documents.ledger import LedgerRow


def audit(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="statements, D0.1 … (all)")
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="D2", help="all statements of a document")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="where audit.csv goes (reports, of the whole audit)"),
    ] = None,
) -> None:
    """Check the verdict on every formula of the documents. Exit code 1 if one is not supported."""
    from parity.documents.audit import AuditRow, UnknownRowError, select
    from parity.report.audit import counts, details, problems

    narrowed = bool(ids or document)
    target = out or (None if narrowed else FOLDER)
    try:
        chosen = select(ids or [], document or [])
        if target:
            check_writable(target)
        rows = audited_with_progress(chosen)
    except (UnknownRowError, OSError, ValueError) as error:
        wrong_call(str(error))
    shown = wide_console()
    shown.print(counts(rows))
    for line in (*details(rows, everything=bool(ids)), *problems(rows)):
        typer.echo(f"\n{line}")
    unsupported = sum(not row.supported for row in rows)
    typer.echo(
        f"\n{counted(len(rows), 'statement')}, {counted(sum(r.checks for r in rows), 'check')}: "
        + (f"{unsupported} NOT SUPPORTED" if unsupported else "every verdict is supported")
    )
    write_table(target, "audit.csv", AuditRow, rows)
    raise typer.Exit(DISAGREE if unsupported else 0)


def audited_with_progress(rows: list[LedgerRow]) -> list[AuditRow]:
    """Audit the rows behind a progress bar."""
    from parity.documents.audit import audit as audit_rows

    bar, done = progress_bar("auditing", len(rows))
    with bar:
        return audit_rows(rows, lambda: done(1))
