"""A named model, run and judged: `parity watch`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from parity.cases.case import FLOATS
from parity.models.errors_of_watch import WatchError
from parity.models.given_inputs import GivenInputs, drawn, matched, stored
from parity.models.meant import Meant
from parity.models.named_model import named
from parity.models.watch_report import WatchReport
from parity.models.watch_tables import joined
from parity.models.watch_under_way import Watching
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
    """What the command was told. out: the folder to which each of several steps is appended."""

    target: str
    shapes: tuple[str, ...] = ()
    input: Path | None = None
    loss: str = ""
    integers: tuple[str, ...] = ()
    steps: int = 1
    every: int | None = None
    meant: tuple[str, ...] = ()
    dtype: str = "float32"
    channels_last: bool = False
    evaluation: bool = False
    budget: float = 2.0
    seed: int = DEFAULT_SEED
    out: Path | None = None


def watched(wanted: Wanted, done: Callable[[], None] = lambda: None) -> WatchReport:
    """The report of a model; of several steps it lies in its folder already.

    done: called at the end of each of several steps.
    Raises: WatchError, in one sentence; OSError for the folder.
    """
    asked, given = _asked(wanted), _inputs(wanted)
    meant = Meant({name: f"meant by --meant {name}" for name in wanted.meant})
    out = wanted.out if wanted.steps > 1 else None
    try:
        model = made(named(wanted.target), wanted.target, asked)
        asked = _with_inputs(asked, matched(given, model.forward), wanted)
        watching = Watching(
            model, wanted.every, out, None, wanted.budget, wanted.seed, meant, _refuse, fresh=True
        )
        watching.about["asked"] = _said(wanted)

        def step() -> None:
            watching.step()
            done()

        watching.open()
        try:
            run(model, asked, step if wanted.steps > 1 else lambda: None)
        finally:
            watching.close()
    except ModelError as error:
        raise WatchError(str(error)) from error
    for slip in watching.slips:
        raise WatchError(f"--{slip}")
    parts = watching.parts()
    if not parts:
        raise WatchError(f"{wanted.target}: no operation of torch was seen")
    return WatchReport(watching.name, joined(parts))


def _said(wanted: Wanted) -> dict[str, str]:
    """What is not as it is without being asked."""
    usual = vars(Wanted(wanted.target))
    found = {name: value for name, value in vars(wanted).items() if value != usual[name]}
    found.pop("out", None)
    words = {name: value if isinstance(value, tuple) else (value,) for name, value in found.items()}
    return {"target": wanted.target, **{n: " ".join(map(str, v)) for n, v in words.items()}}


def _refuse(what: str) -> None:
    raise WatchError(what)


def _asked(wanted: Wanted) -> Asked:
    if wanted.dtype not in FLOATS:
        raise WatchError(f"--dtype must be float32 or float64, but is {wanted.dtype}")
    if wanted.loss and wanted.loss not in LOSSES:
        raise WatchError(f"--loss must be {', '.join(LOSSES)}, but is {wanted.loss}")
    if wanted.steps < 1:
        raise WatchError(f"--steps must be 1 or more, but is {wanted.steps}")
    if wanted.every is not None and wanted.steps == 1:
        raise WatchError(
            "--every says which of --steps are watched: give it --steps of 2 or more, but it is 1"
        )
    if wanted.every is not None and not 1 <= wanted.every < wanted.steps:
        raise WatchError(
            f"--every says which of --steps are watched: must be 1 or more, and less than "
            f"{wanted.steps}, but is {wanted.every}"
        )
    return Asked(
        (),
        None,
        wanted.loss,
        wanted.steps,
        wanted.dtype,
        wanted.channels_last,
        wanted.evaluation,
        wanted.seed,
    )


def _inputs(wanted: Wanted) -> GivenInputs:
    if wanted.input is None and not wanted.shapes:
        raise WatchError("give the model an input: --shape 2,3,224,224, or --input x.npz")
    if wanted.input is not None and wanted.shapes:
        raise WatchError("--shape and --input: one of them says what the input is")
    if wanted.input is None:
        return drawn(wanted.shapes, wanted.integers)
    if wanted.integers:
        raise WatchError("--integers is of inputs that are drawn; an --input is taken as stored")
    return stored(wanted.input)


def _with_inputs(asked: Asked, given: GivenInputs, wanted: Wanted) -> Asked:
    loss = wanted.loss or _loss_for(given)
    if given.target is not None and loss not in (CROSS_ENTROPY, MSE):
        raise WatchError(f"{wanted.input}: has a target, which --loss {loss} does not take")
    return replace(asked, inputs=given.inputs, target=given.target, loss=loss)


def _loss_for(given: GivenInputs) -> str:
    """Whole numbers are classes."""
    if given.target is None:
        return LOSSES[0]
    return CROSS_ENTROPY if given.target.dtype.kind in "iu" else MSE
