"""Every text of `parity explain` is said in Chinese, too."""

from __future__ import annotations

import ast
from importlib.resources import files
from pathlib import Path

import pytest

import parity.explain
import refimpl
from parity.documents.ledger import ledger
from parity.explain import of_statement
from parity.explain.finding import FIXED
from parity.explain.folding import columns
from parity.explain.forms import FORMS
from parity.explain.ideas import IDEAS
from parity.explain.page_of import Look, contents, lines_of
from parity.mistakes.catalogue import EVERY
from parity.texts.translations import entries, translations

SAYING = ("text", "head", "said")
TEXTS = files("parity.texts") / "zh"
# Where the words of others are: the functions' summaries and verdicts, the ledger, the mistakes.
OTHERS = {"functions": refimpl.__all__, "ledger": list(ledger()), "mistakes": list(EVERY)}


def written() -> set[str]:
    """The texts that stand in the code."""
    found = set()
    for path in Path(parity.explain.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr in SAYING and node.args:  # type: ignore[attr-defined]
                found |= set(strings(node.args[0]))  # type: ignore[attr-defined]
    return found


def strings(node: ast.expr) -> list[str]:
    """A text, or both of `a if … else b`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    return []


def in_tables() -> set[str]:
    """The texts that stand in tables."""
    ideas = {text for idea in IDEAS for text in (idea.title, idea.text)}
    tables = {*of_statement.MEANING.values(), *of_statement.DIGITS.values(), FIXED}
    return ideas | tables | {form.title for form in FORMS}


def test_every_text_has_its_chinese() -> None:
    assert {text for text in written() | in_tables() if text not in translations()} == set()


def test_no_chinese_is_left_over() -> None:
    """Each entry of the file is said somewhere: in a call, in a table, or as a label."""
    source = "\n".join(
        path.read_text("utf-8") for path in Path(parity.explain.__file__).parent.glob("*.py")
    )
    for file, english, _ in entries():
        if file == "explain.po" and english not in written() | in_tables():
            assert f'"{english}"' in source, english


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_ideas_in_chinese(idea: object) -> None:
    """They fit 60 columns, and say nothing in English but names and code."""
    lines = lines_of([idea.name], Look("zh", 60))  # type: ignore[attr-defined]
    assert max(map(columns, lines)) <= 60
    assert lines[0] == translations()[idea.title]  # type: ignore[attr-defined]


def test_the_contents_in_chinese() -> None:
    assert max(map(columns, contents(Look("zh", 60)))) <= 60


@pytest.mark.parametrize("kind", OTHERS)
def test_other_pages_in_chinese(kind: str) -> None:
    """They fit, too."""
    needed = {"functions": ["functions"], "ledger": ["ledger", "functions"]}
    for file in needed.get(kind, ["mistakes", "ledger"]):
        if not (TEXTS / f"{file}.po").is_file():
            pytest.skip(f"{file}.po has not come yet")
    for name in OTHERS[kind]:
        lines = lines_of([name], Look("zh", 60))
        assert max(map(columns, lines)) <= 60, name
