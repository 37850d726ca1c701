"""Headings of the page: an id and a link to it, each."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
from pages_made import SAMPLE, report_in

from parity.mistakes.catalogue import EVERY
from parity.page.build import page
from parity.page.headings import heading
from parity.page.tables import read_tables
from parity.power.survey import MistakeRow
from parity.results.writing import to_csv

KNOWN = EVERY["dx-kernel-not-turned"]
COUNTED = {"cases": 4, "refused": 3, "raised": 0, "blind": 0, "hidden": 0, "control": False}
WRITTEN = {field.name: "" for field in fields(MistakeRow)} | COUNTED
MISTAKE = MistakeRow(
    **WRITTEN
    | {"mistake": KNOWN.name, "function": KNOWN.function, "title": KNOWN.title}
    | {"misconception": KNOWN.misconception, "median_margin": 2.0, "in_plain": "3 of 4"}
)
HEADING = re.compile(r"<(h[234])\b([^>]*)>(.*?)</\1>", re.DOTALL)


def without_link(html: str) -> list[str]:
    """The headings that lack an id, or a link to it or to what they are the heading of."""
    ids = set(re.findall(r' id="([^"]+)"', html))
    lacking = []
    for _, attributes, inner in HEADING.findall(html):
        name = re.search(r'id="([^"]+)"', attributes)
        link = re.search(r'<a class="anchor" href="#([^"]+)"', inner)
        own = name and link and link[1] in ids and name[1].startswith(link[1])
        if not own:
            lacking.append(inner)
    return lacking


@pytest.fixture(scope="module")
def html() -> str:
    """The sample's page."""
    return page(read_tables(SAMPLE))


def test_every_heading_can_be_linked_to(html: str) -> None:
    """From the page's sections down to a document's headings."""
    assert len(HEADING.findall(html)) > 150
    assert without_link(html) == []


def test_those_of_known_mistakes_and_of_your_layers(tmp_path: Path) -> None:
    """Sections that the sample does not have."""
    folder = report_in(tmp_path)
    (folder / "mistakes.csv").write_text(to_csv(MistakeRow, [MISTAKE]), encoding="utf-8")
    (folder / "check.json").write_text(
        '[{"candidate": "mine.py:f", "status": "wrong", "right": false, "said": "dx is wrong", '
        '"function": "relu", "part": "both", "style": "layer", "cases": {"right": 1, "asked": 2}, '
        '"causes": [{"text": "dx: twice"}], "tensors": {"dx": {"right": 1, "asked": 2}}, '
        '"roundings": {}, "example": null, "faults": ["f"], "remarks": ["r"], "unchecked": ["u"]}]'
    )
    found = page(read_tables(folder))
    assert 'id="mistakes-each"' in found
    assert 'id="candidate-1-faults"' in found
    assert without_link(found) == []


@pytest.mark.parametrize(
    "bad", ["<h3>none</h3>", '<h4 id="a">no link</h4>', heading("h2", "b", "b", "elsewhere")]
)
def test_a_heading_without_is_seen(bad: str) -> None:
    """The tests above can fail."""
    assert len(without_link(bad)) == 1
