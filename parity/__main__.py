"""`python -m parity` is `parity`; without the command line's own packages, one sentence."""

from __future__ import annotations

import sys

from parity.commands import interruption
from parity.environment.needs import NeedError, need

WRONG_CALL = 2  # as in parity.commands.ending, which needs typer


def main() -> None:
    """Entry point of `parity`."""
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
    main()
