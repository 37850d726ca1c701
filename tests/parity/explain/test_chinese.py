"""Every text of `parity explain` is said in Chinese, too."""

from __future__ import annotations

import ast
import re
import sys
from importlib.resources import files
from pathlib import Path

import pytest

import parity.explain
import refimpl
from parity.cases.docstrings import FORMULA, docstring, is_prose
from parity.documents.ledger import ledger
from parity.explain import of_statement
from parity.explain.finding import FIXED
from parity.explain.folding import columns
from parity.explain.forms import FORMS
from parity.explain.ideas import IDEAS
from parity.explain.page_of import Look, contents, lines_of
from parity.mistakes.catalogue import EVERY
from parity.texts.translations import entries, translations

WIDTHS = (40, 60)
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


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_ideas_in_chinese(idea: object, width: int) -> None:
    """They fit, and say nothing in English but names and code."""
    lines = lines_of([idea.name], Look("zh", width))  # type: ignore[attr-defined]
    assert max(map(columns, lines)) <= width
    assert "".join(lines).startswith(translations()[idea.title])  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_contents_in_chinese(width: int) -> None:
    assert max(map(columns, contents(Look("zh", width)))) <= width


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", OTHERS)
def test_other_pages_in_chinese(kind: str, width: int) -> None:
    """They fit, too."""
    needed = {"functions": ["functions"], "ledger": ["ledger", "functions"]}
    for file in needed.get(kind, ["mistakes", "ledger"]):
        if not (TEXTS / f"{file}.po").is_file():
            pytest.skip(f"{file}.po has not come yet")
    for name in OTHERS[kind]:
        lines = lines_of([name], Look("zh", width))
        assert max(map(columns, lines)) <= width, name


# --- formulas -----------------------------------------------------------------------------

SIGNS = re.compile(r"[=Σ∂⌊⌋⌈⌉√+−·/^²←→<>≤≥]")
NAMES = (*refimpl.__all__, *ledger(), *(idea.name for idea in IDEAS))
WIDE = 1000  # columns: every paragraph is one line


def signs(text: str) -> list[str]:
    """The mathematical signs of a text, sorted: another language has another order."""
    return sorted(SIGNS.findall(text))


def formulas(lang: str, name: str) -> list[str]:
    """The lines of a page that hold a formula or a number's steps and no sentence."""
    lines = lines_of([name], Look(lang, WIDE))
    return [line for line in lines if FORMULA.search(line) and not is_prose(line)]


def lost(name: str) -> list[str]:
    """The formula lines of the English page that the Chinese one has not, but for their words."""
    said = {tuple(signs(line)) for line in lines_of([name], Look("zh", WIDE))}
    return [line for line in formulas("en", name) if tuple(signs(line)) not in said]


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_formulas(name: str) -> None:
    assert lost(name) == []


def test_sentences_with_formulas_keep_their_signs() -> None:
    """Of each docstring: a formula within a sentence is the same in Chinese."""
    for name in refimpl.__all__:
        for text in docstring(name).formula:
            if is_prose(text):
                assert signs(translations()[text]) == signs(text), name


def test_a_lost_formula_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests above can fail: on a Chinese page without the formulas."""
    whole = lines_of(["conv2d"], Look("zh", WIDE))
    short = [line for line in whole if "Σ" not in line]
    said = {"en": lines_of(["conv2d"], Look("en", WIDE)), "zh": short}
    monkeypatch.setattr(sys.modules[__name__], "lines_of", lambda _, look: said[look.lang])
    assert "Σ" in lost("conv2d")[0]
