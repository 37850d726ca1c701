"""How a command ends that cannot do what it is asked for."""

from __future__ import annotations

from typing import NoReturn

import typer

DISAGREE, WRONG_CALL = 1, 2


def wrong_call(message: str) -> NoReturn:
    """One line on stderr, exit code 2."""
    typer.echo(f"parity: {message}", err=True)
    raise typer.Exit(WRONG_CALL)
