"""`parity accuracy`"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from parity.commands.ending import DISAGREE, wrong_call
from parity.commands.options import FOLDER, Dtypes, Seed
from parity.commands.reports import write_table
from parity.commands.terminal import progress_bar, wide_console
from parity.commands.threads import sleep_when_idle
from parity.environment.needs import need
from parity.results.writing import check_writable


def accuracy(
    functions: Annotated[
        list[str] | None, typer.Argument(metavar="FUNCTION", help="sigmoid, cross_entropy, … (all)")
    ] = None,
    dtype: Dtypes = None,
    seed: Seed = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="where accuracy.csv goes (reports, of all)")
    ] = None,
) -> None:
    """Show how many digits refimpl and torch keep: the worst errors, and where they are.

    Exit code 0 refimpl keeps to its limits, 1 it does not.
    """
    sleep_when_idle()
    need("torch", "parity accuracy")
    need("flint", "parity accuracy")
    from parity.bench.accuracy import DTYPES, AccuracyRow, of_functions, questions, worst_errors
    from parity.report.accuracy import summary, table
    from parity.results.settings import DEFAULT_SEED, Settings
    from parity.suite.selection import SelectionError

    started = time.perf_counter()
    target = out or (None if functions or dtype else FOLDER)
    try:
        asked = of_functions(list(questions()), functions or [])
        if target:
            check_writable(target)
    except (SelectionError, OSError) as error:
        wrong_call(error)
    dtypes = [d.value for d in dtype] if dtype else list(DTYPES)
    settings = Settings(DEFAULT_SEED if seed is None else seed)
    rows: list[AccuracyRow] = []
    bar, done = progress_bar("asking", len(asked) * len(dtypes), "question")
    with bar:
        for question in asked:
            for one in dtypes:
                rows += worst_errors(question, one, settings)
                done(1)
    wide_console().print(table(rows))
    typer.echo(f"{summary(rows)}; {time.perf_counter() - started:.1f} s")
    write_table(target, "accuracy.csv", AccuracyRow, rows)
    raise typer.Exit(DISAGREE if any(row.refimpl_over_limit > 1 for row in rows) else 0)
