"""How far refimpl and torch are apart in each tensor of a network, and how far they may be."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from parity.page.network_rows import bound_in_roundings, in_roundings, name_of
from parity.page.plots import Axis, Panel, Plot, decades
from parity.results.verdicts import BLIND, OUTSIDE

LABEL = (
    "{network}: for each tensor in the order of computation its largest difference and its bound, "
    "in roundings of its largest value; the numbers stand in the tables below"
)
LEFT, WIDE, HIGH, GAP, LETTER = 44, 760, 150, 46, 5.6  # pixels
NARROWEST, WIDEST = 13, 24  # a column
LOWEST, HIGHEST = -2, 13  # decades


def layer_plot(network: str, tensors: Mapping[str, pd.DataFrame]) -> Plot:
    """A panel for each dtype, a column for each tensor: forward, then backward."""
    column = min(max(WIDE // max(map(len, tensors.values())), NARROWEST), WIDEST)
    panels = [
        _panel(dtype, found, number, column)
        for number, (dtype, found) in enumerate(tensors.items())
    ]
    names = [name_of(tensor) for _, tensor in list(tensors.values())[-1].iterrows()]
    last = panels[-1]
    last.upright = True
    last.names += [(last.left + (n + 0.5) * column, name) for n, name in enumerate(names)]
    height = last.bottom + 12 + LETTER * max(map(len, names))
    width = max(panel.right for panel in panels) + 4
    return Plot(width, height, tuple(panels), LABEL, {"network": network})


def _panel(dtype: str, tensors: pd.DataFrame, number: int, column: int) -> Panel:
    """Bounds as thin dashes, differences as thick ones."""
    columns = len(tensors)
    x = Axis(-0.5, columns - 0.5, columns * column)
    y = Axis(LOWEST, HIGHEST, HIGH, log=True)
    panel = Panel(LEFT, 22 + number * (HIGH + GAP), x, y, dtype)
    for how in ("local", "free"):
        for kind, read in (("bound", bound_in_roundings), ("difference", in_roundings)):
            heights = read(tensors, how, dtype).astype(float)
            panel.dashes(f"networks-{how}-{kind}", range(columns), heights, column - 3)
    _mark(panel, tensors, dtype, column)
    panel.divider = _turn(panel, tensors, column)
    decades(panel, 3)
    return panel


def _mark(panel: Panel, tensors: pd.DataFrame, dtype: str, column: int) -> None:
    """A span where a row is blind, a cross where one is outside, an arrow at what is too high."""
    outside = (tensors[["verdict_free", "verdict_local"]] == OUTSIDE).any(axis=1)
    beyond = in_roundings(tensors, "free", dtype) > 10**HIGHEST
    for place in np.flatnonzero(tensors["verdict_free"] == BLIND):
        panel.spans.append((panel.left + int(place) * column, column))
    for place in np.flatnonzero(outside | beyond):
        panel.mark(float(place), "✗" if outside.iloc[place] else "▲")


def _turn(panel: Panel, tensors: pd.DataFrame, column: int) -> float | None:
    """Between the last value and the first gradient."""
    backward = np.flatnonzero(tensors["direction"] == "backward")
    return panel.left + int(backward[0]) * column if len(backward) else None
