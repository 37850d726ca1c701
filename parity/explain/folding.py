"""Text that fits a width: Chinese characters take two columns each and may stand in any line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from unicodedata import combining, east_asian_width

# What may be broken off: a Chinese character with the marks behind it, or a word.
MARKS = "，。；：、？！）》”"
PIECES = re.compile(rf"\s+|[⺀-鿿＀-￯][{MARKS}),.;:]*|[^\s⺀-鿿＀-￯]+[{MARKS}]*")

COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def columns(text: str) -> int:
    """How many columns of a terminal a text takes.

    >>> columns("y = 步幅")
    8
    """
    text = COLOURS.sub("", text)
    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def padded(text: str, width: int, right: bool = False) -> str:
    """A text with spaces before or behind up to a width."""
    space = " " * max(0, width - columns(text))
    return space + text if right else text + space


def folded(text: str, width: int, first: str = "", rest: str | None = None) -> list[str]:
    """Lines of at most so many columns; each begins with `first`, those behind it with `rest`.

    A single word that is too long is cut.

    >>> folded("a long sentence", 10, "- ", "  ")
    ['- a long', '  sentence']
    >>> folded("步幅 (成立), 1，2", 10)  # no mark begins a line
    ['步幅 (成', '立), 1，2']
    """
    lead, lines, line = first, [], first
    follow = " " * columns(first) if rest is None else rest
    for piece in _short(PIECES.findall(text), width - max(columns(lead), columns(follow))):
        if piece.isspace():
            line += "" if line == lead else piece.replace("\n", " ")
        elif columns(line.rstrip()) + columns(_joined(line, lead, piece)) <= width:
            line += piece
        else:
            lines.append(line.rstrip())
            lead = follow
            line = lead + piece
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _joined(line: str, lead: str, piece: str) -> str:
    """The piece with the space that stands before it."""
    return line[len(line.rstrip()) :] + piece


def _short(pieces: Sequence[str], room: int) -> Iterator[str]:
    """The pieces, those that no line can hold cut up."""
    for piece in pieces:
        while columns(piece) > room and not piece.isspace():
            cut = room
            while columns(piece[:cut]) > room:
                cut -= 1
            yield piece[:cut]
            piece = piece[cut:]
        yield piece


def beside(blocks: Sequence[Sequence[str]], width: int, gap: int = 3) -> list[str]:
    """Blocks side by side as far as they fit, the others below.

    >>> beside([["a", "1"], ["b"]], 10)
    ['a   b', '1']
    """
    rows: list[list[Sequence[str]]] = []
    for block in blocks:
        row = rows[-1] if rows else []
        taken = sum(max(map(columns, b), default=0) + gap for b in row)
        if not row or taken + max(map(columns, block), default=0) > width:
            rows.append([])
        rows[-1].append(block)
    lines: list[str] = []
    for row in rows:
        lines += [""] * bool(lines)
        widths = [max(map(columns, block), default=0) for block in row]
        for k in range(max(map(len, row))):
            cells = [block[k] if k < len(block) else "" for block in row]
            spaced = (padded(c, w) for c, w in zip(cells, widths, strict=True))
            lines.append((" " * gap).join(spaced).rstrip())
    return lines


def in_columns(
    rows: Sequence[Sequence[str]], gap: int = 2, left: Sequence[int] = (0,)
) -> list[str]:
    """A table: each column as wide as it needs, to the right but for those named.

    >>> in_columns([["x", "1"], ["long", "23"]])
    ['x      1', 'long  23']
    """
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    return [
        (" " * gap)
        .join(
            padded(text, width, right=k not in left)
            for k, (text, width) in enumerate(zip(row, widths, strict=True))
        )
        .rstrip()
        for row in rows
    ]
