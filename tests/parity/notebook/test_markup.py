"""HTML that stands on any page: escaped, without scripts, legible on light and dark ground."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from parity.notebook.markup import BAD, GOOD, OPEN, folded, headline, table

ODD = "<script>alert('x')</script> & \"y\""


class Checked(HTMLParser):
    """Which elements are open, which there were, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def checked(html: str) -> Checked:
    found = Checked()
    found.feed(html)
    found.close()
    assert found.open == []
    return found


@pytest.mark.parametrize(
    "html",
    [
        headline("right", GOOD, ODD),
        table(ODD, ("", "a"), [(ODD, "1")]),
        table("", (ODD, "a"), [("x", ODD)], words=("a",)),
        folded(ODD, "x"),
        folded("x", ODD, is_open=True),
    ],
)
def test_nothing_that_is_said_is_read_as_html(html: str) -> None:
    """The text comes out as it went in; no element comes of it."""
    found = checked(html)
    assert ODD in found.text
    assert "script" not in found.tags


def test_a_row_of_another_length_is_refused() -> None:
    """A table has a cell for each column."""
    with pytest.raises(ValueError, match="zip"):
        table("", ("", "a"), [("x", "1", "2")])


def luminance(colour: str) -> float:
    parts = (int(two, 16) / 255 for two in re.findall("[0-9a-f]{2}", colour[1:]))
    linear = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("colour", [GOOD, BAD, OPEN])
def test_white_letters_are_legible(colour: str) -> None:
    """Contrast as WCAG has it; the ground of the page does not matter."""
    assert 1.05 / (luminance(colour) + 0.05) >= 4.5
