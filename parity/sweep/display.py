"""Progress: a line that a terminal rewrites; elsewhere one line now and then."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.text import Text

from parity.sweep.coordinator import Progress
from parity.sweep.duration import spoken

EVERY = 30.0  # seconds between two lines where there is no terminal


def progress_line(progress: Progress) -> str:
    """How far, how fast, how long still, and the worst error/bound so far.

    >>> progress_line(Progress(5000, 2000, 0, 0.4321, judged=1000, seconds=5.0))
    '2000 of 5000 cases · 200/s · 15s left · worst error/bound 0.432'
    """
    left = (progress.cases - progress.stored) / progress.rate if progress.rate else 0
    said = [
        f"{progress.stored} of {progress.cases} cases",
        f"{progress.rate:.0f}/s",
        f"{spoken(left)} left",
        f"worst error/bound {progress.worst_ratio:.3g}",
    ]
    if progress.disagreements:
        said.append(f"{progress.disagreements} DISAGREE")
    if progress.lost:
        said.append(f"workers lost {progress.lost} times")
    return " · ".join(said)


@contextmanager
def shown(console: Console, say: Callable[[str], None]) -> Iterator[Callable[[Progress], None]]:
    """What is told of progress; `say` gets each disagreement at once, above the line."""
    if console.is_terminal:
        with Live(Text(""), console=console, transient=True, refresh_per_second=4) as live:

            def rewrite(progress: Progress) -> None:
                for disagreement in progress.new:
                    say(disagreement.message)
                live.update(Text(progress_line(progress)))

            yield rewrite
        return
    last = time.monotonic()

    def tell(progress: Progress) -> None:
        nonlocal last
        for disagreement in progress.new:
            say(disagreement.message)
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            print(progress_line(progress), file=sys.stderr, flush=True)

    yield tell
