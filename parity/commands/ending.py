"""How a command ends that cannot do what it is asked for."""

from __future__ import annotations

from typing import NoReturn

import typer

DISAGREE, WRONG_CALL = 1, 2


def wrong_call(why: str | Exception) -> NoReturn:
    """One line on stderr, exit code 2."""
    typer.echo(f"parity: {in_words(why)}", err=True)
    raise typer.Exit(WRONG_CALL)


def in_words(why: str | Exception) -> str:
    """What went wrong, without the number that the system has for it.

    >>> in_words(OSError(28, "No space left on device"))
    'no space left on device'
    >>> in_words(OSError(13, "Permission denied", "reports"))
    'reports: permission denied'
    """
    if not isinstance(why, OSError) or not why.strerror:
        return str(why)
    said = why.strerror[:1].lower() + why.strerror[1:]
    return f"{why.filename}: {said}" if why.filename else said
