"""Pictures that teach: convolution, pooling, activations, LeNet and the fixed filters."""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any

from parity.page.pictures import (
    activations,
    architectures,
    average_pooling,
    convolution,
    filters,
    max_pooling,
)
from parity.page.pictures.picture import Picture
from parity.page.tables import Tables

TITLE = "Pictures that teach"
SUBJECTS: tuple[ModuleType, ...] = (
    convolution,
    max_pooling,
    average_pooling,
    activations,
    architectures,
    filters,
)


def context(tables: Tables) -> dict[str, Any]:
    """Every picture; none is made from the report."""
    return {"pictures": every()}


@cache
def every() -> tuple[Picture, ...]:
    """All of them, in their order."""
    return tuple(picture for subject in SUBJECTS for picture in subject.pictures())


def about(name: str) -> list[Picture]:
    """Those that show a function or a statement."""
    return [one for one in every() if name in (*one.functions, *one.statements)]
