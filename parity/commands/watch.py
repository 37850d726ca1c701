"""`parity watch`"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parity.commands import interruption
from parity.commands.ending import DISAGREE, WRONG_CALL, in_words, wrong_call
from parity.commands.options import FOLDER, Dtype, Seed
from parity.commands.page import Open, page_of_run
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need

if TYPE_CHECKING:
    from parity.models.watch_report import WatchReport

OWN = FOLDER / "watch"


def watch(
    target: Annotated[
        str,
        typer.Argument(
            metavar="FILE.py:NAME|MODULE:NAME",
            help="a torch model, or a class or function that makes one without arguments",
        ),
    ],
    shape: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]2,3,224,224",
            help="of an input, which is drawn; once for each argument of forward",
        ),
    ] = None,
    integers: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]N", help="the input is drawn from the whole numbers 0 … N − 1"
        ),
    ] = None,
    input: Annotated[
        Path | None,
        typer.Option(
            metavar="x.npz",
            help="arrays by the names of forward's arguments (or input), and target if you like",
        ),
    ] = None,
    loss: Annotated[
        str,
        typer.Option(
            metavar="random|cross_entropy|mse",
            help="random: Σ y·r; the others draw a target unless --input has one (random)",
        ),
    ] = "",
    steps: Annotated[int, typer.Option(help="of SGD with momentum, from 2 on; 1: none")] = 1,
    every: Annotated[
        int | None,
        typer.Option(metavar="M", help="watch the steps 0, M, 2M, …, the others just run"),
    ] = None,
    meant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="an autograd.Function or optimiser that is not its formula because it is meant so",
        ),
    ] = None,
    dtype: Annotated[Dtype, typer.Option(help="of the model")] = Dtype.float32,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", help="the model and its input in that layout")
    ] = False,
    evaluation: Annotated[
        bool, typer.Option("--eval", help="the model in eval mode, not in training")
    ] = False,
    budget: Annotated[
        float, typer.Option(metavar="SECONDS", help="for exact values of float64 tensors")
    ] = 2.0,
    strict: Annotated[
        bool, typer.Option("--strict", help="what is noticed is a failure, too")
    ] = False,
    seed: Seed = None,
    page: Annotated[
        bool, typer.Option("--page/--no-page", help="also make DIR/index.html, to read offline")
    ] = True,
    show: Open = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="of the tables (reports/watch/FILE.NAME)")
    ] = None,
) -> None:
    """Judge your own model layer by layer: every operation, forward and backward, by itself.

    Exit code 0 nothing is wrong, 1 something is, 2 it could not be judged.
    """
    sleep_when_idle()
    need("torch", "parity watch")
    from parity.models.errors_of_watch import WatchError
    from parity.models.named_model import folder_of
    from parity.models.watched import Wanted, watched
    from parity.results.settings import DEFAULT_SEED
    from parity.results.writing import check_folder_can_be

    folder = out or OWN / folder_of(target)
    if steps > 1:
        interruption.counts(steps, "step")
    try:
        check_folder_can_be(folder)
        report = watched(
            Wanted(
                target,
                tuple(shape or ()),
                input,
                loss,
                tuple(integers or ()),
                steps,
                every,
                tuple(meant or ()),
                dtype.value,
                channels_last,
                evaluation,
                budget,
                DEFAULT_SEED if seed is None else seed,
                folder,
            ),
            lambda: _step_done(folder),
        )
    except (WatchError, OSError) as error:
        wrong_call(error)
    typer.echo(str(report))
    _write(report, folder)
    if page or show:
        page_of_run(folder, show)
    elif (folder / "index.html").exists():
        typer.echo(f"the page there is older: parity page {folder} makes it anew")
    raise typer.Exit(_code(report, strict))


def _step_done(folder: Path) -> None:
    interruption.advance(1)
    interruption.keeps(f"those that were watched are in {folder}")


def _code(report: WatchReport, strict: bool) -> int:
    if report.status == "undecided":
        return WRONG_CALL
    return DISAGREE if report.wrong or (strict and report.tables.doubtful) else 0


def _write(report: WatchReport, folder: Path) -> None:
    try:
        written = report.to_csv(folder)
    except OSError as error:
        wrong_call(f"the report could not be written, the old one stands: {in_words(error)}")
    typer.echo(f"reports: {', '.join(map(str, written))}")
