"""Matplotlib's figures as SVG inside the page, in the page's colours, light and dark.

A drawing holds numbers, symbols and names; words stand beside it, in both languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import count
from typing import Any

import matplotlib as mpl
from cycler import cycler
from markupsafe import Markup
from matplotlib.figure import Figure

# Colours that stand for the style sheet's: drawn with these, shown with those.
INK, MUTED, LINE, PAPER = "#010101", "#020202", "#030303", "#040404"
REFIMPL, TORCH, EXACT = "#050505", "#060606", "#070707"
GOOD, BAD, MARK = "#080808", "#090909", "#0a0a0a"
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    LINE: "--line",
    PAPER: "--paper",
    REFIMPL: "--refimpl",
    TORCH: "--torch",
    EXACT: "--exact",
    GOOD: "--good",
    BAD: "--bad",
    MARK: "--mark",
}
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # letters stay letters: small, searchable, in the page's font
    "svg.hashsalt": "parity",  # the same picture gives the same text
    "font.family": "sans-serif",
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[REFIMPL, TORCH, EXACT, BAD, GOOD, MUTED]),
    "figure.facecolor": "none",
    "grid.color": LINE,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
}
_numbers = count()  # ids of one page's drawings must differ


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """A figure of so many inches, in the page's style."""
    with mpl.rc_context(STYLE):
        yield Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure, label: str, label_zh: str) -> Markup:
    """A figure as an <svg> of role img, with what it shows said for those who do not see it."""
    text = StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    svg = text.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, f"var({variable})")
    svg = _own_ids(svg, f"d{next(_numbers)}-")
    named = Markup(' role="img" aria-label="{}" data-zh-aria-label="{}"').format(label, label_zh)
    return Markup(svg.replace("<svg", f"<svg{named}", 1))


def _own_ids(svg: str, prefix: str) -> str:
    """Ids that no other drawing of the page has."""
    svg = re.sub(r'\bid="', f'id="{prefix}', svg)
    svg = re.sub(r'xlink:href="#', f'xlink:href="#{prefix}', svg)
    return re.sub(r"url\(#", f"url(#{prefix}", svg)
