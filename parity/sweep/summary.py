"""The end of a sweep in words: what holds, what it cost, and what all of it depends on."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from parity.results.verdicts import BLIND, OUTSIDE
from parity.sweep.coordinator import Plan, Progress
from parity.sweep.duration import spoken
from parity.sweep.tables import ALL, SweepRow, by_function, by_size

WIDTH = 160  # nothing is cut off, not even where disagreements need long numbers


def conclusion(rows: Sequence[SweepRow], plan: Plan, progress: Progress) -> str:
    """The sweep in one sentence."""
    everything = [row for row in rows if row.function == ALL and row.elements == ALL]
    cases = sum(row.cases for row in everything)
    outside, blind = (sum(getattr(row, v) for row in everything) for v in (OUTSIDE, BLIND))
    verdict = f"{outside} DO NOT HOLD (sweep_disagreements.csv)" if outside else "all hold"
    said = [f"{cases} of {plan.cases} cases: {verdict if cases else 'nothing judged yet'}"]
    if blind:
        said.append(f"{blind} blind: not counted")
    if progress.judged:
        said.append(
            f"{progress.judged} judged now in {spoken(progress.seconds)}, {progress.rate:.0f}/s"
        )
    if progress.lost:
        times = "once" if progress.lost == 1 else f"{progress.lost} times"
        said.append(f"workers lost {times}, their cases judged anew")
    if cases < plan.cases:
        said.append("the same command continues")
    return "; ".join(said)


def costs(progress: Progress) -> Iterator[str]:
    """What the cases of this call cost, and whether memory stayed flat.

    >>> cheap = Progress(500, 500, 0, 0.5, judged=500, seconds=5.0, own_seconds=0.05, workers=2)
    >>> cheap.busy_seconds, cheap.starting_seconds = 4.0, 2.5
    >>> cheap.memory.saw(1, 90_000_000, 400_000_000)
    >>> for line in costs(cheap):
    ...     print(line)
    a case took 8.00 ms of a worker and 0.10 ms of the coordinator (1.2 % of that);
    2 workers were busy 40 % of the time, 80 % once they had started
    memory, tenth by tenth, in MB: coordinator 90; largest worker 400
    """
    if not (progress.judged and progress.busy_seconds):
        return
    worker, coordinator = (
        1e3 * seconds / progress.judged for seconds in (progress.busy_seconds, progress.own_seconds)
    )
    many = "1 worker was" if progress.workers == 1 else f"{progress.workers} workers were"
    once = "it" if progress.workers == 1 else "they"
    yield (
        f"a case took {worker:.2f} ms of a worker and {coordinator:.2f} ms of the coordinator "
        f"({coordinator / worker:.1%} of that); {many} busy {progress.efficiency:.0%} of the "
        f"time, {progress.efficiency_once_started:.0%} once {once} had started"
    ).replace("%", " %")
    found = progress.memory.megabytes()
    if all(found.values()):
        tenths = (f"{who} {' '.join(map(str, sizes))}" for who, sizes in found.items())
        yield f"memory, tenth by tenth, in MB: {'; '.join(tenths)}"


def measured(progress: Progress) -> dict[str, Any]:
    """What this call itself took; cases that the store had are not in it."""
    return {
        "judged": progress.judged,
        "seconds": round(progress.seconds, 3),
        "cases_per_second": round(progress.rate, 1),
        "starting_seconds": round(progress.starting_seconds, 3),
        "worker_seconds": round(progress.busy_seconds, 3),
        "coordinator_seconds": round(progress.own_seconds, 3),
        "coordinator_cpu_seconds": round(progress.cpu_seconds, 3),
        "efficiency": round(progress.efficiency, 4),
        "efficiency_once_started": round(progress.efficiency_once_started, 4),
        "workers_lost": progress.lost,
        "memory_MB_by_tenth": progress.memory.megabytes(),
    }


def as_text(rows: Sequence[SweepRow], lines: Sequence[str], about: Mapping[str, Any]) -> str:
    """sweep.txt: the tables and sentences that the terminal shows, and where they are from."""
    page = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    assert isinstance(page.file, io.StringIO)
    page.print(by_function(rows))
    page.print()
    page.print(by_size(rows))
    text = "\n".join((page.file.getvalue(), *lines, "", *provenance(about)))
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def provenance(about: Mapping[str, Any]) -> Iterator[str]:
    """What gives these figures again, and what they were computed with."""
    numbers = f"{about['first']} to {about['first'] + about['cases'] - 1}"
    yield f"command   {shlex.join(about['command'])}"
    yield (
        f"cases     {numbers} of seed {about['seed']}, each a function of these two numbers and of "
        f"the {len(about['functions'])} functions and {len(about['dtypes'])} dtypes drawn from"
    )
    yield f"versions  {about['code']}"
    yield f"machine   {about['cpu']['model']}, {about['cpu']['cores']} cores, {about['platform']}"
    yield f"workers   {about['workers']}"
    yield f"finished  {about['finished']}"
