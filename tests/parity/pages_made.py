"""The page of the sample report, and what HTML says of itself."""

from __future__ import annotations

import shutil
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import parity
from parity.page.build import page
from parity.page.tables import read_tables

SAMPLE = Path(parity.__file__).parents[1] / "reports" / "sample"


@cache
def sample_page() -> str:
    """The page of reports/sample."""
    return page(read_tables(SAMPLE))


def report_in(folder: Path) -> Path:
    """A folder with the sample's reports, for a page of one's own."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in [*SAMPLE.glob("*.csv"), SAMPLE / "run.json"]:
        shutil.copy(path, folder)
    return folder


class Links(HTMLParser):
    """The ids of a page, what its links name, and what it would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: set[str] = set()
        self.fetched: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Every attribute that names something."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif name == "href" and tag == "a":
                self.targets.add(value or "")
            elif name in ("src", "href", "srcset", "data"):
                self.fetched.add(value or "")
