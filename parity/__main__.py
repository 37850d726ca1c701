"""`python -m parity` is `parity`; without the command line's own packages, one sentence."""

from __future__ import annotations

import sys

from parity.commands import interruption
from parity.environment.garbage import look_seldom
from parity.environment.leaving import Leaving
from parity.environment.needs import NeedError, need

WRONG_CALL = 2  # as in parity.commands.ending, which needs typer


def command() -> None:
    """Entry point of `parity`: a process that ends with the command."""
    look_seldom()
    leaving = Leaving()
    try:
        main()
    except SystemExit as ended:
        leaving.code = ended.code if isinstance(ended.code, int) else None
        raise


def main() -> None:
    """The command, in whatever process."""
    interruption.watch()
    try:
        run()
    except BaseException:
        if interruption.came():  # it is raised as something else where a library is imported
            interruption.end()
        raise


def run() -> None:
    """The command line, if what it needs is there."""
    try:
        need("typer", "the command line")
    except NeedError as error:
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(WRONG_CALL)

    from parity.cli import main as call

    call()


if __name__ == "__main__":
    command()
