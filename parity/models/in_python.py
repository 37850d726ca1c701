"""For somebody who trains a model and wants to know: `parity.watch`."""

from __future__ import annotations

from typing import Any

from parity.models.errors_of_watch import WatchError
from parity.models.listening import Judge
from parity.models.watch_report import WatchReport
from parity.oracle.observed.recorder import Recorder, is_module
from parity.results.settings import DEFAULT_SEED, Settings


class watch:  # noqa: N801 (a context, written as a function is)
    """Judge every operation of a torch model while it runs, forward and backward.

    Nothing else changes: what runs inside is recorded and judged at once, from the inputs it had
    and the gradients that reached it. model: whose names the report uses; without one, that of the
    first module that is called. exact: seconds for exact values of float64 tensors, worst elements
    first (float32 is judged by float64, which is as good as exact there).
    Afterwards `report` has it all. It raises nothing of what it finds: `report.raise_if_wrong()`.

    Source: beyond the documents. Bounds as in docs/bounds.md.

    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))
    >>> x, target = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])
    >>> with watch() as seen:
    ...     loss = torch.nn.functional.cross_entropy(model(x), target)
    ...     loss.backward()
    >>> seen.report
    Sequential: right: 7 operations, 7 of them backward, 17 tensors judged
    """

    def __init__(self, model: Any = None, *, exact: float = 2.0, seed: int = DEFAULT_SEED) -> None:
        if model is not None and not is_module(model):
            raise WatchError(f"watch: must be a torch.nn.Module, but is {type(model).__name__}")
        if not exact >= 0:
            raise WatchError(f"watch: exact must be seconds, 0 or more, but is {exact!r}")
        self._judge = Judge(Settings(seed=seed), self._name, exact)
        self._recorder = Recorder(self._judge, model)
        self._closed = False

    def _name(self) -> str:
        return self._recorder.modules.root or "model"

    def __enter__(self) -> watch:
        if self._closed:
            raise WatchError("a watch is used once; make another one for what runs now")
        self._recorder.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._closed = True
        self._recorder.__exit__(*error)
        self._judge.workers.close()

    @property
    def report(self) -> WatchReport:
        """What was found until now.

        Raises: WatchError if no operation was seen.
        """
        seen = self._judge.seen_in_order()
        if not seen:
            raise WatchError(
                "no operation of torch was seen: run the model inside `with parity.watch():`"
            )
        about = {"recomputed": self._recorder.recomputed, "seed": self._judge.rows.settings.seed}
        rows = tuple(self._judge.rows.all)
        return WatchReport(self._name(), rows, seen, dict(self._judge.noticed_things), about)
