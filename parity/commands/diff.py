"""`parity diff`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call


def diff(
    before: Annotated[Path, typer.Argument(metavar="A.csv", help="the summary.csv of a run")],
    after: Annotated[Path, typer.Argument(metavar="B.csv", help="that of a later one")],
) -> None:
    """Say what changed between two runs. Exit code 1 if anything did."""
    from parity.report.diff import SummaryError, changes

    try:
        found = changes(before, after)
    except SummaryError as error:
        wrong_call(error)
    for change in found:
        typer.echo(
            f"{change.what:8} {change.tensor}: {change.before or '-'} → {change.after or '-'}"
        )
    typer.echo(f"{len(found)} changes" if found else "no changes")
    raise typer.Exit(DISAGREE if found else 0)
