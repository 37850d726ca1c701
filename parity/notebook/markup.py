"""Small HTML without scripts and style sheets, in the colours of the page that it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

GOOD, BAD, OPEN = "#1a7f37", "#b3261e", "#6b5500"  # behind white letters: contrast 5 and more
CELL = "padding:0.1em 0.8em;text-align:"


def headline(word: str, colour: str, said: str) -> str:
    """A verdict on a coloured ground, and a sentence behind it.

    >>> print(headline("wrong", BAD, "x < 1"))
    <p><strong style="color:#fff;background:#b3261e;padding:0.1em 0.5em">WRONG</strong> x &lt; 1</p>
    """
    badge = f"color:#fff;background:{colour};padding:0.1em 0.5em"
    return f'<p><strong style="{badge}">{escape(word.upper())}</strong> {escape(said)}</p>'


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], words: Sequence[str] = ()
) -> str:
    """A table whose first column names its rows; the columns of words stand left, numbers right."""
    sides = ["left", *("left" if name in words else "right" for name in head[1:])]
    top = "".join(
        f'<th scope="col" style="{CELL}{side}">{escape(name)}</th>'
        for name, side in zip(head, sides, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, sides)}</tr>" for row in rows)
    title = f'<caption style="text-align:left">{escape(caption)}</caption>'
    return f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _cells(row: Sequence[str], sides: Sequence[str]) -> str:
    name, *others = row
    found = [f'<th scope="row" style="{CELL}left;font-weight:normal">{escape(name)}</th>']
    found += [
        f'<td style="{CELL}{side}">{escape(cell)}</td>'
        for cell, side in zip(others, sides[1:], strict=True)
    ]
    return "".join(found)


def folded(summary: str, text: str, is_open: bool = False) -> str:
    """Lines of plain text under a summary that opens and closes."""
    state = " open" if is_open else ""
    return (
        f"<details{state}><summary>{escape(summary)}</summary><pre>{escape(text)}</pre></details>"
    )
