"""Texts in which ids of statements and names of functions are links into the page."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

import refimpl
from parity.documents.ledger import ledger
from parity.page import anchors
from parity.page.bilingual import TAGS, symbols
from parity.texts.translations import LANGUAGES, said_in

WORD = re.compile(
    r"(?<![\w.])(D[0-4]\.\d+|[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[a-z]+\d+[a-z]*)", re.ASCII
)


def linked(text: str) -> Markup:
    """A text in every language, with its links.

    Names that are words, as `softmax`, stay words: a link needs a _ or a digit.
    """
    return Markup().join(
        Markup('<i lang="{}">{}</i>').format(TAGS[lang], with_links(said_in(lang, text)))
        for lang in LANGUAGES
    )


def with_links(text: str) -> Markup:
    """A text in one language, with its links.

    >>> with_links("not of D1.28, and not D9.1")
    Markup('not of <a href="#D1.28">D1.28</a>, and not D9.1')
    """
    return Markup(WORD.sub(lambda found: _link(found[0]), symbols(text)))


def _link(word: str) -> str:
    if word in ledger():
        return f'<a href="#{anchors.of_statement(word)}">{word}</a>'
    if word in _functions():
        return f'<a href="#{anchors.of_function(word)}"><code>{word}</code></a>'
    return word


@cache
def _functions() -> frozenset[str]:
    return frozenset(refimpl.__all__)
