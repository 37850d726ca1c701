"""A watch as it runs: which steps of a training are watched, and where what they give is kept."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from parity.models.errors_of_watch import WatchError
from parity.models.listening import Judge
from parity.models.meant import Meant
from parity.models.watch_files import StepFiles, read
from parity.models.watch_tables import WatchTables, noticed_rows, operation_rows
from parity.oracle.observed.recorder import Recorder
from parity.results.about import package_versions
from parity.results.settings import Settings


class Watching:
    """Listens in steps, or in one piece where nobody speaks of steps.

    A step that is not watched costs nothing but the counting: nothing of torch is changed then.
    """

    def __init__(
        self,
        model: Any,
        every: int | None,
        out: Path | None,
        start: int | None,
        exact: float,
        seed: int,
        meant: Meant,
        complain: Callable[[str], None],
        fresh: bool = False,
    ) -> None:
        self.meant, self._complain = meant, complain
        self.model, self.every, self.exact, self.seed = model, every, exact, seed
        self.number = start or 0
        self.about: dict[str, Any] = {"seed": seed, "versions": _versions()}
        self._out, self._fresh, self._start = out, fresh, start
        self._files: StepFiles | None = None
        self._in_steps = every is not None or out is not None or start is not None
        self._asked_for_steps = False
        self._kept: list[WatchTables] = []
        self._judge, self._recorder = self._listeners(None)
        self._listens = False
        self._opened = False
        self._began = 0.0

    def _listeners(self, before: Recorder | None) -> tuple[Judge, Recorder]:
        judge = Judge(Settings(seed=self.seed), lambda: self.name, self.exact, self.meant)
        return judge, Recorder(judge, self.model, before)

    @property
    def name(self) -> str:
        """What the model is called, once it has been called."""
        return self._recorder.modules.root or "model"

    # --- begin and end --------------------------------------------------------------------

    def open(self) -> None:
        """The first step begins."""
        if self._out is not None:
            self._files = StepFiles(self._out, self._fresh)
            self._go_on_from(self._files.last)
        self._opened = True
        if self._is_wanted:
            self._listen()

    def _go_on_from(self, last: int | None) -> None:
        if last is None:
            return
        if self._start is None:
            self.number = last + 1
        elif self._start <= last:
            raise WatchError(
                f"{self._out}: has the steps up to {last} already; start must be {last + 1} or "
                f"more, but is {self._start}: give another folder to watch them once more"
            )

    @property
    def _is_wanted(self) -> bool:
        return self.number % (self.every or 1) == 0

    def _listen(self) -> None:
        self._recorder.__enter__()
        self._listens, self._began = True, time.perf_counter()

    def step(self) -> None:
        """The step is over, and another one begins."""
        if not self._opened:
            raise WatchError("watch: step() belongs into the watch's `with`")
        self._in_steps = self._asked_for_steps = True
        if self._listens:
            if not self._recorder.is_innermost:
                raise WatchError(
                    "watch: step() where another dispatch mode of torch is active: enter that one "
                    "outside of the watch's `with`"
                )
            self._hear_no_more()
        self.number += 1
        if self._is_wanted:
            self._judge, self._recorder = self._listeners(self._recorder)
            self._listen()

    def close(self) -> None:
        """The last step is over."""
        self._opened = False
        if self._listens:
            self._hear_no_more()

    @property
    def slips(self) -> Iterator[str]:
        """What may be a slip in how the watch is called."""
        if self.every is not None and not self._asked_for_steps:
            yield (
                f"every={self.every}, but step() was never called, so that all was one step: call "
                "it at the end of the loop's body"
            )
        names = ", ".join(self.meant.never_met)
        if names:
            yield f"meant names {names}: no autograd.Function or optimiser of that name ran"

    def _hear_no_more(self) -> None:
        self._listens = False
        self._recorder.__exit__(None, None, None)
        self._judge.workers.close()
        found = self._heard()
        if found is not None and self._in_steps:
            self._keep(found)
            self._judge, self._recorder = self._listeners(self._recorder)

    # --- what was found -------------------------------------------------------------------

    def _heard(self) -> WatchTables | None:
        """What was heard since the step began; None if nothing was."""
        seen = self._judge.seen_in_order()
        if not seen:
            return None
        found = WatchTables(
            tuple(self._judge.rows.all),
            operation_rows(seen),
            noticed_rows(self._judge.noticed_things),
            about={"recomputed": self._recorder.recomputed, **self.about},
        )
        if not self._in_steps:
            return found
        seconds = time.perf_counter() - self._began
        return found.of_step(self.number, seconds, self._recorder.recomputed, self.about)

    def _keep(self, found: WatchTables) -> None:
        """On disk, or where there is no folder in memory. A full disk ends nobody's training."""
        if self._files is None:
            self._kept.append(found)
            return
        try:
            self._files.append(self.name, found)
        except (OSError, WatchError) as error:
            self._complain(f"step {self.number} is not in the report: {error}")

    def parts(self) -> list[WatchTables]:
        """What was found until now, the step that is under way last."""
        parts = list(self._kept)
        if self._files is not None and self._files.last is not None:
            parts.append(read(self._files.folder))
        now = self._heard()
        return parts if now is None else [*parts, now]


def _versions() -> dict[str, str]:
    """What the numbers of a model depend on beside its seed, as run.json has it."""
    packages = package_versions()
    return {"python": platform.python_version(), **{n: packages[n] for n in ("numpy", "torch")}}
