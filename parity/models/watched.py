"""A named model, run and judged: `parity watch`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from parity.cases.case import FLOATS
from parity.models.errors_of_watch import WatchError
from parity.models.in_python import watch
from parity.models.named_model import arrays, named, shape_of
from parity.models.watch_report import WatchReport
from parity.oracle.observed.model_runs import (
    CROSS_ENTROPY,
    LOSSES,
    MSE,
    Asked,
    ModelError,
    made,
    run,
)
from parity.results.settings import DEFAULT_SEED


@dataclass(frozen=True)
class Wanted:
    """What the command was told."""

    target: str
    shape: str = ""
    input: Path | None = None
    loss: str = ""
    steps: int = 1
    dtype: str = "float32"
    channels_last: bool = False
    evaluation: bool = False
    budget: float = 2.0
    seed: int = DEFAULT_SEED


def watched(wanted: Wanted) -> WatchReport:
    """The report of a model.

    Raises: WatchError, in one sentence.
    """
    asked = _asked(wanted)
    try:
        model = made(named(wanted.target), wanted.target, asked)
        with watch(model, exact=wanted.budget, seed=wanted.seed) as seen:
            run(model, asked)
    except ModelError as error:
        raise WatchError(str(error)) from error
    report = seen.report
    said = {name: str(value) for name, value in vars(wanted).items() if value is not None}
    tables = replace(report.tables, about={**report.tables.about, "asked": said})
    return replace(report, tables=tables)


def _asked(wanted: Wanted) -> Asked:
    if wanted.dtype not in FLOATS:
        raise WatchError(f"--dtype must be float32 or float64, but is {wanted.dtype}")
    if wanted.loss and wanted.loss not in LOSSES:
        raise WatchError(f"--loss must be {', '.join(LOSSES)}, but is {wanted.loss}")
    if wanted.steps < 1:
        raise WatchError(f"--steps must be 1 or more, but is {wanted.steps}")
    given = arrays(wanted.input)
    if not given and not wanted.shape:
        raise WatchError("give the model an input: --shape 2,3,224,224, or --input x.npz")
    if given and wanted.shape:
        raise WatchError("--shape and --input: one of them says what the input is")
    loss = wanted.loss or _loss_for(given)
    if "target" in given and loss not in (CROSS_ENTROPY, MSE):
        raise WatchError(f"{wanted.input}: has a target, which --loss {loss} does not take")
    shape = shape_of(wanted.shape) if wanted.shape else ()
    return Asked(
        shape,
        given,
        loss,
        wanted.steps,
        wanted.dtype,
        wanted.channels_last,
        wanted.evaluation,
        wanted.seed,
    )


def _loss_for(given: object) -> str:
    """Whole numbers are classes."""
    target = given.get("target") if isinstance(given, dict) else None
    if target is None:
        return LOSSES[0]
    return CROSS_ENTROPY if target.dtype.kind in "iu" else MSE
