"""`python -m parity` is `parity`; without the command line's own packages, one sentence."""

from __future__ import annotations

import sys

from parity.commands.needs import NeedError, need

WRONG_CALL = 2  # as in parity.commands.ending, which needs typer


def main() -> None:
    """Entry point of `parity`."""
    try:
        need("typer", "the command line")
    except NeedError as error:
        print(f"parity: {error}", file=sys.stderr)
        sys.exit(WRONG_CALL)

    from parity.cli import main as run

    run()


if __name__ == "__main__":
    main()
