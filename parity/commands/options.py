"""What the options of several commands have in common."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Dtype(StrEnum):
    """The dtypes that a run can be narrowed to."""

    float32 = "float32"
    float64 = "float64"


Dtypes = Annotated[
    list[Dtype] | None, typer.Option(metavar="DTYPE", help="float32 or float64 (both)")
]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="of all random numbers")]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="processes (by the work: one, or one for each core, at most 8)"
    ),
]
Shapes = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="the layers of your own network: .csv or .toml"),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="where the reports go")]
FOLDER = Path("reports")


MOST = 8  # processes: more wait for each other's memory
START = 2.5  # seconds until several processes are at work: a server loads torch, and is forked


def default_jobs(seconds: float, start: float = START) -> int:
    """As many processes as there are cores to use, if they save more time than they take to start.

    seconds: what the work takes one process, about.
    """
    jobs = most_jobs()
    return jobs if start + seconds / jobs < seconds else 1


def most_jobs() -> int:
    """As many processes as there are cores to use, and no more than help."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST)
