"""A page for the terminal: lines in one language that fit a width."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parity.explain.folding import columns, folded, in_columns
from parity.texts.translations import said_in

ROOM = 16  # columns of a short label


class Sheet:
    """The lines of a page, as they are added.

    >>> sheet = Sheet("en", 60)
    >>> sheet.text("{name} is a word", name="stride")
    >>> sheet.lines
    ['stride is a word']
    """

    def __init__(self, lang: str, width: int, colour: bool = False) -> None:
        self.lang, self.width, self.colour = lang, width, colour
        self.lines: list[str] = []

    def said(self, text: str, **values: object) -> str:
        """A text in the page's language."""
        return said_in(self.lang, text, **values)

    def text(self, text: str, indent: int = 0, **values: object) -> None:
        """A paragraph, in the page's language."""
        self.raw(self.said(text, **values), indent)

    def raw(self, text: str, indent: int = 0, hang: int = 0) -> None:
        """A paragraph as it is: code, a formula, what is in the page's language already."""
        lead = " " * indent
        self.lines += folded(text, self.width, lead, lead + " " * hang)

    def head(self, text: str, **values: object) -> None:
        """A heading, behind an empty line."""
        self.gap()
        said = self.said(text, **values)
        self.lines += [
            f"\x1b[1m{line}\x1b[0m" if self.colour else line for line in folded(said, self.width)
        ]

    def item(self, label: str, text: str, room: int = ROOM) -> None:
        """A line with a label in front, further lines below the text."""
        first = f"  {label}{' ' * max(2, room - columns(label))}"
        if columns(first) > self.width // 2:
            self.lines += folded(label, self.width, "  ")
            first = "      "
        self.lines += folded(text, self.width, first)

    def drawn(self, lines: Iterable[str], indent: int = 2) -> None:
        """Lines of a drawing."""
        self.lines += [(" " * indent + line).rstrip() for line in lines]

    def table(self, rows: Sequence[Sequence[str]], left: Sequence[int] = (0,)) -> None:
        """A table, its first row the head; where it is too wide, its rows as text."""
        lines = in_columns(rows, left=left)
        if max(map(columns, lines)) + 2 <= self.width:
            self.drawn(lines)
            return
        for row in rows:
            self.raw("  ".join(filter(None, row)), indent=2, hang=4)

    def gap(self) -> None:
        """An empty line, unless there is one."""
        if self.lines and self.lines[-1]:
            self.lines.append("")
