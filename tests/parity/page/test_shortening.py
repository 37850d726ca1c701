"""The page in fewer letters says what it said."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from pages_made import sample_page

from parity.page.shortening import shortened


class Read(HTMLParser):
    """Start tags with attributes, and texts without the spaces between tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Also of those that end themselves."""
        self.found.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        """Text, but for what only separates tags."""
        if data.strip():
            self.found.append(data.strip())


def test_elements_attributes_and_texts_stay() -> None:
    """In the same order, in a tenth fewer letters."""
    page = sample_page()
    short = shortened(page)
    assert Read(short).found == Read(page).found
    assert len(short) < 0.95 * len(page)


def test_scripts_and_styles_stay() -> None:
    """As they are written."""
    found = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>", re.DOTALL)
    inside = re.compile(r">.*", re.DOTALL)
    page = sample_page()
    parts = [inside.findall(part) for part in found.findall(page)]
    assert parts
    assert [inside.findall(part) for part in found.findall(shortened(page))] == parts


@pytest.mark.parametrize(
    "html",
    [
        '<a href="a b">x</a>',
        '<path d="M0/"/>',
        """<a title="a'b">x</a>""",
        '<a title="">x</a>',
        "<td>1</td> of two",
        "<ul><li>1</li></ul>".replace("<li>1</li>", "<li>1</li>text"),
        "x=&quot;y&quot; &lt;td&gt;",
    ],
)
def test_what_must_stay(html: str) -> None:
    """Quotes around spaces, before a tag's own /, around nothing; the end of what text follows."""
    assert shortened(html) == html
