"""The Chinese of every English text.

The English stands where it is used: in the page's templates, in the ledger, at the mistakes. The
files `zh/*.po` (GNU gettext, one for each place) say it in Chinese; a test refuses a text without.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po

LANGUAGES = ("en", "zh")


class NoTranslationError(KeyError):
    """An English text that no file says in Chinese."""


def said_in(lang: str, text: str, /, **values: object) -> str:
    """A text in a language, its {placeholders} filled in.

    Raises: ValueError for an unknown language, NoTranslationError for a text without Chinese.

    >>> said_in("zh", "Overview")
    '概览'
    """
    if lang not in LANGUAGES:
        raise ValueError(f"the language must be one of {', '.join(LANGUAGES)}, but is {lang!r}")
    words = text if lang == "en" else _chinese(text)
    return words.format(**values) if values else words


def _chinese(text: str) -> str:
    try:
        return translations()[text]
    except KeyError:
        raise NoTranslationError(f"parity/texts/zh has no Chinese of {text!r}") from None


@cache
def translations() -> dict[str, str]:
    """The Chinese of every English text, from all files."""
    return {english: chinese for _, english, chinese in entries()}


def entries() -> Iterator[tuple[str, str, str]]:
    """File, English and Chinese of every entry."""
    folder = files("parity.texts") / "zh"
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if not path.name.endswith(".po"):
            continue
        with path.open("rb") as file:
            for message in read_po(file, locale="zh"):
                if message.id:
                    yield path.name, str(message.id), str(message.string)
