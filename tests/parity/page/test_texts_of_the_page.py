"""Every English text in the page's files has its Chinese, and no Chinese is left over."""

from __future__ import annotations

import ast
import re
from html import unescape
from pathlib import Path

import pytest
from pages_made import sample_page

import parity.page
from parity.texts.translations import entries, translations

ROOM = Path(parity.page.__file__).parent
HOUSE = Path(parity.__file__).parent
FILES = sorted(path for kind in ("*.py", "*.j2") for path in ROOM.rglob(kind))
TEXT = r'"((?:[^"\\]|\\.)*)"'
CALLS = (rf"\bt\(\s*{TEXT}", rf"\battr\(\"[\w-]+\", {TEXT}")
# The .po files whose English stands in the page's own files; the others' is data.
OWN = (
    *("page.po", "networks.po", "known_mistakes.po", "documents.po", "pictures.po"),
    *("watched_models.po", "peers.po"),
)


def texts(source: str) -> list[str]:
    """The English of a template."""
    return [found for call in CALLS for found in re.findall(call, source)]


@pytest.mark.parametrize("path", [p for p in FILES if p.suffix == ".j2"], ids=lambda p: p.name)
def test_the_texts_of_a_template_have_their_chinese(path: Path) -> None:
    """Each t("…") and attr("…", "…")."""
    missing = [
        said for said in texts(path.read_text(encoding="utf-8")) if said not in translations()
    ]
    assert missing == []


def test_a_text_without_chinese_is_seen() -> None:
    """The test above can fail."""
    assert texts('{{ t("One") }} <a {{ attr("title", "Two {n}", n=2) }}>') == ["One", "Two {n}"]


def constants(path: Path) -> str:
    """A template as it is; of Python its texts, those of several lines in one."""
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".j2":
        return source
    nodes = ast.walk(ast.parse(source))
    return "\n".join(str(node.value) for node in nodes if isinstance(node, ast.Constant))


def test_no_chinese_is_left_over() -> None:
    """What the page's own .po files translate stands in some file, or is made for the page."""
    files = [path for path in HOUSE.rglob("*") if path.suffix in (".py", ".j2")]
    sources = "\n".join([*map(constants, files), unescape(sample_page())])
    left = [english for file, english, _ in entries() if file in OWN and english not in sources]
    assert left == []
