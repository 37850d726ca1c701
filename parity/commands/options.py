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
    typer.Option(min=1, metavar="N", help="processes (as many as there are cores, at most 8)"),
]
Out = Annotated[Path, typer.Option(metavar="DIR", help="where the reports go")]
FOLDER = Path("reports")


def default_jobs(tasks: int) -> int:
    """As many processes as there are cores to use; one where starting more takes longer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, 8) if tasks > 200 else 1
