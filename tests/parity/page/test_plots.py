"""Plots as data: where points stand, and what is not drawn."""

from __future__ import annotations

from math import inf, nan

from parity.page.plots import Axis, Panel, decades

PANEL = (10.0, 20.0, Axis(0, 4, 100))


def test_a_line_is_broken_where_there_is_no_point() -> None:
    """NaN, ∞ and what is beyond the top leave a gap."""
    panel = Panel(*PANEL, Axis(0, 2, 50))
    panel.line("loss", [0, 1, 2, 3, 4], [0, 1, nan, 2, 2.5])
    panel.line("bound", [0, 1], [inf, inf])
    assert panel.paths == [("loss", "M10 70L35 45M85 20"), ("bound", "")]


def test_zero_stands_below_the_lowest_decade() -> None:
    """And inside the frame, with a tick of its own."""
    panel = Panel(*PANEL, Axis(-3, 0, 30, log=True))
    panel.dashes("difference", [0, 1, 2], [0.0, 1e-9, 0.1], 6)
    assert panel.paths == [("difference", "M7 62h6M32 50h6M57 30h6")]
    assert panel.bottom == 62
    decades(panel, 3)
    assert panel.ticks == [(62.0, "0"), (50.0, "10⁻³"), (20.0, "10⁰")]


def test_a_mark_outside_the_frame_is_not_drawn() -> None:
    panel = Panel(*PANEL, Axis(0, 2, 50))
    panel.mark(2, "✗")
    panel.mark(9, "✗")
    assert panel.marks == [(60.0, 29.0, "✗")]
