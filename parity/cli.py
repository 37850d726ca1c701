"""The command line. Nothing heavy is imported before a command needs it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Annotated, Any, NoReturn

import typer

from parity.commands.audit import audit
from parity.commands.bench import bench
from parity.commands.check import check
from parity.commands.diff import diff
from parity.commands.ending import WRONG_CALL
from parity.commands.gradients import SETTINGS, gradients
from parity.commands.list import list_cases
from parity.commands.mistakes import mistakes
from parity.commands.needs import command, explanation
from parity.commands.run import run
from parity.commands.sweep import sweep

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
    try:
        code = app(standalone_mode=False)
        sys.stdout.flush()
    except USAGE_ERROR as error:
        if len(sys.argv) < 2:
            error.show()  # the help
            sys.exit(WRONG_CALL)
        typer.echo(f"parity: {error.format_message()}", err=True)
        sys.exit(WRONG_CALL)
    except Exception as error:
        sentence = explanation(error, command())
        if sentence:
            typer.echo(sentence, err=True)
            sys.exit(WRONG_CALL)
        if isinstance(error, OSError):
            give_up(error)
        raise
    sys.exit(code or 0)


def give_up(error: OSError) -> NoReturn:
    """One line for a file or an output that cannot be written, a full disk for example."""
    what = "" if error.filename else "the output cannot be written: "
    with suppress(OSError):
        typer.echo(f"parity: {what}{error}", err=True)
    # What is left in the buffer would be tried once more when Python ends.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(WRONG_CALL)


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


app.command()(run)
app.command()(check)
app.command(context_settings=SETTINGS)(gradients)
app.command("list")(list_cases)
app.command()(audit)
app.command()(mistakes)
app.command()(sweep)
app.command()(bench)
app.command()(diff)


if __name__ == "__main__":
    main()
