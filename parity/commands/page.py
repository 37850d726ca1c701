"""`parity page`, and what `parity run` does about it."""

from __future__ import annotations

import time
import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from parity.commands.ending import in_words, wrong_call
from parity.commands.options import FOLDER
from parity.environment.needs import NeedError, need

PACKAGES = ("jinja2", "babel", "latex2mathml", "matplotlib", "PIL", "pygments")
Open = Annotated[bool, typer.Option("--open", help="show the page in your browser")]


def page(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="a folder with the reports of `parity run`, or of `watch`"
        ),
    ] = FOLDER,
    show: Open = False,
) -> None:
    """Make the page DIR/index.html of the reports that lie there: one file, to read offline.

    It shows what run, audit, mistakes, `check --out DIR/check.json` and watch have written.
    """
    for package in PACKAGES:
        need(package, "parity page")
    make_page(folder, show)


def page_of_run(folder: Path, show: bool) -> None:
    """The page of a run that has just been written; without its packages a sentence instead."""
    try:
        for package in PACKAGES:
            need(package, "the page")
    except NeedError as error:
        typer.echo(f"no page: {error}")
        return
    make_page(folder, show)


def make_page(folder: Path, show: bool) -> None:
    """Write the page, say where it is, and open it if wanted."""
    from parity.page.build import write_page

    started = time.perf_counter()
    try:
        path = write_page(folder)
    except ValueError as error:
        wrong_call(error)
    except OSError as error:
        wrong_call(f"the page could not be written: {in_words(error)}")
    size = path.stat().st_size / 1e6
    typer.echo(f"page: {path}, {size:.1f} MB in {time.perf_counter() - started:.1f} s")
    if show and not webbrowser.open(path.resolve().as_uri()):
        typer.echo("there is no browser to open it with")
