"""`parity sweep`"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from parity.commands import interruption
from parity.commands.ending import wrong_call
from parity.commands.options import FOLDER, Dtypes, Jobs, Out, default_jobs
from parity.commands.terminal import console, wide_console
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need, need_installed
from parity.results.writing import check_writable

# Seconds that a case takes a worker, and that more workers take: their server is there anyway.
CASE, START = 0.0026, 0.5
# What --only has no use for, by the names of the parameters.
OF_MANY = ("first", "cases", "jobs", "dask", "store", "time_limit")


def sweep(
    context: typer.Context,
    cases: Annotated[int, typer.Option(min=1, metavar="N", help="how many random cases")] = 10_000,
    function: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="one function (all)")
    ] = None,
    dtype: Dtypes = None,
    seed: Annotated[int | None, typer.Option(min=0, metavar="N", help="of all cases")] = None,
    first: Annotated[
        int, typer.Option(min=0, metavar="N", help="the number of the first case")
    ] = 0,
    only: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="one case, by its number")
    ] = None,
    jobs: Jobs = None,
    dask: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="the scheduler of a Dask cluster")
    ] = None,
    store: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="where results are kept (DIR/sweep.sqlite)"),
    ] = None,
    time_limit: Annotated[
        str | None, typer.Option("--time", metavar="1h30m", help="end after so long")
    ] = None,
    out: Out = FOLDER,
) -> None:
    """Judge random cases, as many as wanted; the same command continues where it was ended."""
    sleep_when_idle()
    from parity.results.settings import DEFAULT_SEED
    from parity.sweep import duration
    from parity.sweep.session import Options, check_range, repeat, select
    from parity.sweep.session import run as run_sweep

    if only is not None and any(_given(context, name) for name in OF_MANY):
        wrong_call("--only judges one case: it takes --seed, --function and --dtype alone")
    try:
        selection = select(
            DEFAULT_SEED if seed is None else seed, function or [], [d.value for d in dtype or ()]
        )
        if only is not None:
            need("torch", "parity sweep")
            raise typer.Exit(repeat(selection, only, typer.echo))
        check_range(first, cases)
        if dask is None:
            need_installed("torch", "parity sweep")  # its processes import it
        else:
            need("distributed", "parity sweep --dask", ", here and on every worker")
        check_writable(out)
        interruption.keeps("what is stored stays, the same command goes on")
        options = Options(
            selection,
            first,
            cases,
            jobs or default_jobs(CASE * cases, START),
            dask,
            store or out / "sweep.sqlite",
            duration.seconds(time_limit) if time_limit is not None else None,
            out,
            ["parity", *sys.argv[1:]],
        )
        shown = wide_console()
        progress_console = console(stderr=True)
        code = run_sweep(options, shown, progress_console, typer.echo, interruption.answer)
    except (OSError, ValueError) as error:
        wrong_call(error)
    raise typer.Exit(code)


def _given(context: typer.Context, name: str) -> bool:
    """Whether the command line gives the parameter."""
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
