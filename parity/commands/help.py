"""`parity help`"""

from __future__ import annotations

from typing import Annotated

import typer

from parity.commands.ending import wrong_call
from parity.commands.usage import no_command


def show_help(
    context: typer.Context,
    command: Annotated[
        str | None, typer.Argument(metavar="COMMAND", help="run, check, … (all of them)")
    ] = None,
) -> None:
    """Say what a command takes; without one, which commands there are."""
    parent = context.find_root()
    group = parent.command
    if command is None:
        typer.echo(group.get_help(parent))
        return
    wanted = group.get_command(parent, command)  # type: ignore[attr-defined]
    if wanted is None:
        known = group.list_commands(parent)  # type: ignore[attr-defined]
        wrong_call(f"{no_command(command, known)}; there are {', '.join(known)}")
    shown = type(context)(wanted, info_name=command, parent=parent)
    typer.echo(wanted.get_help(shown))
