"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer

from parity.commands import interruption
from parity.commands.accuracy import accuracy
from parity.commands.audit import audit
from parity.commands.bench import bench
from parity.commands.check import check
from parity.commands.diff import diff
from parity.commands.ending import WRONG_CALL, in_words
from parity.commands.examples import epilog
from parity.commands.explain import explain
from parity.commands.gradients import SETTINGS, gradients
from parity.commands.help import show_help
from parity.commands.list import list_cases
from parity.commands.mistakes import mistakes
from parity.commands.output import guarded_output
from parity.commands.page import page
from parity.commands.peers import peers
from parity.commands.run import run
from parity.commands.sweep import sweep
from parity.commands.usage import command, explained
from parity.commands.watch import watch
from parity.environment.needs import explanation

# Typer brings its own Click; this is how it names the base class of wrong usage.
USAGE_ERROR: Any = typer.BadParameter.__base__

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
)


def main() -> None:
    """`parity …`, in a process that has the packages of the command line."""
    interruption.begin()
    with guarded_output() as failures:
        code = call()
    for failure in failures:
        with suppress(OSError):
            typer.echo(f"parity: the output cannot be written: {in_words(failure)}", err=True)
        code = WRONG_CALL
    if code == interruption.INTERRUPTED:
        interruption.end()
    sys.exit(code)


def call() -> int:
    """The command's exit code; what it cannot do is said in one line."""
    try:
        return app(standalone_mode=False) or 0
    except USAGE_ERROR as error:
        if len(sys.argv) < 2:
            error.show()  # the help
        else:
            typer.echo(f"parity: {explained(error, sys.argv[1:], list(COMMANDS))}", err=True)
    except Exception as error:
        if interruption.came():
            interruption.end()
        sentence = explanation(error, command(sys.argv[1:]))
        if sentence is None:
            if not isinstance(error, OSError):
                raise
            sentence = f"parity: {in_words(error)}"
        typer.echo(sentence, err=True)
    return WRONG_CALL


def show_version(wanted: bool) -> None:
    """`--version`"""
    if wanted:
        from importlib.metadata import version

        typer.echo(f"cnn-parity {version('cnn-parity')}")
        raise typer.Exit


@app.callback()
def parity(
    version: Annotated[
        bool, typer.Option("--version", callback=show_version, is_eager=True, help="and exit")
    ] = False,
) -> None:
    """Compare refimpl's formulas with torch.autograd, under bounds derived from the arithmetic."""


COMMANDS: dict[str, Callable[..., None]] = {
    "run": run,
    "page": page,
    "check": check,
    "gradients": gradients,
    "watch": watch,
    "peers": peers,
    "explain": explain,
    "list": list_cases,
    "audit": audit,
    "mistakes": mistakes,
    "sweep": sweep,
    "accuracy": accuracy,
    "bench": bench,
    "diff": diff,
    "help": show_help,
}
for name, does in COMMANDS.items():
    settings = SETTINGS if name == "gradients" else None
    app.command(name, epilog=epilog(name), context_settings=settings)(does)


if __name__ == "__main__":
    main()
