"""A network's training on both sides: the losses, how far apart they are, each step by itself."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from parity.page.plots import Axis, Panel, Plot, decades
from parity.page.tables import numbers

LABEL = (
    "{network}: along the steps of training the losses of both sides, how far losses and weights "
    "are apart, and the largest part of its bound that a tensor of the step takes"
)
LEFT, WIDE, HIGH, GAP, TOP = 44, 210, 150, 50, 22  # pixels
COLUMNS = (
    *("step", "refimpl_loss", "torch_loss", "loss_difference", "loss_bound", "weight_difference"),
    "local_worst_ratio",
)
DOT = 3.5
LOWEST, HIGHEST = -18, 0  # decades


def training_plot(network: str, training: Mapping[str, pd.DataFrame]) -> Plot:
    """Three panels, each with all dtypes; training: by dtype the network's rows."""
    read = {
        dtype: pd.DataFrame({name: numbers(rows[name]) for name in COLUMNS})
        for dtype, rows in training.items()
    }
    steps = max(rows["step"].max() for rows in read.values())
    panels = (_losses(read, steps), _differences(read, steps), _ratios(read, steps))
    for panel in panels:
        panel.names += [(panel.left, "1"), (panel.right, f"{steps:.0f}")]
    width = panels[-1].right + 12
    height = max(panel.bottom for panel in panels) + 16
    return Plot(width, height, panels, LABEL, {"network": network})


def _place(number: int, y: Axis, steps: float, title: str) -> Panel:
    return Panel(LEFT + number * (WIDE + GAP), TOP, Axis(1, steps, WIDE), y, title)


def _losses(read: Mapping[str, pd.DataFrame], steps: float) -> Panel:
    """Both sides' losses: torch's wide, refimpl's narrow on top."""
    highest = max(rows[["refimpl_loss", "torch_loss"]].max().max() for rows in read.values())
    panel = _place(0, Axis(0, float(highest) * 1.05, HIGH), steps, "L")
    for rows in read.values():
        for side in ("torch", "refimpl"):
            panel.line(f"networks-{side}", rows["step"], rows[f"{side}_loss"])
    for part in (0, 0.5, 1):
        panel.tick(part * float(highest), f"{part * highest:.2g}")
    return panel


def _differences(read: Mapping[str, pd.DataFrame], steps: float) -> Panel:
    """How far losses and weights are apart, and the loss's bound until it says nothing."""
    panel = _place(1, Axis(LOWEST, HIGHEST, HIGH * 15 / 16, log=True), steps, "|Δ|")
    for dtype, rows in read.items():
        for kind, column in (
            ("bound", "loss_bound"),
            ("weights", "weight_difference"),
        ):
            panel.line(f"networks-{kind} networks-{dtype}", rows["step"], rows[column])
        panel.dashes("networks-loss", rows["step"], rows["loss_difference"], DOT)
    decades(panel, 6)
    return panel


def _ratios(read: Mapping[str, pd.DataFrame], steps: float) -> Panel:
    """The worst tensor of each step, from torch's weights: 1 is the limit."""
    worst = max(float(rows["local_worst_ratio"].max()) for rows in read.values())
    panel = _place(2, Axis(0, 1.1, HIGH), steps, "|Δ| / b")
    panel.line("networks-limit", [1, steps], [1, 1])
    for dtype, rows in read.items():
        panel.line(f"networks-ratio networks-{dtype}", rows["step"], rows["local_worst_ratio"])
    for number in (0, 0.5, 1):
        panel.tick(number, f"{number:g}")
    if worst > 1:
        panel.mark((1 + steps) / 2, "✗")
    return panel
