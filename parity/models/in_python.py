"""For somebody who trains a model and wants to know: `parity.watch`."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from parity.models.errors_of_watch import WatchError
from parity.models.meant import meant_by
from parity.models.watch_report import WatchReport
from parity.models.watch_tables import joined
from parity.models.watch_under_way import Watching
from parity.oracle.observed.recorder import is_module
from parity.results.settings import DEFAULT_SEED


class watch:  # noqa: N801 (a context, written as a function is)
    """Judge every operation of a torch model while it runs, forward and backward.

    Nothing else changes: what runs inside is recorded and judged at once, from the inputs it had
    and the gradients that reached it. model: whose names the report uses; without one, that of the
    first module that is called. exact: seconds for exact values of float64 tensors, worst elements
    first (float32 is judged by float64, which is as good as exact there).
    Afterwards `report` has it all. It raises nothing of what it finds: `report.raise_if_wrong()`.

    Around a training loop, `every` says which steps are watched: 0, every, 2·every, …; `step()` at
    the end of the loop's body says where one ends. out: a folder to which each step is appended
    once it is judged, and from which `WatchReport.read` has it, also after a crash; a report of the
    same model that lies there goes on, from the step behind its last one, or from `start`.

    meant: classes of `autograd.Function`s whose backward is not the derivative, and of optimisers
    whose step is not the formula of the class below, because they are meant so: a list of classes
    or names, or a mapping from them to reasons. They are listed as meant, and are no failure.

    Source: beyond the documents. Bounds as in docs/bounds.md.
    Raises: WatchError for what cannot be watched; OSError for a folder that cannot be.

    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> x, target = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])
    >>> with watch() as seen:
    ...     loss = torch.nn.functional.cross_entropy(model(x), target)
    ...     loss.backward()
    >>> seen.report
    Sequential: right: 7 operations, 7 of them backward, 17 tensors judged
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> with watch(model, every=100) as seen:
    ...     for step in range(300):
    ...         optimizer.zero_grad()
    ...         torch.nn.functional.cross_entropy(model(x), target).backward()
    ...         optimizer.step()
    ...         seen.step()
    >>> list(seen.report.steps.step)
    [0, 100, 200]
    """

    def __init__(
        self,
        model: Any = None,
        *,
        every: int | None = None,
        out: str | Path | None = None,
        start: int | None = None,
        meant: Any = (),
        exact: float = 2.0,
        seed: int = DEFAULT_SEED,
    ) -> None:
        if model is not None and not is_module(model):
            raise WatchError(f"watch: must be a torch.nn.Module, but is {type(model).__name__}")
        if not exact >= 0:
            raise WatchError(f"watch: exact must be seconds, 0 or more, but is {exact!r}")
        _check_count("every", every, 1)
        _check_count("start", start, 0)
        if out is not None and not isinstance(out, str | os.PathLike):
            raise WatchError(f"watch: out must be a folder, but is {type(out).__name__}")
        folder = None if out is None else Path(out)
        self._watching = Watching(
            model, every, folder, start, exact, seed, meant_by(meant), _complain
        )
        self._closed = False

    def __enter__(self) -> watch:
        if self._closed:
            raise WatchError("a watch is used once; make another one for what runs now")
        self._watching.open()
        return self

    def __exit__(self, *error: Any) -> None:
        self._closed = True
        self._watching.close()
        for slip in self._watching.slips if error[0] is None else ():
            warnings.warn(f"parity.watch: {slip}", stacklevel=2)

    def step(self) -> None:
        """A step of the training ends here, at the end of the loop's body.

        Raises: WatchError outside of the watch's `with`, or where another mode of torch was
        entered inside it.
        """
        self._watching.step()

    @property
    def report(self) -> WatchReport:
        """What was found until now.

        Raises: WatchError if no operation was seen.
        """
        parts = self._watching.parts()
        if not parts:
            raise WatchError(
                "no operation of torch was seen: run the model inside `with parity.watch():`"
            )
        return WatchReport(self._watching.name, joined(parts))


def _complain(what: str) -> None:
    """A full disk ends nobody's training."""
    warnings.warn(f"parity.watch: {what}", stacklevel=6)


def _check_count(name: str, value: Any, least: int) -> None:
    if value is None or (type(value) is int and value >= least):
        return
    raise WatchError(f"watch: {name} must be a whole number from {least} on, but is {value!r}")
