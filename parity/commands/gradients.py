"""`parity gradients`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands.ending import DISAGREE, WRONG_CALL, in_words, wrong_call
from parity.commands.options import FOLDER, Dtype, Seed
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need

if TYPE_CHECKING:
    from parity.own_data.gradient_report import GradientReport

# Options of the function are not the command's own: they come among the words.
SETTINGS = {"ignore_unknown_options": True}
OWN = FOLDER / "own"


def gradients(
    function: Annotated[str, typer.Argument(metavar="FUNCTION", help="of refimpl: conv2d, …")],
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE… [--OPTION …]",
            help=".npz, .npy or .csv, arrays by the names of the function's arguments; "
            "x=photo.csv names one; options of the function: --stride 2,1",
        ),
    ] = None,
    dtype: Annotated[
        list[Dtype] | None, typer.Option(help="of the report, once or twice (that of the data)")
    ] = None,
    seed: Seed = None,
    elements: Annotated[
        str, typer.Option(metavar="all|N", help="rows of a tensor: those with the largest errors")
    ] = "10000",
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="of gradients.csv (reports/own/FUNCTION)")
    ] = None,
) -> None:
    """Judge your own numbers: every element of y and of each gradient, and results you have.

    Beside x, weight, … the files may hold dy, and y, dx, dweight, … computed elsewhere.
    Exit code 0 right, 1 something is outside its bound, 2 it could not be judged.
    """
    sleep_when_idle()
    need("torch", "parity gradients")
    need("flint", "parity gradients")
    from parity.own_data.errors import OwnDataError
    from parity.own_data.names import known_function
    from parity.own_data.written import check_folder

    try:
        known = known_function(function)
        folder = out or OWN / known
        check_folder(folder)
        report = reported(known, words or [], dtype, seed, elements)
    except OwnDataError as error:
        wrong_call(error)
    typer.echo(str(report))
    write(report, folder)
    raise typer.Exit({"right": 0, "wrong": DISAGREE}.get(report.status, WRONG_CALL))


def reported(
    function: str, words: list[str], dtype: list[Dtype] | None, seed: int | None, elements: str
) -> GradientReport:
    """What files and options ask, judged. Raises: OwnDataError."""
    from parity.own_data.errors import OwnDataError
    from parity.own_data.function_options import separated
    from parity.own_data.in_python import gradients as judged
    from parity.own_data.names import what_it_takes
    from parity.results.settings import DEFAULT_SEED

    files, options = separated(function, words)
    if not files:
        raise OwnDataError(f"{function}: no file is given; {what_it_takes(function)}")
    return judged(
        function,
        *files,
        dtype=tuple(one.value for one in dtype or ()),
        seed=DEFAULT_SEED if seed is None else seed,
        elements=elements,
        **options,
    )


def write(report: GradientReport, folder: Path) -> None:
    """The files, and where they are; how many elements they leave out."""
    try:
        written = report.write(folder, command=["parity", *sys.argv[1:]])
    except OSError as error:
        wrong_call(f"the report could not be written, the old one stands: {in_words(error)}")
    left = report.left_out
    if left:
        typer.echo(f"{left} elements with smaller errors are left out; --elements all writes them")
    typer.echo(f"reports: {', '.join(map(str, written))}")
