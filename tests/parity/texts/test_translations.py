"""Every English text of the page has its Chinese, and no Chinese stands for nothing."""

from __future__ import annotations

from string import Formatter

import pytest

from parity.texts.translations import NoTranslationError, entries, said_in

ENTRIES = list(entries())


def placeholders(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("file", "english", "chinese"), ENTRIES)
def test_an_entry_says_the_same(file: str, english: str, chinese: str) -> None:
    """It says something, with the same placeholders."""
    assert chinese.strip(), file
    assert placeholders(chinese) == placeholders(english), file


def test_a_text_stands_once() -> None:
    """One English text has one Chinese, whatever the file."""
    english = [text for _, text, _ in ENTRIES]
    assert sorted(english) == sorted(set(english))


def test_what_has_no_chinese_is_refused() -> None:
    """In one sentence; so is another language."""
    with pytest.raises(NoTranslationError, match="has no Chinese of 'no such text'"):
        said_in("zh", "no such text")
    with pytest.raises(ValueError, match="must be one of en, zh, but is 'fr'"):
        said_in("fr", "Overview")
