"""Every relative link of every page leads to a file, and to a heading of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pages import DOCS, PAGES, ROOT, anchors, lost_links, sessions, shows, text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """To files that are there, and to their headings."""
    assert lost_links(page) == []


def test_a_lost_link_is_found(tmp_path: Path) -> None:
    """A file that is not there, a heading that is not there; what is there is no finding."""
    (tmp_path / "there.md").write_text("# A title: `code`, and 1.5\n```\n# no title\n```\n")
    page = tmp_path / "page.md"
    page.write_text(
        "# Own\n[a](there.md) [b](there.md#a-title-code-and-15) [c](#own) [d](https://x.org/y)\n"
        "[e](gone.md) [f](there.md#no-title) [g](#other)\n"
    )
    assert lost_links(page) == ["gone.md", "there.md#no-title", "#other"]


def test_there_are_links() -> None:
    """The README leads to pages and to its own headings."""
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sum(link.startswith("docs/") for link in links) >= 8
    assert sum(link.startswith("#") for link in links) >= 4


def test_every_page_is_listed_once() -> None:
    """docs/README.md names each page of docs/ in one line, and no other of that folder."""
    named = re.findall(r"^- \[([\w-]+\.md)\]\(\1\)", text("README.md"), re.MULTILINE)
    assert sorted(named) == sorted(page.name for page in DOCS.glob("*.md") if page.stem != "README")


def test_anchors() -> None:
    """As GitHub makes them."""
    assert anchors("# A run vouches\n## gradients.csv of one's own data\n") == {
        "a-run-vouches",
        "gradientscsv-of-ones-own-data",
    }


def test_what_is_shown_is_compared() -> None:
    """Measured numbers may differ; words, counts and order may not."""
    printed = "conv2d  118  874  0.499  holds\nblind rows: 18\nall hold; 4.0 s\n"
    assert shows("conv2d  118 874 0.12 holds\n…\nall hold; 9.5 s\n", printed) is None
    assert shows("…\nblind rows: 18\n…\n", printed) is None
    assert shows("conv2d  118 875 0.12 holds\n", printed)
    assert shows("all hold; 4.0 s\n…\nblind rows: 18\n", printed)
    assert shows("conv2d  118  874  0.499  holds\nall hold; 4.0 s\n", printed)


def test_sessions() -> None:
    """A console block is a command and what it prints."""
    assert sessions("a\n```console\n$ parity list\nconv2d\n```\n") == [("parity list", "conv2d\n")]
