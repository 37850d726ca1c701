"""The layers of a file, chosen as the cases of the catalogue are."""

from __future__ import annotations

from pathlib import Path

from parity.own_data.layers import read_layers
from parity.suite.own_layers import element_layers, layers_meant, not_asked, own_tasks
from parity.suite.scope import Asked, Chosen


def of_layers(file: Path, asked: Asked) -> Chosen:
    """What is asked of the layers of a file. Raises: OwnDataError, SelectionError."""
    layers = layers_meant(read_layers(file), asked.names, asked.case)
    tasks = own_tasks(layers, asked.dtypes, not asked.quick, asked.full)
    notes = not_asked(layers, not asked.quick, asked.full)
    shown = element_layers(layers, asked.shown)
    return Chosen(tasks, shown, tuple(notes), tuple(map(str, layers)))
