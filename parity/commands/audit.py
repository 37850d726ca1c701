"""`parity audit`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.commands.options import FOLDER
from parity.commands.reports import write_table
from parity.commands.terminal import narrow_console, progress_bar
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need
from parity.results.writing import check_writable

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
    no_torch: Annotated[
        bool,
        typer.Option(
            "--no-torch", help="leave torch out: what other judges say; audit.csv with --out only"
        ),
    ] = False,
) -> None:
    """Check the verdict on every formula of the documents. Exit code 1 if one is not supported."""
    from parity.documents.audit import AuditRow, UnknownRowError, select
    from parity.report.audit import counts, details, problems, summary

    part = bool(ids or document or no_torch)
    target = out or (None if part else FOLDER)
    try:
        chosen = select(ids or [], document or [])
        if not no_torch:
            sleep_when_idle()
            need("torch", "parity audit", ", or leave it out with --no-torch")
        if target:
            check_writable(target)
        rows = audited_with_progress(chosen, torch=not no_torch)
    except (UnknownRowError, OSError, ValueError) as error:
        wrong_call(error)
    again = "parity audit --no-torch" if no_torch else "parity audit"
    shown = narrow_console()
    shown.print(counts(rows))
    for line in (*details(rows, everything=bool(ids)), *problems(rows, again)):
        typer.echo(f"\n{line}")
    typer.echo(f"\n{summary(rows)}")
    write_table(target, "audit.csv", AuditRow, rows)
    raise typer.Exit(DISAGREE if any(row.contradicted for row in rows) else 0)


def audited_with_progress(rows: list[LedgerRow], torch: bool) -> list[AuditRow]:
    """Audit the rows behind a progress bar."""
    from parity.documents.audit import audit as audit_rows

    bar, done = progress_bar("auditing", len(rows), "statement")
    with bar:
        return audit_rows(rows, lambda: done(1), torch)
