"""The pages that people read, what they show, and where their links lead."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *(ROOT / folder / "README.md" for folder in ("reports", "findings")),
    *sorted(DOCS.glob("*.md")),
    *sorted((ROOT / "parity" / "cases").glob("*.md")),
]
LEFT_OUT = "…"


def text(page: str) -> str:
    """What a page of docs/ says."""
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[str]:
    """What stands in the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def sessions(page: str) -> list[tuple[str, str]]:
    """Each `console` block: the command behind its `$`, and what is shown of its output."""
    found = (block.partition("\n") for block in blocks(page, "console"))
    return [(command.removeprefix("$ "), shown) for command, _, shown in found]


def rows(page: str) -> list[list[str]]:
    """The cells of every line of a table."""
    return [line.strip("|").split("|") for line in page.splitlines() if line.startswith("|")]


def alike(printed: str) -> list[str]:
    """Lines without what another processor, or another day, has otherwise: measured numbers."""
    lines = (" ".join(line.split()) for line in printed.splitlines())
    return [
        re.sub(r"\((\d+(, \d+)*,?)\) -?#", "(…) #", re.sub(r"-?\d+\.\d+(e[+-]\d+)?", "#", line))
        for line in lines
        if line
    ]


def shows(shown: str, printed: str) -> str | None:
    """The first part of what is shown that was not printed, in this order; … leaves lines out."""
    rest = "\n".join(["", *alike(printed), ""])
    for part in "\n".join(alike(shown)).split(LEFT_OUT + "\n"):
        wanted = "\n" + part.removesuffix(LEFT_OUT).strip() + "\n"
        if wanted.strip():
            if wanted not in rest:
                return wanted
            rest = "\n" + rest.partition(wanted)[2]
    return None


def anchors(page: str) -> set[str]:
    """What `#…` may name: GitHub's form of the headings."""
    prose = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in headings}


def lost_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere: to no file, or to no heading of it."""
    lost = []
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", page.read_text(encoding="utf-8")):
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (
            anchor and anchor not in anchors(target.read_text(encoding="utf-8"))
        ):
            lost.append(link)
    return lost
