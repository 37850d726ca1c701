"""A run with what it vouches for itself by."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.suite.causes import causes
from parity.suite.gaps import gaps
from parity.suite.run import run
from parity.suite.task import Task


def vouched(
    tasks: Sequence[Task],
    planted: Sequence[Task],
    settings: Settings,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
    results: dict[int, Findings] | None = None,
) -> Findings:
    """What tasks and planted mistakes find, what nobody judged, and what wrong numbers look like.

    done, results: as of `run`.
    """
    findings = run([*tasks, *planted], settings, jobs, done, results)
    findings.gaps = gaps(tasks, findings)
    findings.causes = causes(tasks, findings, settings)
    return findings
