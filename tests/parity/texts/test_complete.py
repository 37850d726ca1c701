"""Whatever the ledger, the mistakes and refimpl say has its Chinese, and nothing else has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import pytest

import refimpl
import refimpl.filters
from parity.cases.catalogue import GOOD
from parity.cases.docstrings import docstring, docstring_of
from parity.cases.functions import GROUPS
from parity.documents.evidence import JUDGES, UNSUPPORTED
from parity.documents.ledger import VERDICTS as ON_STATEMENTS
from parity.documents.ledger import ledger
from parity.mistakes.catalogue import EVERY, control
from parity.page.formulas import words
from parity.power.witnesses import WITNESSES as SEEING
from parity.results.verdicts import AGREES, INAPPLICABLE, INFORMATION, PROPERTIES, UNDECIDED
from parity.results.verdicts import VERDICTS as ON_TENSORS
from parity.suite.task import WITNESSES
from parity.texts.translations import entries

# Words of formulas that the page has, too.
SHARED = {"where", "stride", "convolution", "pooling"}
Entry = tuple[str, str, str]  # file, English, Chinese


def of_the_ledger() -> Iterator[str]:
    """What each row states, its note, its counterexample, and what is right instead."""
    for row in ledger().values():
        yield from (row.states, row.note, row.counterexample, row.right)


def of_the_mistakes() -> Iterator[str]:
    """What goes wrong and what was thought; also what the title of a control is."""
    for known in (*EVERY.values(), control("relu")):
        yield from (known.title, known.misconception)


def of_the_functions() -> Iterator[str]:
    """Summaries of all that is public, headings, and the words of the reports."""
    yield from (docstring(name).summary for name in refimpl.__all__)
    yield docstring_of(refimpl.filters).summary  # of the constants, which have no docstrings
    yield from GROUPS.values()
    yield from (*ON_TENSORS, INFORMATION, AGREES, UNDECIDED, INAPPLICABLE)
    yield from (*ON_STATEMENTS, UNSUPPORTED, *JUDGES)
    yield from (*WITNESSES, PROPERTIES, *SEEING)


def of_the_docstrings() -> Iterator[str]:
    """The sentences beside formulas, and about shapes."""
    for name in refimpl.__all__:
        yield from docstring(name).prose


def of_the_formulas() -> Iterator[str]:
    """The words in the formulas of the ledger, printed and corrected."""
    for row in ledger().values():
        yield from words(row.formula) | words(row.correction)


def of_the_expected() -> Iterator[str]:
    """Why a case expects torch to differ."""
    yield from (expected.reason for case in GOOD for expected in case.expected)


USED = {
    "docstrings.po": set(of_the_docstrings()),
    "expected.po": set(of_the_expected()),
    "formulas.po": set(of_the_formulas()) - SHARED,
    "ledger.po": set(of_the_ledger()) - {""},
    "mistakes.po": set(of_the_mistakes()) - {""},
    "functions.po": set(of_the_functions()) - {""},
    "normalization.po": {*of_the_mistakes(), *of_the_functions()} - {""},
    "padding.po": {*of_the_mistakes(), *of_the_functions(), *of_the_docstrings()} - {""},
    "optimizers.po": {*of_the_mistakes(), *of_the_functions()} - {""},
    "rearranging.po": {*of_the_mistakes(), *of_the_functions(), *of_the_docstrings()} - {""},
}


def lacking(used: Iterable[str], said: Iterable[Entry]) -> set[str]:
    """The texts that no file says in Chinese."""
    return set(used) - {english for _, english, _ in said}


def stale(file: str, used: Iterable[str], said: Iterable[Entry]) -> set[str]:
    """The entries of a file that are no text any more."""
    return {english for name, english, _ in said if name == file} - set(used)


@pytest.mark.parametrize("file", USED)
def test_every_text_has_its_chinese(file: str) -> None:
    """In this file or in another."""
    assert lacking(USED[file], entries()) == set()


@pytest.mark.parametrize("file", USED)
def test_no_chinese_stands_for_nothing(file: str) -> None:
    """A text that is changed or removed takes its Chinese along."""
    assert stale(file, USED[file], entries()) == set()


@pytest.mark.parametrize("file", USED)
def test_a_missing_and_a_stale_text_are_refused(file: str) -> None:
    """A text that is new, and one that is gone."""
    new = "a text that is new"
    gone = min(english for name, english, _ in entries() if name == file)
    assert lacking(USED[file] | {new}, entries()) == {new}
    assert stale(file, USED[file] - {gone}, entries()) == {gone}


def named(text: str) -> list[str]:
    """The statements of the documents that a text names, sorted."""
    return sorted(re.findall(r"D[0-4]\.\d+", text))


def misnamed(said: Iterable[Entry]) -> list[str]:
    """The English of every entry whose Chinese names other statements."""
    return [english for _, english, chinese in said if named(english) != named(chinese)]


def test_both_languages_name_the_same_statements() -> None:
    """A reader of either is sent to the same place; another statement is refused."""
    assert misnamed(entries()) == []
    wrong = ("ledger.po", "as D1.23 prints it", "如 D1.32 所印")
    assert misnamed([*entries(), wrong]) == [wrong[1]]
